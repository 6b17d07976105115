"""The address of the component gallery, and of nothing else; `config` chooses the folder."""

from django.urls import path

from . import views

app_name = "ui"

urlpatterns = [
    path("", views.gallery, name="gallery"),
]
