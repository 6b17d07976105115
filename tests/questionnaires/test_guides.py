"""The guides that come with the software: usable, decent to read aloud, and never about health."""

import re
import tomllib

import pytest

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.choices import Need, QuestionKind
from bienveille.engines.questionnaires.operations import GUIDES
from bienveille.ground.lib.note_guard import check_note
from bienveille.ground.lib.typography import spaced

PATHS = sorted(GUIDES.glob("*.toml"))


@pytest.fixture(params=PATHS, ids=[path.stem for path in PATHS])
def guide(request) -> rules.Definition:
    return rules.parse(tomllib.loads(request.param.read_text(encoding="utf-8")))


def words(guide: rules.Definition):
    """Every text of a guide, with its place."""
    for section in guide.sections:
        yield section.key, section.title
        yield section.key, section.say
        yield section.key, section.help
        for item in section.items:
            yield item.key, item.say
            yield item.key, item.label
            yield item.key, item.help
            for choice in item.choices:
                yield item.key, choice.label
                yield item.key, choice.advice


def test_a_guide_for_each_occasion():
    assert {path.stem for path in PATHS} == {
        "arrears", "heat-wave", "power-cut", "senior-welfare", "transfer-applicant",
    }  # fmt: skip


def test_it_leads_and_qualifies_in_few_questions(guide):
    """Eight to twelve questions, begun and ended by words to say; answers lead to needs of the closed list."""
    assert 8 <= len(guide.questions) <= 12
    assert (guide.items[0].key, guide.items[-1].key) == ("hello", "goodbye")
    assert len({need for item in guide.items for choice in item.choices for need in choice.needs}) >= 5


def test_late_rent_is_spoken_of_to_the_tenant_alone_and_never_threatens():
    guide = rules.parse(tomllib.loads((GUIDES / "arrears.toml").read_text(encoding="utf-8")))
    before = [item for item in guide.items if guide.conditions[item.key] is None]
    assert not any("loyer" in item.say for item in before)
    every = " ".join(text for _, text in words(guide)).casefold()
    threats = ("expuls", "huissier", "tribunal", "poursuite", "commandement", "saisie", "dette", "impayés de")
    assert [threat for threat in threats if threat in every] == []
    assert "sos loyers impayés" in every


def test_french_spaces(guide):
    assert [text for _, text in words(guide) if text != spaced(text)] == []
    assert not any("!" in text for _, text in words(guide))


def test_sentences_are_short_enough_to_be_read_aloud(guide):
    for item in guide.items:
        for sentence in re.split(r"(?<=[.?…])\s", item.say):
            assert len(sentence.split()) <= 26, sentence


def test_nothing_asks_for_health_nor_anything_sensitive(guide):
    found = [(key, finding.excerpt) for key, text in words(guide) for finding in check_note(text)]
    assert found == []


def test_every_question_is_said_and_none_is_written(guide):
    assert all(item.say for item in guide.items)
    assert {item.kind for item in guide.questions.values()} <= {QuestionKind.SINGLE, QuestionKind.MULTIPLE}


def test_who_does_not_agree_is_asked_nothing_more(guide):
    opening = {"good_moment", "agrees", "hello", "goodbye"}
    for refusal in ({"agrees": "no"}, {"good_moment": "yes", "agrees": "no"}, {"good_moment": "later"}):
        assert rules.visible(guide, refusal) <= opening


def test_the_senior_guide_covers_the_grid_of_needs():
    path = GUIDES / "senior-welfare.toml"
    guide = rules.parse(tomllib.loads(path.read_text(encoding="utf-8")))
    asked = [key for key in guide.questions if key not in ("good_moment", "agrees")]
    assert 7 <= len(asked) <= 10
    assert asked[0] == "alone"
    pointed_to = {need for item in guide.items for choice in item.choices for need in choice.needs}
    assert pointed_to >= {
        Need.MEALS,
        Need.SHOPPING,
        Need.MEDICINES,
        Need.COMPANY,
        Need.HEATING,
        Need.COOLING,
        Need.LIFT,
        Need.HOME_REPAIR,
        Need.PAPERWORK,
        Need.RENT,
    }
    everything = {"good_moment": "yes", "agrees": "yes", "food": "difficult", "food_help": ["meals"]}
    assert rules.visible(guide, everything) == {item.key for item in guide.items}
    assert rules.suggested_needs(guide, everything) == (Need.MEALS,)
