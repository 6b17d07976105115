"""Pieces shared by pages of the workspace: a caller's desk, the call just saved, one promised call."""

from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt, PlannedCall
from bienveille.faces.workspace.queries import CallerDay
from bienveille.faces.workspace.rules import moment_words
from bienveille.services.outreach.choices import Grade

register = template.Library()


@register.inclusion_tag("workspace/desk.html")
def call_desk(*, desk: CallerDay) -> dict[str, Any]:
    """`{% call_desk desk=desk %}`: one big button, the call just saved, the other campaigns."""
    return {"desk": desk}


@register.inclusion_tag("workspace/last_saved.html")
def last_saved(*, attempt: Attempt) -> dict[str, Any]:
    """`{% last_saved attempt=undo %}`: the call just saved, and the button that takes it back."""
    day = attempt.answer.get("next_call")
    return {
        "campaign": attempt.contact.queue.campaign,
        "attempt": attempt,
        "outcome": attempt.get_outcome_display().lower(),
        "promised": date.fromisoformat(day) if attempt.outcome == Outcome.REACHED and day else None,
        "words": f"l’appel de {attempt.contact.household.display_name}",
    }


@register.inclusion_tag("workspace/how_are_you.html")
def how_are_you(*, attempt: Attempt | None) -> dict[str, Any]:
    """`{% how_are_you attempt=undo %}`: after an orange or red call, a word for the caller and whom to talk to."""
    heavy = attempt is not None and hasattr(attempt, "report") and attempt.report.grade in (Grade.ORANGE, Grade.RED)
    lead = attempt.contact.queue.campaign.created_by if attempt is not None and heavy else None
    return {"heavy": heavy, "lead": lead}


@register.inclusion_tag("workspace/promised_line.html")
def promised_line(*, planned: PlannedCall) -> dict[str, Any]:
    """`{% promised_line planned=planned %}`: whom, when, and the button that starts the call."""
    today = timezone.localdate()
    return {
        "planned": planned,
        "today": today,
        "late": planned.due_on < today,
        "moment": moment_words(planned.due_when),
    }
