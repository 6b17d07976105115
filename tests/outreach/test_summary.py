"""The counts of calls: always those of the attempts, folded or not, whatever happened to the calls."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Contact, Lane
from bienveille.engines.dispatch.queries import ledger
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import CallChange, CallsOfDay
from bienveille.services.outreach.queries import count_faults, days_of, weeks_of

pytestmark = pytest.mark.django_db
OUTCOMES = ["reached", "no_answer", "voicemail", "refused", "wrong_number", "busy"]


@pytest.fixture
def campaign():
    for agency, count in [(AgencyFactory(lyon=True), 8), (AgencyFactory(saint_etienne=True), 4)]:
        for _ in range(count):
            HouseholdFactory(agency=agency, age=82, phone=True)
    return make_campaign()


def recounted(campaign):
    rows = Attempt.objects.filter(undone_at=None, contact__queue=campaign.queue)
    return {outcome: rows.filter(outcome=outcome).count() for outcome in set(rows.values_list("outcome", flat=True))}


def counted(campaign):
    found = {}
    for line in weeks_of(campaign.queue):
        for outcome, calls in line.outcomes.items():
            found[outcome] = found.get(outcome, 0) + calls
    return found


class TestCounts:
    def test_saved_undone_moved_folded(self, campaign):
        """Random weeks of calls: undone, withdrawn, moved to another agency, folded now and then."""
        draw = random.Random(5)
        callers = [UserFactory(roles=["caller"]) for _ in range(3)]
        lanes = list(Lane.objects.filter(queue=campaign.queue))
        for step in range(60):
            now = MONDAY + timedelta(hours=5 * step)
            caller = draw.choice(callers)
            try:
                saved = call(campaign, caller, draw.choice(OUTCOMES), now=now)
            except AssertionError:  # nobody to call at that hour
                continue
            if draw.random() < 0.3:
                operations.take_back_call(campaign=campaign, caller=caller, attempt_id=saved.attempt.pk, now=now)
            if draw.random() < 0.2:
                contact = Contact.objects.get(pk=saved.attempt.contact_id)
                contact.lane = draw.choice(lanes)
                contact.save()
            if draw.random() < 0.2:
                waiting = Contact.objects.filter(queue=campaign.queue, state="waiting").first()
                if waiting:
                    operations.withdraw_contacts(
                        campaign=campaign, actor=callers[0], contact_ids=[waiting.pk], motive="Essai"
                    )
            if draw.random() < 0.2:
                operations.fold_calls()
            assert count_faults() == []
        assert Attempt.objects.exclude(undone_at=None).exists()
        assert CallsOfDay.objects.exists()
        assert counted(campaign) == recounted(campaign)
        Attempt.objects.filter(outcome="voicemail").update(outcome="busy")
        assert count_faults() == []
        assert counted(campaign) == recounted(campaign)

    def test_fold_twice(self, campaign):
        caller = UserFactory(roles=["caller"])
        for outcome in ("reached", "no_answer"):
            call(campaign, caller, outcome)
        assert operations.fold_calls() == 2
        assert operations.fold_calls() == 0
        assert not CallChange.objects.exists()
        (day,) = days_of(campaign.queue)
        assert (day.day, day.calls, day.reached, day.callers) == (MONDAY.date(), 2, 1, 1)

    def test_one_agency(self, campaign):
        caller = UserFactory(roles=["caller"])
        for _ in range(12):
            call(campaign, caller, "reached")
        lyon = Lane.objects.get(queue=campaign.queue, agency__code="LYO").agency_id
        assert sum(line.calls for line in weeks_of(campaign.queue, lyon)) == 8
        assert sum(line.calls for line in days_of(campaign.queue, [lyon])) == 8
        assert sum(line.calls for line in days_of(campaign.queue, [])) == 0

    def test_a_lie_is_seen(self, campaign):
        call(campaign, UserFactory(roles=["caller"]), "reached")
        operations.fold_calls()
        CallsOfDay.objects.update(calls=2)
        assert len(count_faults()) == 1
        operations.recount_calls()
        assert count_faults() == []

    @pytest.mark.parametrize("folded", [True, False])
    def test_same_queries_whatever_the_calls(self, campaign, folded, django_assert_num_queries):
        caller = UserFactory(roles=["caller"])
        for size in (1, 6):
            for _ in range(size):
                call(campaign, caller, "reached")
            if folded:
                operations.fold_calls()
            with django_assert_num_queries(2):
                weeks_of(campaign.queue)
                days_of(campaign.queue)


@pytest.mark.django_db(transaction=True)
def test_callers_at_once():
    """Callers save at the same moment while somebody folds: nothing is lost, nothing counted twice."""
    agency = AgencyFactory(lyon=True)
    for _ in range(24):
        HouseholdFactory(agency=agency, age=82, phone=True)
    campaign = make_campaign()
    callers = [UserFactory(roles=["caller"]) for _ in range(4)]
    failures = []

    def work(caller):
        try:
            for outcome in ("reached", "refused", "reached", "no_answer"):
                call(campaign, caller, outcome)
                operations.fold_calls()
        except (AssertionError, Refusal) as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert count_faults() == []
    assert ledger(campaign.queue).adds_up
    assert sum(counted(campaign).values()) == 16
