"""Addresses of the screens of the landlord's people. Each one also stands in config/policy.toml."""

from django.urls import path

from bienveille.faces.workspace import views

app_name = "workspace"
urlpatterns = [
    path("", views.home, name="home"),
    path("appels/", views.calls, name="calls"),
    path("campagnes/", views.campaigns, name="campaigns"),
    path("locataires/", views.people, name="people"),
]
