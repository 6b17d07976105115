"""What the demo shows of messages: the numbers that tenants are told, a few texts of the library, two mailings."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User

#: Numbers of the range reserved for fiction.
ON_CALL = "+33199000015"
OFFICE = "+33199000{:03d}"
COPIED = ("heat-wave", "lift-out-of-order", "tried-to-reach", "we-will-call", "waste")


def write_texts(writer: User, moment: datetime) -> None:
    """Tell one number for each agency and one for nights and week-ends, and copy five ready texts. Once."""
    from bienveille.engines.messaging.models import Line, Template
    from bienveille.engines.messaging.operations.templates import copy_ready_text
    from bienveille.register.accounts.models import Agency

    if Template.objects.exists():
        return
    agencies = Agency.objects.order_by("name")
    Line.objects.bulk_create(
        [
            Line(kind="on_call", number=ON_CALL, hours="La nuit et le week-end"),
            *(
                Line(kind="office", agency=agency, number=OFFICE.format(100 + rank), hours="De 9 h à 17 h")
                for rank, agency in enumerate(agencies)
            ),
        ],
        ignore_conflicts=True,
    )
    for slug in COPIED:
        copy_ready_text(actor=writer, slug=slug, now=moment)


def prepare_mailings(writer: User) -> None:
    """Two mailings of the demo: one that a second person has to read, one that is a draft. Once."""
    from bienveille.engines.messaging.models import Mailing, Template
    from bienveille.engines.messaging.operations.mailings import ask_approval, create_mailing
    from bienveille.engines.messaging.queries.templates import latest_version

    if Mailing.objects.exists():
        return
    for slug, name, purpose, channels in (
        ("heat-wave", "Forte chaleur, tous les foyers", "heat_wave", ["email", "sms", "letter"]),
        ("we-will-call", "Avant les appels de l’hiver", "wellbeing", ["email", "sms"]),
    ):
        template = Template.objects.filter(ready_text=slug).order_by("created_at").first()
        if template is None:
            continue
        mailing = create_mailing(
            actor=writer,
            name=name,
            purpose=purpose,
            version_id=latest_version(template).pk,
            audience={"all": []},
            channels=channels,
        )
        if slug == "heat-wave":
            ask_approval(actor=writer, mailing_id=mailing.pk)
