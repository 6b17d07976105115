"""The application's registration with Django."""

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "bienveille.engines.cases"
    label = "cases"
    verbose_name = "Situations"
