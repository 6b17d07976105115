"""Reports are erased on their last day: what was said goes for good, and the figures of the campaign do not move."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.questionnaires.models import Response
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import KeptCount, Referral, Report
from bienveille.services.outreach.operations.hard_cases import flag_hard
from bienveille.services.outreach.queries import figures

pytestmark = pytest.mark.django_db

TODAY = MONDAY.date()
NOTE = "Rappeler après dix-huit heures."


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"], service="Comptabilité")


@pytest.fixture
def campaign(caller):
    for _ in range(4):
        HouseholdFactory(age=82, phone=True)
    campaign = make_campaign()
    campaign.keep_answers_days = 60
    campaign.save(update_fields=["keep_answers_days"])
    return campaign


def after(days: int):
    return MONDAY + timedelta(days=days)


def last_day():
    return Report.objects.order_by("expires_on").values_list("expires_on", flat=True).first()


def test_nothing_is_left_of_what_was_said(campaign, caller):
    flagged = make_campaign(name="La suivante")
    call(
        campaign,
        caller,
        "reached",
        grade="orange",
        needs=["meals"],
        note=NOTE,
        answers={"good_moment": "yes", "agrees": "yes", "food": "fine"},
    )
    assert flag_hard(queue=flagged.queue) == Response.objects.count() == 1
    last = last_day()
    assert last == TODAY + timedelta(days=60)
    assert operations.erase_reports(today=last) == 0
    assert operations.erase_reports(today=last + timedelta(days=1)) == 1
    assert not Report.objects.exists()
    assert not Response.objects.exists()
    assert Attempt.objects.filter(hard=True).count() == Contact.objects.filter(hard=True).count() == 0
    entry = AuditEntry.objects.latest("id")
    assert (entry.detail, entry.subject_id) == ({"report": "erased", "count": 1}, None)
    assert operations.erase_reports(today=last + timedelta(days=1)) == 0


def test_figures_and_ledger_do_not_move(campaign, caller):
    other = UserFactory(roles=["caller"], service="Gérance")
    call(campaign, caller, "reached", grade="red", needs=["meals", "shopping"])
    call(campaign, caller, "reached", grade="yellow", needs=["meals"], now=after(10))
    call(campaign, other, "reached", grade="green", now=after(20))
    before, states = figures(campaign), ledger(campaign.queue)
    for days in (61, 71, 81):
        assert operations.erase_reports(today=TODAY + timedelta(days=days)) == 1
        assert figures(campaign) == before
    assert not Report.objects.exists()
    assert ledger(campaign.queue) == states
    assert set(KeptCount.objects.filter(kind="service").values_list("key", flat=True)) == {"Comptabilité", "Gérance"}


@pytest.mark.parametrize("later", [60, 5], ids=["the first ends first", "the second ends first"])
def test_two_reports_of_one_household_count_once(campaign, caller, later):
    """The later grade speaks while it lives; the earlier one then neither comes back nor goes missing."""
    first = call(campaign, caller, "interrupted", grade="red", needs=["meals"])
    contact = Contact.objects.get(pk=first.attempt.contact_id)
    Contact.objects.exclude(pk=contact.pk).update(state="withdrawn", reason="other", not_before=None)
    Contact.objects.filter(pk=contact.pk).update(state="waiting", not_before=None)
    campaign.keep_answers_days = later
    call(campaign, caller, "reached", grade="green", needs=["shopping"], now=after(10))
    wrong = UserFactory(roles=["caller"], service="Comptabilité")
    attempt = Attempt.objects.latest("at")
    Attempt.objects.create(
        contact=contact, caller=wrong, outcome="reached", at=after(11), token=uuid4(), undone_at=after(11)
    )
    Report.objects.create(attempt=Attempt.objects.latest("at"), grade="orange", expires_on=attempt.at.date())
    before = figures(campaign)
    assert (before["grades"]["green"], before["grades"]["red"], before["needs"]) == (1, 0, {"meals": 1, "shopping": 1})
    for days in (16, 61, 71):
        operations.erase_reports(today=TODAY + timedelta(days=days))
        assert figures(campaign) == before
    assert not Report.objects.exists()


def test_a_call_taken_back_goes_the_night_after_and_counts_nothing(campaign, caller):
    recorded = call(campaign, caller, "reached", grade="yellow", needs=["meals"])
    operations.take_back_call(campaign=campaign, caller=caller, attempt_id=recorded.attempt.pk, now=MONDAY)
    before = figures(campaign)
    assert operations.erase_reports(today=TODAY) == 0
    assert operations.erase_reports(today=TODAY + timedelta(days=1)) == 1
    assert figures(campaign) == before
    assert not KeptCount.objects.exists()


def test_a_situation_that_nobody_took_is_never_let_go(campaign, caller):
    call(campaign, caller, "reached", grade="red", needs=["meals"], agreed=True)
    social = UserFactory(roles=["social_worker"])
    call(campaign, caller, "reached", grade="orange", needs=["meals"], agreed=True)
    taken, waiting = Referral.objects.order_by("grade")
    operations.take_referral(actor=social, referral_id=taken.pk, now=MONDAY)
    operations.erase_reports(today=TODAY + timedelta(days=61))
    taken.refresh_from_db()
    waiting.refresh_from_db()
    assert (taken.grade, taken.needs, taken.agreed) == ("", [], None)
    assert (waiting.grade, waiting.needs, waiting.agreed) == ("red", ["meals"], True)


def test_as_many_statements_for_one_as_for_many(campaign, caller):
    def cost(day):
        with CaptureQueriesContext(connection) as queries:
            operations.erase_reports(today=day)
        return len(queries)

    call(campaign, caller, "reached", grade="green")
    one = cost(TODAY + timedelta(days=61))
    for _ in range(3):
        call(campaign, caller, "reached", grade="green", needs=["meals"], now=after(1))
    assert cost(TODAY + timedelta(days=70)) == one


def test_the_page_of_answers_says_why_it_is_empty(campaign, caller, client):
    call(campaign, caller, "reached", needs=["meals"], answers={"good_moment": "yes", "agrees": "yes", "food": "fine"})
    client.force_login(UserFactory(roles=["director"]))
    page = reverse("workspace:campaign_answers", args=[campaign.pk])
    assert "Les réponses sont effacées" not in client.get(page).content.decode()
    operations.erase_reports(today=TODAY + timedelta(days=61))
    assert "Les réponses sont effacées" in client.get(page).content.decode()
