"""Figures that landlords published come out of the raw events that lead to them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, DwellingFactory
from tests.outreach.factories import make_campaign

from bienveille.engines.dispatch.models import Attempt, Contact, Lane, PlannedCall
from bienveille.engines.dispatch.operations import freeze_target
from bienveille.ground.lib.ids import uuid7
from bienveille.register.tenants.models import Household
from bienveille.services.outreach.models import Referral
from bienveille.services.outreach.queries import figures

pytestmark = pytest.mark.django_db

PUBLISHED = json.loads((Path(__file__).parents[1] / "fixtures" / "published.json").read_text(encoding="utf-8"))


def add_called(campaign, agency, count, *, reached=None, first=0):
    """`count` households of an agency, all called, `reached` of them reached; raw rows, as the calls left them."""
    dwelling = DwellingFactory(building__residence__agency=agency)
    lane, _ = Lane.objects.get_or_create(queue=campaign.queue, wave=1, agency=agency, language="")
    households = Household.objects.bulk_create(
        Household(name=f"Ménage {first + n}", dwelling=dwelling) for n in range(count)
    )
    reached = count if reached is None else reached
    return Contact.objects.bulk_create(
        Contact(
            queue=campaign.queue, lane=lane, household=household, attempts_made=1,
            state="reached" if rank < reached else "unreachable", reason="" if rank < reached else "no_answer",
        )
        for rank, household in enumerate(households)
    )  # fmt: skip


def add_calls(contacts, caller, *, days=0):
    return Attempt.objects.bulk_create(
        Attempt(
            contact=contact, caller=caller, token=uuid7(), at=MONDAY + timedelta(days=days),
            outcome="reached" if contact.state == "reached" else "no_answer",
        )
        for contact in contacts
    )  # fmt: skip


def test_calls_block():
    block = PUBLISHED["calls_block"]
    lyon, stetienne = AgencyFactory(lyon=True), AgencyFactory(saint_etienne=True)
    campaign = make_campaign(opened=False)
    of_lyon = add_called(campaign, lyon, 331)
    of_stetienne = add_called(campaign, stetienne, 116)
    freeze_target(queue=campaign.queue)
    add_calls(of_lyon, UserFactory(service="Agence", agency=lyon))
    add_calls(of_stetienne, UserFactory(service="Agence", agency=stetienne))
    social = add_calls(of_lyon[:41], UserFactory(service="Service social", agency=lyon), days=2)
    PlannedCall.objects.bulk_create(
        PlannedCall(contact_id=a.contact_id, caller_id=a.caller_id, due_on=MONDAY.date(), weekly=True, planned_by=a)
        for a in social[:11]
    )
    Referral.objects.bulk_create(
        Referral(attempt=a, grade="orange", due_at=a.at + timedelta(hours=48), created_at=a.at) for a in social[:7]
    )
    # A call taken back counts nowhere.
    undone = add_calls(of_lyon[:1], UserFactory(), days=3)[0]
    Attempt.objects.filter(pk=undone.pk).update(undone_at=MONDAY)

    got = figures(campaign)
    assert got["outgoing_calls"] == block["outgoing_calls"] == 488
    assert got["called"] == block["tenants_called"] == 447
    assert got["weekly_recurring"] == block["weekly_recurring"] == 11
    assert got["referrals"] == block["referrals"] == 7
    assert {name: part["outgoing_calls"] for name, part in got["by_service"].items()} == block["by_service"]
    assert {name: part["called"] for name, part in got["by_agency"].items()} == {
        "Agence de Lyon": 331, "Agence de Saint-Étienne": 116,
    }  # fmt: skip


def test_six_agencies():
    published = dict(PUBLISHED["six_agencies"])
    total, share = published.pop("total"), published.pop("reached_share")
    campaign = make_campaign(opened=False)
    caller = UserFactory()
    left = round(total * share)
    for name, count in published.items():
        reached = min(left, round(count * share))
        left -= reached
        add_calls(add_called(campaign, AgencyFactory(name=name), count, reached=reached), caller)
    freeze_target(queue=campaign.queue)
    got = figures(campaign)
    assert {name: part["called"] for name, part in got["by_agency"].items()} == published
    assert got["called"] == total == 1206
    assert round(got["reached_share"], 2) == share == 0.80
