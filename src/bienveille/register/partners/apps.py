"""The application's registration with Django."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "bienveille.register.partners"
    label = "partners"
    verbose_name = "Partenaires"
