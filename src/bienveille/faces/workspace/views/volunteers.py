"""The call for volunteers: the page that its link opens, and what coordinators do with the answers."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from bienveille.engines.audiences.access import targeting_scope
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import counted, listed, percent
from bienveille.ground.platform.limits import Limit, spend
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import MANAGERS, role_required
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.queries import agencies, agencies_within, landlord
from bienveille.services.outreach.access import get_offer_for, get_volunteer_call_for, may_close
from bienveille.services.outreach.choices import AtEase, HalfDay
from bienveille.services.outreach.forms.training import CallingRulesForm
from bienveille.services.outreach.forms.volunteers import DeclineForm, VolunteerCallForm, VolunteerForm
from bienveille.services.outreach.models import VolunteerCall, VolunteerOffer
from bienveille.services.outreach.operations import training
from bienveille.services.outreach.operations import volunteers as operations
from bienveille.services.outreach.queries.training import calling_rules as rules_in_force
from bienveille.services.outreach.queries.volunteers import (
    CallFigures,
    answer_of,
    call_of_secret,
    figures_in,
    offers_of,
)
from bienveille.services.outreach.queries.volunteers import volunteer_calls as calls_seen
from bienveille.services.outreach.rules.training import MOST_EVER
from bienveille.services.outreach.rules.volunteers import KIND_WORD

INVALID, CONFLICT, TOO_MANY, GONE = 422, 409, 429, 410
#: Answers without signing in, from one address of the network.
LIMIT = Limit(per_minute=4, burst=12)


# ---- The page that the link opens -------------------------------------------------------------------------------


@login_not_required
@sensitive_post_parameters("email", "first_name", "last_name")
@require_http_methods(["GET", "HEAD", "POST"])
def volunteer(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer a call for volunteers: signed in, or with an address of the landlord when the call is public."""
    call = call_of_secret(secret)
    user: User | None = request.user if request.user.is_authenticated else None  # type: ignore[assignment]
    if call is None:
        return _page(request, "workspace/volunteer_over.html", {}, status=GONE)
    if user is None and not call.public:
        return redirect(f"{reverse('account_login')}?next={request.path}")
    mine = answer_of(call, user) if user else None
    if request.method == "POST" and user is None and _too_many(request):
        return _page(request, "workspace/volunteer_over.html", {"too_many": True}, status=TOO_MANY)
    form = VolunteerForm(
        request.POST if request.method == "POST" else None,
        agencies=agencies(),
        signed_in=user is not None,
        initial=_initial(user, mine),
    )
    if request.method == "POST" and form.is_valid():
        try:
            _keep(call, user, form)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            context = {"call": call, "willing": form.answer().willing, "public": user is None}
            return _page(request, "workspace/volunteer_thanks.html", context)
    context = {"call": call, "form": form, "mine": mine, "public": user is None, "landlord": landlord()}
    return _page(request, "workspace/volunteer.html", context, status=INVALID if form.errors else 200)


def _keep(call: VolunteerCall, user: User | None, form: VolunteerForm) -> None:
    now = timezone.now()
    if user is not None:
        operations.answer_as_user(user=user, call_id=call.pk, answer=form.answer(), now=now)
    elif not form.is_a_trap:
        operations.answer_without_account(
            call_id=call.pk, email=form.cleaned_data["email"], answer=form.answer(), now=now
        )


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["Referrer-Policy"] = "no-referrer"  # the address holds the link's secret
    response["X-Robots-Tag"] = "noindex"
    return response


def _too_many(request: HttpRequest) -> bool:
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:  # through a local socket: one bucket for all
        address = ""
    return spend("volunteer", address, LIMIT) > 0


def _initial(user: User | None, mine: VolunteerOffer | None) -> dict[str, Any]:
    if mine is not None:
        return {
            "first_name": mine.first_name,
            "last_name": mine.last_name,
            "service": mine.service,
            "agency": str(mine.agency_id or ""),
            "willing": "yes" if mine.willing else "no",
            "hours_per_week": mine.hours_per_week,
            "half_days": mine.half_days,
            "languages": mine.languages,
            "at_ease": mine.at_ease,
            "equipped": mine.equipped,
        }
    if user is None:
        return {"languages": ["fr"]}
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "service": user.service,
        "agency": str(user.agency_id or ""),
        "hours_per_week": user.hours_per_week,
        "languages": user.languages or ["fr"],
    }


# ---- What coordinators do with the answers ----------------------------------------------------------------------


@require_safe
@role_required(*MANAGERS)
def volunteer_calls(request: Request) -> HttpResponse:
    """Calls for volunteers, with what each gave."""
    scope = targeting_scope(request.user)
    found = [
        {"call": call, "figures": figures, "words": _figures_words(figures)}
        for call, figures in calls_seen(scope, request.user)
    ]
    waiting = sum(row["figures"].waiting for row in found)  # type: ignore[attr-defined]
    context = {"calls": found, "waiting": waiting, "may_rule": scope.everything}
    return render(request, "workspace/volunteer_calls.html", context)


def _figures_words(figures: CallFigures) -> str:
    words = [counted(figures.answers, "réponse")]
    if figures.asked:
        words[0] += f" sur {counted(figures.asked, 'personne')} ({percent(figures.answers / figures.asked)})"
    words.append(counted(figures.volunteers, "volontaire"))
    if figures.with_material:
        words.append(f"{figures.with_material} avec le matériel")
    return ", ".join(words)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def new_volunteer_call(request: Request) -> HttpResponse:
    """Open a call for volunteers."""
    scope = targeting_scope(request.user)
    domain = request.user.email.rpartition("@")[2]
    form = VolunteerCallForm(
        request.POST if request.method == "POST" else None,
        agencies=agencies_within(scope),
        everything=scope.everything,
        initial={"email_domain": domain},
    )
    if request.method == "POST" and form.is_valid():
        try:
            call = operations.open_volunteer_call(actor=request.user, now=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            form.add_error("email_domain", str(refusal))
        else:
            messages.success(request, "L’appel est ouvert. Envoyez son lien.")
            return redirect("workspace:volunteer_call", call.pk)
    context = {"form": form, "trail": _trail()}
    return render(request, "workspace/volunteer_call_new.html", context, status=INVALID if form.errors else 200)


def _trail() -> list[tuple[str, str]]:
    return [("Volontaires", reverse("workspace:volunteer_calls"))]


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def volunteer_call(request: Request, call_id: UUID) -> HttpResponse:
    """One call: its link, its figures, who is ready to call. POST ends it."""
    call = get_volunteer_call_for(request.user, call_id)
    closing = may_close(request.user, call)
    if request.method == "POST":
        if not closing:
            raise Http404
        operations.close_volunteer_call(actor=request.user, call_id=call.pk, now=timezone.now())
        messages.success(request, "L’appel est terminé. Son lien ne prend plus de réponse.")
        return redirect("workspace:volunteer_call", call.pk)
    figures = figures_in(call)
    context = {
        "call": call,
        "figures": figures,
        "link": request.build_absolute_uri(reverse("workspace:volunteer", args=[call.secret])),
        "offers": [
            {"offer": one, "gives": _gives(one)} for one in offers_of(call, targeting_scope(request.user), request.user)
        ],
        "may_close": closing and call.closed_at is None,
        "trail": _trail(),
    }
    return render(request, "workspace/volunteer_call.html", context)


def _gives(offer: VolunteerOffer) -> str:
    words = []
    if offer.hours_per_week is not None:
        words.append(f"{counted(offer.hours_per_week, 'heure')} par semaine")
    if others := [language_name(code) for code in offer.languages if code != "fr"]:
        words.append(f"parle {listed(others)}")
    if offer.equipped:
        words.append("a le matériel")
    return ", ".join(words).capitalize()


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*MANAGERS)
def offer(request: Request, offer_id: UUID) -> HttpResponse:
    """One answer: accept it, or thank with a kind word."""
    found = get_offer_for(request.user, offer_id)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = DeclineForm(request.POST if do == "decline" else None, initial={"reply": KIND_WORD})
    refusal: Refusal | None = None
    name = f"{found.first_name} {found.last_name}"
    try:
        if do == "accept":
            root = request.build_absolute_uri("/")
            operations.accept_offer(actor=request.user, offer_id=found.pk, root=root, now=timezone.now())
            messages.success(request, f"{name} peut appeler, une fois la charte et la formation faites.")
            return redirect("workspace:volunteer_call", found.call_id)
        if do == "decline" and form.is_valid():
            reply = form.cleaned_data["reply"]
            operations.decline_offer(actor=request.user, offer_id=found.pk, reply=reply, now=timezone.now())
            messages.success(request, f"{name} est remercié.")
            return redirect("workspace:volunteer_call", found.call_id)
    except Refusal as raised:
        refusal = raised
    context = {
        "offer": found,
        "name": name,
        "form": form,
        "refusal": refusal,
        "half_days": listed(dict(HalfDay.choices)[one] for one in HalfDay.values if one in found.half_days),
        "languages": listed(language_name(code) for code in found.languages),
        "at_ease": listed(dict(AtEase.choices)[one] for one in found.at_ease),
        "knows": listed(agency.name for agency in found.knows.all()),
        "trail": [*_trail(), (found.call.name, reverse("workspace:volunteer_call", args=[found.call_id]))],
    }
    status = CONFLICT if refusal else INVALID if form.errors else 200
    return render(request, "workspace/volunteer_offer.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.ADMINISTRATOR, Role.DIRECTOR)
def calling_rules(request: Request) -> HttpResponse:
    """What the landlord asks of its callers: the training, the most conversations a day."""
    if not targeting_scope(request.user).everything:
        raise PermissionDenied
    found = rules_in_force()
    initial = {"training": found.training, "most_a_day": found.most_a_day}
    form = CallingRulesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        training.change_calling_rules(actor=request.user, **form.cleaned_data)
        messages.success(request, "Les règles des appelants sont enregistrées.")
        return redirect("workspace:volunteer_calls")
    context = {"form": form, "trail": _trail(), "most": MOST_EVER}
    return render(request, "workspace/calling_rules.html", context, status=INVALID if form.errors else 200)
