"""The words of a batch: those of the mailing for each household, or the message's own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from bienveille.engines.messaging.channels import Outgoing
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.models import Delivery, Mailing, Text
from bienveille.engines.messaging.operations.unsubscribing import stop_link
from bienveille.engines.messaging.queries.variables import values_for
from bienveille.engines.messaging.rules.layout import to_html
from bienveille.engines.messaging.rules.variables import missing, render, render_sms
from bienveille.ground.platform.sealed_fields import sealed_field
from bienveille.ground.platform.sealed_text import Unopened

SUBJECT, BODY = sealed_field(Delivery, "subject"), sealed_field(Delivery, "body")


class Taken(NamedTuple):
    """A delivery that a batch took; its words as they are stored, sealed."""

    id: UUID
    household_id: UUID | None
    person_id: UUID | None
    to: str
    language: str
    subject: str
    body: str
    tries: int
    first_tried_at: datetime


def words_of(
    mailing_id: UUID | None, channel: str, batch: Sequence[Taken], *, today: date
) -> tuple[list[Outgoing], list[tuple[Taken, str]]]:
    """The messages ready to leave, and those that cannot with the names that are empty for them (3 queries)."""
    if mailing_id is None:
        return _own_words(channel, batch)
    # Not under an urgent message: it is about somebody's safety, and a link that mail programs may open by themselves
    # would keep the next warning from them. Whoever wants no e-mail at all says so under any other, or to the agency.
    leaves = channel == Channel.EMAIL and not Mailing.objects.values_list("urgent", flat=True).get(pk=mailing_id)
    texts = Text.objects.filter(version__mailings=mailing_id, channel=channel, easy=False)
    by_language = {text.language: text for text in texts}
    values = values_for([(one.household_id, one.person_id) for one in batch if one.household_id], on=today)
    ready, faulty = [], []
    for one in batch:
        text = by_language.get(one.language) or by_language["fr"]
        known = values.get((one.household_id, one.person_id), {}) if one.household_id else {}
        if empty := missing(f"{text.subject}\n{text.body}", known):
            faulty.append((one, ", ".join(empty)))
            continue
        write = render_sms if channel == Channel.SMS else render
        link = stop_link(one.id) if leaves else ""
        subject, body = render(text.subject, known), write(text.body, known)
        ready.append(_outgoing(one, channel, subject, body, text.language, leave=link))
    return ready, faulty


def _own_words(channel: str, batch: Sequence[Taken]) -> tuple[list[Outgoing], list[tuple[Taken, str]]]:
    """Each message's own words, opened; one that does not open leaves the others alone."""
    ready, faulty = [], []
    for one in batch:
        try:
            subject, body = SUBJECT.open(one.subject), BODY.open(one.body)
        except Unopened:
            faulty.append((one, "ne s’ouvre pas"))
            continue
        ready.append(_outgoing(one, channel, subject, body, one.language))
    return ready, faulty


def _outgoing(one: Taken, channel: str, subject: str, body: str, language: str, *, leave: str = "") -> Outgoing:
    if leave:
        body = f"{body.rstrip()}\n\nNe plus recevoir nos e-mails\u00a0: {leave}\n"
    html = to_html(body, language=language) if channel == Channel.EMAIL else ""
    return Outgoing(key=one.id, to=one.to, subject=subject, text=body, html=html, language=language, unsubscribe=leave)
