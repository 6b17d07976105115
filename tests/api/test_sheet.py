"""The sheet that the API reads in one statement is the one that the caller's screen shows."""

from datetime import timedelta

import pytest
from django.utils.timezone import localtime, now
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, PersonFactory

from bienveille.engines.dispatch.models import PlannedCall
from bienveille.engines.dispatch.operations import hand_out, take_planned
from bienveille.engines.dispatch.queries import contact_in_hand
from bienveille.faces.api.queries import sheet_in_hand
from bienveille.services.outreach.queries import call_sheet

pytestmark = pytest.mark.django_db


def as_screen(campaign, caller, moment):
    """The same document, from what the screen shows."""
    contact = contact_in_hand(campaign.queue_id, caller)
    sheet = call_sheet(contact, moment)
    home = contact.household.dwelling.building.residence if contact.household.dwelling else None
    return {
        "contact": str(contact.pk),
        "token": str(contact.token),
        "lease_until": localtime(contact.lease_until).isoformat(),
        "why": list(sheet.why),
        "attempts": [
            {
                "at": localtime(a.at).isoformat(),
                "outcome": a.outcome,
                "label": a.label,
                "caller": a.caller,
                "note": a.note,
            }
            for a in sheet.attempts
        ],
        "household": {
            "id": str(contact.household_id),
            "name": contact.household.name,
            "agency": home.agency.code if home else None,
            "residence": home.name if home else None,
            "commune": home.commune.name if home and home.commune else None,
            "people": [
                {
                    "name": one.name,
                    "age": one.age,
                    "languages": list(one.languages),
                    "phones": [
                        {"number": p.number, "display": p.display, "whose": p.whose, "status": p.status}
                        for p in one.phones
                    ],
                }
                for one in sheet.people
            ],
        },
    }


def test_nothing_in_hand():
    campaign = make_campaign(opened=False)
    assert sheet_in_hand(campaign.queue_id, UserFactory(), now()) is None


def test_a_household_with_everything():
    """Several people, some who left or objected, wrong numbers, past calls by several people, notes."""
    household = HouseholdFactory(
        people=[
            {"age": 82, "phone": True, "role": "co_holder", "title": "mr", "first_name": "JEAN"},
            {"age": None, "phone": True},
            {"age": 50, "role": "occupant", "opposed": True, "phone": True},
            {"age": 51, "role": "occupant", "gone": True, "phone": True},
            {"age": 77, "role": "occupant", "dead": True},
            {"age": 20, "role": "occupant", "languages": []},
        ]
    )
    person = PersonFactory(household=household, age=79, languages=["ar", "fr"], last_name="d'Arc-en-Ciel")
    ContactPointFactory(person=person, whose="fille", status="unverified")
    ContactPointFactory(person=person, status="wrong")
    ContactPointFactory(person=person, mail=True)
    verified = ContactPointFactory(person=person)
    verified.verified_on = localtime().date()
    verified.save()
    moment = MONDAY
    campaign = make_campaign(now=moment, waves=[{"name": "Tous", "audience": {"all": []}}])
    first, second = UserFactory(roles=["caller"], last_name=""), UserFactory(roles=["caller"])
    for caller, outcome, note in ((first, "no_answer", ""), (second, "voicemail", ""), (first, "reached", "Merci.")):
        moment += timedelta(days=3)
        call(campaign, caller, outcome, moment, note=note)
    moment += timedelta(days=60)
    campaign = make_campaign(now=moment, waves=[{"name": "Tous", "audience": {"all": []}}])
    assert hand_out(queue_id=campaign.queue_id, caller=second, now=moment, reason="essai")
    shown = sheet_in_hand(campaign.queue_id, second, moment)
    assert shown == as_screen(campaign, second, moment)
    assert len(shown["attempts"]) == 3
    assert [one["age"] for one in shown["household"]["people"]].count(None) == 1
    assert len(shown["household"]["people"]) == 4
    assert shown["why"][-1].startswith("aucun contact depuis")


@pytest.mark.parametrize("weekly", [True, False])
def test_a_promised_call(weekly):
    HouseholdFactory(age=90, phone=True)
    moment, caller = now(), UserFactory(roles=["caller"])
    campaign = make_campaign(now=moment)
    call(campaign, caller, "reached", moment, weekly=weekly, call_back_on=localtime(moment).date())
    take_planned(caller=caller, planned_call_id=PlannedCall.objects.get().pk, now=moment, reason="essai")
    shown = sheet_in_hand(campaign.queue_id, caller, moment)
    assert shown == as_screen(campaign, caller, moment)
    assert shown["why"][0].startswith("appel promis")
