"""The application's registration with Django."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "bienveille.register.imports"
    label = "imports"
    verbose_name = "Imports"
