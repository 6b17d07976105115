"""Pieces shared by pages of the workspace: a caller's desk, the call just saved, one promised call."""

from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt, PlannedCall
from bienveille.services.outreach.models import Campaign

register = template.Library()


@register.inclusion_tag("workspace/desk.html")
def call_desk(*, desk: dict[str, Any]) -> dict[str, Any]:
    """`{% call_desk desk=desk %}`: one button per campaign, promised calls, today's figures."""
    return {"desk": desk}


@register.inclusion_tag("workspace/last_saved.html")
def last_saved(*, campaign: Campaign, attempt: Attempt) -> dict[str, Any]:
    """`{% last_saved campaign=campaign attempt=undo %}`: the call just saved, and the button that takes it back."""
    day = attempt.answer.get("next_call")
    return {
        "campaign": campaign,
        "attempt": attempt,
        "outcome": attempt.get_outcome_display().lower(),
        "promised": date.fromisoformat(day) if attempt.outcome == Outcome.REACHED and day else None,
        "words": f"l’appel de {attempt.contact.household.display_name}",
    }


@register.inclusion_tag("workspace/promised_line.html")
def promised_line(*, planned: PlannedCall) -> dict[str, Any]:
    """`{% promised_line planned=planned %}`: whom, when, and the button that starts the call."""
    today = timezone.localdate()
    return {
        "planned": planned,
        "today": today,
        "late": planned.due_on < today,
    }
