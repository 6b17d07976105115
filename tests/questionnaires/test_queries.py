"""What screens and the API read of guides and answers, with the number of queries."""

import pytest
from tests.questionnaires.factories import QuestionnaireFactory, QuestionnaireVersionFactory, ResponseFactory

from bienveille.engines.questionnaires import queries
from bienveille.engines.questionnaires.models import Response

pytestmark = pytest.mark.django_db

ANSWERS = [
    {"food": "fine"},
    {"food": "hard", "helps": ["meals"], "mood": 3, "rooms": 2, "who": "Lui"},
    {"food": "hard", "helps": ["meals", "shop"], "mood": 8, "surface": 41.5, "since": "2026-01-02"},
    {},
]


class TestCurrent:
    def test_the_highest_number_is_current(self, django_assert_num_queries):
        guide = QuestionnaireFactory(slug="guide", title="B")
        for number in (1, 3, 2):
            QuestionnaireVersionFactory(questionnaire=guide, number=number)
        QuestionnaireVersionFactory(questionnaire=QuestionnaireFactory(title="A"))
        with django_assert_num_queries(1):
            assert queries.get_current("guide").number == 3
        with django_assert_num_queries(1):
            assert [(v.questionnaire.title, v.number) for v in queries.list_current()] == [("A", 1), ("B", 3)]

    def test_no_such_guide(self):
        assert queries.get_current("ghost") is None


class TestDefinition:
    def test_a_version_is_read_once_in_a_process(self, django_assert_num_queries):
        version = QuestionnaireVersionFactory()
        with django_assert_num_queries(1):
            definition = queries.get_definition(version.pk)
            api = queries.get_api(version.pk)
        with django_assert_num_queries(0):
            assert queries.get_definition(version.pk) is definition
            assert queries.get_api(version.pk) is api
        assert (api["version"], api["title"]) == (str(version.pk), "Petit guide")


class TestStatistics:
    @pytest.fixture
    def version(self):
        version = QuestionnaireVersionFactory()
        for answers in ANSWERS:
            ResponseFactory(version=version, answers=answers)
        ResponseFactory(answers={"food": "hard"})  # another guide
        return version

    def test_counts_of_every_question(self, version, django_assert_num_queries):
        queries.get_definition(version.pk)
        with django_assert_num_queries(1):
            found = {one.key: one for one in queries.statistics(version.pk)}
        assert {key: one.answered for key, one in found.items()} == {
            "food": 3,
            "helps": 2,
            "who": 1,
            "mood": 2,
            "rooms": 1,
            "surface": 1,
            "since": 1,
        }
        assert {one.asked_of for one in found.values()} == {4}
        assert [(c.value, c.count) for c in found["food"].counts] == [("fine", 1), ("hard", 2)]
        assert [(c.value, c.count) for c in found["helps"].counts] == [("meals", 2), ("shop", 1)]
        assert found["mood"].average == 5.5
        assert found["mood"].counts[8].count == 1
        assert found["surface"].average == 41.5
        assert found["food"].average is None

    def test_texts_never_come_out(self, version):
        assert "Lui" not in repr(queries.statistics(version.pk))

    def test_among_some_responses_only(self, version):
        some = Response.objects.filter(answers__food="hard").order_by("answered_at")
        food, *_ = queries.statistics(version.pk, among=some)
        assert (food.asked_of, food.answered, food.counts[0].count) == (2, 2, 0)

    def test_nobody_answered_yet(self):
        food, *_ = queries.statistics(QuestionnaireVersionFactory().pk)
        assert (food.asked_of, food.answered, food.counts[0].share) == (0, 0, 0.0)
