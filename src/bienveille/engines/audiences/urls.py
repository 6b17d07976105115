"""Addresses of the audiences. Each one also stands in config/policy.toml."""

from django.urls import path

from bienveille.engines.audiences import views

app_name = "audiences"
urlpatterns = [
    path("", views.audiences, name="audiences"),
    path("nouveau/", views.new_audience, name="new"),
    path("<uuid:audience_id>/", views.audience, name="audience"),
    path("<uuid:audience_id>/supprimer/", views.delete_audience, name="delete"),
]
