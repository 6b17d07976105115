"""The application's registration with Django."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "bienveille.ground.platform"
    label = "platform"
    verbose_name = "Plateforme"
