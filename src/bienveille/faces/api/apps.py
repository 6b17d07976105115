"""The application's registration with Django."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "bienveille.faces.api"
    label = "api"
    verbose_name = "API"
