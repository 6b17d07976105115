"""What tenants said and may be quoted: the anonymous wall, the sentences to read again, one withdrawn at any time."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.faces.workspace.forms import PublishVerbatimForm, RefuseVerbatimForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, listed
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import MANAGERS, has_role, role_required
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.operations import record_audit
from bienveille.register.wording.queries import check_note
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_verbatim_for
from bienveille.services.outreach.choices import Emotion, VerbatimState
from bienveille.services.outreach.models import Verbatim
from bienveille.services.outreach.queries import (
    all_campaigns,
    quoted_campaigns,
    verbatim_context,
    verbatim_counts,
    verbatims_kept,
    wall,
)
from bienveille.services.outreach.rules import pieces

INVALID = 422
READERS = (*MANAGERS, Role.COMMUNICATION, Role.SOCIAL_WORKER, Role.CALLER)


def _emotions(row: Verbatim) -> str:
    return listed(Emotion(one).label for one in row.emotions)


WALL = Table(
    columns=[
        Column("words", "Phrase", value=lambda row: row.shown, width=80),
        Column("emotions", "Ce que l’appelant a entendu", value=_emotions, width=30),
        Column("campaign", "Campagne", value=lambda row: row.attempt.contact.queue.campaign.name, width=30),
        Column("at", "Publiée le", sort="moderated_at", down=True, filled=True, kind="date", file=False),
    ],
    filters=[
        Filter("campagne", "Campagne", every="Toutes"),
        Filter("emotion", "Ce qui a été entendu", Emotion.choices, every="Tout"),
    ],
    sort="-at",
    name="paroles",
    per_page=60,
    one="phrase",
    many="phrases",
)
KEPT = Table(
    columns=[
        Column("words", "Phrase", value=lambda row: row.said),
        Column("campaign", "Campagne", sort="attempt__contact__queue__campaign__name", filled=True),
        Column("at", "Appel", sort="attempt__at", kind="moment", filled=True),
        Column("state", "État", sort="state", filled=True),
    ],
    filters=[
        Filter("state", "État", VerbatimState.choices, every="Tous"),
        Filter("campagne", "Campagne", every="Toutes"),
    ],
    sort="at",
    name="phrases",
    one="phrase",
    many="phrases",
)


@require_safe
@role_required(*READERS)
def wall_page(request: Request) -> HttpResponseBase:
    """The published sentences as cards, to read, to print, to take away; no name anywhere."""
    now = timezone.now()
    today = timezone.localdate()
    choices = {"campagne": [(str(key), name) for key, name in quoted_campaigns(on=today)]}
    asked = WALL.read(request.GET, choices=choices)
    found = wall(on=today, campaign=asked.uuid("campagne"), emotion=asked["emotion"])
    if asked.export:
        title = heading("Paroles de locataires, sans leur nom", now=now, by=request.user.display_name)
        sheet = asked.sheet(found, name="Paroles", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            subject_type="outreach.Verbatim",
            reason="Paroles publiées",
            detail={"kind": asked.export},
        )
        return file_response(kind=asked.export, sheets=[sheet], name="paroles de locataires", now=now)
    manages = has_role(request.user, *MANAGERS)
    waiting = verbatim_counts(targeting_scope(request.user), on=today)["waiting"] if manages else 0
    context = {
        "listing": asked.listing(found),
        "labels": dict(Emotion.choices),
        "manages": manages,
        "waiting": waiting,
        "waiting_words": f"Relire {counted(waiting, 'phrase')}" if waiting else "Toutes les phrases notées",
    }
    return render(request, "workspace/verbatims.html", context)


@require_safe
@role_required(*MANAGERS)
def kept(request: Request) -> HttpResponse:
    """The sentences of one's agencies, those to read again first; being shown them is audited."""
    scope, today = targeting_scope(request.user), timezone.localdate()
    choices = {"campagne": [(str(one.pk), one.name) for one in all_campaigns()]}
    asked = KEPT.read(request.GET, choices=choices)
    state = asked["state"] or ("" if "state" in request.GET else VerbatimState.WAITING)
    found = verbatims_kept(scope, on=today, campaign=asked.uuid("campagne"), state=state)
    listing = asked.listing(found)
    counts = verbatim_counts(scope, on=today)
    if len(listing):
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Phrases à citer",
            detail={"found": len(listing)},
        )
    waiting = counts["waiting"]
    context = {
        "listing": listing,
        "only_waiting": "state" not in request.GET,
        "counts": [(label, counts[value]) for value, label in VerbatimState.choices],
        "title": f"{counted(waiting, 'phrase')} à relire" if waiting else "Aucune phrase n’attend d’être relue",
        "trail": [("Paroles de locataires", reverse("workspace:verbatims"))],
    }
    return render(request, "workspace/verbatims_kept.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def moderate(request: Request, verbatim_id: UUID) -> HttpResponse:
    """One sentence: what could tell who speaks, the words to show; published, or left out with a reason."""
    verbatim = get_verbatim_for(request.user, verbatim_id)
    initial = {"words": verbatim.shown or verbatim.said, "emotions": verbatim.emotions}
    posted, act = request.method == "POST", request.POST.get("do")
    form = PublishVerbatimForm(request.POST if posted and act != "refuse" else None, initial=initial)
    refusing = RefuseVerbatimForm(
        request.POST if posted and act == "refuse" else None, initial={"reason": verbatim.refusal}
    )
    if posted:
        try:
            if act == "refuse" and refusing.is_valid():
                operations.refuse_verbatim(
                    actor=request.user,
                    verbatim_id=verbatim.pk,
                    reason=refusing.cleaned_data["reason"],
                    now=timezone.now(),
                )
                messages.success(request, "La phrase est écartée. Elle ne sera ni montrée, ni citée.")
                return redirect("workspace:verbatims_kept")
            if act != "refuse" and form.is_valid():
                operations.publish_verbatim(
                    actor=request.user,
                    verbatim_id=verbatim.pk,
                    words=form.cleaned_data["words"],
                    emotions=form.cleaned_data["emotions"],
                    now=timezone.now(),
                )
                messages.success(request, "La phrase est publiée, sans nom. La phrase d’origine reste cachée.")
                return redirect("workspace:verbatims_kept")
        except operations.CannotPublishVerbatim as refusal:
            form.add_error("words", str(refusal))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("workspace:verbatims_kept")
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_READ,
        subject=verbatim.attempt.contact.household,
        reason="Relecture d’une phrase à citer",
    )
    return render(
        request,
        "workspace/verbatim.html",
        _moderation(verbatim, form, refusing),
        status=INVALID if posted else 200,
    )


def _moderation(verbatim: Verbatim, form: PublishVerbatimForm, refusing: RefuseVerbatimForm) -> dict[str, Any]:
    context = verbatim_context(verbatim)
    words = str(form["words"].value() or "")
    cut = pieces(words, names=context.names, places=context.places)
    clues = list(dict.fromkeys((piece.text, piece.label) for piece in cut if piece.clue))
    return {
        "verbatim": verbatim,
        "form": form,
        "refusing": refusing,
        "all_forms": [form, refusing],
        "pieces": cut,
        "clues": clues,
        "findings": check_note(words),
        "agreed": f"{verbatim.agreed_by.display_name} a dit oui à\u00a0: «\u00a0{verbatim.agreed_words}\u00a0»",
        "campaign": verbatim.attempt.contact.queue.campaign,
        "gone": verbatim.state == VerbatimState.WITHDRAWN,
        "trail": [
            ("Paroles de locataires", reverse("workspace:verbatims")),
            ("Phrases à relire", reverse("workspace:verbatims_kept")),
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def withdraw(request: Request, verbatim_id: UUID) -> HttpResponse:
    """The person no longer wants to be quoted: asked once, then the words are erased for good."""
    verbatim = get_verbatim_for(request.user, verbatim_id)
    if request.method == "POST":
        operations.withdraw_verbatim(actor=request.user, verbatim_id=verbatim.pk, now=timezone.now())
        messages.success(request, "La phrase est retirée\u00a0: ses mots sont effacés.")
        return redirect("workspace:verbatims_kept")
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_READ,
        subject=verbatim.attempt.contact.household,
        reason="Retrait d’une phrase citée",
    )
    context = {
        "verbatim": verbatim,
        "person": verbatim.agreed_by.display_name,
        "back": reverse("workspace:verbatim", args=[verbatim.pk]),
        "trail": [
            ("Paroles de locataires", reverse("workspace:verbatims")),
            ("Phrases à relire", reverse("workspace:verbatims_kept")),
        ],
    }
    return render(request, "workspace/verbatim_withdraw.html", context)
