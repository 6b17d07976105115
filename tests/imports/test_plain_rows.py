"""Rows typed column by column are those read one by one, whatever the cells."""

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.pieces import Piece
from bienveille.register.imports.rules.recognition import recognise
from bienveille.register.imports.rules.straight_lines import LEASES, PEOPLE, POINTS
from bienveille.register.imports.rules.tenant_lines import COLUMNS, Reading, Typist

TITLES = [
    "N_CONTRAT", "NATURE_CONTRAT", "CODE_LOGEMENT", "DATE_ENTREE", "DATE_SORTIE", "CIVILITE", "NOM", "PRENOM",
    "DATE_NAISSANCE", "ROLE", "SITUATION", "TEL_FIXE", "TEL_PORTABLE", "EMAIL", "LANGUE", "HANDICAP",
]  # fmt: skip
LONG, LONGER_SEARCHED = "n" * 101, "㏒" * 100  # which becomes three letters
CELLS = {
    "N_CONTRAT": ["1", "1", "2", "'3", "", " ", "a\\b", "4" * 41],
    "NATURE_CONTRAT": ["HABITATION", "PARKING", "", "?"],
    "CODE_LOGEMENT": ["L1", "", "'L2", "L\\3", "5" * 41],
    "DATE_ENTREE": ["01/02/2010", "", "2011-01-01", "31/02/2010", "quand"],
    "DATE_SORTIE": ["", "", "31/12/9999", "01/01/2009", "02/02/2020", "bientôt"],
    "CIVILITE": ["MME", "M.", "M. et Mme", "", "Dr"],
    "NOM": ["MARTIN", "Lefèvre-D’Arc", "  d'  arc ", "", "null", "a\\b", LONG, LONGER_SEARCHED],
    "PRENOM": ["Jeanne", "Éléonore", "", "\xa0", LONG, LONGER_SEARCHED],
    "DATE_NAISSANCE": ["03/04/1945", "", "01/01/1900", "05/06/24", "29/02/12", "?", "01/01/2500"],
    "ROLE": ["TITULAIRE", "OCCUPANT", "", "chef"],
    "SITUATION": ["VEUF", "", "zz"],
    "TEL_FIXE": ["", "", "04 72 00 00 00", " ", "262123456", "NC"],
    "TEL_PORTABLE": ["0612345678", "+33 6 12 34 56 78", "612345678", "0612345678 (fille)", "06.12.34.56.78 le soir",
                     "0612345678 / 0472000000", "0692123456", "", "999", "a", "00336 12345678", "06123456789"],
    "EMAIL": ["a@b.fr", "A@B.FR", "", " ", "a@b.fr;c@d.fr", "pas là", '"x"@b.fr', "a" * 70 + "@b.fr", "a" * 300 + "@b.fr"],
    "LANGUE": ["FR", "français/turc", "", "klingon"],
    "HANDICAP": ["O", "N", "", "?"],
}  # fmt: skip


def typed(rows, titles=TITLES, *, text, with_disability=True):
    columns = recognise(titles)
    typist = Typist(Reading(columns, dt.date(2026, 11, 22), len(titles), b"s", with_disability, text))
    records = [(number, row, ";".join(row)) for number, row in enumerate(rows, 2)]
    found = typist.type_records(records)
    found.lines = [line.rsplit("\t", 5)[0] for line in found.lines]
    return found


@given(st.integers(0, 1 << 30), st.booleans())
def test_plain_rows_are_those_read_one_by_one(seed, with_disability):
    chance = random.Random(seed)
    rows = [
        [CELLS[title][0] if chance.random() < 0.94 else chance.choice(CELLS[title]) for title in TITLES]
        for _ in range(60)
    ]
    rows = [[*row, "x"] if chance.random() < 0.05 else row[:-1] if chance.random() < 0.05 else row for row in rows]
    fast, slow = (typed(rows, text=text, with_disability=with_disability) for text in (True, False))
    assert fast == slow


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("title", ["N_CONTRAT", "CODE_LOGEMENT"])
def test_a_row_without_its_code_is_told_wherever_it_stands(title, place):
    rows = [[CELLS[title][0] for title in TITLES] for _ in range(3)]
    rows[place][TITLES.index(title)] = ""
    found = typed(rows, text=True)
    assert found == typed(rows, text=False)
    assert [(issue.row, issue.column) for issue in found.rejects] == [(place + 2, title)]


def lease_rows(lease, chance):
    """One to three people of one lease, alike but for their names, with an odd cell here and there."""
    for place in range(chance.choice((1, 1, 2, 3))):
        row = {title: CELLS[title][0] for title in TITLES} | {"N_CONTRAT": lease, "NOM": f"MARTIN{place}"}
        row["ROLE"] = chance.choice(("TITULAIRE", "OCCUPANT", "COTITULAIRE"))
        if chance.random() < 0.1:
            row["NOM"] = "MARTIN0"
        odd = {title: chance.choice(CELLS[title]) for title in TITLES[1:] if chance.random() < 0.04}
        yield [*(row | odd).values()]


def cells_of(lines, columns):
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines.splitlines()]


@given(st.integers(0, 1 << 30), st.booleans())
def test_lines_written_straight_say_what_the_same_rows_say_typed(seed, with_disability):
    chance = random.Random(seed)
    leases = [chance.choice(CELLS["N_CONTRAT"]) if chance.random() < 0.1 else str(lease) for lease in range(100, 130)]
    rows = [row for lease in leases for row in lease_rows(lease, chance)]
    piece = Piece(2, len(rows), "".join("|".join(row) + "\r\n" for row in rows), "|", quoted=False)
    reading = Reading(recognise(TITLES), dt.date(2026, 11, 22), len(TITLES), b"s", with_disability, text=True)
    written, typed = Typist(reading).write_piece(piece), Typist(reading).type_piece(piece)
    known = {int(row["row"]): row for row in cells_of("".join(typed.lines), COLUMNS)}
    straight = written.straight
    people, points = cells_of(straight.people.decode(), PEOPLE), cells_of(straight.points.decode(), POINTS)
    said = iter(people)
    passed, numbers, addresses = set(), {}, {}
    for lease in cells_of(straight.leases.decode(), LEASES):
        first, many = int(lease["row"]), int(lease["people"])
        here = [known[row] for row in range(first, first + many)]
        passed |= {int(row["row"]) for row in here}
        speaker = min(here, key=lambda row: ("holder", "co_holder", "occupant").index(row["role"]))
        title = {"mrs": "Mme", "mr": "M."}.get(speaker["title"], "")
        assert lease["name"] == " ".join(filter(None, [title, speaker["first_name"], speaker["last_name"]]))
        assert lease["entry"] == min(row["entry"] for row in here)  # a date comes before a null
        assert [lease["signature"], *"0" * (many - 1)] == [row["signature"] for row in here]
        assert len({row["key"] for row in here}) == many
        for row in here:
            assert (row["lease"], row["dwelling"]) == (lease["number"], lease["dwelling"])
            assert (row["kind"], row["exit"], row["disabled"], row["doubtful"]) == ("housing", "\\N", "f", "f")
            person = next(said)
            assert person["household_id"] == lease["household_id"]
            assert (person["erp_key"], person["erp_fingerprint"]) == (row["key"], row["fingerprint"])
            for here_called, there_called in (("birth_date", "birth"), ("marital_status", "marital")):
                assert person[here_called] == row[there_called]
            for name in ("title", "last_name", "first_name", "role", "languages"):
                assert person[name] == row[name]
            assert not {",", '"'} & {*row["phones"], *row["emails"]}
            if row["phones"] != "{}":
                numbers[person["id"]] = (row["phones"], row["whose"].replace('"', ""))
            if row["emails"] != "{}":
                addresses[person["id"]] = (row["emails"], "{}")
    for kind, expected in (("phone", numbers), ("email", addresses)):
        found = {p["person_id"]: (f"{{{p['value']}}}", f"{{{p['whose']}}}") for p in points if p["kind"] == kind}
        assert found == expected
    assert len(people) == straight.persons == len(passed)
    assert len(points) == len(numbers) + len(addresses)
    assert passed.isdisjoint(issue.row for issue in [*typed.rejects, *typed.warnings])
    others = [line.rsplit("\t", 5)[0] for line in typed.lines if int(line.split("\t", 1)[0]) not in passed]
    assert [line.rsplit("\t", 5)[0] for line in written.lines] == others
    assert (written.rejects, written.warnings) == (typed.rejects, typed.warnings)


def test_a_lease_without_doubt_is_written_straight():
    rows = [[CELLS[title][0] for title in TITLES] for _ in range(2)]
    rows[1][TITLES.index("NOM")] = "DURAND"
    piece = Piece(2, 2, "".join(";".join(row) + "\n" for row in rows), ";", quoted=False)
    typist = Typist(Reading(recognise(TITLES), dt.date(2026, 11, 22), len(TITLES), b"s", text=True))
    written = typist.write_piece(piece)
    assert (written.straight.persons, written.lines) == (2, [])


@pytest.mark.parametrize("titles", [[*TITLES[:3], "NOM", "PRENOM"], [*TITLES[:3], "NOM"]])
def test_a_file_with_few_columns(titles):
    rows = [[CELLS[title][0] for title in titles], [CELLS[title][-2] for title in titles]]
    assert typed(rows, titles, text=True) == typed(rows, titles, text=False)


def test_keys_follow_one_another_and_are_all_different():
    typist = Typist(Reading(recognise(TITLES), dt.date(2026, 11, 22), len(TITLES), b"s", at=1_763_800_000_000))
    found = [
        tuple(typist._keys(row, first=row != 3).split("\t")) for row in (2, 3, 4095, 4096, 4097, 1_000_000, 16_000_000)
    ]
    every = [key for keys in found for key in keys if key != "\\N"]
    assert len(set(every)) == len(every) == 5 * len(found) - 2
    assert [keys[0] for keys in found] == sorted(keys[0] for keys in found)
    assert {(len(key), key[12], key[16]) for key in every} == {(32, "7", "8")}
