"""A mailing tried on whoever prepares it, and the prices that its preview is counted with."""

import re
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.models import Delivery, Mailing, Text
from bienveille.engines.messaging.operations.sending import post_one
from bienveille.engines.messaging.queries.recipients import MOBILE
from bienveille.engines.messaging.rules.costs import PRICED
from bienveille.engines.messaging.rules.variables import EXAMPLES, render, render_sms
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Landlord, User
from bienveille.register.accounts.operations import record_audit


class NothingToTry(Refusal):
    message = (
        "Aucun essai ne peut partir\u00a0: cet envoi n’a ni e-mail, ni SMS qui puisse vous atteindre."
        " Le numéro de mobile se règle dans votre compte."
    )


@transaction.atomic
def send_trial(*, actor: User, mailing_id: UUID) -> list[Delivery]:
    """Receive the e-mail and the SMS of a mailing oneself, with the values of an invented household.

    Refuses when neither can reach whoever asks: no mobile number, or letters only.
    """
    mailing = Mailing.objects.get(pk=mailing_id)
    ways = {Channel.EMAIL: actor.email, Channel.SMS: actor.phone if _is_mobile(actor) else ""}
    found = Text.objects.filter(
        version_id=mailing.version_id, language="fr", easy=False, channel__in=mailing.channels
    ).order_by("channel")
    sent = [
        post_one(
            channel=text.channel,
            to=ways[Channel(text.channel)],
            subject=f"Essai\u00a0: {render(text.subject, EXAMPLES)}"[:200] if text.subject else "",
            body=(render_sms if text.channel == Channel.SMS else render)(text.body, EXAMPLES),
            user=actor,
        )
        for text in found
        if ways.get(Channel(text.channel))
    ]
    if not sent:
        raise NothingToTry
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject=mailing,
        detail={"change": "tried", "channels": [one.channel for one in sent]},
    )
    return sent


@transaction.atomic
def set_mailing_rules(*, actor: User, prices: dict[str, Decimal | None], above: int) -> None:
    """Tell what an SMS and a letter cost, for the previews; a price left out is not known any more. And `above` how
    many households a second person reads a mailing.
    """
    owner = Landlord.objects.select_for_update().get()
    known = {channel: str(price) for channel, price in prices.items() if channel in PRICED and price is not None}
    owner.settings = {**owner.settings, "message_prices": known, "mailings_approved_above": above}
    owner.save(update_fields=["settings"])
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject=owner,
        detail={"change": "rules", "prices": known, "approved_above": above},
    )


def _is_mobile(user: User) -> bool:
    return bool(re.match(MOBILE, user.phone))
