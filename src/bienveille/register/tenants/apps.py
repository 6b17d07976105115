"""The application's registration with Django."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "bienveille.register.tenants"
    label = "tenants"
    verbose_name = "Locataires"
