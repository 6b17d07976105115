"""Addresses for monitors."""

from django.urls import path

from . import views

app_name = "platform"

urlpatterns = [
    path("etat", views.alive, name="alive"),
    path("metrics", views.metrics, name="metrics"),
]
