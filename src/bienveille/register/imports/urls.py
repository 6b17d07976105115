"""Addresses of the screens of imports."""

from django.urls import path

from bienveille.register.imports import views

app_name = "imports"

urlpatterns = [
    path("", views.runs, name="runs"),
    path("nouveau/", views.new, name="new"),
    path("profils/", views.profiles, name="profiles"),
    path("profils/<slug:name>/", views.saved_profile, name="saved_profile"),
    path("profils/<slug:name>/supprimer/", views.delete_profile, name="delete_profile"),
    path("alertes/", views.alerts, name="alerts"),
    path("<uuid:run_id>/", views.run, name="run"),
    path("<uuid:run_id>/colonnes/", views.columns, name="columns"),
    path("<uuid:run_id>/appliquer/", views.apply, name="apply"),
    path("<uuid:run_id>/absents/", views.departures, name="departures"),
    path("<uuid:run_id>/abandonner/", views.cancel, name="cancel"),
    path("<uuid:run_id>/reprendre/", views.resume, name="resume"),
    path("<uuid:run_id>/profil/", views.profile, name="profile"),
    path("<uuid:run_id>/anomalies/", views.issues_page, name="issues"),
]
