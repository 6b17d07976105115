"""Addresses of the landlord's vocabulary."""

from django.urls import path

from bienveille.register.wording import views

app_name = "wording"
urlpatterns = [
    path("", views.wording, name="wording"),
    path("essayer/", views.try_sentence, name="try"),
    path("<uuid:entry_id>/retirer/", views.remove, name="remove"),
]
