"""Registers the design language (templates, static files, tags) with Django; holds no meaning and no table."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "bienveille.ground.ui"
    label = "ui"
    verbose_name = "Apparence"
