"""The dated table of needs, areas, freshness, numbers of partners."""

from datetime import date

import pytest
from data_inclusion.schema import v1

from bienveille.engines.questionnaires.choices import Need
from bienveille.register.partners.rules import (
    AGING,
    FRESH,
    STALE,
    InvalidTable,
    area_of,
    extent_of,
    freshness,
    hours_words,
    matches_on,
    need_of_words,
    needs_answered,
    read_partner_phone,
    source_words,
)

TODAY = date(2026, 11, 21)


class TestTable:
    def test_every_need_of_a_call_says_what_answers_it(self):
        assert list(matches_on(TODAY)) == [need.value for need in Need]

    def test_only_codes_of_the_directory(self):
        thematiques = {one.value for one in v1.Thematique}
        types = {one.value for one in v1.TypeService}
        for match in matches_on(TODAY).values():
            assert set(match.thematiques) <= thematiques
            assert set(match.types) <= types

    def test_meals_are_food_and_home_help_as_material_aid(self):
        match = matches_on(TODAY)["meals"]
        assert match.types == ("aide-materielle",)
        food = ["equipement-et-alimentation--alimentation"]
        assert match.answers(thematiques=food, type="aide-materielle", needs=[])
        assert not match.answers(thematiques=food, type="atelier", needs=[])
        assert match.answers(thematiques=[], type="", needs=["meals"])

    def test_needs_of_a_service_in_the_order_of_the_table(self):
        codes = ["remobilisation--lien-social", "equipement-et-alimentation--alimentation"]
        found = needs_answered(TODAY, thematiques=codes, type="accompagnement", needs=["lift"])
        assert found == ["shopping", "company", "lift"]

    def test_an_entry_holds_between_its_days(self, tmp_path):
        table = tmp_path / "needs.toml"
        table.write_text(
            '[[needs]]\nneed = "rent"\nvalid_from = 2026-01-01\nvalid_until = 2026-06-30\nthematiques = ["a--b"]\n'
            '[[needs]]\nneed = "rent"\nvalid_from = 2026-07-01\nthematiques = ["c--d"]\n'
        )
        days = [date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1)]
        assert [[one.thematiques for one in matches_on(day, table).values()] for day in days] == [
            [], [("a--b",)], [("c--d",)],
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "wrong",
        [
            'need = "rent"\nvalid_from = 2026-01-01\n',
            'need = "rent"\nvalid_from = 2026-01-01\nvalid_until = 2025-01-01\nby_landlord = true\n',
            'need = "rent"\nvalid_from = 2026-01-01\nby_landlord = true\nthemes = ["a"]\n',
            'need = "rent"\nvalid_from = 2026-01-01\nby_landlord = true\n'
            '[[needs]]\nneed = "rent"\nvalid_from = 2026-05-01\nby_landlord = true\n',
        ],
    )
    def test_a_wrong_table_names_its_entry(self, tmp_path, wrong):
        table = tmp_path / "needs.toml"
        table.write_text(f"[[needs]]\n{wrong}")
        with pytest.raises(InvalidTable, match="rent"):
            matches_on(TODAY, table)

    @pytest.mark.parametrize(
        ("words", "need"),
        [
            ("Repas", "meals"), ("portage de REPAS", "meals"), ("home_help", "home_help"), ("Démarches", "paperwork"),
            ("Ménage, aide à domicile", "home_help"), ("cirque", ""), ("", ""),
        ],
    )  # fmt: skip
    def test_words_of_a_sheet(self, words, need):
        assert need_of_words(words, TODAY) == need

    def test_labels_of_needs_are_words_of_the_table(self):
        assert {need.value: need_of_words(str(need.label), TODAY) for need in Need} == {n.value: n.value for n in Need}


def test_codes_of_an_area_the_nearest_first():
    area = area_of("69381", parent="69123", epci="200046977", department="69")
    assert area.codes == ["69381", "69123", "200046977", "69", "france"]
    assert area_of("01001").codes == ["01001", "france"]


@pytest.mark.parametrize(
    ("day", "word"),
    [(TODAY, FRESH), (date(2026, 5, 22), FRESH), (date(2026, 5, 21), AGING), (date(2024, 11, 20), STALE)],
)
def test_a_card_grows_old(day, word):
    assert freshness(day, TODAY) == word


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("04 72 00 00 00", "+33472000000"), ("04.72.00.00.00 (accueil)", "+33472000000"), ("39 77", "3977"),
        (3977.0, "3977"), ("116 006", "116006"), ("115", "115"), ("voir le site", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_numbers_that_partners_answer(cell, number):
    assert read_partner_phone(cell) == number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mo-Fr 08:30-12:00,14:00-17:00; PH off", "du lundi au vendredi, 8 h 30 à 12 h et 14 h à 17 h ; fermé les jours fériés"),
        ("Mo,We 09:00-12:00", "le lundi et le mercredi, 9 h à 12 h"),
        ("Mo-We, Fr 09:00-12:00", "du lundi au mercredi et le vendredi, 9 h à 12 h"),
        ("24/7", "jour et nuit, tous les jours"),
        ("10:00-12:00", "10 h à 12 h"),
        ("Le matin, sauf le mercredi", "Le matin, sauf le mercredi"),
        ("week 1-53/2 Fr 09:00-12:00", "week 1-53/2 Fr 09:00-12:00"),
        ("Mo-Fr 09:00-12:00; sur rendez-vous", "Mo-Fr 09:00-12:00; sur rendez-vous"),
        ("Xx 09:00-12:00", "Xx 09:00-12:00"),
        ("", ""),
    ],
)  # fmt: skip
def test_opening_hours_in_french(text, words):
    assert hours_words(text).replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("zone", "extent"),
    [
        ([], "commune"), (["69266"], "commune"), (["200046977"], "epci"), (["69"], "department"),
        (["france"], "country"), (["69266", "69381"], "chosen"), (["69381"], "chosen"),
    ],
)  # fmt: skip
def test_how_far_a_coverage_goes(zone, extent):
    assert extent_of(zone, area_of("69266", epci="200046977", department="69")) == extent


def test_where_a_card_comes_from():
    assert source_words("own", own=True) == "Tenu à la main"
    assert source_words("dora", own=False) == "DORA, annuaire data·inclusion"
    assert source_words("liste", own=False) == "Notre liste"
