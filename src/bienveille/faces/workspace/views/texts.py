"""Texts sent to tenants: the list, the library of ready texts, one text with its variants, its versions, its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.messaging.access import WRITERS, get_template_for, may_write
from bienveille.engines.messaging.choices import Channel, TextKind
from bienveille.engines.messaging.models import TemplateVersion, Text
from bienveille.engines.messaging.operations import templates as operations
from bienveille.engines.messaging.queries.templates import (
    latest_version,
    ready_texts,
    templates_list,
    versions_of,
)
from bienveille.engines.messaging.rules.changes import changes
from bienveille.engines.messaging.rules.layout import paragraphs
from bienveille.engines.messaging.rules.ready_texts import Variant, read_variant_key, variant_key
from bienveille.engines.messaging.rules.sms_parts import lighten, measure
from bienveille.engines.messaging.rules.variables import EXAMPLES, VARIABLES, blanks, faults, render_sms
from bienveille.engines.messaging.rules.variables import render as put_in
from bienveille.engines.messaging.rules.wording import cost_words, variant_words
from bienveille.faces.workspace.forms.texts import TemplateForm, TextForm, VariantChoiceForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.register.accounts.access import role_required

METHODS = ["GET", "HEAD", "POST"]
INVALID, CONFLICT = 422, 409


@require_safe
@role_required(*WRITERS)
def texts(request: Request) -> HttpResponse:
    """Every text in use, by what it is about; the retired ones with `?retires=1`."""
    retired = request.GET.get("retires") == "1"
    rows = [
        {
            "template": one.template,
            "version": one.version,
            "variants": [variant_words(text.channel, text.language, text.easy) for text in one.texts],
        }
        for one in templates_list(retired=retired)
    ]
    groups = [
        (label, [row for row in rows if row["template"].kind == value])  # type: ignore[attr-defined]
        for value, label in TextKind.choices
    ]
    context = {
        "groups": [(label, found) for label, found in groups if found],
        "retired": retired,
        "may_write": may_write(request.user),
    }
    return render(request, "workspace/texts.html", context)


@require_safe
@role_required(*WRITERS)
def ready(request: Request) -> HttpResponse:
    """The library: what each ready text is for, and in which variants it stands."""
    groups = [
        (label, [one for one in ready_texts().values() if one.kind == value]) for value, label in TextKind.choices
    ]
    return render(request, "workspace/ready_texts.html", {"groups": groups, "trail": _trail()})


@require_http_methods(METHODS)
@role_required(*WRITERS)
def ready_text(request: Request, slug: str) -> HttpResponse:
    """One ready text, in all its variants; copied, it is ours to complete."""
    shown = ready_texts().get(slug)
    if shown is None:
        raise Http404
    if request.method == "POST":
        if not may_write(request.user):
            raise PermissionDenied
        made = operations.copy_ready_text(actor=request.user, slug=slug, now=timezone.now())
        messages.success(request, "Le texte est copié\u00a0: complétez-le avant de l’envoyer.")
        return redirect("workspace:text", made.pk)
    context = {
        "ready": shown,
        "variants": [_shown(one) for one in shown.variants],
        "trail": [*_trail(), ("Textes prêts", reverse("workspace:ready_texts"))],
        "may_write": may_write(request.user),
    }
    return render(request, "workspace/ready_text.html", context)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def new_text(request: Request) -> HttpResponse:
    """Give a name to a text; its words come next."""
    if not may_write(request.user):
        raise PermissionDenied
    form = TemplateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.create_template(actor=request.user, now=timezone.now(), **form.cleaned_data)
        except operations.CannotWriteText as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return redirect("workspace:text", made.pk)
    context = {"form": form, "trail": _trail()}
    return render(request, "workspace/text_new.html", context, status=INVALID if form.errors else 200)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def text(request: Request, template_id: UUID) -> HttpResponse:
    """One text: its variants, what is still to be completed, and the form of its name."""
    shown = get_template_for(request.user, template_id, write=request.method == "POST")
    form = TemplateForm(
        request.POST if request.method == "POST" else None,
        initial={"name": shown.name, "use": shown.use, "kind": shown.kind},
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.describe_template(actor=request.user, template_id=shown.pk, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(getattr(refusal, "field", None) or None, str(refusal))
        else:
            messages.success(request, "Le nom et l’usage sont enregistrés.")
            return redirect("workspace:text", shown.pk)
    version = latest_version(shown)
    context = {
        "template": shown,
        "version": version,
        "variants": [_shown(one) for one in version.texts.all()],
        "form": form,
        "adding": VariantChoiceForm(),
        "kind": TextKind(shown.kind).label,
        "trail": _trail(),
        "may_write": may_write(request.user) and shown.retired_on is None,
        "may_restore": may_write(request.user) and shown.retired_on is not None,
    }
    return render(request, "workspace/text.html", context, status=INVALID if form.errors else 200)


@require_safe
@role_required(*WRITERS)
def add_variant(request: Request, template_id: UUID) -> HttpResponse:
    """Leads from the choice of a variant to the page where it is written."""
    shown = get_template_for(request.user, template_id, write=True)
    form = VariantChoiceForm(request.GET)
    if not form.is_valid():
        return redirect("workspace:text", shown.pk)
    chosen = form.cleaned_data
    key = variant_key(chosen["channel"], chosen["language"], chosen["easy"])
    return redirect("workspace:text_variant", shown.pk, key)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def variant(request: Request, template_id: UUID, key: str) -> HttpResponse:
    """Write one variant, counted while it is typed; a page that somebody made old keeps what was typed."""
    shown = get_template_for(request.user, template_id, write=True)
    channel, language, easy = _read_key(key)
    version = latest_version(shown)
    found = next((one for one in version.texts.all() if (one.channel, one.language, one.easy) == _read_key(key)), None)
    start = {"subject": found.subject, "body": found.body} if found else _like(version, channel, easy)
    refusal: Refusal | None = None
    doing = request.POST.get("do", "")
    if request.method == "POST" and doing == "lighten":
        typed = {**request.POST.dict(), "body": lighten(request.POST.get("body", ""))}
        form = TextForm(typed, channel=channel, language=language)
    else:
        data = request.POST if request.method == "POST" else None
        form = TextForm(data, initial=start, channel=channel, language=language)
    if doing == "save" and form.is_valid():
        try:
            operations.write_text(
                actor=request.user,
                template_id=shown.pk,
                revision=_revision(request),
                channel=channel,
                language=language,
                easy=easy,
                subject=form.cleaned_data.get("subject", ""),
                body=form.cleaned_data["body"],
                now=timezone.now(),
            )
        except operations.CannotWriteText as fault:
            form.add_error(fault.field or None, str(fault))
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(request, "Le texte est enregistré.")
            return redirect("workspace:text_variant", shown.pk, key)
    body = str(form["body"].value() or "")
    context = {
        "template": shown,
        "version": version,
        "key": key,
        "words": variant_words(channel, language, easy),
        "tabs": [
            {"key": tab, "words": words, "current": tab == key}
            for tab, words in _tabs(version, key, variant_words(channel, language, easy))
        ],
        "form": form,
        "refusal": refusal,
        "exists": found is not None,
        "theirs": found if refusal and found else None,
        "variables": VARIABLES,
        "trail": [*_trail(), (shown.name, reverse("workspace:text", args=[shown.pk]))],
        **_measured(channel, body),
    }
    if request.htmx and doing == "count":
        return render(request, "workspace/text_variant.html#measure", context)
    status = CONFLICT if refusal else INVALID if doing == "save" and form.errors else 200
    return render(request, "workspace/text_variant.html", context, status=status)


@require_POST
@role_required(*WRITERS)
def remove_variant(request: Request, template_id: UUID, key: str) -> HttpResponse:
    """Take one variant out; what was sent keeps its words."""
    shown = get_template_for(request.user, template_id, write=True)
    channel, language, easy = _read_key(key)
    try:
        operations.remove_text(
            actor=request.user,
            template_id=shown.pk,
            revision=_revision(request),
            channel=channel,
            language=language,
            easy=easy,
            now=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "La variante est retirée. Les versions gardent ses mots.")
    return redirect("workspace:text", shown.pk)


@require_safe
@role_required(*WRITERS)
def versions(request: Request, template_id: UUID) -> HttpResponse:
    """What each version changed, the newest first, word by word."""
    shown = get_template_for(request.user, template_id)
    found = versions_of(shown)
    rows = []
    for index, version in enumerate(found):
        before = _words(found[index + 1]) if index + 1 < len(found) else {}
        rows.append(
            {
                "version": version,
                "first": index + 1 == len(found),
                "changes": [
                    {"change": one, "words": variant_words(*_read_key(one.key))}
                    for one in (changes(before, _words(version)) if before else [])
                ],
                "variants": [variant_words(one.channel, one.language, one.easy) for one in version.texts.all()],
            }
        )
    trail = [*_trail(), (shown.name, reverse("workspace:text", args=[shown.pk]))]
    return render(request, "workspace/text_versions.html", {"template": shown, "rows": rows, "trail": trail})


@require_http_methods(METHODS)
@role_required(*WRITERS)
def retire(request: Request, template_id: UUID) -> HttpResponse:
    """Confirm, then retire; the message that says it can be taken back."""
    shown = get_template_for(request.user, template_id, write=True)
    if request.method == "POST":
        operations.retire_template(actor=request.user, template_id=shown.pk, now=timezone.now())
        undo = Undo(url=reverse("workspace:restore_text", args=[shown.pk]), label="Le remettre")
        say_done(request, f"Le texte «\u00a0{shown.name}\u00a0» est retiré.", undo=undo)
        return redirect("workspace:texts")
    trail = [*_trail(), (shown.name, reverse("workspace:text", args=[shown.pk]))]
    return render(request, "workspace/text_retire.html", {"template": shown, "trail": trail})


@require_POST
@role_required(*WRITERS)
def restore(request: Request, template_id: UUID) -> HttpResponse:
    """Put a retired text back."""
    shown = get_template_for(request.user, template_id, write=True)
    back = operations.restore_template(actor=request.user, template_id=shown.pk)
    messages.success(request, f"Le texte «\u00a0{back.name}\u00a0» est remis en service.")
    return redirect("workspace:text", shown.pk)


def _trail() -> list[tuple[str, str]]:
    return [("Textes", reverse("workspace:texts"))]


def _read_key(key: str) -> tuple[str, str, bool]:
    found = read_variant_key(key)
    if found is None:
        raise Http404
    return found


def _revision(request: Request) -> int:
    typed = request.POST.get("revision", "")
    return int(typed) if typed.isdecimal() and len(typed) < 9 else 0


def _words(version: TemplateVersion) -> dict[str, tuple[str, str]]:
    return {variant_key(one.channel, one.language, one.easy): (one.subject, one.body) for one in version.texts.all()}


def _like(version: TemplateVersion, channel: str, easy: bool) -> dict[str, str]:
    """Where a new variant starts: the same channel in French, so that it is translated or made simpler in place."""
    same = [one for one in version.texts.all() if one.channel == channel]
    near = next((one for one in same if one.easy == easy), same[0] if same else None)
    return {"subject": near.subject, "body": near.body} if near else {}


def _tabs(version: TemplateVersion, key: str, words: str) -> list[tuple[str, str]]:
    tabs = [
        (variant_key(one.channel, one.language, one.easy), variant_words(one.channel, one.language, one.easy))
        for one in version.texts.all()
    ]
    return tabs if any(tab == key for tab, _ in tabs) else [*tabs, (key, f"{words}, nouvelle")]


def _shown(one: Text | Variant) -> dict[str, Any]:
    """A variant as pages show it: its words with examples put in, what it costs, what is left to complete."""
    return {
        "text": one,
        "key": variant_key(one.channel, one.language, one.easy),
        "words": variant_words(one.channel, one.language, one.easy),
        "paragraphs": paragraphs(one.body),
        **_measured(one.channel, one.body, one.subject),
    }


def _measured(channel: str, body: str, subject: str = "") -> dict[str, Any]:
    sms = channel == Channel.SMS
    shown = render_sms(body, EXAMPLES) if sms else put_in(body, EXAMPLES)
    length = measure(shown) if sms else None
    return {
        "example": paragraphs(shown),
        "cost": cost_words(length) if length else "",
        "length": length,
        "heavy": list(measure(body).heavy) if sms else [],
        "blanks": blanks(f"{subject}\n{body}"),
        "faults": faults(body),
    }
