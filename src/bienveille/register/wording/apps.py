"""The application's registration with Django."""

from django.apps import AppConfig


class WordingConfig(AppConfig):
    name = "bienveille.register.wording"
    label = "wording"
    verbose_name = "Vocabulaire"
