"""Addresses of the screens of imports."""

from django.urls import path

from bienveille.register.imports import views

app_name = "imports"

urlpatterns = [
    path("", views.runs, name="runs"),
    path("nouveau/", views.new, name="new"),
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
