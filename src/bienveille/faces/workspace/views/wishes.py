"""When a household asks to be called: its page of correction, and what a call shows of hours and words to leave."""

from collections.abc import Container
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bienveille.engines.dispatch.models import Contact
from bienveille.engines.dispatch.queries import closed_hours, hours_of_contact, spared_until
from bienveille.faces.workspace.forms import CallWishForm, HouseholdWishForm
from bienveille.faces.workspace.rules import is_mobile, there_words
from bienveille.faces.workspace.views import Request
from bienveille.faces.workspace.views.corrections import METHODS, WHY, correction_page
from bienveille.ground.lib.calling_hours import PLACES, zone_of
from bienveille.ground.lib.typography import clock, moment_in_words
from bienveille.register.accounts.access import role_required
from bienveille.register.accounts.models import User
from bienveille.register.accounts.queries import landlord
from bienveille.register.tenants.access import KEEPERS, get_household_for
from bienveille.register.tenants.models import CallWish
from bienveille.register.tenants.queries import wish_of
from bienveille.register.tenants.rules import wish_words
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import CallSheet
from bienveille.services.outreach.rules import RELATIVE, SMS, VOICEMAIL, CallWishSaid, said


@require_http_methods(METHODS)
@role_required(*KEEPERS)
def call_wish(request: Request, household_id: UUID) -> HttpResponse:
    """When this household asks to be called, or that one writes instead."""
    household = get_household_for(request.user, household_id, reason=WHY, write=True)
    known = wish_of(household.pk)
    form = HouseholdWishForm(request.POST if request.method == "POST" else None, initial=wish_initial(known))

    def act(typed: dict[str, Any]) -> str:
        kept = operations.say_call_wish(
            actor=request.user,
            household_id=household.pk,
            wish=form.said() or CallWishSaid(),
            source=typed["source"],
            now=timezone.now(),
        )
        words = wish_words(kept.not_on, kept.parts, kept.in_writing) if kept else ""
        return f"C’est noté : {words[:1].lower()}{words[1:]}." if words else "Ce foyer peut être appelé à toute heure."

    return correction_page(
        request, household, form, act,
        title=f"Quand appeler {household.display_name}",
        button="Enregistrer ce souhait",
        words=[
            "Notez quand appeler, jamais pourquoi : « préfère qu’on lui écrive » suffit.",
            "Les campagnes en cours suivent aussitôt : un ménage n’est jamais confié hors des heures qu’il demande.",
        ],
        heading="Ce que ce foyer demande",
    )  # fmt: skip


def wish_initial(known: CallWish | None) -> dict[str, Any]:
    """A wish as its form shows it."""
    if known is None:
        return {}
    return {"parts": known.parts, "not_on": [str(day) for day in known.not_on], "in_writing": known.in_writing}


def hours_and_words(
    user: User,
    campaign: Campaign,
    contact: Contact,
    sheet: CallSheet,
    wish: CallWishForm,
    ways: Container[str],
    now: datetime,
) -> dict[str, Any]:
    """For the page of a call: the hour where they live, what they asked for, words to leave when nobody answers."""
    hours = hours_of_contact(contact)
    people = [person.name for person in sheet.people]
    owner = landlord()
    names = {"landlord": owner.name if owner else "", "caller": user.display_name}
    mobile = next((line.number for line in sheet.phones if is_mobile(line.number)), "")
    sms = said(campaign.sms or SMS, **names)
    known = wish_of(contact.household_id)
    leaves = campaign.send_sms and "sms" in ways
    return {
        "there": there_words(hours.local(now), timezone.localtime(now), hours.place, people),
        "wish_form": wish,
        "wish_words": wish_words(known.not_on, known.parts, known.in_writing) if known else "",
        "voicemail": said(campaign.voicemail or VOICEMAIL, **names),
        "sms": sms,
        "sms_leaves": leaves,
        "sms_url": f"sms:{mobile}?body={quote(sms)}" if mobile and not leaves else "",
        "to_relative": said(RELATIVE, **names, person=contact.household.display_name),
        "spared": spared_until(user, now) is not None and not contact.hard,
    }


def closed_words(campaign: Campaign, user: User, now: datetime) -> dict[str, Any]:
    """For the page without anybody to call: when calls open again, and whether a rest after a grave call counts."""
    closed = closed_hours(campaign.queue_id, now)
    opens_again = ""
    if closed is not None:
        today = timezone.localtime(now).date()
        opens_again = f"Les appels reprennent {moment_in_words(timezone.localtime(closed.until), today)}"
        there = closed.until.astimezone(zone_of(closed.place))
        if there.utcoffset() != timezone.localtime(closed.until).utcoffset():
            opens_again += f", à {clock(there)} là où vivent les personnes ({PLACES[closed.place].name})"
    return {"opens_again": opens_again, "spared": spared_until(user, now) is not None}
