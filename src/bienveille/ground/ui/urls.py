"""Addresses of the interface itself: gallery, theme, accessibility."""

from django.urls import path

from . import views

app_name = "ui"

urlpatterns = [
    path("composants/", views.gallery, name="gallery"),
    path("apparence/", views.theme, name="theme"),
    path("quitter/", views.leave, name="leave"),
    path("accessibilite/", views.accessibility, name="accessibility"),
]
