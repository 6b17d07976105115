"""The application's registration with Django."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "bienveille.engines.messaging"
    label = "messaging"
    verbose_name = "Messages"
