"""Invented mailings for the tests of messages."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.accounts.factories import UserFactory

from bienveille.engines.messaging.models import Mailing, TemplateVersion, Text
from bienveille.engines.messaging.operations import mailings, templates
from bienveille.engines.messaging.queries.templates import latest_version
from bienveille.register.accounts.rules import Scope

EVERYWHERE = Scope(everything=True)
#: A Monday at ten, when an SMS may arrive.
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))


def make_version(**bodies: str) -> TemplateVersion:
    """A version with one French text for each personal channel, or the words given by channel."""
    author = UserFactory()
    template = templates.create_template(actor=author, name=f"Texte {uuid4()}", use="", kind="service", now=MONDAY)
    version = latest_version(template)
    for channel in ("email", "sms", "letter"):
        Text.objects.create(
            version=version,
            channel=channel,
            subject="" if channel == "sms" else "Coupure d’eau",
            body=bodies.get(channel, "L’eau est coupée lundi."),
        )
    return version


def make_mailing(**changes: Any) -> Mailing:
    """A draft to everybody: e-mail, else SMS, else letter."""
    return mailings.create_mailing(
        **{
            "actor": changes.pop("actor", None) or UserFactory(),
            "name": "Coupure d’eau lundi",
            "purpose": "wellbeing",
            "version_id": changes.pop("version_id", None) or make_version().pk,
            "audience": {"all": []},
            "channels": ["email", "sms", "letter"],
            **changes,
        }
    )


def started(*, now: datetime = MONDAY, **changes: Any) -> Mailing:
    """A mailing that workers may take."""
    mailing = make_mailing(**changes)
    mailings.settle(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE, today=now.date())
    return mailings.start(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE, now=now)
