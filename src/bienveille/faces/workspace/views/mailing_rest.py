"""Whom a mailing has not reached, why, and what is known since of the messages in doubt."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bienveille.engines.messaging.access import WRITERS, get_delivery_for, get_mailing_for
from bienveille.engines.messaging.choices import Channel, DeliveryState, Withheld
from bienveille.engines.messaging.models import Delivery
from bienveille.engines.messaging.operations.sending import reconcile
from bienveille.engines.messaging.queries.mailings import REMAINING, remaining
from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.ui.exports import file_response, heading
from bienveille.ground.ui.tables import Column, Filter, Table
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit


def _place(row: Delivery) -> Any:
    home = row.household.dwelling if row.household else None
    return home.building.residence if home else None


def _why(row: Delivery) -> str:
    words = str(DeliveryState(row.state).label)
    return f"{words}, {str(Withheld(row.reason).label).lower()}" if row.reason else words


REST = Table(
    columns=[
        Column(
            "household",
            "Foyer",
            sort="household__name",
            value=lambda row: row.household.display_name if row.household else "",
        ),
        Column(
            "residence",
            "Résidence",
            sort="household__dwelling__building__residence__name",
            value=lambda row: place.name if (place := _place(row)) else "",
        ),
        Column("channel", "Moyen", value=lambda row: Channel(row.channel).label if row.channel else "Aucun"),
        Column("why", "Pourquoi", value=_why),
    ],
    filters=[
        Filter("etat", "État", [(state.value, str(state.label)) for state in REMAINING], every="Tous"),
    ],
    sort="residence",
    name="restes",
    one="foyer",
    many="foyers",
)


@require_safe
@role_required(*WRITERS)
def mailing_rest(request: Request, mailing_id: UUID) -> HttpResponseBase:
    """The households that a mailing has not reached: a list to print, to take away, to write letters from."""
    shown = get_mailing_for(request.user, mailing_id)
    asked = REST.read(request.GET)
    found = remaining(shown)
    if asked["etat"]:
        found = found.filter(state=asked["etat"])
    now = timezone.now()
    if asked.export:
        title = heading(f"Foyers non joints\u00a0: {shown.name}", now=now, by=request.user.display_name)
        sheet = asked.sheet(list(found), name="Foyers non joints", heading=title)
        record_audit(
            actor=request.user,
            action=AuditAction.EXPORTED,
            subject=shown,
            reason="Foyers qu’un envoi n’a pas joints",
            detail={"kind": asked.export},
        )
        return file_response(kind=asked.export, sheets=[sheet], name="foyers non joints", now=now)
    listing = asked.listing(found)
    if len(listing):
        record_audit(
            actor=request.user,
            action=AuditAction.HOUSEHOLD_LISTED,
            reason="Foyers qu’un envoi n’a pas joints",
            detail={"found": len(listing)},
        )
    rows = [
        {
            "delivery": one,
            "name": one.household.display_name if one.household else "",
            "place": _place(one),
            "channel": Channel(one.channel).label if one.channel else "Aucun",
            "why": _why(one),
            "in_doubt": one.state == DeliveryState.UNKNOWN,
        }
        for one in listing
    ]
    trail = [
        ("Envois", reverse("workspace:mailings")),
        (shown.name, reverse("workspace:mailing", args=[shown.pk])),
    ]
    return render(
        request, "workspace/mailing_rest.html", {"mailing": shown, "listing": listing, "rows": rows, "trail": trail}
    )


@require_POST
@role_required(*WRITERS)
def settle_doubt(request: Request, mailing_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Somebody learnt what became of a message in doubt: it left, or it is sent again."""
    doubt = get_delivery_for(request.user, mailing_id, delivery_id)
    left = request.POST.get("left") == "1"
    try:
        reconcile(actor=request.user, delivery_id=doubt.pk, left=left, reason="Vérifié auprès de l’opérateur")
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Le message compte comme parti." if left else "Le message repart.")
    return redirect("workspace:mailing_rest", mailing_id)
