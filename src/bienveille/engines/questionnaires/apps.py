"""Django's name for the package; nothing runs when it loads."""

from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "bienveille.engines.questionnaires"
    label = "questionnaires"
    verbose_name = "Questionnaires"
