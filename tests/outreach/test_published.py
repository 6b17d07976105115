"""Figures that landlords published come out of the raw events that lead to them."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, DwellingFactory
from tests.outreach.factories import make_campaign

from bienveille.engines.audiences.queries import EVERYWHERE
from bienveille.engines.dispatch.models import Attempt, Contact, Lane, PlannedCall
from bienveille.engines.dispatch.operations import freeze_target
from bienveille.ground.lib.ids import uuid7
from bienveille.register.tenants.models import ContactPoint, Household, Person
from bienveille.services.outreach.models import Campaign, Referral
from bienveille.services.outreach.queries import count_faults, figures, prospect, weeks_of

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


def add_seniors(agency, ages):
    """`ages`: how many people of each age, one alone in each household, each with a number."""
    dwelling = DwellingFactory(building__residence__agency=agency)
    born = [date(MONDAY.year - age, 1, 1) for age, count in ages.items() for _ in range(count)]
    households = Household.objects.bulk_create(
        Household(name=f"Ménage {n}", dwelling=dwelling) for n in range(len(born))
    )
    people = Person.objects.bulk_create(
        Person(household=household, last_name=f"Essai{n}", birth_date=day, role="holder", languages=["fr"])
        for n, (household, day) in enumerate(zip(households, born, strict=True))
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(person=person, kind="phone", value=f"+3363998{n:04d}", status="valid", source="erp")
        for n, person in enumerate(people)
    )


def test_bands_and_seniors(client):
    """The bands of age of a register, then the campaign that chose among them: from its opening to its report."""
    bands, seniors = PUBLISHED["bands"], PUBLISHED["seniors"]
    old = bands["90+"]
    ages = {92: old, 80: seniors["targeted"] - old, 72: bands["70+"] - seniors["targeted"]}
    add_seniors(AgencyFactory(lyon=True), ages)
    waves = [{"name": name, "audience": {"age": {"min": int(name[:-1])}}, "priority": []} for name in bands]
    found = prospect(waves, MONDAY.date(), scope=EVERYWHERE)
    assert {wave.name: wave.asked for wave in found.waves} == bands

    wave = {"name": "75 ans et plus", "audience": {"age": {"min": 75}}, "priority": ["oldest_alone_first"]}
    campaign = make_campaign(waves=[wave])
    queue = campaign.queue
    first = list(Contact.objects.filter(queue=queue).order_by("priority")[:old])
    assert {reason for contact in first for reason in contact.why if reason.endswith("ans")} == {"92 ans"}
    contacts = list(Contact.objects.filter(queue=queue).order_by("priority")[: seniors["reached"]])
    Contact.objects.filter(pk__in=[one.pk for one in contacts]).update(state="reached", attempts_made=1)
    for one in contacts:
        one.state = "reached"
    add_calls(contacts, UserFactory(service="Service social"))

    got = figures(campaign)
    assert got["targeted"] == seniors["targeted"] == 3860
    assert got["reached"] == seniors["reached"] == 3000
    assert count_faults() == []
    assert sum(line.calls for line in weeks_of(queue)) == 3000

    client.force_login(UserFactory(roles=["director"]))
    screens = {
        name: client.get(reverse(f"workspace:{name}", args=[campaign.pk])).content
        for name in ("campaign_figures", "board", "campaign_report", "campaign_report_json", "campaign_report_pdf")
    }
    for name in ("campaign_figures", "board", "campaign_report"):
        assert "3\u00a0000" in screens[name].decode(), name
        assert "3\u00a0860" in screens[name].decode(), name
    told = json.loads(screens["campaign_report_json"])
    assert (told["ledger"]["target"], told["ledger"]["reached"]) == (3860, 3000)
    assert screens["campaign_report_pdf"].startswith(b"%PDF-")


def test_published_on_screen_and_in_the_report(client):
    """The six agencies: the same figures on the page, in its open file and in the API's shape."""
    published = {
        key: value for key, value in PUBLISHED["six_agencies"].items() if key not in ("total", "reached_share")
    }
    campaign, caller = make_campaign(opened=False), UserFactory()
    for name, count in published.items():
        add_calls(add_called(campaign, AgencyFactory(name=name), count, reached=round(count * 0.8)), caller)
    freeze_target(queue=campaign.queue)
    Campaign.objects.filter(pk=campaign.pk).update(state="open", opened_at=MONDAY)
    client.force_login(UserFactory(roles=["director"]))
    page = client.get(reverse("workspace:campaign_figures", args=[campaign.pk])).content.decode()
    told = json.loads(client.get(reverse("workspace:campaign_report_json", args=[campaign.pk])).content)
    assert {name: part["called"] for name, part in told["by_agency"].items()} == published
    assert told["figures"]["called"] == PUBLISHED["six_agencies"]["total"]
    assert round(told["figures"]["reached_share"], 2) == PUBLISHED["six_agencies"]["reached_share"]
    assert all(name in page for name in published)
    assert "1\u00a0206" in page
