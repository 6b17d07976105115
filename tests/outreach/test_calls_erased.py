"""The calls of a closed campaign end: the household goes, every figure stays; and a campaign left open closes."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.dispatch.models import Attempt, Contact, Explanation, Step
from bienveille.engines.dispatch.queries import check_invariants, ledger, ledgers_by_agency
from bienveille.services.outreach.models import Campaign, Report
from bienveille.services.outreach.operations import close_campaign
from bienveille.services.outreach.operations.erasing import close_idle_campaigns, erase_calls
from bienveille.services.outreach.operations.reports import erase_reports
from bienveille.services.outreach.operations.summary import fold_calls
from bienveille.services.outreach.queries import calls_past
from bienveille.services.outreach.queries.key_figures import figures

pytestmark = pytest.mark.django_db

CLOSED = MONDAY + timedelta(days=40)
LATER = CLOSED + timedelta(days=200)


@pytest.fixture
def campaign():
    """Five households, one reached with an answer, one with a grave situation, one silent; closed forty days later."""
    agency = AgencyFactory(lyon=True)
    for rank in range(5):
        HouseholdFactory(agency=agency, age=80 + rank, phone=True)
    caller = UserFactory(roles=["caller"], agency=agency)
    made = make_campaign()
    call(made, caller, "reached", note="Ne descend plus.", needs=("meals",), grade="yellow", weekly=True)
    call(made, caller, "no_answer")
    call(made, caller, "refused")
    waiting = Contact.objects.filter(queue=made.queue, state="waiting").first()
    Step.objects.create(
        contact=waiting, kind="visit", assigned_to=caller, due_on=MONDAY.date(), say="Sonner deux fois.",
        created_by=caller, created_at=MONDAY,
    )  # fmt: skip
    Explanation.objects.create(contact=waiting, words="Chez sa sœur.", said_at=MONDAY)
    close_campaign(campaign_id=made.pk, actor=None, now=CLOSED)
    return again(made)


def again(campaign):
    return Campaign.objects.select_related("queue", "questionnaire").get(pk=campaign.pk)


def named():
    return Contact.objects.filter(household__isnull=False).count()


def everything(campaign):
    fold_calls()
    with connection.cursor() as cursor:
        cursor.execute("SELECT week, outcomes FROM outreach_callsofweek ORDER BY 1")
        weeks = cursor.fetchall()
        cursor.execute("SELECT day, caller_id, outcome, calls FROM outreach_callsofday ORDER BY 1, 2, 3")
        return figures(campaign), ledger(campaign.queue), ledgers_by_agency(campaign.queue), weeks, cursor.fetchall()


def forget_answers():
    Report.objects.update(expires_on=CLOSED.date())
    erase_reports(today=LATER.date())


def test_counts_stay_and_nobody_is_named(campaign):
    forget_answers()
    before = everything(campaign)
    assert erase_calls(now=LATER) == 5
    assert everything(campaign) == before
    assert (named(), check_invariants(campaign.queue)) == (0, [])
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(c) || coalesce(to_jsonb(a), '{}') FROM dispatch_contact c LEFT JOIN dispatch_attempt a"
                       " ON a.contact_id = c.id")  # fmt: skip
        rows = [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
    assert {str(row["why"]) for row in rows} == {"[]"}
    for row in rows:
        if row.get("outcome"):
            assert (row["answer"], row["before"], row["idempotency_key"], row["contact_point_id"]) == (
                {},
                {},
                None,
                None,
            )
            assert "00:00" in row["at"]
    assert Step.objects.get().say == ""
    assert Explanation.objects.get().words == "—"
    assert again(campaign).calls_erased_on == LATER.date()
    assert erase_calls(now=LATER) == 0


def test_not_before_their_time(campaign):
    forget_answers()
    early = CLOSED + timedelta(days=175)
    assert calls_past(now=early, months=6) == erase_calls(now=early) == 0
    assert calls_past(now=early, months=3) == 5
    assert named() == 5


def test_a_call_whose_answers_are_kept_waits_for_their_last_day(campaign):
    assert calls_past(now=LATER, months=6) == erase_calls(now=LATER) == 4
    assert named() == 1
    forget_answers()
    assert erase_calls(now=LATER) == 1


def test_a_situation_that_somebody_sees_to_keeps_its_call():
    HouseholdFactory(age=82, phone=True)
    made = make_campaign()
    call(made, UserFactory(roles=["caller"]), "reached", grade="orange", needs=("meals",), note="Fatigue.")
    close_campaign(campaign_id=made.pk, actor=None, now=CLOSED)
    forget_answers()
    assert Case.objects.exclude(state="closed").exists()
    assert erase_calls(now=LATER) == 0
    assert named() == 1


def test_an_open_campaign_keeps_its_calls():
    HouseholdFactory(age=82, phone=True)
    make_campaign()
    assert erase_calls(now=LATER) == 0


def test_as_many_queries_for_many(campaign):
    forget_answers()
    with CaptureQueriesContext(connection) as queries:
        erase_calls(now=LATER)
    assert len(queries) < 25


def test_pages_of_the_campaign_say_it(campaign, client):
    forget_answers()
    erase_calls(now=LATER)
    client.force_login(UserFactory(roles=["director"]))
    for page in ("campaign", "contacts", "silent"):
        answer = client.get(reverse(f"workspace:{page}", args=[campaign.pk]))
        assert answer.status_code == 200, page
        assert "Les appels de cette campagne s’effacent depuis le" in answer.text, page
    for page in ("campaign_figures", "campaign_report", "campaign_answers", "list_changes", "wall", "campaign_lists"):
        assert client.get(reverse(f"workspace:{page}", args=[campaign.pk])).status_code == 200, page
    for page in ("contacts", "silent", "campaign_figures"):
        file = client.get(reverse(f"workspace:{page}", args=[campaign.pk]), {"format": "xlsx", "export": "xlsx"})
        assert file.status_code == 200, page
        assert b"".join(file.streaming_content if file.streaming else [file.content])
    contact = Contact._base_manager.values_list("pk", flat=True)[0]
    assert client.get(reverse("workspace:tried_contact", args=[campaign.pk, contact])).status_code == 404


class TestLeftOpen:
    def test_a_campaign_in_which_nothing_happens_closes(self):
        HouseholdFactory(age=82, phone=True)
        made = make_campaign()
        assert close_idle_campaigns(now=MONDAY + timedelta(days=170)) == 0
        assert close_idle_campaigns(now=MONDAY + timedelta(days=190)) == 1
        made = again(made)
        assert (made.state, ledger(made.queue).withdrawn) == ("closed", 1)
        assert close_idle_campaigns(now=MONDAY + timedelta(days=190)) == 0

    @pytest.mark.parametrize("what", ["a call", "a weekly call", "a visit", "an end to come"])
    def test_one_that_lives_stays_open(self, what):
        HouseholdFactory(age=82, phone=True)
        now, caller = MONDAY + timedelta(days=190), UserFactory(roles=["caller"])
        made = make_campaign()
        contact = Contact.objects.get()
        if what == "a call":
            Attempt.objects.create(
                contact=contact, caller=caller, outcome="no_answer", at=now - timedelta(days=100), token=contact.pk
            )
        elif what == "a weekly call":
            call(made, caller, "reached", weekly=True)
        elif what == "a visit":
            Step.objects.create(
                contact=contact, kind="visit", assigned_to=caller, due_on=now.date(), created_by=caller,
                created_at=MONDAY,
            )  # fmt: skip
        else:
            Campaign.objects.update(ends_on=now.date())
        assert close_idle_campaigns(now=now) == 0
