"""Those who call and what waits for a decision: the callers of a campaign, situations, notes to read again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.coordination import (
    audit,
    contacts_url,
    keys_in,
    opened_campaign,
    trail_of,
    tried,
)
from bienveille.ground.lib.languages import language_name
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Table
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import (
    get_caller_for,
    get_campaign_for,
    get_referral_for,
    get_report_for,
    may_change,
)
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import (
    callers_board,
    callers_for,
    languages_without_caller,
    notes_to_read,
    possible_callers,
    promises_overdue,
    referrals_waiting,
)

#: Callers shown on the campaign's page; the others are one click away.
SHOWN_CALLERS = 12


BOARD = Table(
    columns=[
        Column("name", "Appelant", sort=True),
        Column("agency", "Agence", sort=True),
        Column("now", "En ce moment", value=lambda line: line.reserved_at, kind="moment"),
        Column("calls", "Appels aujourd’hui", sort=True, kind="number", down=True, value=lambda one: one.calls_today),
        Column("reached", "Joints", sort=True, kind="number", down=True, value=lambda one: one.reached_today),
        Column("last", "Dernier appel", sort=True, kind="moment", down=True, value=lambda one: one.last_at),
        Column("promised", "Rappels promis", sort=True, kind="number", down=True),
        Column("actions", "Retirer", hidden_title=True, file=False),
    ],
    sort="name",
    name="appelants",
    one="appelant",
    many="appelants",
)


@require_safe
@role_required(*MANAGERS)
def callers(request: Request, campaign_id: UUID) -> HttpResponseBase:
    """Who calls in a campaign, what each does today; who else could."""
    shown = opened_campaign(request, campaign_id)
    now = timezone.now()
    board = callers_board(shown, midnight(now))
    asked = BOARD.read(request.GET)
    if asked.export:
        title = heading(f"Appelants de {shown.name}", now=now, by=request.user.display_name)
        sheet = asked.sheet(board, name="Appelants", heading=title)
        audit(request, shown, AuditAction.EXPORTED, "Liste des appelants", format=asked.export)
        return file_response(kind=asked.export, sheets=[sheet], name="appelants campagne", now=now)
    listing = asked.listing(board)
    text = request.GET.get("q", "").strip()[:100]
    here = {one.user_id for one in board}
    found = [one for one in possible_callers(text)[:30] if one.pk not in here] if text else []
    named = set(callers_for(shown).values_list("pk", flat=True)) if not shown.all_callers else here
    context = {
        "campaign": shown,
        "listing": listing,
        "rows": [
            {
                "line": line,
                "late": line.overdue(now),
                "named": line.user_id in named,
                "add": f"add:{line.user_id}",
                "remove": f"remove:{line.user_id}",
            }
            for line in listing
        ],
        "q": text,
        "found": [(one, f"add:{one.pk}") for one in found],
        "may_change": may_change(request.user, shown) and shown.state != CampaignState.CLOSED,
        "may_thank": may_change(request.user, shown),
        "trail": trail_of(shown),
    }
    return render(request, "workspace/campaign_callers.html", context)


def midnight(now: datetime) -> datetime:
    """The beginning of today where the landlord is."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


@require_POST
@role_required(*MANAGERS)
def change_callers(request: Request, campaign_id: UUID) -> HttpResponse:
    """Everybody or by name, one more, one fewer; a caller taken off can be put back at once."""
    shown = get_campaign_for(request.user, campaign_id, write=True)
    here = reverse("workspace:campaign_callers", args=[shown.pk])
    did, _, key = request.POST.get("do", "").partition(":")
    found = keys_in([key])
    if did in ("everybody", "named"):
        refusal = tried(
            lambda: _told(
                request,
                operations.choose_callers(
                    campaign_id=shown.pk, actor=request.user, everybody=did == "everybody"
                ).all_callers,
            )
        )
    elif did in ("add", "remove") and found:
        user = get_caller_for(request.user, shown, found[0])
        refusal = tried(lambda: _one_caller(request, shown, user, did))
    else:
        raise Http404
    if refusal:
        messages.error(request, str(refusal))
    return redirect(here)


def _told(request: Request, everybody: bool) -> None:
    words = "Tous les appelants peuvent appeler." if everybody else "Seules les personnes de cette liste appellent."
    messages.success(request, words)


def _one_caller(request: Request, shown: Campaign, user: Any, did: str) -> None:
    url = reverse("workspace:change_callers", args=[shown.pk])
    if did == "add":
        operations.add_caller(campaign_id=shown.pk, actor=request.user, user=user)
        words, undone = f"{user.display_name} appelle désormais dans cette campagne.", "remove"
    else:
        operations.remove_caller(campaign_id=shown.pk, actor=request.user, user=user)
        words, undone = f"{user.display_name} n’appelle plus dans cette campagne.", "add"
    say_done(request, words, undo=Undo(url=url, name="do", value=f"{undone}:{user.pk}"))


@require_POST
@role_required(*MANAGERS)
def take_referral(request: Request, referral_id: UUID) -> HttpResponse:
    """Sees to a situation, or undoes it (`do=leave`)."""
    referral = get_referral_for(request.user, referral_id)
    leaving = request.POST.get("do") == "leave"
    try:
        if leaving:
            operations.leave_referral(actor=request.user, referral_id=referral.pk, now=timezone.now())
        else:
            operations.take_referral(actor=request.user, referral_id=referral.pk, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        name = referral.attempt.contact.household.display_name
        again = Undo(url=request.path, name="do", value="leave", more=name)
        if leaving:
            messages.success(request, f"La situation de {name} attend de nouveau quelqu’un.")
        else:
            say_done(request, f"Vous avez pris en charge la situation de {name}.", undo=again)
    page = "board" if request.POST.get("back") == "board" else "campaign"
    return redirect(f"workspace:{page}", referral.attempt.contact.queue.campaign.pk)


def decisions(request: Request, shown: Campaign) -> dict[str, Any]:
    """What waits for a coordinator today, for the page of a campaign (8 queries at most); the names are audited."""
    now, scope = timezone.now(), targeting_scope(request.user)
    running = shown.state in (CampaignState.OPEN, CampaignState.PAUSED)
    spoken = {code for languages in callers_for(shown).values_list("languages", flat=True) for code in languages}
    silent = languages_without_caller(shown, scope, spoken) if running else []
    waits = {
        "referrals": referrals_waiting(shown, scope),
        "overdue": promises_overdue(shown, scope, timezone.localdate()),
        "notes": notes_to_read(shown, scope),
    }
    named = sum(len(one.lines) for one in waits.values())
    if named:
        audit(request, shown, AuditAction.HOUSEHOLD_LISTED, "Décisions en attente", found=named)
    return {
        **waits,
        "silent": [(language_name(code), number) for code, number in silent],
        "now": now,
        "contacts_url": contacts_url(shown),
        "callers_url": reverse("workspace:campaign_callers", args=[shown.pk]),
    }


def calling_now(shown: Campaign) -> dict[str, Any]:
    """Who calls now and who called today, without a name of a household (1 query); asked again now and then."""
    now = timezone.now()
    board = callers_board(shown, midnight(now))
    active = [line for line in board if line.reserved_at or line.calls_today]
    return {
        "calling": [
            {"line": line, "late": line.overdue(now), "since": now - line.reserved_at if line.reserved_at else None}
            for line in active[:SHOWN_CALLERS]
        ],
        "in_call": sum(1 for line in board if line.reserved_at),
        "callers_count": len(board),
        "other_callers": max(0, len(active) - SHOWN_CALLERS),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def read_note(request: Request, report_id: UUID) -> HttpResponse:
    """A note kept despite the warning: read again, then kept or erased for good."""
    report = get_report_for(request.user, report_id)
    contact = report.attempt.contact
    campaign = contact.queue.campaign
    if request.method == "POST":
        erase = request.POST.get("do") == "erase"
        operations.read_note_again(actor=request.user, report_id=report.pk, erase=erase, now=timezone.now())
        words = "La phrase est effacée." if erase else "La phrase est relue et gardée."
        messages.success(request, words)
        return redirect("workspace:campaign", campaign.pk)
    record_audit(
        actor=request.user,
        action=AuditAction.HOUSEHOLD_READ,
        subject=contact.household,
        reason="Relecture d’une phrase notée pendant un appel",
    )
    context = {"report": report, "household": contact.household, "campaign": campaign, "trail": trail_of(campaign)}
    return render(request, "workspace/campaign_note.html", context)
