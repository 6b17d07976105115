"""« Orienter vers un partenaire » from a case: choose, prepare, read the words, see what leaves, send, withdraw."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.cases.access import get_case_for, get_referral_for
from bienveille.engines.cases.choices import ReferralState
from bienveille.engines.cases.models import Case, PartnerReferral
from bienveille.engines.cases.operations import referrals as operations_on
from bienveille.engines.cases.queries.referrals import is_hidden, people_of, shared
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.cases.rules.referrals import (
    UNDER_WAY,
    WITH_PARTNER,
    agrees,
    goes_to_the_home,
    words_of,
    words_on,
)
from bienveille.faces.workspace.forms.referrals import AgreementForm, ReferralForm, WithdrawForm
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.cases import NEEDS, base
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import role_required
from bienveille.register.housing.models import Commune
from bienveille.register.partners.access import get_partner_for, get_service_for
from bienveille.register.partners.models import Service, Structure
from bienveille.register.partners.queries import area_around, best_services, directory
from bienveille.register.tenants.access import KEEPERS, may_see_address

INVALID, CONFLICT = 422, 409
FOUND = 20


@require_safe
@role_required(*KEEPERS)
def refer_case(request: Request, case_id: UUID) -> HttpResponse:
    """Who could help: the best services for the needs where the household lives, and the whole directory by name."""
    shown = _case(request, case_id, "Choix d’un partenaire")
    today, text = timezone.localdate(), request.GET.get("q", "").strip()
    commune = _commune(shown)
    # The services of a commune would tell where a hidden home is: to who may not know, nothing is proposed.
    told = may_see_address(request.user, protected=is_hidden(shown, today))
    wanted = [need for need in shown.needs if need in NEEDS]
    answers = best_services(area_around(commune), on=today, needs=wanted) if commune and told and wanted else {}
    found = list(directory(on=today, text=text).order_by("search", "id")[:FOUND]) if text else []
    context = {
        **base(request, shown),
        "parts": [{"label": NEEDS[need], "offers": one.best} for need, one in answers.items() if one.best],
        "unanswered": [NEEDS[need] for need, one in answers.items() if not one.best],
        "text": text,
        "found": found,
        "told": told,
    }
    return render(request, "workspace/referral_choose.html", context)


@sensitive_post_parameters("asked", "email")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def refer_case_to(request: Request, case_id: UUID, key: UUID) -> HttpResponse:
    """What would leave for this partner; nothing does before the person has answered."""
    structure = get_partner_for(request.user, key)
    service = _service(request, structure)
    shown = _case(request, case_id, "Orientation préparée")
    today = timezone.localdate()
    hidden, people = is_hidden(shown, today), people_of(shown, today)
    names = [(str(one.pk), one.display_name) for one in people]
    initial = {
        "person": shown.person_id or (people[0].pk if people else ""),
        "needs": shown.needs,
        "with_phone": True,
        "with_address": goes_to_the_home(shown.needs, today),
        "email": (service.courriel if service else "") or structure.courriel,
    }
    form = ReferralForm(
        request.POST if request.method == "POST" else None,
        people=names,
        hidden=hidden,
        confidential=shown.kind in CONFIDENTIAL,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        proposal = operations_on.Proposal(
            person_id=typed["person"],
            needs=tuple(typed["needs"]),
            asked=typed["asked"],
            email=typed["email"],
            with_phone=typed["with_phone"],
            with_address=typed.get("with_address", False),
            safe_channel=typed.get("safe_channel", ""),
        )
        try:
            made = operations_on.propose_referral(
                actor=request.user,
                case_id=shown.pk,
                structure=structure,
                service=service,
                proposal=proposal,
                now=timezone.now(),
            )
        except operations_on.CannotRefer as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return redirect("workspace:referral", made.pk)
    context = {
        **base(request, shown),
        "form": form,
        "partner": structure,
        "service": service,
        "hidden": hidden,
        "choose_url": reverse("workspace:refer_case", args=[shown.pk]),
    }
    return render(request, "workspace/referral_new.html", context, status=INVALID if form.errors else 200)


def _case(request: Request, case_id: UUID, reason: str) -> Case:
    shown = get_case_for(request.user, case_id, reason=reason, move="act")
    if shown.household_id is None:  # a place is nobody's data to hand over
        raise Http404
    return shown


def _commune(shown: Case) -> Commune | None:
    dwelling = shown.household.dwelling if shown.household else None
    return dwelling.building.residence.commune if dwelling else None


def _service(request: Request, structure: Structure) -> Service | None:
    """The service named in the address, if it is one of this partner's."""
    try:
        key = UUID(request.GET.get("service", ""))
    except ValueError:
        return None
    service = get_service_for(request.user, key)
    return service if service.structure_id == structure.pk else None


# ---- One referral


@require_safe
@role_required(*KEEPERS)
def referral(request: Request, partner_referral_id: UUID) -> HttpResponse:
    """One referral: what leaves, the words to read out, what was answered, where it stands."""
    shown = get_referral_for(request.user, partner_referral_id, reason="Orientation ouverte à l’écran")
    return render(request, "workspace/referral.html", _page(request, shown, AgreementForm()))


def _page(request: Request, shown: PartnerReferral, form: AgreementForm) -> dict[str, Any]:
    today = timezone.localdate()
    what = shared(shown, today)
    version = words_of(shown.words_version) if shown.words_version else words_on(today)
    confidential = shown.case.kind in CONFIDENTIAL
    needs = [NEEDS[need].lower() for need in shown.needs]
    return {
        **base(request, shown.case),
        "referral": shown,
        "form": form,
        "shared": what,
        "needs": [NEEDS[need] for need in shown.needs],
        "words": version.said(partner=shown.partner_name, needs=needs, data=what.leaving.words),
        "words_version": version.version,
        "asks": shown.state == ReferralState.PROPOSED and not shown.agreement,
        "may_send": shown.state == ReferralState.PROPOSED and agrees(shown.agreement, confidential=confidential),
        "with_partner": shown.state in WITH_PARTNER,
        "under_way": shown.state in UNDER_WAY,
        "confidential": confidential,
    }


@require_POST
@role_required(*KEEPERS)
def referral_agreement(request: Request, partner_referral_id: UUID) -> HttpResponse:
    """Note what was answered to the words read out."""
    shown = get_referral_for(request.user, partner_referral_id, reason="Réponse à une orientation", write=True)
    form = AgreementForm(request.POST)
    if form.is_valid():
        try:
            kept = operations_on.record_agreement(
                actor=request.user, referral_id=shown.pk, now=timezone.now(), **form.cleaned_data
            )
        except operations_on.CannotRefer as refusal:
            form.add_error(refusal.field or None, str(refusal))
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("workspace:referral", shown.pk)
        else:
            if kept.state == ReferralState.REFUSED:
                messages.success(request, "La réponse est notée : c’est non, et rien n’est parti.")
                return redirect("workspace:case", shown.case_id)
            messages.success(request, "La réponse est notée. Vous pouvez envoyer la demande.")
            return redirect("workspace:referral", shown.pk)
    return render(request, "workspace/referral.html", _page(request, shown, form), status=INVALID)


@require_POST
@role_required(*KEEPERS)
def send_referral(request: Request, partner_referral_id: UUID) -> HttpResponse:
    """Send the link to the partner, or a new one (`do=again`)."""
    shown = get_referral_for(request.user, partner_referral_id, reason="Orientation envoyée", write=True)
    send = operations_on.send_again if request.POST.get("do") == "again" else operations_on.send_referral
    root = settings.PUBLIC_URL or request.build_absolute_uri("/")
    try:
        send(actor=request.user, referral_id=shown.pk, root=root, now=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("workspace:referral", shown.pk)
    messages.success(request, f"Le lien part vers {shown.partner_name}. Vous serez prévenu de sa réponse.")
    return redirect("workspace:case", shown.case_id)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def withdraw_referral(request: Request, partner_referral_id: UUID) -> HttpResponse:
    """Take a referral back, with the reason."""
    shown = get_referral_for(request.user, partner_referral_id, reason="Orientation retirée", write=True)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations_on.withdraw_referral(
                actor=request.user, referral_id=shown.pk, reason=form.cleaned_data["reason"], now=timezone.now()
            )
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "L’orientation est retirée : son lien n’ouvre plus rien.")
        return redirect("workspace:case", shown.case_id)
    context = {**base(request, shown.case), "referral": shown, "form": form}
    return render(request, "workspace/referral_withdraw.html", context, status=INVALID if form.errors else 200)
