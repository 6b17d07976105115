"""The application's registration with Django."""

from django.apps import AppConfig


class NeighbourhoodConfig(AppConfig):
    name = "bienveille.services.neighbourhood"
    label = "neighbourhood"
    verbose_name = "Vie des résidences"
