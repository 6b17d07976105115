"""A partner reads the one case handed to them: a link, a one-time code, one page, an answer. No account.

A link that opens nothing, whatever the reason, always gives the same page; so does whatever is somebody else's.
"""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.cases.choices import ReferralState
from bienveille.engines.cases.models import ReferralCode
from bienveille.engines.cases.operations import referrals_portal as operations
from bienveille.engines.cases.queries.referrals import shared, standing_link
from bienveille.engines.messaging.queries.notices import numbers_by_residence
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.portal.access import HOLDERS, VISITS, get_site, get_visit_for
from bienveille.faces.portal.forms import AnswerForm, CodeForm
from bienveille.faces.portal.views import NOT_FOUND, TOO_MANY, page, private, too_many
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.rules import digest

INVALID = 422
NEEDS = {str(value): str(label) for value, label in Need.choices}
_WRONG = "Ce code n’est pas le bon, ou il ne sert plus. Vérifiez le dernier message reçu, ou demandez un autre code."


@login_not_required
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """What the link opens: a word on what comes, and one button that sends the code. A visit asks for nothing."""
    if too_many(request):
        return page(request, "portal/too_many.html", status=TOO_MANY)
    now = timezone.now()
    if standing_link(secret, now) is None:
        return _over(request, secret)
    if request.method != "POST":
        return page(request, "portal/link.html", {"secret": secret})
    try:
        holder = operations.ask_code(secret=secret, now=now)
    except operations.NoStandingLink:
        return _over(request, secret)
    except Refusal as refusal:
        return page(request, "portal/link.html", {"secret": secret, "refusal": refusal}, status=TOO_MANY)
    request.session[HOLDERS] = {**_held(request, HOLDERS), digest(secret): holder}
    return private(redirect("portal:code", secret))


@login_not_required
@sensitive_variables("secret")
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, secret: str) -> HttpResponse:
    """The code received is typed in the browser that asked for it; wrong, late or used, the answer is the same."""
    if too_many(request):
        return page(request, "portal/too_many.html", status=TOO_MANY)
    now = timezone.now()
    if standing_link(secret, now) is None:
        return _over(request, secret)
    holders = _held(request, HOLDERS)
    holder = holders.get(digest(secret), "")
    if not holder:  # another browser, or a session that ended: a code is asked anew
        return private(redirect("portal:link", secret))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        visit = operations.give_code(secret=secret, holder=holder, digits=form.cleaned_data["code"], now=now)
        if visit is not None:
            request.session.cycle_key()
            request.session[HOLDERS] = {key: one for key, one in holders.items() if key != digest(secret)}
            request.session[VISITS] = {**_held(request, VISITS), str(visit.referral_id): visit.holder}
            return private(redirect("portal:referral", visit.referral_id))
        form.add_error("code", _WRONG)
    return page(request, "portal/code.html", {"form": form, "secret": secret}, status=INVALID if form.errors else 200)


@login_not_required
@sensitive_variables("secret")
@require_POST
def ask_again(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for another link: the same answer for any link, and as long to come; whoever sent it is told apart."""
    if too_many(request):
        return page(request, "portal/too_many.html", status=TOO_MANY)
    known = digest(secret)
    operations.ask_link_again.enqueue_once(f"portal.again:{known}", link=known)
    return page(request, "portal/asked.html")


# ---- The one referral that this browser opened


@login_not_required
@require_safe
def referral(request: HttpRequest, partner_referral_id: UUID) -> HttpResponse:
    """What is asked, for whom, and the three things to do: received, an answer, finished."""
    visit = _visit(request, partner_referral_id)
    if visit is None:
        return _over(request)
    operations.see_referral(referral_id=partner_referral_id, now=timezone.now())
    return _referral_page(request, visit, AnswerForm())


@login_not_required
@require_POST
def acknowledge(request: HttpRequest, partner_referral_id: UUID) -> HttpResponse:
    """« J’ai bien reçu »."""
    if _visit(request, partner_referral_id) is None:
        return _over(request)
    try:
        operations.acknowledge_referral(referral_id=partner_referral_id, now=timezone.now())
    except Refusal:
        return _over(request)
    return private(redirect("portal:referral", partner_referral_id))


@login_not_required
@sensitive_post_parameters("words")
@require_POST
def answer(request: HttpRequest, partner_referral_id: UUID) -> HttpResponse:
    """An answer, and perhaps the end (`do=close`)."""
    visit = _visit(request, partner_referral_id)
    if visit is None:
        return _over(request)
    form = AnswerForm(request.POST)
    closing = request.POST.get("do") == "close"
    if form.is_valid():
        try:
            operations.answer_referral(
                referral_id=partner_referral_id, closing=closing, now=timezone.now(), **form.cleaned_data
            )
        except operations.InvalidAnswer as refusal:
            form.refuse(refusal.field, str(refusal))
        except Refusal:
            return _over(request)
        else:
            return private(redirect("portal:thanks") if closing else redirect("portal:referral", partner_referral_id))
    return _referral_page(request, visit, form, status=INVALID)


@login_not_required
@require_POST
def leave(request: HttpRequest, partner_referral_id: UUID) -> HttpResponse:
    """Close the page on this machine; the link opens it again, with a new code."""
    visit = _visit(request, partner_referral_id)
    if visit is not None:
        operations.leave_visit(visit=visit, now=timezone.now())
        request.session[VISITS] = {
            key: one for key, one in _held(request, VISITS).items() if key != str(partner_referral_id)
        }
    return private(redirect("portal:thanks"))


@login_not_required
@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """The end, of a referral or of a visit: the page says nothing of either."""
    return page(request, "portal/thanks.html")


@login_not_required
@require_safe
def site(request: HttpRequest, residence_id: UUID) -> HttpResponse:
    """What a poster leads to: what is said now in a residence, and whom to call there."""
    if too_many(request):
        return page(request, "portal/too_many.html", status=TOO_MANY)
    shown = get_site(residence_id)
    return page(request, "portal/site.html", {"residence": shown, "lines": numbers_by_residence([shown])[shown.pk]})


def _referral_page(request: HttpRequest, visit: ReferralCode, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    shown = visit.link.referral
    context = {
        "referral": shown,
        "shared": shared(shown, timezone.localdate()),
        "needs": [NEEDS[need] for need in shown.needs],
        "form": form,
        "received": shown.state == ReferralState.ACKNOWLEDGED,
        "until": visit.visit_until,
    }
    return page(request, "portal/referral.html", context, status=status)


def _visit(request: HttpRequest, partner_referral_id: UUID) -> ReferralCode | None:
    try:
        return get_visit_for(request.session, partner_referral_id, timezone.now())
    except Http404:
        return None


def _over(request: HttpRequest, secret: str = "") -> HttpResponse:
    """The one page for all that opens nothing."""
    return page(request, "portal/over.html", {"secret": secret}, status=NOT_FOUND)


def _held(request: HttpRequest, name: str) -> dict[str, str]:
    held = request.session.get(name)
    return held if isinstance(held, dict) else {}
