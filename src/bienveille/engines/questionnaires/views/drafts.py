"""The draft of a guide: its parts in order, its faults, beside what callers will see; published, or thrown away."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.engines.questionnaires import operations, rules
from bienveille.engines.questionnaires.access import get_draft_for, writer_required
from bienveille.engines.questionnaires.choices import QuestionKind
from bienveille.engines.questionnaires.forms import ActForm, DraftForm, PartForm, ReviewForm, RevisionForm
from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.engines.questionnaires.queries import get_definition, versions_of
from bienveille.engines.questionnaires.views import CONFLICT, INVALID, READING, Request, trail
from bienveille.ground.lib.typography import counted, moment_in_words
from bienveille.ground.platform.refusal import Refusal


@require_http_methods(READING)
@writer_required
def draft(request: Request, slug: str) -> HttpResponse:
    """The draft: its words, its parts and questions, its faults, and beside it what callers will see."""
    shown = get_draft_for(request.user, slug)
    if request.method != "POST":
        return _draft_page(request, shown)
    form = DraftForm(request.POST)
    revision = RevisionForm(request.POST)
    if not form.is_valid() or not revision.is_valid():
        return _draft_page(request, shown, form=form, status=INVALID)
    try:
        operations.change_draft(
            by=request.user,
            draft_id=shown.pk,
            revision=revision.cleaned_data["revision"],
            title=form.cleaned_data["title"],
            description=form.cleaned_data["description"],
            now=timezone.now(),
        )
    except Refusal as refusal:
        return _draft_page(request, get_draft_for(request.user, slug), refusal=refusal, status=CONFLICT)
    return redirect("questionnaires:draft", slug)


def _draft_page(
    request: Request,
    shown: QuestionnaireDraft,
    *,
    form: DraftForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    document = shown.document
    found = rules.faults(document, former=shown.based_on.definition if shown.based_on else None)
    faulty = {(fault.section, fault.item) for fault in found}
    kinds = dict(QuestionKind.choices)
    sections = document.get("sections", [])
    context = {
        "draft": shown,
        "title": document.get("title") or "Sans titre",
        "form": form or DraftForm(initial={name: document.get(name, "") for name in ("title", "description")}),
        "refusal": refusal,
        "faults": [_fault_line(shown.slug, fault) for fault in found],
        "sections": [
            {
                "rank": rank,
                "title": one.get("title") or f"Partie {rank + 1}",
                "conditioned": bool(one.get("show_if")),
                "faulty": (rank, None) in faulty,
                "first": rank == 0,
                "last": rank == len(sections) - 1,
                "items": [
                    {
                        "rank": number,
                        "label": raw.get("label") or f"Question {number + 1}",
                        "kind": kinds.get(raw.get("kind", ""), ""),
                        "required": bool(raw.get("required")),
                        "conditioned": bool(raw.get("show_if")),
                        "faulty": (rank, number) in faulty,
                        "first": rank == 0 and number == 0,
                        "last": rank == len(sections) - 1 and number == len(one.get("items", [])) - 1,
                    }
                    for number, raw in enumerate(one.get("items", []))
                ],
            }
            for rank, one in enumerate(sections)
        ],
        "preview": rules.showable(document),
        "part_form": PartForm(auto_id="part_%s"),
        "faults_title": f"{counted(len(found), 'point')} à corriger avant de publier",
        "kept": f"Brouillon gardé {moment_in_words(timezone.localtime(shown.changed_at), timezone.localdate())} "
        f"par {shown.changed_by.display_name}",
        "trail": trail(),
    }
    return render(request, "questionnaires/draft.html", context, status=status)


def _fault_line(slug: str, fault: rules.Fault) -> dict[str, str]:
    if fault.section is None:
        target = ""
    elif fault.item is None:
        target = reverse("questionnaires:section", args=[slug, fault.section])
    else:
        target = reverse("questionnaires:item", args=[slug, fault.section, fault.item])
    return {"place": fault.place, "text": fault.text, "url": target}


@require_POST
@writer_required
def act(request: Request, slug: str) -> HttpResponse:
    """Move, remove or add a part; the page comes back where it was."""
    shown = get_draft_for(request.user, slug)
    title = PartForm(request.POST)
    form = ActForm(request.POST)
    anchor = ""
    try:
        if request.POST.get("do") == "add":
            revision = RevisionForm(request.POST)
            if not title.is_valid() or not revision.is_valid():
                messages.warning(request, "Donnez un titre à la partie.")
                return redirect("questionnaires:draft", slug)
            rank = operations.add_section(
                by=request.user,
                draft_id=shown.pk,
                revision=revision.cleaned_data["revision"],
                title=title.cleaned_data["title"],
                now=timezone.now(),
            )
            anchor = f"#partie-{rank}"
        elif form.is_valid():
            name, section, item = form.gesture()
            given: dict[str, Any] = {
                "by": request.user,
                "draft_id": shown.pk,
                "revision": form.cleaned_data["revision"],
                "section": section,
                "item": item,
                "now": timezone.now(),
            }
            if name == "remove":
                operations.remove_part(**given)
            else:
                operations.move_part(**given, down=name == "down")
            anchor = f"#partie-{section}"
    except Refusal as refusal:
        return _draft_page(request, get_draft_for(request.user, slug), refusal=refusal, status=CONFLICT)
    return redirect(reverse("questionnaires:draft", args=[slug]) + anchor)


@require_http_methods(READING)
@writer_required
def publish(request: Request, slug: str) -> HttpResponse:
    """Say what changes, have sensitive words read again, then publish."""
    shown = get_draft_for(request.user, slug)
    found = rules.faults(shown.document)
    if found:
        return _draft_page(request, shown, status=200 if request.method != "POST" else INVALID)
    definition = rules.parse(shown.document)
    findings = rules.sensitive_words(definition)
    versions = versions_of(slug)
    number = versions[0].number + 1 if versions else 1
    words = sorted({finding.excerpt for _, finding in findings})
    form = ReviewForm(request.POST or None, words=words, initial={"revision": shown.revision})
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            published = operations.publish_draft(
                by=request.user,
                draft_id=shown.pk,
                revision=form.cleaned_data["revision"],
                now=timezone.now(),
                reviewed=form.cleaned_data["reviewed"],
            )
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(
                request, f"La version {published.number} est publiée. Les campagnes ouvertes gardent la leur."
            )
            return redirect("questionnaires:guide", slug)
    context = {
        "draft": shown,
        "title": definition.title,
        "form": form,
        "findings": [{"place": place, "finding": one, "label": one.family.label} for place, one in findings],
        "words": words,
        "refusal": refusal,
        "number_words": f"Version {number}",
        "publish_label": f"Publier la version {number}",
        "changes": rules.changes(get_definition(versions[0].pk), definition) if versions else [],
        "is_new": not versions,
        "trail": trail((definition.title, reverse("questionnaires:draft", args=[slug]))),
    }
    return render(request, "questionnaires/publish.html", context, status=INVALID if refusal else 200)


@require_http_methods(READING)
@writer_required
def drop(request: Request, slug: str) -> HttpResponse:
    """Confirm, then throw the draft away."""
    shown = get_draft_for(request.user, slug)
    if request.method == "POST":
        operations.drop_draft(by=request.user, draft_id=shown.pk)
        messages.success(request, "Le brouillon est jeté. Ce qui était publié n’a pas changé.")
        return redirect("questionnaires:guides")
    title = shown.document.get("title") or shown.slug
    context = {"draft": shown, "title": title, "trail": trail((title, reverse("questionnaires:draft", args=[slug])))}
    return render(request, "questionnaires/drop.html", context)
