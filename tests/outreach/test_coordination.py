"""What coordinators do: each refusal, each undo, twice, and what the log keeps of it."""

from datetime import timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import CampaignCaller, Referral, Report

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    for _ in range(3):
        HouseholdFactory(age=82, phone=True)
    return make_campaign()


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", roles=["caller"])


@pytest.fixture
def boss():
    return UserFactory(roles=["director"])


def everybody() -> list:
    return list(Contact.objects.values_list("pk", flat=True))


class TestWithdraw:
    @pytest.mark.parametrize("motive", ["", "   ", "soigne son cancer"])
    def test_a_motive_is_wanted_and_not_any(self, campaign, boss, motive):
        with pytest.raises(operations.CannotWithdrawThem):
            operations.withdraw_contacts(campaign=campaign, actor=boss, contact_ids=everybody(), motive=motive)
        assert not Contact.objects.filter(state="withdrawn").exists()

    def test_and_back(self, campaign, boss):
        done = operations.withdraw_contacts(campaign=campaign, actor=boss, contact_ids=everybody(), motive="parti")
        assert len(done) == 3
        assert len(operations.put_contacts_back(campaign=campaign, actor=boss, contact_ids=done)) == 3
        assert operations.put_contacts_back(campaign=campaign, actor=boss, contact_ids=done) == []


class TestPromises:
    def test_only_to_who_calls_there(self, campaign, caller, boss):
        call(campaign, caller, "reached", weekly=True)
        with pytest.raises(operations.CannotReassign):
            operations.hand_promises(campaign=campaign, actor=boss, contact_ids=everybody(), caller=UserFactory())
        other = UserFactory(roles=["caller"])
        former = operations.hand_promises(campaign=campaign, actor=boss, contact_ids=everybody(), caller=other)
        assert PlannedCall.objects.get().caller_id == other.pk
        operations.hand_promises_back(campaign=campaign, actor=boss, former=former)
        assert PlannedCall.objects.get().caller_id == caller.pk


class TestCallers:
    def test_named_from_everybody_then_back(self, campaign, caller, boss):
        for _ in range(2):
            operations.choose_callers(campaign_id=campaign.pk, actor=boss, everybody=False)
        assert list(CampaignCaller.objects.values_list("user_id", flat=True)) == [caller.pk]
        operations.choose_callers(campaign_id=campaign.pk, actor=boss, everybody=True)
        campaign.refresh_from_db()
        assert campaign.all_callers

    def test_add_and_remove_twice(self, campaign, boss):
        guest = UserFactory()
        for _ in range(2):
            operations.add_caller(campaign_id=campaign.pk, actor=boss, user=guest)
        assert CampaignCaller.objects.count() == 1
        for _ in range(2):
            operations.remove_caller(campaign_id=campaign.pk, actor=boss, user=guest)
        did = AuditEntry.objects.filter(action="campaign.changed").values_list("detail__what", flat=True)
        assert sorted(what for what in did if what.startswith("caller")) == ["caller_added", "caller_removed"]

    def test_refusals(self, campaign, caller, boss):
        with pytest.raises(operations.CannotChangeCallers):
            operations.add_caller(campaign_id=campaign.pk, actor=boss, user=UserFactory(is_active=False))
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        with pytest.raises(operations.CannotChangeCallers, match="entre les mains"):
            operations.remove_caller(campaign_id=campaign.pk, actor=boss, user=caller)
        operations.close_campaign(campaign_id=campaign.pk, actor=boss, now=MONDAY)
        with pytest.raises(operations.CannotChangeCallers, match="fermée"):
            operations.choose_callers(campaign_id=campaign.pk, actor=boss, everybody=False)


class TestReferral:
    def test_taken_once_left_by_who_took_it(self, campaign, caller, boss):
        call(campaign, caller, "reached", grade="orange")
        referral = Referral.objects.get()
        for later in (0, 5):
            now = MONDAY + timedelta(minutes=later)
            taken = operations.take_referral(actor=boss, referral_id=referral.pk, now=now)
        assert (taken.pk, taken.owner_id, taken.acknowledged_at) == (referral.case_id, boss.pk, MONDAY)
        for act in (operations.take_referral, operations.leave_referral):
            with pytest.raises(operations.AlreadyTaken):
                act(actor=UserFactory(), referral_id=referral.pk, now=MONDAY)
        for _ in range(2):
            left = operations.leave_referral(actor=boss, referral_id=referral.pk, now=MONDAY)
        assert (left.owner_id, left.acknowledged_at, left.state) == (None, None, "new")
        did = (
            AuditEntry.objects.filter(detail__case__isnull=False).order_by("pk").values_list("detail__case", flat=True)
        )
        assert list(did) == ["opened", "taken", "left"]


class TestNote:
    def test_kept_then_erased_for_good(self, campaign, caller, boss):
        call(campaign, caller, "reached", note="Fatiguée par son cancer.", keep_note=True)
        report = Report.objects.get()
        assert report.note_kept_despite_guard
        operations.read_note_again(actor=boss, report_id=report.pk, erase=False, now=MONDAY)
        later = MONDAY + timedelta(hours=1)
        operations.read_note_again(actor=boss, report_id=report.pk, erase=False, now=later)
        report.refresh_from_db()
        assert (report.note, report.read_again_at) == ("Fatiguée par son cancer.", MONDAY)
        operations.read_note_again(actor=boss, report_id=report.pk, erase=True, now=later)
        operations.read_note_again(actor=boss, report_id=report.pk, erase=True, now=later + timedelta(hours=1))
        report.refresh_from_db()
        assert (report.note, report.read_again_at) == ("", later)
