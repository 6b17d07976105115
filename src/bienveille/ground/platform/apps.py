"""The application's registration with Django."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks


class PlatformConfig(AppConfig):
    name = "bienveille.ground.platform"
    label = "platform"
    verbose_name = "Plateforme"

    def ready(self) -> None:
        checks.register(notes_key_is_given, checks.Tags.security, deploy=True)


def notes_key_is_given(app_configs: Any, **options: Any) -> Sequence[checks.CheckMessage]:
    """`check --deploy`: without this key nothing that people write can be kept, and one made here protects nothing."""
    from bienveille.ground.platform.sealed_text import NoNotesKey, keys_here

    try:
        keys_here()
    except NoNotesKey as refusal:
        return [checks.Error(str(refusal), id="bienveille.E001")]
    return []
