"""Sentences of the demo: what invented tenants permitted to quote, most of them read again and published."""

from datetime import datetime, timedelta

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models import Campaign, Verbatim
from bienveille.services.outreach.operations import Quote, publish_verbatim, refuse_verbatim
from bienveille.services.outreach.operations.verbatims import keep_verbatim
from bienveille.services.outreach.queries import people_to_quote

#: (what was said, what was heard, the words published; "" for one that still waits, None for one left out)
SAID: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("Cela fait du bien d’entendre une voix.", ("relief", "joy"), "Cela fait du bien d’entendre une voix."),
    ("Vous êtes les premiers à appeler depuis l’été.", ("surprise",), "Vous êtes les premiers à appeler depuis l’été."),
    (
        "Merci à Paulette, au 3e étage, qui me monte le pain.",
        ("gratitude",),
        "Merci à ma voisine, qui me monte le pain.",
    ),
    ("L’ascenseur, c’est notre porte d’entrée.", ("worry",), "L’ascenseur, c’est notre porte d’entrée."),
    ("Sans lui, je ne vois plus personne.", ("sadness", "weariness"), "Sans lui, je ne vois plus personne."),
    ("Je croyais qu’on m’avait oubliée.", ("sadness", "relief"), "Je croyais qu’on m’avait oubliée."),
    ("Rappelez quand vous voulez, je fais le café.", ("joy", "trust"), "Rappelez quand vous voulez, je fais le café."),
    ("Trois courriers pour la même fuite, cela suffit.", ("anger",), None),
    ("Depuis 1974 je suis là, et j’y suis bien.", ("joy",), ""),
    ("Dites merci à Marcel, le gardien.", ("gratitude",), ""),
)  # fmt: skip


def quote_some(campaign: Campaign, coordinator: User, now: datetime) -> None:
    """Give the first conversations of a campaign their sentences. Harmless twice."""
    if Verbatim.objects.exists():
        return
    calls = (
        Attempt.objects.filter(contact__queue_id=campaign.queue_id, outcome=Outcome.REACHED, undone_at=None)
        .select_related("contact")
        .order_by("at", "pk")
    )
    for attempt, (text, emotions, shown) in zip(calls[: len(SAID)], SAID, strict=False):
        people = people_to_quote(attempt.contact.household_id)
        if not people:
            continue
        quote = Quote(text=text, agreed=True, agreed_by=people[0][0], emotions=emotions)
        kept = keep_verbatim(attempt=attempt, campaign=campaign, quote=quote, now=attempt.at)
        if kept is None:
            continue
        later = min(now, attempt.at + timedelta(hours=3))
        try:
            if shown:
                publish_verbatim(actor=coordinator, verbatim_id=kept.pk, words=shown, now=later)
            elif shown is None:
                refuse_verbatim(actor=coordinator, verbatim_id=kept.pk, reason="recognisable", now=later)
        except Refusal:
            continue  # the sentence names somebody of that home: it waits for a person's eyes
