"""A guide as fields: names, words, conditions, errors, with and without script."""

import copy
import re

import pytest
from django.http import QueryDict
from django.template import Context, Template
from tests.questionnaires.factories import GUIDE

from bienveille.engines.questionnaires import rules


@pytest.fixture(scope="module")
def guide() -> rules.Definition:
    return rules.parse(GUIDE)


def render(guide, answers=None, errors=None) -> str:
    page = Template("{% load questionnaires %}{% guide_fields guide answers errors %}")
    return page.render(Context({"guide": guide, "answers": answers, "errors": errors}))


def tag(html: str, *parts: str) -> str:
    """The one opening tag that holds all these parts."""
    (found,) = [one for one in re.findall(r"<[a-z][^>]*>", html) if all(part in one for part in parts)]
    return found


class TestFields:
    def test_every_question_is_a_field_of_its_name(self, guide):
        html = render(guide)
        assert {name.removeprefix("q_") for name in re.findall(r'name="([^"]+)"', html)} == set(guide.questions)
        assert tag(html, 'name="q_food"', 'value="hard"', 'type="radio"')
        assert tag(html, 'name="q_helps"', 'value="shop"', 'type="checkbox"')
        assert len(re.findall(r'name="q_mood"', html)) == 12
        assert tag(html, 'name="q_since"', 'type="date"')

    def test_every_group_has_a_legend_and_every_field_a_label(self, guide):
        html = render(guide)
        assert html.count("<fieldset") == html.count("<legend") == 3
        for key in ("who", "rooms", "surface", "since"):
            assert tag(html, "<label", f'for="id_q_{key}"')
            assert tag(html, f'id="id_q_{key}"', f'name="q_{key}"')
        identifiers = re.findall(r' id="([^"]+)"', html)
        assert len(identifiers) == len(set(identifiers))

    def test_answers_are_shown_again(self, guide):
        answers = {"food": "hard", "helps": ["shop"], "mood": 0, "who": "<b>", "surface": 41.5}
        html = render(guide, answers)
        assert "checked" in tag(html, 'name="q_food"', 'value="hard"')
        assert "checked" in tag(html, 'name="q_helps"', 'value="shop"')
        assert "checked" not in tag(html, 'name="q_helps"', 'value="meals"')
        assert "checked" in tag(html, 'name="q_mood"', 'value="0"')
        assert "&lt;b&gt;</textarea>" in html
        assert tag(html, 'name="q_surface"', 'value="41,5"')

    def test_a_question_that_is_not_required_can_go_back_to_no_answer(self, guide):
        html = render(guide, {"mood": 4})
        assert "checked" not in tag(html, 'name="q_mood"', 'value=""')
        assert "checked" in tag(render(guide), 'name="q_mood"', 'value=""')
        assert not re.search(r'name="q_food"\s+value=""', html)


class TestConditions:
    def test_with_script(self, guide):
        html = render(guide)
        assert html.count('data-bv-show-if="q_food=hard"') == 2  # a question, the advice of a choice
        assert tag(html, "<section", 'data-bv-show-if="q_food=hard or q_helps=meals|shop"')

    def test_without_script_conditions_are_in_words(self, guide):
        assert "<noscript><p" in render(guide)
        assert "Si «\u00a0Repas\u00a0» est «\u00a0Difficile\u00a0»." in render(guide)


class TestWords:
    def test_what_is_said_stands_between_french_quotes(self, guide):
        document = copy.deepcopy(GUIDE)
        document["sections"][0]["items"][1]["say"] = "Mangez-vous bien ?"
        document["sections"][0]["items"][3]["say"] = "Et qui ?"
        html = render(rules.parse(document))
        assert "«\u00a0Mangez-vous bien\u00a0?\u00a0»" in html
        assert "«\u00a0Et qui\u00a0?\u00a0»" in html
        assert "«\u00a0Bonjour.\u00a0»" in html


class TestErrors:
    def test_an_error_stands_beside_its_field_and_is_read_with_it(self, guide):
        post = QueryDict("q_food=hard&q_helps=shop&q_who=" + "x" * 11 + "&q_rooms=trois")
        answers = rules.answers_from_post(guide, post)
        _, errors = rules.validate(guide, answers)
        html = render(guide, answers, errors)
        assert 'id="id_q_who_error"' in html
        assert 'aria-describedby="id_q_who_error"' in tag(html, "<textarea", 'aria-invalid="true"')
        assert 'value="trois"' in tag(html, 'name="q_rooms"', 'aria-invalid="true"')

    def test_a_group_in_error_describes_its_fieldset(self, guide):
        html = render(guide, {}, {"food": ["Cette question attend une réponse."]})
        assert tag(html, "<fieldset", 'aria-describedby="id_q_food_error"')
        assert 'id="id_q_food_error"' in html

    def test_lines_for_the_top_of_the_page_lead_to_the_field(self, guide):
        page = Template(
            "{% load questionnaires %}{% guide_error_lines guide errors as lines %}"
            "{% for line in lines %}{{ line.target }}|{{ line.label }}|{{ line.text }};{% endfor %}"
        )
        text = page.render(Context({"guide": guide, "errors": {"food": ["A."], "ghost": ["B."]}}))
        assert text == "id_q_food|Repas|A.;|ghost|B.;"
        assert 'id="id_q_food"' in render(guide)
