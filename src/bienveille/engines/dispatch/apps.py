"""The application's registration with Django."""

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "bienveille.engines.dispatch"
    label = "dispatch"
    verbose_name = "Files d’appels"
