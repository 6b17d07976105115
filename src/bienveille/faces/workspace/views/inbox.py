"""« Boîte de réception »: what tenants write by SMS or e-mail, given to somebody, answered, turned into a situation."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bienveille.engines.cases.operations import Signal
from bienveille.engines.messaging.access import NOTICERS, get_inbound_for, inbox_scope
from bienveille.engines.messaging.choices import Channel, InboxState, SenderMatch
from bienveille.engines.messaging.models import InboundMessage
from bienveille.engines.messaging.operations import inbox as operations
from bienveille.engines.messaging.queries.inbox import (
    InboxFilters,
    households_at,
    inbox_list,
    is_stopped,
    last_sent,
    team_over,
    thread_of,
)
from bienveille.faces.workspace.forms.cases import NewCaseForm
from bienveille.faces.workspace.forms.inbox import AnswerForm, AssignForm
from bienveille.faces.workspace.operations import case_from_message
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.cases import strip_of
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.flash import Undo, say_done
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import has_role, role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.tenants.access import KEEPERS, TRUSTED_WITH_ADDRESSES, get_household_for
from bienveille.register.tenants.queries import find_people

INVALID, CONFLICT = 422, 409
INBOX = Table(
    columns=[
        Column("received", "Reçu", sort="received_at", kind="moment", filled=True),
        Column("who", "De la part de", sort="household__name"),
        Column("words", "Message"),
        Column("agency", "Agence", sort="agency__name"),
        Column("owner", "Confié à", sort=("assigned_to__last_name", "assigned_to__first_name")),
    ],
    filters=[
        Filter("state", "État", [(InboxState.DONE.value, "Traités")], every="À traiter"),
        Filter("channel", "Moyen", [(str(one), str(one.label)) for one in (Channel.SMS, Channel.EMAIL)], every="Tous"),
        Filter("agency", "Agence", every="Toutes"),
        Filter("owner", "Confiés à", [("me", "Moi"), ("nobody", "Personne")], every="Tout le monde"),
    ],
    sort="received",
    name="messages-recus",
    one="message",
    many="messages",
)


@require_safe
@role_required(*KEEPERS)
def inbox(request: Request) -> HttpResponse:
    """Messages of one's agencies, the oldest first: what is to be dealt with, or what the filters ask."""
    scope = inbox_scope(request.user)
    agencies = [(str(agency.pk), agency.name) for agency in agencies_within(scope)]
    asked = INBOX.read(request.GET, choices={"agency": agencies})
    filters = InboxFilters(
        state=asked["state"],
        channel=asked["channel"],
        agency=asked.uuid("agency"),
        mine=asked["owner"] == "me",
        unassigned=asked["owner"] == "nobody",
    )
    listing = asked.listing(inbox_list(scope, request.user, filters))
    if listing.count:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Boîte de réception",
            detail={"found": listing.count},
        )
    title = counted(listing.count, "message à traiter", "messages à traiter") if listing.count else "Boîte de réception"
    context = {
        "listing": listing,
        "rows": [{"message": one, "who": _who(one)} for one in listing],
        "title": "Boîte de réception" if asked.filtered else title,
        "returned_url": reverse("workspace:returned_letters") if has_role(request.user, *NOTICERS) else "",
    }
    return render(request, "workspace/inbox.html", context)


@require_safe
@role_required(*KEEPERS)
def inbound(request: Request, message_id: UUID) -> HttpResponse:
    """One message: the words, whose it may be, what we had sent, and what to do. Opening it is audited."""
    shown = get_inbound_for(request.user, message_id, reason="Message reçu ouvert à l’écran")
    return _page(request, shown)


@require_POST
@role_required(*KEEPERS)
def assign_inbound(request: Request, message_id: UUID) -> HttpResponse:
    """Give it to somebody, or take it oneself (`do=me`)."""
    shown = get_inbound_for(request.user, message_id, reason="Message reçu confié")
    team = {str(one.pk): one for one in team_over(shown.agency)}
    form = AssignForm(request.POST, team=team.values())
    if not form.is_valid():
        return _page(request, shown, assign=form, status=INVALID)
    to = request.user if request.POST.get("do") == "me" else team.get(form.cleaned_data["to"])
    try:
        operations.assign(actor=request.user, message=shown, to=to, now=timezone.now())
    except Refusal as refusal:
        return _page(request, shown, refusal=refusal, status=CONFLICT)
    if to is None:
        messages.success(request, "Le message attend quelqu’un de l’équipe.")
    else:
        messages.success(request, f"Le message est confié à {to.display_name}.")
    return redirect("workspace:inbound", shown.pk)


@require_POST
@role_required(*KEEPERS)
def attach_inbound(request: Request, message_id: UUID, household_id: UUID) -> HttpResponse:
    """Say which household wrote."""
    shown = get_inbound_for(request.user, message_id, reason="Message reçu rattaché")
    household = get_household_for(request.user, household_id, reason="Message reçu rattaché", write=True)
    try:
        operations.attach(actor=request.user, message=shown, household=household)
    except Refusal as refusal:
        return _page(request, shown, refusal=refusal, status=CONFLICT)
    messages.success(request, "Le message est rattaché à ce ménage.")
    return redirect("workspace:inbound", shown.pk)


@sensitive_post_parameters("body")
@require_POST
@role_required(*KEEPERS)
def answer_inbound(request: Request, message_id: UUID) -> HttpResponse:
    """Answer by the same channel: the message is dealt with."""
    shown = get_inbound_for(request.user, message_id, reason="Réponse à un message reçu")
    form = AnswerForm(request.POST, channel=shown.channel)
    if not form.is_valid():
        return _page(request, shown, answer=form, status=INVALID)
    try:
        operations.answer(actor=request.user, message=shown, body=form.cleaned_data["body"], now=timezone.now())
    except Refusal as refusal:
        return _page(request, shown, answer=form, refusal=refusal, status=CONFLICT)
    messages.success(request, "Votre réponse part. Le message est traité.")
    return redirect("workspace:inbox")


@require_POST
@role_required(*KEEPERS)
def finish_inbound(request: Request, message_id: UUID) -> HttpResponse:
    """Nothing more to do, or undo it (`do=reopen`)."""
    shown = get_inbound_for(request.user, message_id, reason="Message reçu traité")
    if request.POST.get("do") == "reopen":
        operations.reopen(actor=request.user, message=shown)
        messages.success(request, "Le message est de nouveau à traiter.")
        return redirect("workspace:inbound", shown.pk)
    try:
        operations.finish(actor=request.user, message=shown, now=timezone.now())
    except Refusal as refusal:
        return _page(request, shown, refusal=refusal, status=CONFLICT)
    undo = Undo(url=request.path, name="do", value="reopen", more="le message")
    say_done(request, "Le message est traité.", undo=undo)
    return redirect("workspace:inbox")


@sensitive_post_parameters("words")
@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*KEEPERS)
def inbound_case(request: Request, message_id: UUID) -> HttpResponse:
    """Turn it into a situation of the household that wrote."""
    shown = get_inbound_for(request.user, message_id, reason="Message reçu devenu situation")
    if shown.household is None:
        return redirect("workspace:inbound", shown.pk)
    form = NewCaseForm(request.POST if request.method == "POST" else None)
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        signal = Signal(
            grade=typed["grade"],
            needs=tuple(typed["needs"]),
            words=typed["words"],
            kept_despite_guard=typed["keep"],
        )
        try:
            opened = case_from_message(actor=request.user, message=shown, signal=signal, now=timezone.now())
        except Refusal as said:
            refusal = said
        else:
            messages.success(request, "La situation est signalée. Le message est traité.")
            return redirect("workspace:case", opened.pk)
    context = {
        "message": shown,
        "form": form,
        "refusal": refusal,
        "trail": [*_trail(), (_who(shown), reverse("workspace:inbound", args=[shown.pk]))],
        "numbers": strip_of(timezone.localdate()),
    }
    return render(request, "workspace/inbound_case.html", context, status=_status(form, refusal))


def _page(
    request: Request,
    shown: InboundMessage,
    *,
    assign: AssignForm | None = None,
    answer: AnswerForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    today, text = timezone.localdate(), request.GET.get("q", "").strip()
    scope = inbox_scope(request.user)
    hidden = not has_role(request.user, *TRUSTED_WITH_ADDRESSES)
    found = find_people(text, today, scope=scope, hide_protected=hidden, limit=20) if text else []
    if found:
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Ménage cherché pour un message reçu",
            detail={"found": len(found)},
        )
    several = households_at(shown.sender) if shown.match == SenderMatch.SEVERAL and shown.household is None else []
    owner = str(shown.assigned_to_id) if shown.assigned_to_id else ""
    context = {
        "message": shown,
        "who": _who(shown),
        "sender": _sender(shown),
        "trail": _trail(),
        "open": shown.state == InboxState.OPEN,
        "mine": shown.assigned_to_id == request.user.pk,
        "stopped": is_stopped(channel=shown.channel, value=shown.sender),
        "others": thread_of(shown) if shown.household_id else [],
        "sent": last_sent(shown),
        "candidates": several,
        "text": text,
        "found": [one for one in found if not one.gone],
        "assign_form": assign or AssignForm(initial={"to": owner}, team=team_over(shown.agency)),
        "answer_form": answer or AnswerForm(channel=shown.channel),
        "failed": next((form for form in (assign, answer) if form is not None and form.errors), None),
        "refusal": refusal,
    }
    return render(request, "workspace/inbound.html", context, status=status)


def _status(form: NewCaseForm, refusal: Refusal | None) -> int:
    return INVALID if form.errors else CONFLICT if refusal else 200


def _trail() -> list[tuple[str, str]]:
    return [("Boîte de réception", reverse("workspace:inbox"))]


def _sender(message: InboundMessage) -> str:
    is_number = message.channel == Channel.SMS and message.sender.startswith("+")
    return display_phone(message.sender) if is_number else message.sender


def _who(message: InboundMessage) -> str:
    return message.household.display_name if message.household else _sender(message)
