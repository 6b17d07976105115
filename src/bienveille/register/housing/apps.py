"""The application's registration with Django."""

from django.apps import AppConfig


class HousingConfig(AppConfig):
    name = "bienveille.register.housing"
    label = "housing"
    verbose_name = "Patrimoine"
