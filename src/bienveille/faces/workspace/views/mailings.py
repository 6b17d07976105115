"""Mailings: the list, one written, counted, tried, read by a second person, started, held, stopped; its report."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.audiences.queries import describe, purposes, saved_audiences
from bienveille.engines.messaging.access import WRITERS, get_mailing_for, may_write, sending_scope
from bienveille.engines.messaging.choices import Channel, DeliveryState, MailingState, Reach
from bienveille.engines.messaging.models import Mailing, Text
from bienveille.engines.messaging.operations import mailings as operations
from bienveille.engines.messaging.operations.trials import send_trial, set_mailing_rules
from bienveille.engines.messaging.queries.mailings import approved_above, mailings_list, message_prices, sendable
from bienveille.engines.messaging.queries.recipients import channel_states, preview, states
from bienveille.engines.messaging.queries.templates import version_texts
from bienveille.engines.messaging.queries.variables import lacking
from bienveille.engines.messaging.rules.costs import costs, total
from bienveille.engines.messaging.rules.layout import paragraphs
from bienveille.engines.messaging.rules.mailings import needs_approval
from bienveille.engines.messaging.rules.sms_parts import measure
from bienveille.engines.messaging.rules.variables import EXAMPLES, asked, blanks, render_sms
from bienveille.engines.messaging.rules.variables import render as put_in
from bienveille.engines.messaging.rules.wording import variant_words
from bienveille.faces.workspace.forms.mailings import EVERYBODY, MailingForm, MailingRulesForm, PlanForm, ReasonForm
from bienveille.faces.workspace.views import Request
from bienveille.ground.lib.typography import counted, euros, listed, moment_in_words
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models import Wave
from bienveille.services.outreach.queries.messages import waves_to_tell

METHODS = ["GET", "HEAD", "POST"]
INVALID, CONFLICT = 422, 409
EVERY_HOUSEHOLD: dict[str, Any] = {"all": []}
#: States in which the report is shown: something has left, or was about to.
STARTED = (MailingState.SENDING, MailingState.PAUSED, MailingState.STOPPED, MailingState.DONE)


@require_safe
@role_required(*WRITERS)
def mailings(request: Request) -> HttpResponse:
    """Mailings, the newest first, with where each one stands."""
    rows = mailings_list(request.user, sending_scope(request.user))[:200]
    return render(request, "workspace/mailings.html", {"rows": rows, "may_price": may_write(request.user)})


@require_http_methods(METHODS)
@role_required(*WRITERS)
def new_mailing(request: Request) -> HttpResponse:
    """Write a mailing; nothing leaves before its page has been read."""
    return _write(request, None)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def change_mailing(request: Request, mailing_id: UUID) -> HttpResponse:
    """Change a draft."""
    return _write(request, get_mailing_for(request.user, mailing_id))


@require_safe
@role_required(*WRITERS)
def mailing(request: Request, mailing_id: UUID) -> HttpResponse:
    """One mailing: what it would do before it starts, what it did after."""
    return _page(request, get_mailing_for(request.user, mailing_id))


@require_POST
@role_required(*WRITERS)
def act(request: Request, mailing_id: UUID) -> HttpResponse:
    """One step of a mailing: `do` says which; a refusal is said on the same page."""
    shown = get_mailing_for(request.user, mailing_id)
    doing = request.POST.get("do", "")
    plan_form = PlanForm(request.POST if doing == "plan" else None)
    if doing == "plan" and not plan_form.is_valid():
        return _page(request, shown, plan_form=plan_form, status=INVALID)
    scope, who = sending_scope(request.user), request.user
    reason = request.POST.get("reason", "")[:200]
    steps: dict[str, tuple[Callable[[], Any], str]] = {
        "try": (
            lambda: send_trial(actor=who, mailing_id=shown.pk),
            "L’essai part vers vous, avec un foyer inventé.",
        ),
        "settle": (
            lambda: operations.settle(actor=who, mailing_id=shown.pk, scope=scope),
            "L’envoi est prêt\u00a0: il reste à le lancer.",
        ),
        "ask": (
            lambda: operations.ask_approval(actor=who, mailing_id=shown.pk),
            "La relecture est demandée\u00a0: une autre personne le trouvera dans la liste des envois.",
        ),
        "approve": (
            lambda: operations.approve(actor=who, mailing_id=shown.pk),
            "Votre accord est donné\u00a0: l’envoi peut être lancé.",
        ),
        "send_back": (
            lambda: operations.send_back(actor=who, mailing_id=shown.pk, reason=reason),
            "L’envoi est redevenu un brouillon.",
        ),
        "plan": (
            lambda: operations.plan(actor=who, mailing_id=shown.pk, at=plan_form.moment, scope=scope),
            "L’envoi partira de lui-même à l’heure dite.",
        ),
        "unplan": (
            lambda: operations.plan(actor=who, mailing_id=shown.pk, at=None, scope=scope),
            "L’envoi ne partira plus de lui-même.",
        ),
        "pause": (
            lambda: operations.pause(actor=who, mailing_id=shown.pk),
            "L’envoi est en pause\u00a0: plus rien ne part.",
        ),
        "resume": (lambda: operations.resume(actor=who, mailing_id=shown.pk), "L’envoi reprend."),
    }
    if doing not in steps:
        return _page(request, shown)
    step, said = steps[doing]
    try:
        step()
    except Refusal as refusal:
        return _page(request, get_mailing_for(who, mailing_id), refusal=refusal, status=CONFLICT)
    messages.success(request, said)
    return redirect("workspace:mailing", shown.pk)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def start_mailing(request: Request, mailing_id: UUID) -> HttpResponse:
    """Confirm, with the counts of this minute, then let everything leave."""
    shown = get_mailing_for(request.user, mailing_id)
    scope = sending_scope(request.user)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            done = operations.start(actor=request.user, mailing_id=shown.pk, scope=scope)
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(request, f"L’envoi est lancé\u00a0: {counted(done.target, 'message')} à faire partir.")
            return redirect("workspace:mailing", shown.pk)
    context = {"mailing": shown, "refusal": refusal, "trail": _trail(shown), **_counted(shown, request.user)}
    return render(request, "workspace/mailing_start.html", context, status=CONFLICT if refusal else 200)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def stop_mailing(request: Request, mailing_id: UUID) -> HttpResponse:
    """Confirm, then cancel for good what has not left."""
    shown = get_mailing_for(request.user, mailing_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            operations.stop(actor=request.user, mailing_id=shown.pk, reason=form.cleaned_data["reason"])
        except Refusal as raised:
            refusal = raised
        else:
            messages.success(request, "L’envoi est arrêté. Ce qui était parti l’est\u00a0; le reste est annulé.")
            return redirect("workspace:mailing", shown.pk)
    context = {"mailing": shown, "form": form, "refusal": refusal, "trail": _trail(shown)}
    return render(request, "workspace/mailing_stop.html", context, status=CONFLICT if refusal else 200)


@require_http_methods(METHODS)
@role_required(*WRITERS)
def message_prices_page(request: Request) -> HttpResponse:
    """What an SMS and a letter cost, for the previews; above how many households a second person reads."""
    if not may_write(request.user):
        raise PermissionDenied
    known = {**message_prices(), "above": approved_above()}
    form = MailingRulesForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        set_mailing_rules(actor=request.user, above=typed.pop("above"), prices=typed)
        messages.success(request, "Les réglages sont enregistrés\u00a0: les prochains envois les suivent.")
        return redirect("workspace:mailings")
    context = {"form": form, "trail": [("Envois", reverse("workspace:mailings"))]}
    return render(request, "workspace/mailing_prices.html", context, status=INVALID if form.errors else 200)


def _write(request: Request, shown: Mailing | None) -> HttpResponse:
    texts = sendable()
    audiences = {str(one.pk): one for one in saved_audiences()}
    waves = {f"vague-{one.pk}": one for one in waves_to_tell()}
    initial = _initial(shown) if shown else _asked(request.GET.get("public", ""), waves)
    form = MailingForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        texts=[(str(one.template.pk), one.template.name) for one in texts],
        audiences=[
            *((_KEPT, f"Le public de ce brouillon\u00a0: {describe(shown.audience)}"[:150]) for _ in [0] if shown),
            (EVERYBODY, "Tous les foyers que vous couvrez"),
            *((key, one.name) for key, one in audiences.items()),
            *((key, f"Campagne {one.campaign.name}\u00a0: {one.name}"[:150]) for key, one in waves.items()),
        ],
        purposes=list(purposes().items()),
    )
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        chosen = next(one for one in texts if str(one.template.pk) == typed["text"])
        rule = EVERY_HOUSEHOLD
        if typed["audience"] == _KEPT and shown:
            rule = shown.audience
        elif typed["audience"] in audiences:
            rule = audiences[typed["audience"]].rule
        elif typed["audience"] in waves:
            rule = waves[typed["audience"]].audience
        said = {
            "name": typed["name"],
            "purpose": typed["purpose"],
            "version_id": chosen.version.pk,
            "audience": rule,
            "channels": typed["channels"],
            "reach": typed["reach"],
            "urgent": typed["urgent"],
        }
        try:
            if shown:
                kept = operations.change_mailing(actor=request.user, mailing_id=shown.pk, **said)
            else:
                kept = operations.create_mailing(actor=request.user, **said)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Le brouillon est enregistré\u00a0: relisez ce qui partirait.")
            return redirect("workspace:mailing", kept.pk)
    context = {
        "form": form,
        "mailing": shown,
        "has_texts": bool(texts),
        "trail": _trail(shown) if shown else [("Envois", reverse("workspace:mailings"))],
    }
    return render(request, "workspace/mailing_write.html", context, status=INVALID if form.errors else 200)


#: The audience that the draft already holds.
_KEPT = "garder"


def _asked(audience: str, waves: Mapping[str, Wave]) -> dict[str, Any]:
    """A new mailing as it is first shown; to the households of a wave, the name says so."""
    wave = waves.get(audience)
    if wave is None:
        return {"audience": audience}
    name = f"Avant les appels\u00a0: {wave.campaign.name}"[:150]
    return {"audience": audience, "name": name, "purpose": wave.campaign.purpose}


def _initial(shown: Mailing) -> dict[str, Any]:
    return {
        "name": shown.name,
        "text": str(shown.version.template_id),
        "audience": _KEPT,
        "purpose": shown.purpose,
        "channels": shown.channels,
        "reach": shown.reach,
        "urgent": shown.urgent,
    }


def _trail(shown: Mailing) -> list[tuple[str, str]]:
    return [
        ("Envois", reverse("workspace:mailings")),
        (shown.name, reverse("workspace:mailing", args=[shown.pk])),
    ]


def _page(request: Request, shown: Mailing, *, status: int = 200, **more: Any) -> HttpResponse:
    context: dict[str, Any] = {
        "mailing": shown,
        "state": MailingState(shown.state),
        "reach": Reach(shown.reach).label,
        "purpose": purposes().get(shown.purpose, shown.purpose),
        "audience": describe(shown.audience),
        "channels": listed(str(Channel(one).label) for one in shown.channels),
        "trail": [("Envois", reverse("workspace:mailings"))],
        "mine": shown.created_by_id == request.user.pk,
        "plan_form": PlanForm(),
        "back_form": ReasonForm(),
        "planned": moment_in_words(timezone.localtime(shown.planned_at), timezone.localdate())
        if shown.planned_at
        else "",
        "started": shown.state in STARTED and shown.started_at is not None,
    }
    context |= _report(shown) if context["started"] else _counted(shown, request.user)
    return render(request, "workspace/mailing.html", {**context, **more}, status=status)


def _counted(shown: Mailing, user: User) -> dict[str, Any]:
    """What would leave now: households, messages and cost by channel, holes, the words themselves."""
    today, scope = timezone.localdate(), sending_scope(user)
    found = preview(shown, today=today, scope=scope)
    texts = [one for one in version_texts(shown.version_id) if one.channel in shown.channels and not one.easy]
    plain = [one for one in texts if one.language == "fr"]
    sms = next((one for one in plain if one.channel == Channel.SMS), None)
    parts = measure(render_sms(sms.body, EXAMPLES)).parts if sms else 1
    prices = costs(found.channels, parts=parts, prices=message_prices())
    whole = total(prices)
    names = {name for one in plain for name in asked(f"{one.subject}\n{one.body}")}
    above = approved_above()
    number, holes = lacking(shown.audience, sorted(names), today, limit=10, scope=scope)
    return {
        "preview": found,
        "costs": [_cost_row(one.channel, one.messages, one.pieces, one.euros) for one in prices],
        "whole": euros(whole) if whole is not None else "",
        "second": needs_approval(found.households, above=above),
        "above": above,
        "blanks": list(dict.fromkeys(blank for one in texts for blank in blanks(f"{one.subject}\n{one.body}"))),
        "lacking_count": number,
        "lacking": [(one.display_name, one.residence, listed(one.empty)) for one in holes],
        "words": [_words(one) for one in texts],
    }


def _cost_row(channel: str, many: int, pieces: int, price: Decimal | None) -> dict[str, Any]:
    return {
        "channel": Channel(channel).label,
        "messages": many,
        "pieces": pieces if pieces != many else 0,
        "euros": euros(price) if price is not None else "",
    }


def _words(one: Text) -> dict[str, Any]:
    shown = render_sms(one.body, EXAMPLES) if one.channel == Channel.SMS else put_in(one.body, EXAMPLES)
    return {
        "title": variant_words(one.channel, one.language, one.easy),
        "language": one.language,
        "subject": put_in(one.subject, EXAMPLES),
        "paragraphs": paragraphs(shown),
    }


def _report(shown: Mailing) -> dict[str, Any]:
    """Where each message stands; the states add up to the target."""
    counts = shown.figures or states(shown)
    sent = counts.get("sent", 0) + counts.get("delivered", 0)
    by_channel: dict[str, dict[str, int]] = {}
    for channel, state, many in channel_states(shown):
        by_channel.setdefault(channel, {})[state] = many
    return {
        "counts": [(DeliveryState(state).label, many) for state, many in counts.items() if many],
        "total": sum(counts.values()),
        "sent": sent,
        "waiting": counts.get("waiting", 0) + counts.get("sending", 0),
        "letters": by_channel.get(Channel.LETTER.value, {}).get(DeliveryState.WAITING.value, 0),
        "unknown": counts.get("unknown", 0),
        "by_channel": [
            (
                Channel(channel).label if channel else "Aucun moyen",
                [(DeliveryState(state).label, many) for state, many in found.items()],
            )
            for channel, found in by_channel.items()
        ],
        "left_out": [
            (words, shown.left_out.get(key, 0))
            for key, words in (
                ("deceased", "Décès"),
                ("protected", "Adresse protégée"),
                ("opposed", "Ne veut pas être contacté"),
            )
            if shown.left_out.get(key)
        ],
    }
