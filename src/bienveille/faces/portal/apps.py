"""The application's registration with Django."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "bienveille.faces.portal"
    label = "portal"
    verbose_name = "Portail"
