"""The short loneliness scale: off by default, after a yes, only added up, gone on its last day, nowhere else."""

import tomllib
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, document, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.config.criteria import CRITERIA
from bienveille.engines.questionnaires import rules as questions
from bienveille.engines.questionnaires.models import Response
from bienveille.engines.questionnaires.operations import SCALES
from bienveille.engines.questionnaires.queries import get_current, list_current
from bienveille.ground.lib.note_guard import check_note
from bienveille.ground.lib.typography import spaced
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.choices import Priority
from bienveille.services.outreach.models import ScaleAnswer
from bienveille.services.outreach.queries import scale_in_use, scale_of, scale_statistics, told_of_scales
from bienveille.services.outreach.rules import SCALE_AGREES, SCALE_ITEMS, scale_complete, scale_mean

TODAY = MONDAY.date()
YES = {"loneliness_agrees": "yes", "loneliness_days": "1", "loneliness_aside": "2", "loneliness_talk": "3"}


class TestWords:
    def test_ours_short_spaced_and_never_about_health(self):
        (path,) = SCALES.glob("*.toml")
        scale = questions.parse(tomllib.loads(path.read_text(encoding="utf-8")))
        assert tuple(scale.questions) == (SCALE_AGREES, *SCALE_ITEMS)
        for item in scale.items:
            for text in (item.say, item.help, item.label, *(choice.advice for choice in item.choices)):
                assert text == spaced(text)
                assert check_note(text) == []
        assert questions.visible(scale, {SCALE_AGREES: "no"}) == {SCALE_AGREES}

    def test_it_sorts_nobody(self):
        """No audience and no priority can ask for it."""
        assert not [word for word in [*CRITERIA, *Priority.values] if "lonel" in word or "scale" in word]


class TestRules:
    @pytest.mark.parametrize(
        ("answers", "kept"),
        [
            (YES, True),
            ({**YES, "loneliness_agrees": "no"}, False),
            ({key: value for key, value in YES.items() if key != "loneliness_agrees"}, False),
            ({**YES, "loneliness_talk": "4"}, False),
            ({key: value for key, value in YES.items() if key != "loneliness_talk"}, False),
            ({}, False),
        ],
    )
    def test_kept_after_a_yes_and_three_answers(self, answers, kept):
        assert scale_complete(answers) is kept

    def test_mean(self):
        assert scale_mean({key: {"1": 5, "3": 5} for key in SCALE_ITEMS}) == 6.0
        assert scale_mean({}) is None


@pytest.fixture
def campaign():
    for _ in range(11):
        HouseholdFactory(age=82, phone=True)
    return make_campaign()


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"])


@pytest.fixture
def boss():
    return UserFactory(roles=["director"])


@pytest.fixture
def switched_on(campaign, boss):
    return operations.switch_scale_on(
        campaign_id=campaign.pk, actor=boss, basis="Avis du 12 mars", confirmed=True, now=MONDAY
    )


@pytest.mark.django_db
class TestSwitch:
    def test_off_until_somebody_answers_for_it(self, campaign, caller):
        assert scale_in_use(campaign) is None
        call(campaign, caller, "reached", scale=YES)
        assert not ScaleAnswer.objects.exists()

    @pytest.mark.parametrize(
        ("basis", "confirmed"), [("", True), ("  ", True), ("Avis", False), ("a" * 201, True), ("Son cancer", True)]
    )
    def test_refused_without_its_basis(self, campaign, boss, basis, confirmed):
        with pytest.raises(operations.CannotSwitchOn):
            operations.switch_scale_on(
                campaign_id=campaign.pk, actor=boss, basis=basis, confirmed=confirmed, now=MONDAY
            )

    def test_on_and_off_are_audited(self, campaign, boss, switched_on):
        assert scale_in_use(campaign).basis == "Avis du 12 mars"
        for _ in range(2):
            operations.switch_scale_off(campaign_id=campaign.pk, actor=boss, now=MONDAY)
        assert scale_in_use(campaign) is None
        assert scale_of(campaign) is not None
        did = AuditEntry.objects.filter(action="campaign.changed", detail__what__startswith="scale")
        assert sorted(did.values_list("detail__what", flat=True)) == ["scale_off", "scale_on"]

    def test_a_closed_campaign_asks_nothing_more(self, campaign, boss):
        operations.close_campaign(campaign_id=campaign.pk, actor=boss, now=MONDAY)
        with pytest.raises(operations.CannotSwitchOn):
            operations.switch_scale_on(campaign_id=campaign.pk, actor=boss, basis="Avis", confirmed=True, now=MONDAY)

    def test_it_is_no_guide_to_choose(self, campaign):
        assert get_current("short-loneliness") is None
        assert "short-loneliness" not in [one.questionnaire.slug for one in list_current()]
        with pytest.raises(operations.InvalidDocument):
            operations.create_campaign(document=document(questionnaire="short-loneliness"), actor=None)


@pytest.mark.django_db
class TestAnswers:
    def test_kept_with_the_words_said_yes_to(self, campaign, caller, switched_on):
        call(campaign, caller, "reached", scale=YES)
        kept = ScaleAnswer.objects.select_related("response").get()
        assert kept.response.given == YES
        assert kept.response.expires_on == TODAY + timedelta(days=campaign.keep_answers_days)
        assert "Acceptez-vous" in kept.agreed_words

    @pytest.mark.parametrize("scale", [{**YES, "loneliness_agrees": "no"}, {"loneliness_agrees": "no"}, {}])
    def test_a_no_is_written_nowhere(self, campaign, caller, switched_on, scale):
        call(campaign, caller, "reached", scale=scale)
        assert not ScaleAnswer.objects.exists()
        assert not Response.objects.exists()

    def test_only_added_up_from_ten(self, campaign, caller, switched_on):
        for _ in range(9):
            call(campaign, caller, "reached", scale=YES)
        few = scale_statistics(switched_on, campaign, on=TODAY)
        assert (few.answered, few.questions, few.mean) == (9, (), None)
        call(campaign, caller, "reached", scale=YES)
        enough = scale_statistics(switched_on, campaign, on=TODAY)
        assert (enough.answered, enough.mean, len(enough.questions)) == (10, 6.0, 3)

    def test_told_to_who_asks_and_erased_on_time(self, campaign, caller, switched_on):
        call(campaign, caller, "reached", scale=YES)
        kept = ScaleAnswer.objects.select_related("attempt__contact", "response").get()
        (part,) = told_of_scales([kept.attempt.contact.household_id])
        assert "Souvent" in [value for _, value in part.lines[0]]
        last = kept.response.expires_on
        assert operations.erase_scales(today=last) == 0
        assert operations.erase_scales(today=last + timedelta(days=1)) == 1
        assert not ScaleAnswer.objects.exists()
        assert not Response.objects.exists()

    def test_a_call_taken_back_counts_no_more(self, campaign, caller, switched_on):
        recorded = call(campaign, caller, "reached", scale=YES)
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=recorded.attempt.pk, now=MONDAY)
        assert scale_statistics(switched_on, campaign, on=TODAY).answered == 0
        assert operations.erase_scales(today=TODAY + timedelta(days=1)) == 1


@pytest.mark.django_db
class TestPage:
    def test_switched_on_with_a_confirmation(self, client, campaign, boss):
        client.force_login(boss)
        page = reverse("workspace:campaign_scale", args=[campaign.pk])
        assert client.post(page, {"basis": "Avis du 12 mars"}).status_code == 422
        assert client.post(page, {"basis": "Avis du 12 mars", "confirmed": "on"}).status_code == 302
        assert "Avis du 12 mars" in client.get(page).content.decode()
        assert client.post(page, {"do": "off"}).status_code == 302
        assert scale_in_use(campaign) is None

    @pytest.mark.parametrize("role", ["caller", "communication", "social_worker"])
    def test_managers_only(self, client, campaign, role):
        client.force_login(UserFactory(roles=[role]))
        assert client.get(reverse("workspace:campaign_scale", args=[campaign.pk])).status_code in (403, 404)

    def test_asked_in_the_call_only_where_it_is_on(self, client, campaign, caller, boss, switched_on):
        client.force_login(caller)
        client.post(reverse("workspace:next_call", args=[campaign.pk]))
        page = reverse("workspace:call", args=[campaign.pk])
        assert "q_loneliness_agrees" in client.get(page).content.decode()
        operations.switch_scale_off(campaign_id=campaign.pk, actor=boss, now=MONDAY)
        assert "q_loneliness_agrees" not in client.get(page).content.decode()
