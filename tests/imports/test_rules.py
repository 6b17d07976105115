"""Recognition of files and meaning of cells: no database."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bienveille.register.housing.choices import DwellingType, EnergyClass, Ownership, ResidenceKind
from bienveille.register.imports.choices import FileKind, Reason
from bienveille.register.imports.rules import cells, staff
from bienveille.register.imports.rules.homonyms import Known, Listed, assign_keys
from bienveille.register.imports.rules.messages import ISSUES, WRONG_FILES, issue_message, refusal_message
from bienveille.register.imports.rules.profiles import load_profile, profile_names
from bienveille.register.imports.rules.recognition import IN_ORDER, LAYOUTS, is_title, recognise
from bienveille.register.tenants.choices import LeaseKind, MaritalStatus, MarkKind, PersonRole, Title

TODAY = dt.date(2026, 11, 21)


class TestRecognition:
    @pytest.mark.parametrize(
        ("header", "kind", "fields"),
        [
            ("N° bail;Réf. logement;Nom du locataire;Prénom;Né(e) le;Tél. portable;GSM;Courriel;Date d'entrée",
             "tenants",
             {"lease_number", "dwelling_code", "last_name", "first_name", "birth_date", "phone", "email", "entry"}),
            ("Numéro de contrat|N° LOGEMENT|NOM|Mail|date de sortie", "tenants",
             {"lease_number", "dwelling_code", "last_name", "email", "exit"}),
            ("Identifiant logement;Résidence;Étage;Type de logement;Surface habitable;Classe énergie", "housing",
             {"dwelling_code", "residence_name", "floor", "type", "surface", "dpe"}),
            ("nom;prénom;e-mail;agence de rattachement;heures par semaine;langues parlées", "staff",
             {"last_name", "first_name", "email", "agency", "hours", "languages"}),
        ],
    )  # fmt: skip
    def test_titles_of_other_software_are_understood(self, header, kind, fields):
        columns = recognise(header.replace("|", ";").split(";"))
        assert (columns.kind, set(columns.positions), columns.unknown) == (kind, fields, [])

    def test_several_telephone_columns_are_all_read(self):
        columns = recognise(["N° contrat", "Code logement", "Nom", "Tél. fixe", "Portable", "Mail 1", "Mail 2"])
        assert (columns.positions["phone"], columns.positions["email"]) == ([3, 4], [5, 6])

    def test_a_column_twice_is_read_once_and_listed(self):
        assert recognise(["N° contrat", "Code logement", "Nom", "Nom d'usage", ""]).unknown == ["Nom d'usage"]

    @pytest.mark.parametrize(
        "header", [["Alpha", "Beta", "Gamma", "Delta"], [], ["Nom", "Prénom"], ["N° contrat", "Nom"]]
    )
    def test_what_fits_no_kind_is_no_kind(self, header):
        assert recognise(header) is None

    def test_no_title_means_two_things_in_one_kind(self):
        for layout in LAYOUTS.values():
            titles = [title.strip() for group in layout.titles.values() for title in group.split("|")]
            assert len(titles) == len(set(titles))
            assert all(is_title(title) for title in titles)
            assert all(required <= layout.titles.keys() for required in layout.required)

    def test_kinds_are_those_of_the_database(self):
        assert tuple(FileKind.values) == IN_ORDER


class TestCells:
    @pytest.mark.parametrize(
        ("cell", "expected"),
        [
            ("21/09/1944", ("1944-09-21", "", None)), ("", ("", "", None)), ("NC", ("", "", "unknown_date")),
            ("00/00/0000", ("", "", "unknown_date")), ("01/01/1900", ("", "", "unknown_date")),
            ("31/02/1950", ("", "", "impossible_date")), ("22/11/2026", ("", "", "impossible_date")),
            ("01/01/1880", ("", "", "impossible_date")), ("12/03/20", ("2020-03-12", "1920-03-12", None)),
            ("29/02/24", ("2024-02-29", "1924-02-28", None)), ("12/03/54", ("1954-03-12", "", None)),
            ("bientôt", ("", "", "unknown_date")), ("31/12/9999", ("", "", "unknown_date")),
        ],
    )  # fmt: skip
    def test_birth_dates(self, cell, expected):
        assert cells.birth_reader(TODAY)(cell) == expected

    @pytest.mark.parametrize(
        ("cell", "expected"),
        [
            ("20/11/2026", ("2026-11-20", None)),
            ("31/12/9999", ("", None)),
            ("00/00/0000", ("", None)),
            ("", ("", None)),
            ("01/01/1900", ("", None)), ("01/05/30", ("2030-05-01", None)), ("31/02/2026", ("", "impossible_date")),
            ("bientôt", ("", "unknown_date")), ("NC", ("", "unknown_date")),
        ],
    )  # fmt: skip
    def test_exits_are_open_in_doubt(self, cell, expected):
        assert cells.exit_reader(TODAY)(cell) == expected

    @pytest.mark.parametrize(
        ("reader", "cell", "expected"),
        [
            (cells.read_role, "Co-titulaire", ("co_holder", None)), (cells.read_role, "", ("occupant", None)),
            (cells.read_role, "Roi", ("occupant", "unknown_value")),
            (cells.read_marital, "Marié(e)", ("married", None)), (cells.read_marital, "Union libre", ("", None)),
            (cells.read_lease_kind, "HABITATION", ("housing", None)),
            (cells.read_lease_kind, "Bail d'habitation", ("housing", None)),
            (cells.read_lease_kind, "Box double", ("parking", None)),
            (cells.read_lease_kind, "Local commercial", ("commercial", None)),
            (cells.read_lease_kind, "Antenne", ("other", "unknown_value")),
            (cells.read_lease_kind, "", ("housing", None)),
            (cells.read_floor, "RDC", (0, None)),
            (cells.read_floor, "3ème", (3, None)),
            (cells.read_floor, 4.0, (4, None)),
            (cells.read_floor, "-1", (-1, None)),
            (cells.read_floor, "R+2", (2, None)),
            (cells.read_floor, "200", (None, "unknown_value")),
            (cells.read_dwelling_type, "T1 bis", ("t1bis", None)), (cells.read_dwelling_type, "F3", ("t3", None)),
            (cells.read_dwelling_type, "Maison T4 duplex", ("t4", None)),
            (cells.read_dwelling_type, "T9", ("t7", None)),
            (cells.read_dwelling_type, "Studio", ("t1", None)),
            (cells.read_dwelling_type, "Loft", ("", "unknown_value")),
            (cells.read_surface, "64,5 m²", ("64.50", None)), (cells.read_surface, "0", (None, "unknown_value")),
            (cells.read_qpv, "QN06901I", (True, "QN06901I", None)), (cells.read_qpv, "2", (False, "", None)),
            (cells.read_yes_no, "Oui", (True, None)), (cells.read_yes_no, "peut-être", (None, "unknown_value")),
            (cells.read_dpe, "d", ("d", None)),
            (cells.read_dpe, "Vierge", ("", None)),
            (cells.read_dpe, "Z9", ("", "unknown_value")),
            (cells.read_ownership, "Copropriété", ("co_owned", None)),
            (cells.read_residence_kind, "RES. SOCIALE", ("social", None)),
            (cells.read_residence_kind, "SENIOR", ("senior", None)),
            (cells.read_residence_kind, "Péniche", ("other", "unknown_value")),
            (cells.read_civility, "MLLE", ("mrs", None)), (cells.read_civility, "M. et Mme", ("", None)),
            (cells.read_count, "4", (4, None)), (cells.read_count, "beaucoup", (None, "unknown_value")),
        ],
    )  # fmt: skip
    def test_coded_cells(self, reader, cell, expected):
        assert reader(cell) == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("Mme DUPONT LEROY Jeanne", ("DUPONT LEROY", "Jeanne")), ("MARTIN", ("MARTIN", "")),
         ("Martin Jeanne", ("Martin Jeanne", "")),
         ("DE LA TOUR Anne Marie", ("DE LA TOUR", "Anne Marie"))],
    )  # fmt: skip
    def test_names_in_one_cell(self, text, expected):
        assert cells.split_full_name(text) == expected

    def test_a_doubtful_value_is_shown_on_one_short_line(self):
        assert cells.shown("a\nb" * 40) == ("a b" * 13 + "…")
        assert cells.shown(dt.date(1900, 1, 1)) == "01/01/1900"

    @settings(deadline=None)
    @given(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.none(), st.dates()))
    def test_no_cell_makes_a_reader_fail(self, cell):
        for reader in (
            cells.birth_reader(TODAY), cells.entry_reader(TODAY), cells.exit_reader(TODAY), cells.read_role,
            cells.read_marital,
            cells.read_lease_kind, cells.read_language_list, cells.read_yes_no, cells.read_qpv, cells.read_floor,
            cells.read_dwelling_type, cells.read_surface, cells.read_count, cells.read_dpe, cells.read_ownership,
            cells.read_residence_kind, cells.read_civility,
        ):  # fmt: skip
            doubt = reader(cell)[-1]
            assert doubt is None or doubt in Reason.values
        assert len(cells.shown(cell)) <= cells.SHOWN


class TestClosedLists:
    """Values that the rules give are values that the database takes."""

    def test_they_agree(self):
        assert set(ISSUES) == set(Reason.values)
        for name, choices, codes in (
            ("role", PersonRole, {cells.read_role(w)[0] for w in ("titulaire", "cotitulaire", "occupant")}),
            ("marital", MaritalStatus, {cells.read_marital(w)[0] for w in _SITUATIONS}),
            ("lease", LeaseKind, {kind for kind, _ in cells._LEASE_KINDS} | {"other"}),
            ("title", Title, {"mrs", "mr"}),
            ("residence", ResidenceKind, {kind for kind, _ in cells._RESIDENCE_KINDS} | {"other"}),
            ("type", DwellingType, {f"t{n}" for n in range(1, 8)} | {"t1bis"}),
            ("dpe", EnergyClass, set("abcdefg")),
            ("ownership", Ownership, {"full", "co_owned", "managed"}),
        ):  # fmt: skip
            assert codes == set(choices.values), name

    def test_profiles_give_marks_that_exist_for_a_purpose(self):
        assert profile_names() == ["accessibility"]
        for name in profile_names():
            profile = load_profile(name)
            assert profile.purpose
            assert {rule.mark for rule in profile.marks} <= set(MarkKind.values)
            assert all(rule.months > 0 for rule in profile.marks)
        assert load_profile("../accessibility") is None

    def test_a_file_never_gives_rights_over_everything(self):
        assert {"administrator", "director"}.isdisjoint(staff._ROLES.values())


class TestMessages:
    @pytest.mark.parametrize("code", WRONG_FILES)
    def test_a_refusal_is_one_french_sentence_and_what_is_expected(self, code):
        text = refusal_message(
            "a.csv",
            code,
            {
                "columns": 3,
                "record": 12,
                "titles": ["A"] * 9,
                "error": "x",
                "share": 98,
                "sheet": "A",
                "sheets": "A, B",
            },
        )
        assert text.startswith("«\u00a0a.csv\u00a0» n’est pas importé\u00a0: ")
        assert ("Attendu\u00a0:" in text) == (code != "another_landlord")  # that one says itself what to do
        assert "{" not in text

    @pytest.mark.parametrize("reason", ISSUES)
    def test_signs_have_their_no_break_space(self, reason):
        text = issue_message(reason)
        assert not any(f" {sign}" in text for sign in ":;!?»")
        assert text.endswith(".")


_SITUATIONS = ("celibataire", "marie", "pacs", "separe", "divorce", "veuf")
BIRTHS = st.sampled_from([None, dt.date(1950, 1, 1), dt.date(1975, 2, 3), dt.date(1999, 9, 9), dt.date(2001, 1, 2)])


class TestHomonyms:
    @settings(deadline=None)
    @given(st.lists(BIRTHS, max_size=6), st.lists(BIRTHS, max_size=4))
    def test_everybody_has_one_key_and_keys_last(self, listed, known):
        rows = [Listed(number, birth) for number, birth in enumerate(listed, start=2)]
        people = [Known("k" if n == 1 else f"k#{n}", birth) for n, birth in enumerate(known, start=1)]
        keys, doubles = assign_keys("k", rows, people)
        assert len(keys) + len(doubles) == len(rows)
        assert len(set(keys.values())) == len(keys)
        again, _ = assign_keys("k", rows, [Known(keys[row.row], row.birth) for row in rows if row.row in keys])
        assert again == keys

    def test_birth_dates_tell_who_is_who(self):
        known = [Known("k", dt.date(1950, 1, 1)), Known("k#2", dt.date(1975, 2, 3))]
        assert assign_keys("k", [Listed(2, dt.date(1975, 2, 3))], known) == ({2: "k#2"}, [])
