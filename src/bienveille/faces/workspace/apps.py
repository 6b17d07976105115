"""The application's registration with Django."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "bienveille.faces.workspace"
    label = "workspace"
    verbose_name = "Espace de travail"
