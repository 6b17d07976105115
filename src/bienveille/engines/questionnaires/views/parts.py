"""A part of a draft, a question of it: their words, when they are shown, and how callers will see them."""

import copy
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.engines.questionnaires import operations, rules
from bienveille.engines.questionnaires.access import get_draft_for, writer_required
from bienveille.engines.questionnaires.choices import QuestionKind
from bienveille.engines.questionnaires.forms import ItemForm, SectionForm
from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.engines.questionnaires.views import CONFLICT, INVALID, READING, Request, trail
from bienveille.ground.platform.refusal import Refusal

NEW_QUESTION = "Nouvelle question"


def _part(shown: QuestionnaireDraft, section: int) -> dict[str, Any]:
    sections: list[dict[str, Any]] = shown.document.get("sections", [])
    if section >= len(sections):
        raise Http404
    return sections[section]


def _condition_words(shown: QuestionnaireDraft, key: str) -> str:
    """When a part or a question is shown, in words, as far as the draft can be read."""
    definition = rules.showable(shown.document)
    if definition is None:
        return ""
    conditions = {one.key: one.show_if for one in definition.sections}
    conditions |= {one.key: one.show_if for one in definition.items}
    return rules.describe_condition(definition, conditions.get(key))


@require_http_methods(READING)
@writer_required
def section(request: Request, slug: str, section: int) -> HttpResponse:
    """The words of a part and when it is shown."""
    shown = get_draft_for(request.user, slug)
    raw = _part(shown, section)
    form = SectionForm(
        request.POST or None,
        raw=raw,
        asked=rules.asked_before(shown.document, section, None),
        condition=_condition_words(shown, str(raw.get("key"))),
        initial={"revision": shown.revision},
    )
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.change_section(
                by=request.user,
                draft_id=shown.pk,
                revision=form.cleaned_data["revision"],
                section=section,
                facts=form.facts(),
                now=timezone.now(),
            )
        except Refusal as raised:
            refusal = raised
        else:
            return redirect(f"{reverse('questionnaires:draft', args=[slug])}#partie-{section}")
    context = {
        "draft": shown,
        "form": form,
        "asked": form.asked_shown(),
        "refusal": refusal,
        "title": raw.get("title") or f"Partie {section + 1}",
        "trail": trail((shown.document.get("title") or slug, reverse("questionnaires:draft", args=[slug]))),
    }
    status = CONFLICT if refusal else INVALID if form.errors else 200
    return render(request, "questionnaires/section.html", context, status=status)


@require_http_methods(READING)
@writer_required
def new_item(request: Request, slug: str, section: int) -> HttpResponse:
    """Write a new question at the end of a part."""
    shown = get_draft_for(request.user, slug)
    _part(shown, section)
    return _item_page(request, shown, section, None)


@require_http_methods(READING)
@writer_required
def item(request: Request, slug: str, section: int, item: int) -> HttpResponse:
    """Write a question; beside it, as callers will see it."""
    shown = get_draft_for(request.user, slug)
    if item >= len(_part(shown, section).get("items", [])):
        raise Http404
    return _item_page(request, shown, section, item)


def _item_page(request: Request, shown: QuestionnaireDraft, section: int, item: int | None) -> HttpResponse:
    items = _part(shown, section).get("items", [])
    raw: dict[str, Any] = items[item] if item is not None else {"kind": QuestionKind.SINGLE.value}
    do = request.POST.get("do", "")
    data = _rearranged(request.POST, do) if request.method == "POST" else None
    form = ItemForm(
        data,
        raw=raw,
        asked=rules.asked_before(shown.document, section, item if item is not None else len(items)),
        condition=_condition_words(shown, str(raw.get("key"))),
        more=3 if do == "more" else 0,
        initial={"revision": shown.revision},
    )
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid() and do == "save":
        try:
            saved = _save_item(request, shown, section, item, form)
        except Refusal as raised:
            refusal = raised
        else:
            return redirect(saved)
    facts = form.facts() if form.is_bound and form.is_valid() else raw
    document = copy.deepcopy(shown.document)
    written = {"key": raw.get("key", "nouvelle_question"), **facts}
    if item is None:
        document["sections"][section].setdefault("items", []).append(written)
    else:
        document["sections"][section]["items"][item] = written
    place = item if item is not None else len(items)
    faults = [one.text for one in rules.faults(document) if (one.section, one.item) == (section, place)]
    context = {
        "draft": shown,
        "form": form,
        "asked": form.asked_shown(),
        "choice_rows": form.choice_fields(),
        "refusal": refusal,
        "faults": faults if item is not None or form.is_bound else [],
        "preview": rules.showable(rules.question_alone(document, section, place)),
        "part": shown.document["sections"][section].get("title", ""),
        "title": raw.get("label") or NEW_QUESTION,
        "asks_again": do not in ("", "save"),
        "trail": trail((shown.document.get("title") or shown.slug, reverse("questionnaires:draft", args=[shown.slug]))),
    }
    if request.htmx and do == "preview":
        return render(request, "questionnaires/item.html#preview", context)
    status = CONFLICT if refusal else INVALID if do == "save" and form.errors else 200
    return render(request, "questionnaires/item.html", context, status=status)


def _save_item(request: Request, shown: QuestionnaireDraft, section: int, item: int | None, form: ItemForm) -> str:
    """Save a question; where to go next: back to it when it still has faults."""
    given: dict[str, Any] = {
        "by": request.user,
        "draft_id": shown.pk,
        "revision": form.cleaned_data["revision"],
        "section": section,
        "now": timezone.now(),
    }
    if item is None:
        rank = operations.add_item(**given, item=form.facts())
    else:
        operations.change_item(**given, item=item, facts=form.facts())
        rank = item
    now = get_draft_for(request.user, shown.slug)
    if any((fault.section, fault.item) == (section, rank) for fault in rules.faults(now.document)):
        return reverse("questionnaires:item", args=[shown.slug, section, rank])
    return f"{reverse('questionnaires:draft', args=[shown.slug])}#question-{section}-{rank}"


def _rearranged(posted: QueryDict, do: str) -> QueryDict:
    """What was typed, with two choices exchanged when a button asked for it: `choice-up:2`, `choice-down:2`."""
    name, _, rank = do.partition(":")
    if name not in ("choice-up", "choice-down") or not rank.isdigit():
        return posted
    data = posted.copy()
    here, there = int(rank), int(rank) + (1 if name == "choice-down" else -1)
    for field in ("label", "advice", "needs", "value"):
        one, other = f"choice-{here}-{field}", f"choice-{there}-{field}"
        first, second = data.getlist(one), data.getlist(other)
        data.setlist(one, second)
        data.setlist(other, first)
    return data
