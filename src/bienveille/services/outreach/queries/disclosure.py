"""What campaigns tell somebody about themselves: calls, notes, answers, needs, calls promised (GDPR art. 15)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localtime

from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.queries import get_definition
from bienveille.ground.lib.disclosure import Fact, Part, Veil, known
from bienveille.ground.lib.typography import calendar_day, clock, listed, short_day
from bienveille.register.accounts.models import User


def staff_of_calls(household_ids: Collection[UUID]) -> dict[UUID, str]:
    """Who called these households or was to call them, by key: their names are hidden in what was written (1 query)."""
    attempts = Attempt.objects.filter(contact__household__in=household_ids).values("caller")
    planned = PlannedCall.objects.filter(contact__household__in=household_ids).values("caller")
    callers = User.objects.filter(Q(pk__in=attempts) | Q(pk__in=planned))
    return {one.pk: f"{one.first_name} {one.last_name}" for one in callers}


def told_of_calls(household_ids: Collection[UUID], veil: Veil, roles: Mapping[UUID, str]) -> list[Part]:
    """The campaigns of a household, its calls with what was written, the calls promised to it (3 queries, and 1 for
    each guide never read before). `roles`: what each caller is, instead of their name.
    """
    return [_campaigns(household_ids, veil), _calls(household_ids, veil, roles), _planned(household_ids, roles)]


def _campaigns(household_ids: Collection[UUID], veil: Veil) -> Part:
    contacts = Contact.objects.filter(household__in=household_ids).select_related("queue__campaign")
    lines = tuple(
        known(
            ("Campagne", contact.queue.campaign.name),
            ("Finalité", contact.queue.campaign.get_purpose_display()),
            ("Pourquoi votre foyer", veil(listed(contact.why))),
            ("Où cela en est", contact.get_state_display()),
            ("Raison", contact.get_reason_display()),
        )
        for contact in contacts.order_by("pk")
    )
    return Part("campaigns", "Les campagnes d’appels qui vous concernent", lines=lines)


def _calls(household_ids: Collection[UUID], veil: Veil, roles: Mapping[UUID, str]) -> Part:
    attempts = (
        Attempt.objects.filter(contact__household__in=household_ids)
        .select_related("report__response", "referral")
        .order_by("-at", "-id")
    )
    lines = tuple(_call(attempt, veil, roles) for attempt in attempts)
    words = "Ces appels ont été passés à votre foyer. Qui vous a appelé est désigné par son rôle." if lines else ""
    return Part("calls", "Les appels", words, lines=lines)


def _call(attempt: Attempt, veil: Veil, roles: Mapping[UUID, str]) -> tuple[Fact, ...]:
    at = localtime(attempt.at)
    report: Any = attempt.report if hasattr(attempt, "report") else None
    referral: Any = attempt.referral if hasattr(attempt, "referral") else None
    facts = known(
        ("Appel du", f"{calendar_day(at.date())} à {clock(at)}"),
        ("Par", roles.get(attempt.caller_id, "un collaborateur")),
        ("Comment il s’est terminé", attempt.get_outcome_display()),
        ("Annulé par l’appelant", "oui" if attempt.undone_at else ""),
    )
    if report is not None:
        facts += known(
            ("Avis de l’appelant", report.get_grade_display()),
            ("Besoins", listed([Need(need).label for need in report.needs])),
            ("Phrase gardée", veil(report.note)),
            ("Effacé le", short_day(report.expires_on)),
        )
        if report.response is not None:
            facts += _answers(report.response, veil)
    if referral is not None:
        agreed = {True: "oui", False: "non", None: "pas demandé"}[referral.agreed]
        facts += known(
            ("Situation transmise", "le suivi est dit plus bas" if referral.case_id else "suivie, puis effacée"),
            ("Vous avez accepté qu’un partenaire rappelle", agreed),
        )
    return facts


def _answers(response: Any, veil: Veil) -> tuple[Fact, ...]:
    questions = get_definition(response.version_id).questions
    told = []
    for key, value in response.given.items():
        item = questions.get(key)
        labels = {choice.value: choice.label for choice in item.choices} if item else {}
        values = value if isinstance(value, list) else [value]
        told.append((item.label if item else key, veil(listed([str(labels.get(one, one)) for one in values]))))
    return known(*told)


def _planned(household_ids: Collection[UUID], roles: Mapping[UUID, str]) -> Part:
    calls = PlannedCall.objects.filter(contact__household__in=household_ids).order_by("due_on", "id")
    lines = tuple(
        known(
            ("Appel prévu le", short_day(planned.due_on)),
            ("Chaque semaine", "oui" if planned.weekly else ""),
            ("Par", roles.get(planned.caller_id, "un collaborateur")),
            ("État", planned.get_state_display()),
            ("Arrêté parce que", planned.get_stop_reason_display()),
        )
        for planned in calls
    )
    return Part("planned_calls", "Les appels qui vous ont été promis", lines=lines)
