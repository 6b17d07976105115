"""The application's registration with Django."""

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "bienveille.services.outreach"
    label = "outreach"
    verbose_name = "Campagnes d’appels"
