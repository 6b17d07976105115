"""Pieces of the pages of the weekly lists."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import Form

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.typography import short_day
from bienveille.services.outreach.choices import Grade
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries.offline import LookedAt
from bienveille.services.outreach.rules.offline import FilledRow

register = template.Library()


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
