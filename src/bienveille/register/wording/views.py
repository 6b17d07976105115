"""The landlord's vocabulary: what notes are warned about, what is added or left out, and a box to try a sentence."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bienveille.ground.lib.note_guard import NUMBERS_ENTRY
from bienveille.ground.lib.note_lexicon import EXCEPTIONS, NATIONALITIES, WORDS, Family
from bienveille.ground.lib.typography import spaced
from bienveille.register.accounts.access import role_required, scope_for
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.wording import operations
from bienveille.register.wording.choices import EntryKind
from bienveille.register.wording.forms import TryForm, WordingForm
from bienveille.register.wording.queries import check_note, wording_entries
from bienveille.register.wording.rules import entry_words

INVALID = 422
KEEPERS = (Role.ADMINISTRATOR, Role.DIRECTOR)


class Request(HttpRequest):
    """A request of somebody who signed in."""

    user: User


def may_change(user: User) -> bool:
    """Every agency is warned by the same words: they are changed by who covers everything."""
    return scope_for(user, *KEEPERS).everything


@role_required(*KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def wording(request: Request) -> HttpResponse:
    """The list of what the landlord changed, and the form that changes it."""
    if request.method != "POST":
        asked = request.GET.get("mot", "")[:60]
        return _page(request, form=WordingForm(initial={"kind": EntryKind.OFF, "text": asked} if asked else None))
    if not may_change(request.user):
        raise PermissionDenied
    form = WordingForm(request.POST)
    if form.is_valid():
        try:
            operations.add_wording(
                actor=request.user,
                now=timezone.now(),
                **form.cleaned_data,
            )
        except operations.CannotChangeWording as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, "C’est enregistré\u00a0: les prochaines notes en tiennent compte.")
            return redirect("wording:wording")
    return _page(request, form=form, status=INVALID)


@role_required(*KEEPERS)
@require_POST
def try_sentence(request: Request) -> HttpResponse:
    """What a sentence would give; nothing is kept, and the sentence is never in an address."""
    form = TryForm(request.POST)
    if not form.is_valid():
        return _page(request, try_form=form, status=INVALID)
    findings = [
        {
            "excerpt": one.excerpt,
            "family": one.family.label,
            "advice": spaced(one.advice),
            "entry": entry_words(one.entry),
            "may_go": one.entry != NUMBERS_ENTRY,
        }
        for one in check_note(form.cleaned_data["sentence"])
    ]
    return _page(request, try_form=form, tried=True, findings=findings)


@role_required(*KEEPERS)
@require_POST
def remove(request: Request, entry_id: UUID) -> HttpResponse:
    """Take a change back."""
    if not may_change(request.user):
        raise PermissionDenied
    if operations.remove_wording(actor=request.user, entry_id=entry_id):
        messages.success(request, "C’est retiré\u00a0: la liste est comme avant cet ajout.")
    return redirect("wording:wording")


def _page(request: Request, *, status: int = 200, **more: Any) -> HttpResponse:
    entries = [
        {
            "entry": one,
            "words": entry_words(one.text),
            "kind": EntryKind(one.kind).label,
            "family": Family(one.family).label if one.family else "",
        }
        for one in wording_entries()
    ]
    families = [
        {"label": family.label, "advice": spaced(family.advice), "words": [entry_words(one) for one in listed]}
        for family, listed in {**WORDS, Family.ORIGIN: WORDS[Family.ORIGIN] + NATIONALITIES}.items()
    ]
    context = {
        "form": WordingForm(),
        "try_form": TryForm(),
        "entries": entries,
        "families": families,
        "harmless": [entry_words(one) for one in EXCEPTIONS],
        "may_change": may_change(request.user),
        **more,
    }
    context["all_forms"] = [context["form"], context["try_form"]]
    return render(request, "wording/wording.html", context, status=status)
