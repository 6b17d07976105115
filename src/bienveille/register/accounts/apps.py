"""The application's registration with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "bienveille.register.accounts"
    label = "accounts"
    verbose_name = "Comptes"
