"""Sentences that may be quoted: those to read again, the anonymous wall, what a report or the person is told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from bienveille.engines.dispatch.models import Attempt
from bienveille.ground.lib.disclosure import Part, Veil, known
from bienveille.ground.lib.typography import listed, short_day
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person, Relative
from bienveille.services.outreach.choices import Emotion, VerbatimState
from bienveille.services.outreach.models import Campaign, Verbatim
from bienveille.services.outreach.queries.coordination import within


@dataclass(frozen=True)
class PublishedVerbatim:
    """A sentence as anybody of the landlord may read it: no name, no agency, no day."""

    words: str
    emotions: tuple[str, ...]


@dataclass(frozen=True)
class VerbatimContext:
    """What could make somebody recognised in a sentence: names of the household and of the caller, its places."""

    names: tuple[str, ...]
    places: tuple[str, ...]


def _alive() -> QuerySet[Verbatim]:
    return Verbatim.objects.filter(attempt__undone_at=None)


def _labels(values: Collection[str]) -> tuple[str, ...]:
    return tuple(str(Emotion(one).label) for one in values)


def verbatims(campaign: Campaign, *, on: date, limit: int | None = None) -> list[PublishedVerbatim]:
    """The published sentences of a campaign with their emotions in French, the last published first, for its report
    and its files (1 query). `on`: today; one whose last day has passed is no longer told.
    """
    found = _alive().filter(
        attempt__contact__queue_id=campaign.queue_id, state=VerbatimState.PUBLISHED, expires_on__gte=on
    )
    rows = found.order_by("-moderated_at", "-pk").values_list("shown", "emotions")[:limit]
    return [PublishedVerbatim(words, _labels(emotions)) for words, emotions in rows]


def wall(*, on: date, campaign: UUID | None = None, emotion: str = "") -> QuerySet[Verbatim]:
    """Published sentences of every campaign, for the wall: cards hold `shown`, `emotions` and the campaign's name
    (1 query when it is read, 1 more for its count).
    """
    found = _alive().filter(state=VerbatimState.PUBLISHED, expires_on__gte=on)
    if campaign:
        found = found.filter(attempt__contact__queue__campaign=campaign)
    if emotion:
        found = found.filter(emotions__contains=[emotion])
    return found.select_related("attempt__contact__queue__campaign").order_by("-moderated_at", "-pk")


def quoted_campaigns(*, on: date) -> list[tuple[UUID, str]]:
    """Campaigns with published sentences, by name, for the filter of the wall (1 query)."""
    found = _alive().filter(state=VerbatimState.PUBLISHED, expires_on__gte=on)
    own = Campaign.objects.filter(queue__contacts__attempts__verbatim__in=found).distinct().order_by("name", "pk")
    return list(own.values_list("pk", "name"))


def verbatims_kept(scope: Scope, *, on: date, campaign: UUID | None = None, state: str = "") -> QuerySet[Verbatim]:
    """Sentences of the households of a scope, those to read again first (1 query when it is read, 1 for its count)."""
    found = _alive().filter(within(scope, "attempt__contact__lane__agency"), expires_on__gte=on)
    if campaign:
        found = found.filter(attempt__contact__queue__campaign=campaign)
    if state:
        found = found.filter(state=state)
    related = ("agreed_by", "moderated_by", "attempt__caller", "attempt__contact__queue__campaign")
    return found.select_related(*related, "attempt__contact__household").order_by("attempt__at", "pk")


def verbatim_counts(scope: Scope, *, on: date, campaign: UUID | None = None) -> dict[str, int]:
    """How many sentences are in each state within a scope (1 query)."""
    found = _alive().filter(within(scope, "attempt__contact__lane__agency"), expires_on__gte=on)
    if campaign:
        found = found.filter(attempt__contact__queue__campaign=campaign)
    counts = dict(found.order_by().values_list("state").annotate(Count("pk")))
    return {state: counts.get(state, 0) for state in VerbatimState.values}


def verbatim_of(verbatim_id: UUID) -> Verbatim | None:
    """A sentence with its call, household, agency and campaign (1 query)."""
    return (
        _alive()
        .select_related(
            "agreed_by",
            "moderated_by",
            "attempt__caller",
            "attempt__contact__household__dwelling__building__residence__commune",
            "attempt__contact__lane__agency",
            "attempt__contact__queue__campaign",
        )
        .filter(pk=verbatim_id)
        .first()
    )


def verbatim_context(verbatim: Verbatim) -> VerbatimContext:
    """Names and places around a sentence, for the eyes of who reads it again (4 queries at most)."""
    related = ("caller", "contact__household__dwelling__building__residence__commune")
    attempt = Attempt.objects.select_related(*related).get(pk=verbatim.attempt_id)
    household = attempt.contact.household
    names = [
        f"{first} {last}"
        for first, last in Person.objects.filter(household=household).values_list("first_name", "last_name")
    ]
    names += Relative.objects.filter(person__household=household).values_list("name", flat=True)
    names.append(f"{attempt.caller.first_name} {attempt.caller.last_name}")
    places: list[str] = []
    if household.dwelling:
        residence = household.dwelling.building.residence
        places = [residence.name, residence.address, residence.commune.name if residence.commune else ""]
    return VerbatimContext(tuple(names), tuple(filter(None, places)))


def people_to_quote(household_id: UUID) -> list[tuple[UUID, str]]:
    """Who of a household may be asked for a sentence: those who live there and are not opposed (1 query)."""
    people = Person.objects.filter(household=household_id, left_on=None, opposed_on=None).exclude(deceased=True)
    return [(person.pk, person.display_name) for person in people.order_by("pk")]


def told_of_verbatims(person_ids: Collection[UUID], veil: Veil) -> list[Part]:
    """The sentences that somebody agreed to see quoted, and what became of them (GDPR art. 15; 1 query)."""
    found = _alive().filter(agreed_by__in=person_ids).select_related("attempt").order_by("-attempt__at", "pk")
    lines = tuple(
        known(
            ("Phrase notée", veil(one.said)),
            ("Montrée sans votre nom", veil(one.shown)),
            ("Ce que l’appelant a entendu", listed(_labels(one.emotions))),
            ("Votre accord", f"vous avez dit oui à\u00a0: {one.agreed_words}"),
            ("Où cela en est", one.get_state_display()),
            ("Effacée après le", short_day(one.expires_on)),
        )
        for one in found
    )
    words = "Vous pouvez nous demander de les retirer à tout moment." if lines else ""
    return [Part("verbatims", "Vos phrases que nous pouvons citer", words, lines=lines)]
