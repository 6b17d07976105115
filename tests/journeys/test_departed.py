"""G31: who left is erased after the time that the landlord set, and never before what holds them back has ended.

What counts homes and calls says the same the day before and the day after; the landlord's file, which still lists
former tenants, brings nobody back.
"""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.cases.factories import make_case
from tests.letting.factories import LONG_AGO, town
from tests.meanwhile import second_of
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory, LeaseFactory, MarkFactory, RelativeFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.messaging.models import Delivery, InboundMessage
from bienveille.register.accounts.models import AuditEntry, Landlord
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import ContactPoint, Household, Lease, Mark, Person, Relative
from bienveille.register.tenants.operations import erase_departed, set_kept
from bienveille.register.tenants.queries import people_past
from bienveille.services.letting.queries.moves import moves, stock
from bienveille.services.letting.rules.definitions import measures_on
from bienveille.services.letting.rules.periods import Period
from bienveille.services.outreach.operations import close_campaign
from bienveille.services.outreach.operations.reports import erase_reports
from bienveille.services.outreach.queries.key_figures import figures

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
LEFT = date(2025, 11, 20)


def leave(household, on=LEFT):
    """As an import does: the lease has ended, nobody lives there any more."""
    household.leases.update(exit=on)
    household.people.update(left_on=on, erp_fingerprint=None)
    Household.objects.filter(pk=household.pk).update(closed_on=on, dwelling=None, created_at="2015-01-01T00:00Z")


@pytest.fixture
def household():
    made = HouseholdFactory(age=82, phone=True, alone=False)
    person = made.people.first()
    MarkFactory(person=person)
    RelativeFactory(person=person)
    leave(made)
    return made


def nobody_left(household):
    return not Household.objects.filter(pk=household.pk).exists() and not Person.objects.exists()


class TestWho:
    def test_a_household_goes_with_all_that_hangs_from_it(self, household):
        past = people_past(today=TODAY, months=12)
        done = erase_departed(today=TODAY)
        assert past == done.people
        assert (done.households, done.people, dict(done.waiting)) == (1, 2, {})
        assert nobody_left(household)
        for model in (ContactPoint, Mark, Relative):
            assert not model.objects.exists()
        entry = AuditEntry.objects.get(subject_type="tenants.Household")
        assert entry.detail == {"change": "departed_erased", "households": 1, "people": 2}
        assert entry.subject_id is None

    @pytest.mark.parametrize("left", [date(2025, 11, 23), date(2026, 6, 1)])
    def test_not_before_its_time(self, left):
        made = HouseholdFactory(age=82)
        leave(made, left)
        assert erase_departed(today=TODAY).people == 0
        assert Person.objects.exists()

    def test_the_landlord_sets_the_time(self, household):
        director = UserFactory(roles=["director"])
        Landlord.objects.create(name="Habitat")
        set_kept(actor=director, months={"departed": 36, "calls": 6})
        assert erase_departed(today=TODAY).people == 0
        set_kept(actor=director, months={"departed": 12, "calls": 6})
        assert erase_departed(today=TODAY).people == 2

    def test_a_garage_that_still_runs_keeps_its_tenant(self, household):
        LeaseFactory(household=household, dwelling=None, kind="parking", entry=date(2020, 1, 1))
        assert erase_departed(today=TODAY).people == 0

    def test_who_left_a_household_that_stays(self):
        made = HouseholdFactory(people=[{"last_name": "Kervadec", "age": 80}, {"last_name": "Lemoine", "age": 78}])
        gone = made.people.get(last_name="Kervadec")
        Household.objects.filter(pk=made.pk).update(name=gone.display_name)
        Person.objects.filter(pk=gone.pk).update(left_on=LEFT, erp_fingerprint=None)
        assert people_past(today=TODAY, months=12) == erase_departed(today=TODAY).people == 1
        made.refresh_from_db()
        assert "Lemoine" in made.name
        assert made.leases.get().erased_on is None

    def test_who_died_stays_as_long_as_the_file_lists_them(self):
        """Erased, they would come back tomorrow as somebody to call."""
        made = HouseholdFactory(people=[{"age": 80}, {"age": 78}])
        gone = made.people.first()
        Person.objects.filter(pk=gone.pk).update(deceased=True, left_on=LEFT, erp_key="1|a b", erp_fingerprint=7)
        assert erase_departed(today=TODAY).people == 0

    def test_as_many_queries_for_many(self, household):
        with CaptureQueriesContext(connection) as one:
            erase_departed(today=TODAY)
        for _ in range(6):
            leave(HouseholdFactory(age=82, phone=True, alone=False))
        with CaptureQueriesContext(connection) as many:
            assert erase_departed(today=TODAY).households == 6
        assert len(many) <= len(one)


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_runs_again_meanwhile_keeps_its_household():
    household = HouseholdFactory(age=82, phone=True, alone=False)
    LeaseFactory(household=household, dwelling=household.dwelling)
    leave(household)
    done = second_of(
        lambda: household.leases.update(exit=None),
        lambda: erase_departed(today=TODAY),
    )
    assert (done.households, done.people) == (0, 0)
    assert Household.objects.filter(pk=household.pk).exists()
    assert household.leases.filter(exit=None, erased_on=None).exists()


class TestWhatHolds:
    def test_an_open_situation_then_it_goes(self, household):
        case = make_case("orange", household=household, needs=("meals",), now=timezone.now())
        done = erase_departed(today=TODAY)
        assert (done.people, dict(done.waiting)) == (0, {"une situation suivie, jusqu’à sa clôture": 1})
        Case.objects.filter(pk=case.pk).update(
            state="closed", closed_at=timezone.now(), outcome="solved", expires_on=TODAY + timedelta(days=200)
        )
        assert erase_departed(today=TODAY).people == 2
        assert not Case.objects.exists()

    def test_a_campaign_that_must_still_call_then_it_goes(self):
        made = HouseholdFactory(age=82, phone=True)
        campaign = make_campaign()
        leave(made)
        assert erase_departed(today=TODAY).people == 0
        close_campaign(campaign_id=campaign.pk, actor=None, now=timezone.now())
        assert erase_departed(today=TODAY).people == 1
        assert ledger(campaign.queue).total == 1

    def test_a_message_without_an_answer_then_it_goes(self, household):
        message = InboundMessage.objects.create(
            channel="sms", sender="+33639989999", text="Rappelez-moi.", received_at=timezone.now(), match="one",
            household=household,
        )  # fmt: skip
        assert erase_departed(today=TODAY).people == 0
        InboundMessage.objects.filter(pk=message.pk).update(state="done", done_at=timezone.now())
        assert erase_departed(today=TODAY).people == 2
        assert not InboundMessage.objects.exists()


class TestFiguresStay:
    def test_those_of_a_campaign(self):
        agency = AgencyFactory(lyon=True)
        made = [HouseholdFactory(agency=agency, age=80 + rank, phone=True) for rank in range(4)]
        caller = UserFactory(roles=["caller"], agency=agency)
        campaign = make_campaign()
        call(campaign, caller, "reached", note="Ne descend plus.", needs=("meals",), grade="yellow", weekly=True)
        call(campaign, caller, "no_answer")
        close_campaign(campaign_id=campaign.pk, actor=None, now=timezone.now())
        before, stood = figures(campaign), ledger(campaign.queue)
        for household in made:
            leave(household)
        assert erase_departed(today=TODAY).households == 4
        assert (figures(campaign), ledger(campaign.queue)) == (before, stood)
        assert erase_reports(today=TODAY) == 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(household_id) FROM dispatch_contact")
            assert cursor.fetchone() == (4, 0)
        assert not Attempt.objects.exclude(contact_point=None).exists()
        assert {(row.answer == {}, row.before == {}) for row in Attempt.objects.all()} == {(True, True)}
        assert not Contact.objects.filter(household__isnull=False).exists()

    def test_those_of_a_mailing_keep_that_a_message_left(self, household):
        Delivery.objects.create(
            household=household, person=household.people.first(), channel="sms", to="+33639980001", state="sent",
            sent_at=timezone.now(), body="Réunion jeudi.",
        )  # fmt: skip
        erase_departed(today=TODAY)
        kept = Delivery.objects.get()
        assert (kept.state, kept.household_id, kept.person_id, kept.body) == ("sent", None, None, "")
        assert kept.to == f"effacé-{kept.number}"


def moves_figures():
    """Everything that the page of moves counts, month by month, and the state of homes at three dates."""
    scope, period = Scope(everything=True), Period("", date(2023, 1, 1), date(2026, 10, 31))
    measures = measures_on(period.last)
    days = (date(2024, 8, 1), date(2025, 3, 15), period.last)
    return moves(period, measures, scope=scope), [stock(day, measures, scope=scope) for day in days]


class TestMoves:
    """Entries, exits, renewals and vacancy, computed from leases that no longer name anybody."""

    @pytest.fixture
    def place(self):
        made = town(AgencyFactory(lyon=True), "69")
        homes = made.new_homes(6)
        made.let(homes[0], LONG_AGO, date(2024, 3, 31), name="Aubert")
        made.let(homes[0], date(2024, 4, 1), date(2025, 2, 28), name="Aubert")  # renewed: no move
        made.let(homes[0], date(2025, 3, 1), name="Aubert")
        made.let(homes[1], LONG_AGO, date(2024, 6, 30), name="Benali")
        made.let(homes[1], date(2024, 7, 1), date(2025, 3, 31), name="Costa")  # another one: a move
        made.let(homes[2], LONG_AGO, date(2024, 9, 30), name="Diop")
        made.let(homes[2], date(2024, 10, 1), date(2025, 1, 31), name="Diop")
        made.let(homes[3], date(2024, 5, 1), date(2025, 5, 31), name="Evrard")
        made.save()
        Household.objects.update(created_at="2009-01-01T00:00Z")
        for household in Household.objects.exclude(closed_on=None):
            household.people.update(left_on=household.closed_on)
        return made

    def test_are_the_same_after(self, place):
        before = moves_figures()
        assert erase_departed(today=TODAY).households == 7
        assert Household.objects.count() == 1
        assert moves_figures() == before
        renewed = Lease.objects.filter(entry__in=[date(2024, 4, 1), date(2025, 3, 1)])
        assert len(set(renewed.values_list("same_people", flat=True))) == 1

    def test_one_night_after_the_other(self, place):
        """Leases of the same people are not erased the same night: each keeps what the next one needs."""
        before = moves_figures()
        for night in (date(2025, 5, 1), date(2025, 10, 5), date(2026, 2, 15), TODAY):
            erase_departed(today=night)
            assert moves_figures() == before, night
        assert Household.objects.count() == 1

    def test_the_number_of_an_erased_lease_is_a_digest(self, place):
        numbers = set(Lease.objects.exclude(household__closed_on=None).values_list("number", flat=True))
        erase_departed(today=TODAY)
        after = set(Lease.objects.exclude(erased_on=None).values_list("number", flat=True))
        assert len(after) == 7
        assert not after & numbers
        assert {number.partition(":")[0] for number in after} == {"effacé"}
