"""The rules of guides: what is a guide, what is asked, what may be answered."""

import contextlib
import copy

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from tests.questionnaires.factories import GUIDE
from tests.questionnaires.strategies import answers_to, documents, few, json_values

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.choices import Need


@pytest.fixture(scope="module")
def guide() -> rules.Definition:
    return rules.parse(GUIDE)


def broken(change) -> list[str]:
    """The errors of the guide once changed in place."""
    document = copy.deepcopy(GUIDE)
    change(document)
    with pytest.raises(rules.InvalidDefinition) as caught:
        rules.parse(document)
    return caught.value.errors


class TestParse:
    def test_a_guide_is_read_and_written_back(self, guide):
        assert rules.parse(rules.to_document(guide)) == guide
        assert list(guide.questions) == ["food", "helps", "who", "mood", "rooms", "surface", "since"]
        assert guide.questions["food"].choices[1].needs == (Need.MEALS,)

    @pytest.mark.parametrize(
        ("path", "value", "expected"),
        [
            (("title",), "", "Questionnaire\u00a0: «\u00a0title\u00a0» manque."),
            (("sections",), [], "Questionnaire\u00a0: il faut au moins une partie."),
            (("sections", 0, "key"), "É", "Partie 1\u00a0: la clé «\u00a0É\u00a0»"),
            (
                ("sections", 0, "items", 1, "kind"),
                "radio",
                "Partie «\u00a0first\u00a0», question «\u00a0food\u00a0»\u00a0: type",
            ),
            (("sections", 0, "items", 1, "sayy"), "x", "champ «\u00a0sayy\u00a0» inconnu ici."),
            (("sections", 0, "items", 1, "min"), 1, "champ «\u00a0min\u00a0» inconnu ici."),
            (("sections", 0, "items", 1, "required"), "yes", "doit être vrai ou faux."),
            (("sections", 0, "items", 1, "key"), "hello", "cette clé est déjà prise"),
            (("sections", 0, "items", 1, "choices"), [{"value": "a", "label": "A"}], "pas assez de choix"),
            (
                ("sections", 0, "items", 1, "choices", 1, "value"),
                "fine",
                "choix 2\u00a0: la valeur «\u00a0fine\u00a0» est déjà prise.",
            ),
            (("sections", 0, "items", 1, "choices", 1, "needs"), ["cancer"], "besoin «\u00a0cancer\u00a0» inconnu."),
            (("sections", 0, "items", 0, "say"), "", "«\u00a0say\u00a0» manque."),
            (("sections", 0, "items", 0, "label"), "a\x00", "un caractère illisible"),
            (("sections", 0, "items", 3, "max_length"), 0, "nombre entier entre 1 et 4000"),
            (("sections", 1, "items", 0, "max"), 99, "11 degrés au plus"),
            (("sections", 1, "items", 0, "max"), None, "une échelle demande"),
            (("sections", 1, "items", 1, "max"), 1, "«\u00a0min\u00a0» doit être plus petit"),
            (("sections", 0, "items", 2, "show_if"), {"question": "mood", "equals": 1}, "pas une question posée avant"),
            (
                ("sections", 0, "items", 2, "show_if"),
                {"question": "food", "equals": "x"},
                "n’est pas une réponse possible",
            ),
            (
                ("sections", 0, "items", 2, "show_if"),
                {"question": "food", "includes": "hard"},
                "s’écrit avec «\u00a0equals\u00a0»",
            ),
            (
                ("sections", 0, "items", 3, "show_if"),
                {"question": "helps", "equals": "shop"},
                "s’écrit avec «\u00a0includes\u00a0»",
            ),
            (("sections", 1, "show_if"), {"question": "who", "equals": "x"}, "ni un choix ni une échelle"),
            (("sections", 1, "show_if"), {"all": []}, "doit lister des conditions"),
            (("sections", 1, "show_if"), {"question": "food"}, "un seul de"),
            (("sections", 1, "items", 0, "min"), -(10**40), "nombre entier entre"),
        ],
    )
    def test_each_fault_is_told_with_its_place(self, path, value, expected):
        def change(document):
            for step in path[:-1]:
                document = document[step]
            document[path[-1]] = value

        errors = broken(change)
        assert any(expected in error for error in errors), errors
        assert all(error.startswith(("Questionnaire", "Partie")) for error in errors)

    def test_numbers_too_long_to_write_are_refused(self):
        def change(document):
            document["sections"][1]["show_if"] = {"question": "food", "equals": 10**5000}

        assert "un très grand nombre" in broken(change)[0]

    def test_every_fault_is_told_at_once(self):
        def change(document):
            document["title"] = ""
            document["sections"][1]["items"][0]["kind"] = "?"

        assert len(broken(change)) == 2

    @few
    @given(json_values)
    def test_anything_at_all_is_read_or_refused(self, document):
        with pytest.raises(rules.InvalidDefinition):
            rules.parse(document)

    @few
    @given(st.data())
    def test_a_guide_with_one_field_spoiled_never_crashes(self, data):
        document = data.draw(documents())
        spot = data.draw(st.sampled_from(list(_spots(document))))
        spot[0][spot[1]] = data.draw(json_values)
        with contextlib.suppress(rules.InvalidDefinition):
            assert rules.parse(document).questions

    @few
    @given(documents())
    def test_any_guide_is_read_and_written_back(self, document):
        definition = rules.parse(document)
        assert rules.parse(rules.to_document(definition)) == definition
        assert [item.key for item in definition.items] == list(definition.conditions)


def _spots(node):
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield node, key
        yield from _spots(value)


class TestVisible:
    def test_questions_open_with_the_answers_before_them(self, guide):
        assert rules.visible(guide, {}) == {"hello", "food"}
        assert rules.visible(guide, {"food": "hard", "helps": ["shop"]}) == {item.key for item in guide.items}

    def test_the_answer_to_a_hidden_question_opens_nothing(self, guide):
        assert "who" not in rules.visible(guide, {"food": "fine", "helps": ["shop"]})

    def test_true_is_not_the_degree_one(self):
        document = copy.deepcopy(GUIDE)
        document["sections"][1]["items"][1]["show_if"] = {"question": "mood", "one_of": [0, 1]}
        definition = rules.parse(document)
        assert "rooms" not in rules.visible(definition, {"food": "hard", "mood": True})
        assert "rooms" in rules.visible(definition, {"food": "hard", "mood": 1})


class TestValidate:
    def test_hidden_answers_are_dropped(self, guide):
        assert rules.validate(guide, {"food": "fine", "helps": ["shop"], "mood": 3}) == ({"food": "fine"}, {})

    def test_required_only_if_visible(self, guide):
        assert rules.validate(guide, {})[1] == {"food": ["Cette question attend une réponse."]}
        assert list(rules.validate(guide, {"food": "hard"})[1]) == ["helps"]
        assert rules.validate(guide, {"food": "hard"}, complete=False) == ({"food": "hard"}, {})

    def test_clean_shapes(self, guide):
        clean, errors = rules.validate(
            guide,
            {
                "food": "hard",
                "helps": ["shop", "meals", "shop"],
                "who": " \r\nUn\u0000 voisin\ud800 ",
                "mood": 0,
                "rooms": 3.0,
                "surface": 41.25,
                "since": "2026-11-21",
            },
        )
        assert errors == {}
        assert clean == {
            "food": "hard",
            "helps": ["meals", "shop"],
            "who": "Un voisin",
            "mood": 0,
            "rooms": 3,
            "surface": 41.25,
            "since": "2026-11-21",
        }

    @pytest.mark.parametrize(
        ("key", "value", "expected"),
        [
            ("food", ["hard"], "Choisissez une des réponses proposées."),
            ("food", {"a": 1}, "Choisissez une des réponses proposées."),
            ("helps", "shop", "une liste est attendue"),
            ("helps", ["x"], "Choisissez parmi"),
            ("helps", [["shop"]], "Choisissez parmi"),
            ("who", 12, "Un texte est attendu."),
            ("who", "x" * 11, "Le texte fait 11 caractères, il en faut 10 au plus"),
            ("mood", 11, "Choisissez un degré de 0 à 10."),
            ("mood", True, "Choisissez un degré"),
            ("mood", 1.0, "Choisissez un degré"),
            ("rooms", 0, "Écrivez un nombre de 1 à 9."),
            ("rooms", 2.5, "Écrivez un nombre entier."),
            ("rooms", "deux", "en chiffres"),
            ("surface", float("nan"), "hors de toute mesure"),
            ("surface", 10**400, "hors de toute mesure"),
            ("surface", 1.234, "2 décimales au plus"),
            ("since", "31/02/2026", "Écrivez une date"),
            ("since", "2026-02-31", "Écrivez une date"),
            ("hello", "x", "n’existe pas"),
            ("other", 1, "n’existe pas"),
        ],
    )
    def test_wrong_answers_are_told(self, guide, key, value, expected):
        answers = {"food": "hard", "helps": ["shop"]} | {key: value}
        clean, errors = rules.validate(guide, answers)
        assert list(errors) == [key]
        assert expected in errors[key][0]
        assert key not in clean

    @pytest.mark.parametrize("answers", [None, [], "x", 3])
    def test_answers_are_an_object(self, guide, answers):
        assert list(rules.validate(guide, answers)[1]) == [""]

    def test_errors_on_unknown_keys_are_bounded(self, guide):
        _, errors = rules.validate(guide, {"food": "fine"} | {f"k{n}": 1 for n in range(1000)})
        assert len(errors) == 20

    @few
    @given(st.data())
    def test_clean_answers_pass_again_unchanged_and_hidden_ones_are_never_kept(self, data):
        document = data.draw(documents())
        definition = rules.parse(document)
        answers = data.draw(answers_to(document))
        clean, errors = rules.validate(definition, answers, complete=False)
        again, no_errors = rules.validate(definition, clean, complete=False)
        assert again == clean
        assert no_errors == {}
        assert set(clean) <= rules.visible(definition, clean) & set(definition.questions)
        assert set(errors).isdisjoint(clean)

    @few
    @given(documents(), st.dictionaries(st.text(max_size=4) | st.sampled_from(["i1", "i2", "i3"]), json_values))
    def test_no_crash_on_any_json(self, document, answers):
        definition = rules.parse(document)
        clean, _ = rules.validate(definition, answers)
        rules.visible(definition, answers)
        rules.suggested_needs(definition, answers)
        assert set(clean) <= set(definition.questions)


class TestFromPost:
    def test_a_form_is_read_with_its_types(self, guide):
        post = QueryDict(
            "q_food=hard&q_helps=meals&q_helps=shop&q_who=Lui&q_mood=7&q_rooms=3&q_surface=1%C2%A0041%2C50"
            "&q_since=21/11/2026&csrfmiddlewaretoken=x&q_ghost=1"
        )
        answers = rules.answers_from_post(guide, post)
        assert answers == {
            "food": "hard",
            "helps": ["meals", "shop"],
            "who": "Lui",
            "mood": 7,
            "rooms": 3,
            "surface": 1041.5,
            "since": "2026-11-21",
        }
        assert rules.validate(guide, answers)[1] == {}

    def test_what_cannot_be_read_is_kept_as_typed(self, guide):
        post = QueryDict("q_food=&q_rooms=trois&q_mood=1e999999&q_since=31/02/2026")
        answers = rules.answers_from_post(guide, post)
        assert answers == {"rooms": "trois", "mood": "1e999999", "since": "31/02/2026"}

    @few
    @given(st.text(max_size=30))
    def test_no_crash_on_any_words(self, words):
        definition = rules.parse(GUIDE)
        post = QueryDict(mutable=True)
        for key in definition.questions:
            post.setlist(f"q_{key}", [words])
        clean, _ = rules.validate(definition, rules.answers_from_post(definition, post))
        assert set(clean) <= set(definition.questions)


class TestConditionsForTheScreen:
    def test_a_simple_condition(self, guide):
        assert rules.show_if_attribute(guide.conditions["helps"]) == "q_food=hard"
        assert rules.describe_condition(guide, guide.conditions["helps"]) == (
            "Si «\u00a0Repas\u00a0» est «\u00a0Difficile\u00a0»"
        )

    def test_alternatives(self, guide):
        assert rules.show_if_attribute(guide.conditions["mood"]) == "q_food=hard or q_helps=meals|shop"
        assert rules.show_if_attribute(guide.conditions["hello"]) == ""

    @few
    @given(st.data())
    def test_the_attribute_says_the_same_as_the_condition(self, data):
        """Read as the page's script reads it, the attribute shows exactly what `visible` shows."""
        document = data.draw(documents())
        definition = rules.parse(document)
        clean, _ = rules.validate(definition, data.draw(answers_to(document)), complete=False)
        for item in definition.items:
            attribute = rules.show_if_attribute(definition.conditions[item.key])
            assert _script_shows(attribute, clean) == (item.key in rules.visible(definition, clean))


def _script_shows(attribute: str, answers: dict) -> bool:
    def one(test: str) -> bool:
        name, values = test.split("=")
        answer = answers.get(name.removeprefix("q_"))
        given = answer if isinstance(answer, list) else [answer]
        return any(str(value) in values.split("|") for value in given if value is not None)

    return not attribute or all(any(map(one, clause.split(" or "))) for clause in attribute.split("; "))


class TestApi:
    def test_every_field_is_always_there(self, guide):
        api = rules.to_api(guide)
        items = [item for section in api["sections"] for item in section["items"]]
        assert len({tuple(item) for item in items}) == 1
        assert items[1]["choices"][1] == {
            "value": "hard",
            "label": "Difficile",
            "advice": "Proposez.",
            "needs": ["meals"],
        }
        assert items[4]["show_if"] == {
            "any": [
                {"question": "food", "equals": "hard"},
                {"all": [{"question": "helps", "includes": ["meals", "shop"]}]},
            ]
        }


class TestNeeds:
    def test_answers_suggest_needs(self, guide):
        answers = {"food": "hard", "helps": ["shop"]}
        assert rules.suggested_needs(guide, answers) == (Need.MEALS, Need.SHOPPING)
        assert rules.suggested_needs(guide, {"food": "fine", "helps": ["shop"]}) == ()


class TestSummarise:
    def test_counts_and_shares(self, guide):
        rows = [
            (None, None, 4, None),
            ("food", None, 3, None),
            ("food", "hard", 2, None),
            ("mood", None, 2, 4.5),
            ("mood", "3", 1, None),
        ]
        food, helps, _, mood, *_ = rules.summarise(guide, rows)
        assert (food.asked_of, food.answered) == (4, 3)
        assert [(one.label, one.count) for one in food.counts] == [("Cela va", 0), ("Difficile", 2)]
        assert food.counts[1].share == pytest.approx(2 / 3)
        assert (helps.answered, helps.counts[0].share) == (0, 0.0)
        assert (mood.average, len(mood.counts), mood.counts[3].count) == (4.5, 11, 1)
