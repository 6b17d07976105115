"""The application's registration with Django."""

from django.apps import AppConfig


class LettingConfig(AppConfig):
    name = "bienveille.services.letting"
    label = "letting"
    verbose_name = "Location et patrimoine"
