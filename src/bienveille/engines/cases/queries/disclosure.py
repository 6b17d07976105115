"""What is kept about somebody's cases, for that person (GDPR art. 15)."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localtime

from bienveille.engines.cases.models import Case, CaseAction
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.disclosure import Part, Veil, known
from bienveille.ground.lib.typography import calendar_day, listed, short_day
from bienveille.register.accounts.models import User


def staff_of_cases(household_ids: Collection[UUID]) -> dict[UUID, str]:
    """Who did something in the cases of these households, by key: their names are hidden (1 query)."""
    done = CaseAction.objects.filter(case__household__in=household_ids)
    users = User.objects.filter(Q(pk__in=done.values("by")) | Q(pk__in=done.values("to")))
    return {one.pk: f"{one.first_name} {one.last_name}" for one in users}


def told_of_cases(household_ids: Collection[UUID], veil: Veil, roles: Mapping[UUID, str]) -> list[Part]:
    """The cases of a household and what was done, by role; a confidential case is told by hand (2 queries)."""
    cases = Case.objects.filter(~Q(kind__in=CONFIDENTIAL), household__in=household_ids).prefetch_related("actions")
    lines = []
    for case in cases.order_by("-opened_at", "pk"):
        lines.append(
            known(
                ("Situation ouverte le", calendar_day(localtime(case.opened_at).date())),
                ("Niveau", case.get_grade_display()),
                ("Besoins", listed([Need(need).label for need in case.needs])),
                ("Où cela en est", case.get_state_display()),
                ("Comment elle s’est close", case.get_outcome_display()),
                ("À faire ensuite", veil(case.next_step)),
                ("Effacée après le", short_day(case.expires_on) if case.expires_on else ""),
            )
        )
        lines.extend(
            known(
                ("Le", calendar_day(localtime(one.at).date())),
                ("Quoi", one.get_kind_display()),
                ("Par", roles.get(one.by_id, "un collaborateur") if one.by_id else "Bienveille"),
                ("Ce qui est noté", veil(one.words)),
            )
            for one in sorted(case.actions.all(), key=lambda one: one.revision)
        )
    words = "Ce qui est suivi pour votre foyer, et ce qui a été fait." if lines else ""
    return [Part("cases", "Les situations suivies", words, lines=tuple(lines))]
