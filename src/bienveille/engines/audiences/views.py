"""Saved audiences: the list, and the page where one is written as sentences, counted while it is typed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.middleware import HtmxDetails

from bienveille.engines.audiences import operations
from bienveille.engines.audiences.access import get_audience_for, may_change, targeting_scope
from bienveille.engines.audiences.forms import EVERYBODY, AudienceForm, Builder
from bienveille.engines.audiences.models import Audience
from bienveille.engines.audiences.queries import describe, listed_audiences, purposes
from bienveille.ground.lib.typography import day_in_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit

PAGE = "audiences/audience.html"
INVALID = 422


class Request(HttpRequest):
    """What reaches a view once the middleware has let it through: somebody who signed in."""

    user: User
    htmx: HtmxDetails


@require_safe
@role_required(*MANAGERS)
def audiences(request: Request) -> HttpResponse:
    """Every saved audience, with its sentence, its purpose and who made it."""
    labels = purposes()
    rows = [
        {"audience": one.audience, "sentence": one.sentence, "purpose": labels.get(one.purpose, one.purpose)}
        for one in listed_audiences()
    ]
    return render(request, "audiences/audiences.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_audience(request: Request) -> HttpResponse:
    """Write a new audience: from nothing, from a copy of another (`?copie=`), or from a residence (`?residence=`)."""
    source = _copied(request)
    initial = {"name": f"{source.name}, copie"[:150], "purpose": source.purpose} if source else {}
    code = request.GET.get("residence", "").replace("\x00", "").strip()[:40]
    rule = source.rule if source else {"all": [{"residence": [code]}]} if code else EVERYBODY
    return _builder_page(request, None, rule, initial, writable=True)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def audience(request: Request, audience_id: UUID) -> HttpResponse:
    """Read a saved audience, and change it when it is mine or when I manage everything."""
    shown = get_audience_for(request.user, audience_id, write=request.method == "POST")
    initial = {"name": shown.name, "purpose": shown.purpose}
    return _builder_page(request, shown, shown.rule, initial, writable=may_change(request.user, shown))


def _copied(request: Request) -> Audience | None:
    try:
        wanted = UUID(request.GET.get("copie", ""))
    except ValueError:
        return None
    return get_audience_for(request.user, wanted)


def _builder_page(
    request: Request, shown: Audience | None, rule: dict[str, Any], initial: dict[str, str], *, writable: bool
) -> HttpResponse:
    on, scope = timezone.localdate(), targeting_scope(request.user)
    context: dict[str, Any] = {
        "audience": shown,
        "writable": writable,
        "trail": [("Publics", reverse("audiences:audiences"))],
        "partly": not scope.everything,
        "heading": shown.name if shown else "Composer un public",
        "made": _made(shown) if shown else "Qui voulez-vous joindre ?",
        "refusal": None,
    }
    if request.method != "POST":
        builder = Builder.of(rule, on=on, scope=scope)
        return render(request, PAGE, {**context, "builder": builder, "form": AudienceForm(initial=initial)})
    builder = Builder.typed(request.POST, on=on, scope=scope)
    saving = request.POST.get("do") == "save"
    form = AudienceForm(request.POST if saving else None, initial=initial if saving else _as_typed(request, initial))
    context |= {"builder": builder, "form": form}
    if builder.sample is not None:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Exemples d’un public",
            detail={"found": len(builder.sample)},
        )
    if saving:
        return _save(request, shown, builder, form, context)
    if request.htmx:
        part = "count" if request.GET.get("compter") else "builder"
        return render(request, f"{PAGE}#{part}", context)
    return render(request, PAGE, context, status=INVALID if builder.errors else 200)


def _made(shown: Audience) -> str:
    """« Composé par Nadia F. le lundi 9 novembre »."""
    day = day_in_words(timezone.localtime(shown.created_at).date(), timezone.localdate())
    return f"Composé par {shown.created_by.initials} {day}" if shown.created_by else f"Composé {day}"


def _as_typed(request: Request, initial: dict[str, str]) -> dict[str, str]:
    return {name: request.POST.get(name, initial.get(name, "")) for name in ("name", "purpose")}


def _save(
    request: Request, shown: Audience | None, builder: Builder, form: AudienceForm, context: dict[str, Any]
) -> HttpResponse:
    refusal: Refusal | None = None
    if form.is_valid() and builder.valid and builder.document is not None:
        try:
            saved = operations.save_audience(
                actor=request.user, rule=builder.document, audience=shown, **form.cleaned_data
            )
        except operations.AudienceNameTaken as raised:
            form.add_error("name", str(raised))
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(request, f"Le public « {saved.name} » est enregistré.")
            return redirect("audiences:audiences")
    return render(request, PAGE, {**context, "refusal": refusal}, status=INVALID)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def delete_audience(request: Request, audience_id: UUID) -> HttpResponse:
    """Confirm, then forget a saved audience; campaigns keep their own copy of its rule."""
    shown = get_audience_for(request.user, audience_id, write=True)
    if request.method == "POST":
        operations.delete_audience(actor=request.user, audience=shown)
        messages.success(request, f"Le public « {shown.name} » est supprimé.")
        return redirect("audiences:audiences")
    trail = [("Publics", reverse("audiences:audiences"))]
    context = {"audience": shown, "trail": trail, "sentence": describe(shown.rule)}
    return render(request, "audiences/audience_delete.html", context)
