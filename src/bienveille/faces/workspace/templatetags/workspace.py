"""Pieces shared by pages of the workspace: a caller's desk, the call just saved, one promised call."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template
from django.forms import Form
from django.utils import timezone

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt, PlannedCall
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.queries import CallerDay
from bienveille.faces.workspace.rules import moment_words, phone_kind
from bienveille.ground.lib.typography import phone as phone_digits
from bienveille.ground.lib.typography import quoted, short_day
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactKind
from bienveille.register.tenants.models import ContactPoint
from bienveille.register.tenants.queries import DoubleRow
from bienveille.services.outreach.choices import Emotion, Grade
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries.offline import LookedAt
from bienveille.services.outreach.queries.steps import worries_for
from bienveille.services.outreach.rules.offline import FilledRow

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
    return {"heavy": heavy, "lead": lead, "attempt": attempt}


@register.inclusion_tag("workspace/promised_line.html")
def promised_line(*, planned: PlannedCall) -> dict[str, Any]:
    """`{% promised_line planned=planned %}`: whom, when, and the button that starts the call."""
    today = timezone.localdate()
    return {
        "planned": planned,
        "late": planned.due_on < today,
        "moment": moment_words(planned.due_when),
    }


@register.filter
def quoted_words(text: str) -> str:
    """`{{ row.said|quoted_words }}`: a sentence somebody said, between French quotes."""
    return quoted(text)


@register.filter
def emotion_words(value: str) -> str:
    """`{{ one|emotion_words }}`: what a caller heard in a conversation, in French."""
    return str(Emotion(value).label)


@register.inclusion_tag("workspace/weekly_state.html")
def weekly_state(*, row: dict[str, Any]) -> dict[str, Any]:
    """`{% weekly_state row=row %}`: missed, caller away, made by somebody else."""
    return {"row": row}


_STATUS_SIGNS = {"valid": "check-lg", "unverified": "question-lg", "wrong": "x-lg", "stop": "x-lg"}
_STATUS_CHANGES = [
    ("verified", "Vérifié"),
    ("wrong", "Faux"),
    ("unverified", "À vérifier"),
    ("stop", "Ne plus utiliser"),
]


@register.inclusion_tag("workspace/contact_point_line.html", takes_context=True)
def contact_point_line(context: template.Context, *, point: ContactPoint) -> dict[str, Any]:
    """`{% contact_point_line point=point %}`: one number or address, its state, and the buttons that change it."""
    is_phone = point.kind == ContactKind.PHONE
    changes = [(value, label) for value, label in _STATUS_CHANGES if value != point.status]
    if point.status == "stop":
        changes = [("unverified", "À vérifier")]
    return {
        "csrf_token": context.get("csrf_token"),
        "point": point,
        "shown": phone_digits(point.value) if is_phone else point.value,
        "kind": phone_kind(point.value) if is_phone else "Adresse électronique",
        "usable": point.status in ("valid", "unverified"),
        "sign": _STATUS_SIGNS[point.status],
        "changes": changes,
    }


@register.inclusion_tag("workspace/mark_line.html", takes_context=True)
def mark_line(context: template.Context, *, entry: dict[str, Any], may_write: bool) -> dict[str, Any]:
    """`{% mark_line entry=entry may_write=True %}`: a fact, until when, who reads it, is it still true."""
    return {"csrf_token": context.get("csrf_token"), "entry": entry, "may_write": may_write}


@register.inclusion_tag("workspace/double_line.html", takes_context=True)
def double_line(context: template.Context, *, row: DoubleRow, back: str = "") -> dict[str, Any]:
    """`{% double_line row=row back="foyer" %}`: two people who may be one, why, and how to tell them apart."""
    words = f"{row.first.name} et {row.second.name}"
    return {"csrf_token": context.get("csrf_token"), "row": row, "back": back, "words": words}


@register.inclusion_tag("workspace/tried_worries.html", takes_context=True)
def worries(context: template.Context, *, user: User) -> dict[str, Any]:
    """`{% worries user=user %}`: whom somebody worries about, for a manager; asked again every half minute."""
    return {"worries": worries_for(targeting_scope(user)), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("workspace/week_lists.html", takes_context=True)
def week_lists(
    context: template.Context, *, shown: dict[str, Any], campaign: Campaign, may_change: bool, proposal: bool
) -> dict[str, Any]:
    """`{% week_lists shown=draft campaign=campaign may_change=True proposal=True %}`: loads, chart, whom nobody has."""
    base = "proposees" if proposal else "en-place"
    return {
        "csrf_token": context.get("csrf_token"),
        "shown": shown,
        "campaign": campaign,
        "may_change": may_change,
        "proposal": proposal,
        "chart_id": f"graphique-{base}",
        "table_id": f"tableau-{base}",
    }


@register.inclusion_tag("workspace/list_fields.html")
def list_fields(*, form: Form) -> dict[str, Any]:
    """`{% list_fields form=form %}`: with what lists are prepared."""
    return {"form": form}


@register.inclusion_tag("workspace/offline_problems.html")
def offline_problems(*, label: str, looked: Sequence[LookedAt], columns: bool) -> dict[str, Any]:
    """`{% offline_problems label="À corriger" looked=rows columns=True %}`: rows not saved, why, what was written."""
    return {"label": label, "looked": looked, "columns": columns}


@register.simple_tag
def offline_words(*, row: FilledRow, what: str) -> str:
    """`{% offline_words row=row what="outcome|next|all" %}`: what a filled row says, in words."""
    outcome = str(Outcome(row.outcome).label) if row.outcome else ""
    following = [str(Need(need).label) for need in row.needs]
    if row.call_back_on:
        following.append(f"rappeler le {short_day(row.call_back_on)}")
    if row.weekly:
        following.append("chaque semaine")
    if what == "outcome":
        return outcome or "–"
    if what == "next":
        return ", ".join(following) or "–"
    parts = [outcome, str(Grade(row.grade).label) if row.grade else "", *following, row.note]
    return ", ".join(part for part in parts if part) or "rien de lisible"
