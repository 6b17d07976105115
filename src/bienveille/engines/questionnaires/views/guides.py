"""Guides and their versions: the list, one of them as callers see it, what changed, a copy, an older version back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.questionnaires import operations, rules
from bienveille.engines.questionnaires.access import get_guide_for, get_version_for, writer_required
from bienveille.engines.questionnaires.forms import TitleForm
from bienveille.engines.questionnaires.models import QuestionnaireDraft, QuestionnaireVersion
from bienveille.engines.questionnaires.queries import get_definition, has_draft, list_guides, versions_of
from bienveille.engines.questionnaires.views import INVALID, READING, Request, trail
from bienveille.ground.platform.refusal import Refusal

MOST_VERSIONS = 30


@require_safe
@writer_required
def guides(request: Request) -> HttpResponse:
    """Every guide: those that come with the software, one's own, and what is being written."""
    return render(request, "questionnaires/guides.html", {"rows": list_guides()})


@require_http_methods(READING)
@writer_required
def new(request: Request) -> HttpResponse:
    """Begin a guide, empty or from another one (`?depuis=`)."""
    source = request.GET.get("depuis", "")
    copied = get_guide_for(request.user, source) if source else None
    form = TitleForm(request.POST or None, initial={"title": f"{copied.title}, adapté" if copied else ""})
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.create_draft(
                by=request.user, title=form.cleaned_data["title"], now=timezone.now(), copied_from=source
            )
        except Refusal as refusal:
            form.add_error("title", str(refusal))
        else:
            return redirect("questionnaires:draft", made.slug)
    context = {"form": form, "copied": copied, "trail": trail()}
    return render(request, "questionnaires/new.html", context, status=INVALID if form.errors else 200)


@require_safe
@writer_required
def guide(request: Request, slug: str) -> HttpResponse:
    """One guide as callers see it today, and how it came to be so."""
    shown = get_guide_for(request.user, slug)
    versions = versions_of(slug)[: MOST_VERSIONS + 1]
    context = {
        "guide": shown,
        "current": versions[0],
        "definition": get_definition(versions[0].pk),
        "versions": [
            (version, _changes(before, version))
            for version, before in zip(versions, [*versions[1:], None], strict=True)
        ][:MOST_VERSIONS],
        "has_draft": has_draft(slug),
        "trail": trail(),
    }
    return render(request, "questionnaires/guide.html", context)


def _changes(before: QuestionnaireVersion | None, after: QuestionnaireVersion) -> list[str]:
    return rules.changes(get_definition(before.pk), get_definition(after.pk)) if before else []


@require_safe
@writer_required
def version(request: Request, slug: str, number: int) -> HttpResponse:
    """An older version as it was asked."""
    shown = get_version_for(request.user, slug, number)
    newest = versions_of(slug)[0]
    context = {
        "guide": shown.questionnaire,
        "version": shown,
        "definition": get_definition(shown.pk),
        "current_words": f"Version {number}",
        "is_newest": newest.pk == shown.pk,
        "changes": [] if newest.pk == shown.pk else _changes(newest, shown),
        "trail": trail((shown.questionnaire.title, reverse("questionnaires:guide", args=[slug]))),
    }
    return render(request, "questionnaires/version.html", context)


@require_POST
@writer_required
def edit(request: Request, slug: str) -> HttpResponse:
    """Open the draft of a guide of one's own."""
    get_guide_for(request.user, slug)
    return _to_draft(request, slug, lambda: operations.edit_guide(by=request.user, slug=slug, now=timezone.now()))


@require_POST
@writer_required
def restore(request: Request, slug: str, number: int) -> HttpResponse:
    """Put an older version back in the draft."""
    get_version_for(request.user, slug, number)

    def act() -> QuestionnaireDraft:
        return operations.restore_version(by=request.user, slug=slug, number=number, now=timezone.now())

    return _to_draft(request, slug, act)


def _to_draft(request: Request, slug: str, act: Callable[[], QuestionnaireDraft]) -> HttpResponse:
    try:
        act()
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("questionnaires:guide", slug)
    return redirect("questionnaires:draft", slug)
