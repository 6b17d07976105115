"""XLSForm in and out: a guide comes back identical, ODK's tools accept it, each fault has its sheet, row and column."""

import io
import tomllib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.questionnaires.factories import GUIDE
from tests.questionnaires.strategies import documents, few

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.operations import GUIDES
from bienveille.ground.lib.spreadsheets import Column, Sheet, write_xlsx

words = st.text(st.characters(categories=("L", "N", "P", "Zs", "So")), max_size=30)


@st.composite
def rich_documents(draw) -> dict:
    """A valid document with every word that a guide may hold: to say, help, advice, needs, ends of scales, language."""
    document = draw(documents())
    document["description"] = draw(words)
    document["language"] = draw(st.sampled_from(["fr", "fr", "en", "pt"]))
    for section in document["sections"]:
        section |= {"say": draw(words), "help": draw(words)}
        for item in section["items"]:
            item["help"] = draw(words)
            if item["kind"] != "advice":
                item["say"] = draw(words)
            if item["kind"] == "scale":
                item |= {"min_label": draw(words), "max_label": draw(words)}
            for choice in item.get("choices", ()):
                choice["advice"] = draw(words)
                choice["needs"] = draw(st.lists(st.sampled_from(Need.values), unique=True, max_size=2))
    return document


def workbook(sheets: dict[str, list[list[str]]]) -> io.BytesIO:
    """The sheets as a file that a spreadsheet would have saved."""
    file = io.BytesIO()
    write_xlsx([Sheet(name, [Column(title) for title in grid[0]], grid[1:]) for name, grid in sheets.items()], file)
    file.seek(0)
    return file


def there_and_back(definition: rules.Definition) -> rules.FromWorkbook:
    sheets = rules.to_sheets(definition, form_id="guide", version="1")
    assert rules.second_opinion(sheets) == ("", None)
    return rules.from_sheets(rules.read_grids(workbook(sheets)))


class TestRoundTrip:
    @few
    @given(rich_documents())
    def test_a_guide_comes_back_identical(self, document):
        definition = rules.parse(document)
        found = there_and_back(definition)
        assert found.problems == []
        assert found.notices == []
        assert found.definition == definition

    @pytest.mark.parametrize("path", sorted(GUIDES.glob("*.toml")), ids=lambda path: path.stem)
    def test_the_built_in_guides(self, path):
        definition = rules.parse(tomllib.loads(path.read_text(encoding="utf-8")))
        found = there_and_back(definition)
        assert found.problems == []
        assert found.definition == definition

    def test_names_that_xlsform_keeps_or_that_meet(self):
        """A part and a question may bear one name here, not there; « meta » is taken there."""
        document = {
            "title": "Noms",
            "sections": [
                {
                    "key": "meta",
                    "title": "Une partie",
                    "items": [{"key": "meta", "kind": "text", "label": "Une question"}],
                },
                {"key": "meta", "title": "Une autre", "items": [{"key": "data", "kind": "date", "label": "Jour"}]},
            ],
        }
        found = there_and_back(rules.parse(document))
        assert found.problems == []
        assert found.definition == rules.parse(document)

    def test_a_condition_changed_by_hand_wins(self):
        """Our exact words for a condition are believed only while the expression beside them says the same."""
        one = {"question": "food", "equals": "fine"}
        document = {
            "title": "Conditions",
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
                        {"key": "more", "kind": "text", "label": "Encore", "show_if": {"all": [{"any": [one]}]}},
                    ],
                }
            ],
        }
        definition = rules.parse(document)
        sheets = rules.to_sheets(definition, form_id="guide", version="1")
        assert rules.from_sheets(sheets).definition == definition
        place = sheets["survey"][0].index("relevant")
        sheets["survey"][3][place] = "${food} = 'hard'"
        changed = rules.from_sheets(sheets).definition.questions["more"].show_if
        assert changed == rules.Match("food", ("hard",))


SURVEY = ["type", "name", "label", "hint", "required", "relevant", "constraint", "parameters", "default", "appearance"]


def survey(*rows: dict, choices: list[list[str]] | None = None, titles=()):
    """A workbook as a colleague writes it: `survey(dict(type="text", name="a", label="A"))`."""
    columns = [*SURVEY, *titles]
    grids = {"survey": [columns, *([row.get(title, "") for title in columns] for row in rows)]}
    grids["choices"] = choices or [
        ["list_name", "name", "label"], ["yn", "yes", "Oui"], ["yn", "no", "Non"], ["yn", "maybe", "Peut-être"],
    ]  # fmt: skip
    grids["settings"] = [["form_title"], ["Essai"]]
    return rules.from_sheets(grids)


def ask(type: str, name: str = "a", label: str = "Une question", **more) -> dict:
    return {"type": type, "name": name, "label": label, **more}


class TestUnderstood:
    def test_the_subset(self):
        found = survey(
            ask("begin group", "first", "Début", hint="Écoutez."),
            ask("note", "hello", "Bonjour."),
            ask("select_one yn", "ok", "Cela va ?", required="yes", hint="Laissez parler."),
            ask("select_multiple yn", "several", relevant="${ok} = 'yes' or ${ok} = 'no'"),
            ask("end group", "", ""),
            ask("begin_group", "second", "Suite", relevant="selected(${several}, 'yes')"),
            ask("integer", "rooms", constraint=". >= 1 and . < 10"),
            ask("decimal", "surface"),
            ask("text", "who", constraint="string-length(.) <= 40"),
            ask("date", "since"),
            ask("range", "mood", parameters="start=0 end=5 step=1"),
            ask("text", "why", relevant="${mood} <= 2"),
            ask("end_group", "", ""),
        )
        assert found.problems == []
        assert found.definition.sections[0].help == "Écoutez."
        questions = found.definition.questions
        assert (questions["rooms"].minimum, questions["rooms"].maximum, questions["rooms"].decimals) == (1, 9, 0)
        assert questions["surface"].decimals == 2
        assert questions["who"].max_length == 40
        assert questions["several"].show_if == rules.Match("ok", ("yes", "no"))
        assert questions["why"].show_if == rules.Match("mood", (0, 1, 2))
        assert questions["ok"].required

    def test_a_workbook_in_several_languages(self):
        grids = {
            "survey": [
                ["type", "name", "label::English (en)", "label::Français (fr)", "hint::Français (fr)"],
                ["text", "a", "Who", "Qui", "Le prénom."],
            ],
            "settings": [["form_title", "default_language"], ["Essai", "Français (fr)"]],
        }
        found = rules.from_sheets(grids)
        assert found.problems == []
        assert (found.definition.questions["a"].label, found.definition.language) == ("Qui", "fr")
        assert [(one.row, one.column) for one in found.notices] == [(1, "label::English (en) (colonne C)")]

    def test_names_are_put_right_and_said(self):
        found = survey(
            ask("select_one q", "Ça-va ?", "Ça va ?"),
            ask("text", "b", relevant="${Ça-va} = 'Oui bien'".replace("Ça-va", "Q1")),
            choices=[["list_name", "name", "label"], ["q", "Oui bien", "Oui"], ["q", "Non", "Non"]],
        )
        assert found.problems[0].column == "relevant (colonne F)"
        found = survey(
            ask("select_one q", "Q-1", "Ça va ?"),
            ask("text", "b", relevant="${Q-1} = 'Oui bien'"),
            choices=[["list_name", "name", "label"], ["q", "Oui bien", "Oui"], ["q", "Non", "Non"]],
        )
        assert found.problems == []
        assert [one.text for one in found.notices] == ["«\u00a0Q-1\u00a0» s’appellera «\u00a0q_1\u00a0» ici."]
        assert found.definition.questions["b"].show_if == rules.Match("q_1", ("oui_bien",))

    def test_what_a_telephone_notes_is_set_aside_and_said(self):
        found = survey(ask("start", "start", ""), ask("text", "a", appearance="multiline"))
        assert found.problems == []
        assert {(one.row, one.column[:4]) for one in found.notices} == {(2, "type"), (1, "appe")}


class TestFaults:
    """Each names its sheet, its row as a spreadsheet counts, its column, and says what to do."""

    @pytest.mark.parametrize(
        ("row", "column", "words"),
        [
            (ask("image"), "type (colonne A)", "personne ne prend de photo"),
            (ask("begin repeat"), "type (colonne A)", "autant de fois"),
            (ask("geopoint"), "type (colonne A)", "déjà connue"),
            (ask("calculate"), "type (colonne A)", "rien n’est calculé"),
            (ask("selekt_one yn"), "type (colonne A)", "Types possibles"),
            (ask("select_one absent"), "type (colonne A)", "Ajoutez-la"),
            (ask("select_one yn or_other"), "type (colonne A)", "Autre"),
            (ask(""), "type (colonne A)", "le type manque"),
            (ask("text", ""), "name (colonne B)", "Donnez un nom"),
            (ask("text", "a", ""), "label (colonne C)", "le texte manque"),
            (ask("text", "a", "Merci ${b}"), "label (colonne C)", "reprendre une réponse"),
            (ask("text", "a", "m" * 301), "label (colonne C)", "300"),
            (ask("text", required="parfois"), "required (colonne E)", "yes ou no"),
            (ask("text", relevant="${later} = 'yes'"), "relevant (colonne F)", "posée plus haut"),
            (ask("text", relevant="${before} ="), "relevant (colonne F)", "pas finie"),
            (ask("text", relevant="${before} = 'never'"), "relevant (colonne F)", "choices"),
            (ask("text", relevant="${before} != 'yes'"), "relevant (colonne F)", "réunies par or"),
            (ask("text", relevant="count-selected(${before}) > 1"), "relevant (colonne F)", "n’est pas compris"),
            (ask("text", relevant="${before} = 'yes' ) "), "relevant (colonne F)", "n’est pas attendu"),
            (ask("text", constraint="regex(., '^a')"), "constraint (colonne G)", "string-length"),
            (ask("integer", constraint=". > 0.5"), "constraint (colonne G)", "nombres entiers"),
            (ask("date", constraint=". > today()"), "constraint (colonne G)", "Retirez la limite"),
            (ask("range", parameters="start=0 end=10 step=2"), "parameters (colonne H)", "de un en un"),
            (ask("range", parameters="start=0 end=99"), "parameters (colonne H)", "degrés"),
            (ask("text", default="oui"), "default (colonne I)", "ne doit rien suggérer"),
        ],
        ids=lambda value: value.get("type", "") if isinstance(value, dict) else "",
    )
    def test_in_survey(self, row, column, words):
        found = survey(ask("select_one yn", "before", "Avant"), row)
        assert [(one.sheet, one.row, one.column) for one in found.problems] == [("survey", 3, column)]
        assert words in found.problems[0].text

    def test_in_choices(self):
        rows = [["list_name", "name", "label"], ["q", "a", "A"], ["q", "a", "Encore"], ["q", "", "B"], ["q", "c", ""]]
        found = survey(ask("select_one q"), choices=rows)
        assert [(one.sheet, one.row, one.column) for one in found.problems] == [
            ("choices", 3, "name (colonne B)"), ("choices", 4, "name (colonne B)"), ("choices", 5, "label (colonne C)"),
        ]  # fmt: skip

    def test_one_choice_is_no_choice(self):
        found = survey(ask("select_one q"), choices=[["list_name", "name", "label"], ["q", "a", "A"]])
        assert [(one.sheet, one.row, one.column) for one in found.problems] == [("survey", 2, "type (colonne A)")]

    def test_a_need_that_does_not_exist(self):
        rows = [["list_name", "name", "label", "bienveille_needs"], ["q", "a", "A", "meals"], ["q", "b", "B", "pizza"]]
        found = survey(ask("select_one q"), choices=rows)
        assert [(one.row, one.column) for one in found.problems] == [(3, "bienveille_needs (colonne D)")]

    def test_groups(self):
        inner = survey(ask("begin group", "a", "A"), ask("begin group", "b", "B"))
        assert [one.row for one in inner.problems] == [3, 2]
        assert "fermé" in inner.problems[1].text
        assert survey(ask("end group", "", "")).problems[0].row == 2

    def test_two_of_one_name_and_two_columns_of_one_title(self):
        assert survey(ask("text"), ask("text")).problems[0].row == 3
        grids = {"survey": [["type", "name", "label", "Label"], ["text", "a", "A", "B"]]}
        assert [(one.row, one.column) for one in rules.from_sheets(grids).problems] == [(1, "Label (colonne D)")]

    def test_a_column_nobody_knows(self):
        found = survey(ask("text", extra="x"), titles=["extra"])
        assert [(one.row, one.column) for one in found.problems] == [(1, "extra (colonne K)")]

    def test_no_survey_and_a_sheet_for_the_field(self):
        assert rules.from_sheets({"feuil1": []}).problems[0].sheet == "survey"
        assert survey(ask("text")).problems == []
        grids = {"survey": [["type", "name", "label"], ["text", "a", "A"]], "entities": []}
        assert rules.from_sheets(grids).problems[0].sheet == "entities"

    @few
    @given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=8), min_size=1, max_size=6))
    def test_anything_at_all_is_answered(self, rows):
        found = rules.from_sheets({"survey": [SURVEY, *rows]})
        assert found.problems or found.definition

    @given(st.text(max_size=60))
    def test_any_condition_is_read_or_refused_in_french(self, text):
        assume(text.strip())
        found = survey(ask("select_one yn", "before", "Avant"), ask("text", relevant=text.strip()))
        assert found.problems or found.definition.questions["a"].show_if


class TestFiles:
    def test_what_is_no_workbook(self):
        for content in (b"", b"%PDF-1.4", b"PK\x03\x04 broken", b"type,name\ntext,a"):
            with pytest.raises(rules.NotAWorkbook):
                rules.read_grids(io.BytesIO(content))

    def test_too_big(self):
        with pytest.raises(rules.NotAWorkbook):
            rules.read_grids(io.BytesIO(b"0" * 4_000_001))

    def test_odk_s_tools_say_the_row(self):
        said, row = rules.second_opinion({"survey": [["type", "name", "label"], ["text", "a b", "A"]]})
        assert said
        assert row == 2

    def test_numbers_and_boxes_are_read_as_seen(self):
        sheets = {"survey": [["type", "name", "label", "required"], ["text", "a", 12.0, True]]}
        grids = rules.read_grids(workbook(sheets))
        assert grids["survey"][1] == ["text", "a", "12", "oui"]

    def test_the_guide_of_the_tests(self):
        assert there_and_back(rules.parse(GUIDE)).definition == rules.parse(GUIDE)
