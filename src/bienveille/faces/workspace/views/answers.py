"""What the answers of a campaign add up to: each question with its chart and table, by agency, by wave, in files."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bienveille.engines.questionnaires.choices import QuestionKind
from bienveille.engines.questionnaires.queries import get_definition
from bienveille.engines.questionnaires.rules import LEAST, QuestionStatistics
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.spreadsheets import Column, Sheet
from bienveille.ground.lib.typography import counted, number
from bienveille.ground.ui.exports import file_response, heading
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.access import get_campaign_for, may_change
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import (
    CampaignAnswers,
    QuestionAnswers,
    answers_erased,
    campaign_answers,
    scale_of,
    scale_statistics,
)

TOO_FEW = f"moins de {LEAST} réponses"
KINDS = {"agence": ("agency", "Agence"), "vague": ("wave", "Vague")}


@require_safe
def campaign_answers_page(request: Request, campaign_id: UUID) -> HttpResponseBase:
    """The statistics of the answers, for those who see the campaign (a fixed number of queries)."""
    shown = get_campaign_for(request.user, campaign_id)
    if shown.state == CampaignState.DRAFT:
        return redirect("workspace:campaign", shown.pk)
    found = campaign_answers(shown, on=timezone.localdate())
    if (kind := request.GET.get("export", "")) in ("xlsx", "csv"):
        return _file(request, shown, found, kind)
    by = request.GET.get("par", "")
    guide = shown.questionnaire.questionnaire.title
    is_manager = has_role(request.user, *MANAGERS)
    campaign_url = reverse("workspace:campaign", args=[shown.pk])
    erased = not found.responses and answers_erased(shown)
    context = {
        "campaign": shown,
        "title": _title(found.responses, erased=erased),
        "subtitle": f"{shown.name}. {guide}, version {shown.questionnaire.number}",
        "responses": found.responses,
        "erased": erased,
        "questions": [_question(one, KINDS.get(by)) for one in found.questions],
        "by": by if by in KINDS else "",
        "choices": [("", "Ensemble"), *((key, f"Par {label.lower()}") for key, (_, label) in KINDS.items())],
        "too_few": TOO_FEW,
        "campaign_url": campaign_url,
        **_scale(shown, may_change(request.user, shown)),
        "trail": [("Campagnes", reverse("workspace:campaigns")), (shown.name, campaign_url)]
        if is_manager
        else [(shown.name, campaign_url)],
    }
    return render(request, "workspace/answers.html", context)


def _title(responses: int, *, erased: bool) -> str:
    if responses > 1:
        return f"{counted(responses, 'ménage')} ont répondu"
    if responses:
        return "Un ménage a répondu"
    return "Les réponses sont effacées" if erased else "Personne n’a encore répondu"


def _scale(shown: Campaign, changes: bool) -> dict[str, Any]:
    """The three questions on loneliness, only where they were switched on, only added up (2 queries at most)."""
    scale = scale_of(shown)
    context: dict[str, Any] = {"may_switch": changes, "scale": scale}
    if scale is None:
        return context
    found = scale_statistics(scale, shown, on=timezone.localdate())
    steps = [("Rarement", "reached"), ("Parfois", "reserved"), ("Souvent", "waiting")]
    series = [
        {"label": label, "state": state, "values": [one.counts[rank].count for one in found.questions]}
        for rank, (label, state) in enumerate(steps)
    ]
    return context | {
        "scale_aside": counted(found.answered, "réponse") if found.questions else TOO_FEW,
        "scale_names": [one.label for one in found.questions],
        "scale_series": series,
        "scale_mean": number(found.mean, 1) if found.mean is not None else "",
    }


def _question(one: QuestionAnswers, grouped: tuple[str, str] | None) -> dict[str, Any]:
    whole = one.whole
    counts = whole.counts if whole else ()
    kind, head = grouped or ("", "")
    groups = one.groups.get(kind, []) if kind else []
    return {
        "key": one.key,
        "label": one.label,
        "hidden": whole is None,
        "nobody": one.answered == 0,
        "aside": _aside(whole) if whole else TOO_FEW,
        "names": [count.label for count in counts],
        "series": [{"label": "Ménages", "state": "reached", "values": [count.count for count in counts]}],
        "average": _average(whole),
        "words_only": whole is not None and whole.kind in (QuestionKind.TEXT, QuestionKind.DATE),
        "head": head,
        "groups": [
            {
                "name": group.name,
                "answered": group.answers.answered if group.answers else None,
                "shares": [count.share for count in group.answers.counts] if group.answers else [],
                "cells": list(zip([count.label for count in counts], group.answers.counts, strict=True))
                if group.answers and counts
                else [],
                "average": _average(group.answers),
            }
            for group in groups
        ],
        "columns": [count.label for count in counts],
    }


def _aside(whole: QuestionStatistics) -> str:
    missing = whole.asked_of - whole.answered
    words = counted(whole.answered, "réponse")
    return f"{words}, {number(missing)} sans réponse ou non posée" if missing else words


def _average(one: QuestionStatistics | None) -> str:
    if one is None or one.average is None or not one.answered:
        return ""
    return number(one.average, 1)


def _file(request: Request, shown: Campaign, found: CampaignAnswers, kind: str) -> HttpResponseBase:
    """One line for each answer of each group; what is too small is said, not shown."""
    now = timezone.now()
    record_audit(
        actor=request.user,
        action=AuditAction.EXPORTED,
        subject=shown,
        reason="Statistiques des réponses",
        detail={"kind": kind},
    )
    titles: list[Column] = [
        Column("Ensemble, agence ou vague"),
        Column("Groupe"),
        Column("Question", width=40),
        Column("Réponse", width=30),
        Column("Ménages", "number"),
        Column("Part", "percent"),
        Column("Réponses à la question", "number"),
        Column("Moyenne", "number"),
        Column("Remarque"),
    ]
    lines = heading(f"Réponses de la campagne «\u00a0{shown.name}\u00a0»", now=now, by=request.user.display_name)
    sheet = Sheet("Réponses", titles, _rows(shown, found), lines)
    return file_response(kind=kind, sheets=[sheet], name=f"reponses {shown.name}", now=now)


def _rows(shown: Campaign, found: CampaignAnswers) -> Iterator[list[Any]]:
    labels = {key: item.label for key, item in get_definition(shown.questionnaire_id).questions.items()}
    for one in found.questions:
        groups: list[tuple[str, str, QuestionStatistics | None]] = [("Ensemble", "", one.whole)]
        groups += [(head, group.name, group.answers) for kind, head in KINDS.values() for group in one.groups[kind]]
        for head, name, answers in groups:
            start = [head, name, labels[one.key]]
            if answers is None:
                yield [*start, "", None, None, None, None, TOO_FEW]
                continue
            average = None if answers.average is None else round(answers.average, 2)
            yield [*start, "", None, None, answers.answered, average, ""]
            for count in answers.counts:
                yield [*start, count.label, count.count, count.share, answers.answered, None, ""]
