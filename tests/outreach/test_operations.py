"""Preparing, opening and calling: success, each refusal, twice."""

from datetime import timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, DwellingFactory
from tests.outreach.factories import call, document, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact, Queue
from bienveille.engines.dispatch.operations import CannotUndo
from bienveille.engines.dispatch.queries import check_invariants, contact_in_hand, ledger
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign, Referral, Report
from bienveille.services.outreach.queries import call_sheet, figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"])


class TestCreate:
    def test_each_wrong_field_is_named(self):
        wrong = document(purpose="politique", waves=[{"audience": {"age": {"min": 75}}, "priority": ["au hasard"]}])
        wrong["rules"] = {"max_attempts": 0}
        wrong["colour"] = "bleu"
        with pytest.raises(operations.InvalidDocument) as refusal:
            operations.create_campaign(document=wrong, actor=None)
        assert set(refusal.value.errors) == {"purpose", "waves.1.priority", "rules.max_attempts", "colour"}

    def test_an_unknown_questionnaire_audience_or_caller_is_refused_and_nothing_is_kept(self):
        wrong = document(
            questionnaire="inconnu", waves=[{"audience": {"agency": "XXX"}}], callers={"emails": ["nul@part.example"]}
        )
        with pytest.raises(operations.InvalidDocument) as refusal:
            operations.create_campaign(document=wrong, actor=None)
        assert set(refusal.value.errors) == {"questionnaire", "waves.1.audience", "callers"}
        assert not Campaign.objects.exists()
        assert not Queue.objects.exists()

    @pytest.mark.parametrize("raw", [None, [], "x", {}, {"name": "\0"}, {"waves": [1]}, {"callers": {"all": False}}])
    def test_no_document_breaks_it(self, raw):
        with pytest.raises(operations.InvalidDocument):
            operations.create_campaign(document=raw, actor=None)


class TestOpen:
    def test_waves_are_ranked_oldest_first_and_nobody_is_in_two(self, caller):
        for age in (76, 91, 82, 71):
            HouseholdFactory(age=age, phone=True)
        waves = [
            {"name": "75 ans et plus", "audience": {"age": {"min": 75}}},
            {"name": "70 ans et plus", "audience": {"age": {"min": 70}}},
        ]
        campaign = make_campaign(waves=waves)
        assert campaign.queue.target == 4
        ages = []
        for _ in range(4):
            operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
            contact = Contact.objects.get(reserved_by=caller)
            ages.append(contact.why[0])
            call(campaign, caller, "reached")
        assert ages == ["91 ans", "82 ans", "76 ans", "71 ans"]

    def test_says_why_in_plain_words(self):
        HouseholdFactory(age=82, phone=True, dwelling=DwellingFactory(floor=4, lift=False))
        asked = {"all": [{"age": {"min": 75}}, {"lives_alone": True}]}
        campaign = make_campaign(waves=[{"name": "Seuls", "audience": asked, "priority": ["top_floor_first"]}])
        assert Contact.objects.get(queue=campaign.queue).why == ["82 ans", "4e étage sans ascenseur", "vit seule"]

    def test_who_has_no_number_is_counted_as_unreachable_from_the_start(self):
        HouseholdFactory(age=80, phone=True)
        HouseholdFactory(age=80)
        campaign = make_campaign()
        assert ledger(campaign.queue).as_dict()["unreachable"] == 1
        assert figures(campaign)["unreachable"]["no_phone"] == 1
        assert check_invariants(campaign.queue) == []

    def test_the_opposed_the_dead_and_the_protected_are_never_in(self):
        for trait in ("opposed", "dead", "gone", "protected"):
            HouseholdFactory(age=80, phone=True, **{trait: True})
        HouseholdFactory(age=80, phone=True)
        assert make_campaign().queue.target == 1

    def test_an_agency_manager_calls_their_own_agency(self):
        lyon = AgencyFactory(lyon=True)
        HouseholdFactory(age=80, phone=True, agency=lyon)
        HouseholdFactory(age=80, phone=True, agency=AgencyFactory(saint_etienne=True))
        campaign = make_campaign(opened=False)
        manager = UserFactory(roles=[("agency_manager", lyon)])
        assert operations.open_campaign(campaign_id=campaign.pk, actor=manager, now=MONDAY) == 1

    def test_twice_or_on_nobody_is_refused(self):
        with pytest.raises(operations.NobodyToCall):
            make_campaign()
        HouseholdFactory(age=80, phone=True)
        campaign = make_campaign(name="Seconde")
        with pytest.raises(operations.CannotOpen):
            operations.open_campaign(campaign_id=campaign.pk, actor=None, now=MONDAY)


class TestCall:
    @pytest.fixture
    def campaign(self):
        for _ in range(4):
            HouseholdFactory(age=80, phone=True)
        return make_campaign()

    def test_only_callers_are_served(self, campaign):
        with pytest.raises(operations.NotACaller):
            operations.take_next(campaign=campaign, caller=UserFactory(roles=["communication"]), now=MONDAY)
        with pytest.raises(operations.NotACaller):
            operations.take_next(campaign=campaign, caller=UserFactory(roles=["caller"], is_active=False), now=MONDAY)

    def test_keeps_what_was_said_with_its_last_day(self, campaign, caller):
        call(campaign, caller, "reached", grade="yellow", needs=("meals",), note="Courses difficiles.")
        report = Report.objects.get()
        assert (report.grade, report.needs, report.note) == ("yellow", ["meals"], "Courses difficiles.")
        assert report.expires_on == MONDAY.date() + timedelta(days=365)
        assert not report.note_kept_despite_guard

    def test_orange_and_red_are_handed_over_with_a_deadline(self, campaign, caller):
        call(campaign, caller, "reached", grade="green")
        call(campaign, caller, "reached", grade="orange")
        assert Referral.objects.get().due_at == MONDAY + timedelta(hours=48)
        assert figures(campaign)["referrals"] == 1

    def test_wrong_values_are_named_and_nothing_is_saved(self, campaign, caller):
        with pytest.raises(operations.InvalidReport) as refusal:
            call(campaign, caller, "reached", grade="mauve", needs=("gold",), note="x" * 501)
        assert set(refusal.value.errors) == {"grade", "needs", "note"}
        assert Contact.objects.get(reserved_by=caller).state == "reserved"

    def test_a_sensitive_note_is_marked_to_be_read_again(self, campaign, caller):
        call(campaign, caller, "reached", note="Fatiguée par son cancer.")
        assert Report.objects.get().note_kept_despite_guard

    def test_the_sheet_shows_the_household_and_counts_its_queries(
        self, campaign, caller, django_assert_max_num_queries
    ):
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        with django_assert_max_num_queries(8):
            sheet = call_sheet(contact_in_hand(campaign.queue_id, caller), MONDAY)
        assert sheet.people[0].age == 80
        assert sheet.phones[0].display.startswith("06 39 98")
        assert sheet.why[0] == "80 ans"

    def test_every_write_is_audited(self, campaign, caller):
        call(campaign, caller, "reached")
        actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
        assert actions[-2:] == ["household.handed", "attempt.recorded"]

    def test_a_call_taken_back_is_mine_again_instead_of_the_one_in_hand(self, campaign, caller):
        saved = call(campaign, caller, "reached")
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=saved.attempt.pk, now=MONDAY)
        assert contact_in_hand(campaign.queue_id, caller).pk == saved.attempt.contact_id
        assert ledger(campaign.queue).as_dict()["waiting"] == 3
        assert figures(campaign)["outgoing_calls"] == 0

    def test_a_call_that_cannot_be_taken_back_leaves_me_the_one_in_hand(self, campaign, caller):
        saved = call(campaign, caller, "reached")
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        held = contact_in_hand(campaign.queue_id, caller)
        with pytest.raises(CannotUndo):
            operations.take_back_call(
                campaign=campaign, caller=caller, attempt_id=saved.attempt.pk, now=MONDAY + timedelta(hours=1)
            )
        assert contact_in_hand(campaign.queue_id, caller).pk == held.pk

    def test_pause_and_close(self, campaign, caller):
        operations.pause_campaign(campaign_id=campaign.pk, actor=None, paused=True)
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY) is None
        operations.pause_campaign(campaign_id=campaign.pk, actor=None, paused=False)
        assert operations.take_next(campaign=campaign, caller=caller, now=MONDAY) is not None
        operations.close_campaign(campaign_id=campaign.pk, actor=None, now=MONDAY)
        assert ledger(campaign.queue).adds_up
        with pytest.raises(operations.CannotClose):
            operations.close_campaign(campaign_id=campaign.pk, actor=None, now=MONDAY)


def test_agency_names_are_those_of_the_households(caller):
    HouseholdFactory(age=80, phone=True, agency=AgencyFactory(lyon=True))
    campaign = make_campaign()
    call(campaign, caller, "reached")
    assert list(figures(campaign)["by_agency"]) == ["Agence de Lyon"]
