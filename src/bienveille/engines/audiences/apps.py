"""The application's registration with Django."""

from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "bienveille.engines.audiences"
    label = "audiences"
    verbose_name = "Publics"
