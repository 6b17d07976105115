"""Statistics of a campaign's answers: the last of each household, by agency and by wave, never a small cell."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.questionnaires.operations import publish_version
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.queries import campaign_answers

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()
GUIDE = {
    "title": "Bref",
    "sections": [
        {
            "key": "all",
            "title": "Tout",
            "items": [
                {
                    "key": "food",
                    "kind": "single",
                    "label": "Repas",
                    "choices": [{"value": "fine", "label": "Bien"}, {"value": "hard", "label": "Difficile"}],
                },
                {"key": "mood", "kind": "scale", "label": "Moral", "min": 0, "max": 5},
                {"key": "rooms", "kind": "number", "label": "Pièces"},
                {"key": "said", "kind": "text", "label": "Autre chose"},
            ],
        }
    ],
}


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"])


def campaign_of(*sizes) -> object:
    """A campaign with so many households in each agency."""
    for agency, size in sizes:
        for _ in range(size):
            HouseholdFactory(agency=agency, age=80, phone=True)
    publish_version(slug="bref", document=GUIDE, by=UserFactory(), now=MONDAY)
    return make_campaign(questionnaire="bref")


def answer_all(campaign, caller, times, **answers):
    given = {"food": "fine", "mood": 2, "rooms": 3, "said": "Un secret.", **answers}
    for _ in range(times):
        call(campaign, caller, "reached", answers=given)


class TestFigures:
    def test_whole_by_agency_and_by_wave(self, lyon, caller):
        small = AgencyFactory(code="STE", name="Saint-Étienne")
        campaign = campaign_of((lyon, 24), (small, 4))
        answer_all(campaign, caller, 14)
        answer_all(campaign, caller, 14, food="hard", mood=4)
        found = campaign_answers(campaign, on=TODAY)
        assert found.responses == 28
        food, mood, rooms, said = found.questions
        assert [(one.label, one.count) for one in food.whole.counts] == [("Bien", 14), ("Difficile", 14)]
        assert (mood.whole.average, rooms.whole.average) == (3.0, 3.0)
        assert (said.whole.answered, said.whole.counts) == (28, ())
        # Saint-Étienne is too small, and Lyon beside the total would give it away.
        assert [(one.name, one.answers) for one in food.groups["agency"]] == [
            ("Agence de Lyon", None), ("Saint-Étienne", None),
        ]  # fmt: skip
        (wave,) = food.groups["wave"]
        assert (wave.name, wave.answers.answered) == ("75 ans et plus", 28)

    def test_two_large_agencies_are_shown(self, lyon, caller):
        other = AgencyFactory(code="STE", name="Saint-Étienne")
        campaign = campaign_of((lyon, 11), (other, 12))
        answer_all(campaign, caller, 23)
        shown = {one.name: one.answers for one in campaign_answers(campaign, on=TODAY).questions[0].groups["agency"]}
        assert {name: one.answered for name, one in shown.items()} == {"Agence de Lyon": 11, "Saint-Étienne": 12}

    def test_fewer_than_ten_are_not_told(self, lyon, caller):
        campaign = campaign_of((lyon, 9))
        answer_all(campaign, caller, 9)
        found = campaign_answers(campaign, on=TODAY)
        assert found.responses == 9
        assert [one.whole for one in found.questions] == [None] * 4

    def test_a_call_taken_back_and_an_answer_that_ended_count_no_more(self, lyon, caller):
        campaign = campaign_of((lyon, 11))
        answer_all(campaign, caller, 10)
        last = call(campaign, caller, "reached", answers={"food": "hard"})
        operations.take_back_call(campaign=campaign, caller=caller, attempt_id=last.attempt.pk, now=MONDAY)
        assert campaign_answers(campaign, on=TODAY).responses == 10
        assert campaign_answers(campaign, on=TODAY + timedelta(days=campaign.keep_answers_days + 1)).responses == 0

    def test_nobody_answered(self, lyon):
        found = campaign_answers(campaign_of((lyon, 1)), on=TODAY)
        assert (found.responses, [one.label for one in found.questions]) == (
            0, ["Repas", "Moral", "Pièces", "Autre chose"],
        )  # fmt: skip

    def test_the_number_of_queries_does_not_depend_on_the_answers(self, lyon, caller):
        campaign = campaign_of((lyon, 13))
        campaign_answers(campaign, on=TODAY)  # the guide is read once in a process

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                campaign_answers(campaign, on=TODAY)
            return len(queries)

        answer_all(campaign, caller, 1)
        first = cost()
        answer_all(campaign, caller, 12)
        assert cost() == first == 2


class TestPage:
    @pytest.fixture
    def campaign(self, lyon, caller):
        campaign = campaign_of((lyon, 12))
        answer_all(campaign, caller, 12)
        return campaign

    def test_shown_without_any_text_written(self, client, campaign):
        client.force_login(UserFactory(roles=["director"]))
        page = reverse("workspace:campaign_answers", args=[campaign.pk])
        html = client.get(page).content.decode()
        assert "12\u00a0ménages ont répondu" in html
        assert "Un secret" not in html
        grouped = client.get(page, {"par": "agence"}).content.decode()
        assert "Agence de Lyon" in grouped
        assert "100\u00a0%" in grouped

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_taken_away_and_audited(self, client, campaign, kind):
        client.force_login(UserFactory(roles=["director"]))
        answer = client.get(reverse("workspace:campaign_answers", args=[campaign.pk]), {"export": kind})
        content = b"".join(answer)
        assert AuditEntry.objects.filter(action="data.exported", reason="Statistiques des réponses").count() == 1
        if kind == "csv":
            assert "Agence de Lyon" in content.decode()
            assert "Un secret" not in content.decode()

    def test_a_stranger_does_not_see_it(self, client, campaign):
        client.force_login(UserFactory(roles=["social_worker"]))
        assert client.get(reverse("workspace:campaign_answers", args=[campaign.pk])).status_code == 404
