"""What a first import writes straight is, row by row, what it makes of rows that it compares first."""

import pytest
from django.db import connection, transaction
from tests.imports import messy
from tests.imports.factories import TODAY, Landlord, home, tenant

from bienveille.register.imports.operations import first_load, import_files, straight_load, typists

pytestmark = pytest.mark.django_db

REGISTER = {
    "household": """SELECT h.name, d.code, h.closed_on FROM tenants_household h
        LEFT JOIN housing_dwelling d ON d.id = h.dwelling_id""",
    "lease": """SELECT l.number, l.kind, d.code, l.dwelling_code, l.entry, l.exit, h.name, l.erp_signature, l.erp_people,
        l.erp_due_on, l.erp_absent_on
        FROM tenants_lease l LEFT JOIN housing_dwelling d ON d.id = l.dwelling_id
        LEFT JOIN tenants_household h ON h.id = l.household_id""",
    "person": """SELECT p.erp_key, h.name, (SELECT string_agg(number, ' ' ORDER BY number) FROM tenants_lease l
            WHERE l.household_id = h.id),
        to_jsonb(p) - 'id' - 'household_id' FROM tenants_person p JOIN tenants_household h ON h.id = p.household_id""",
    "point": """SELECT p.erp_key, to_jsonb(c) - 'id' - 'person_id'
        FROM tenants_contactpoint c JOIN tenants_person p ON p.id = c.person_id""",
    "mark": "SELECT p.erp_key, m.kind, m.expires_on FROM tenants_mark m JOIN tenants_person p ON p.id = m.person_id",
}


def register():
    found = {}
    with connection.cursor() as cursor:
        for name, statement in REGISTER.items():
            cursor.execute(statement)
            found[name] = sorted(map(repr, cursor.fetchall()))
    return found


@pytest.fixture
def straight(monkeypatch):
    """Small files count as long ones; gives the people written straight, less those taken back, call by call."""
    monkeypatch.setattr(first_load, "WORTH_IT", 1)
    monkeypatch.setattr(typists.Typists, "many", True)
    written = []
    real = straight_load.write_straight

    def watching(those, outcome, **options):
        unreadable = real(those, outcome, **options)
        written.append(outcome.created)
        return unreadable

    monkeypatch.setattr("bienveille.register.imports.operations.tenants.write_straight", watching)
    return written


def imported(paths, **options):
    """The report and the register of an import that is then undone, then of the same one twice over."""
    with transaction.atomic():
        report = import_files(paths=paths, today=TODAY, org="H", **options).as_dict()
        found = register()
        again = import_files(paths=paths, today=TODAY, **options).as_dict()["files"][-1]
        twice = register()
        transaction.set_rollback(True)
    return report, found, again, twice


def both_ways(paths, monkeypatch, **options):
    report, found, again, twice = imported(paths, **options)
    with monkeypatch.context() as patch:
        patch.setattr(typists.Typists, "many", False)
        expected = imported(paths, **options)
    assert found == expected[1]
    assert report == expected[0]
    assert (again["created"], again["updated"], again["closed"]) == (0, 0, 0)
    assert (again, twice) == expected[2:]
    return report["files"][-1]


@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_a_messy_export_gives_the_same_register(tmp_path, monkeypatch, straight, seed):
    landlord = messy.make(seed)
    for row in landlord.rows:
        if row["N_CONTRAT"].strip() and int(row["N_CONTRAT"]) % 2:
            row |= {"TEL_FIXE": "", "DATE_SORTIE": "", "DATE_NAISSANCE": "", "EMAIL": "", "COMMENTAIRE": ""}
    file = both_ways(landlord.write(tmp_path), monkeypatch)
    assert 0 < straight[0] < file["created"]


HOMES = [home(), home("0001-2"), home("0001-3")]
PLAIN = {"HANDICAP": "N", "COMMENTAIRE": ""}
ALONE = [tenant(N_CONTRAT="9", CODE_LOGEMENT="0001-3", NOM="SEUL", **PLAIN)]
# Rows that follow one another, by what makes them ordinary or not; who is written straight.
LEASES = {
    "two people": ([{}, {"PRENOM": "Paul", "CIVILITE": "M.", "ROLE": "OCCUPANT"}], 2),
    "the holder comes second": ([{"PRENOM": "Paul", "ROLE": "OCCUPANT"}, {"ROLE": "COTITULAIRE"}], 2),
    "no title, no first name": ([{"CIVILITE": "", "PRENOM": ""}], 1),
    "a backslash": ([{"NOM": "A\\B"}], 1),
    "another day of entry": ([{}, {"PRENOM": "Paul", "DATE_ENTREE": "01/02/2001"}], 2),
    "no day of entry": ([{"DATE_ENTREE": ""}, {"PRENOM": "Paul", "DATE_ENTREE": "01/02/2001"}], 2),
    "whose number it is": ([{"TEL_PORTABLE": "06 85 55 94 31 (sa fille)"}], 1),
    "whose number, in two words": ([{"TEL_PORTABLE": "06 85 55 94 31 (aide à domicile)"}], 1),
    "no number": ([{"TEL_PORTABLE": "", "EMAIL": ""}], 1),
    "two numbers": ([{"TEL_PORTABLE": "0685559431 0685559432"}], 0),
    "two numbers in two columns": ([{"TEL_FIXE": "0472000001"}], 0),
    "two addresses": ([{"EMAIL": "a@courriel.example b@courriel.example"}], 0),
    "a doubtful number": ([{"TEL_PORTABLE": "12"}], 0),
    "somebody left": ([{}, {"PRENOM": "Paul", "DATE_SORTIE": "01/02/2020"}], 0),
    "somebody leaves tomorrow": ([{"DATE_SORTIE": "22/11/2026"}], 0),
    "two homes": ([{}, {"PRENOM": "Paul", "CODE_LOGEMENT": "0001-2"}], 0),
    "two people of one name": ([{}, {"DATE_NAISSANCE": "03/04/1975"}], 0),
    "the same row twice": ([{}, {}], 0),
    "a home that nobody knows": ([{"CODE_LOGEMENT": "nulle part"}], 0),
    "a row without a name": ([{}, {"NOM": "", "PRENOM": ""}], 0),
    "a garage": ([{"NATURE_CONTRAT": "STATIONNEMENT", "CODE_LOGEMENT": "G1"}], 0),
}


@pytest.mark.parametrize("name", LEASES)
def test_each_kind_of_lease(tmp_path, monkeypatch, straight, name):
    changes, people = LEASES[name]
    rows = [tenant(**PLAIN | change) for change in changes]
    landlord = Landlord(tmp_path)
    both_ways([landlord.path("patrimoine", HOMES), landlord.path("locataires", rows + ALONE)], monkeypatch)
    assert straight[0] == people + 1


def test_a_mark_that_the_profile_keeps(tmp_path, monkeypatch, straight):
    landlord = Landlord(tmp_path)
    paths = [landlord.path("patrimoine", HOMES), landlord.path("locataires", [tenant(), *ALONE])]
    both_ways(paths, monkeypatch, profile="accessibility")
    assert straight[0] == 1


def test_by_several_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(first_load, "WORTH_IT", 1)
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr("bienveille.ground.lib.blocks.SIZE", 3000)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)
    landlord = Landlord(tmp_path)
    rows = [tenant(N_CONTRAT=f"{number}", PRENOM=f"J{number}", **PLAIN) for number in range(100, 160)]
    paths = [landlord.path("patrimoine", HOMES), landlord.path("locataires", rows)]
    files = import_files(paths=paths, today=TODAY, org="H").as_dict()["files"]
    assert files[1]["created"] == files[1]["leases"] == 60
    assert len(register()["point"]) == 120


def test_a_lease_met_again_further_down_is_taken_back(tmp_path, monkeypatch, straight):
    rows = [
        tenant(**PLAIN),
        *ALONE,
        tenant(PRENOM="Paul", **PLAIN),
        tenant(N_CONTRAT="3", CODE_LOGEMENT="0001-2", NOM="PETIT", **PLAIN),
        tenant(N_CONTRAT="3", CODE_LOGEMENT="0001-2", NOM="", PRENOM="", **PLAIN),
        *ALONE,
    ]
    landlord = Landlord(tmp_path)
    file = both_ways([landlord.path("patrimoine", HOMES), landlord.path("locataires", rows)], monkeypatch)
    assert file["created"] == 4
    assert straight[0] == 0


def test_a_file_in_another_order_is_no_longer_written_straight(tmp_path, monkeypatch, straight):
    monkeypatch.setattr(straight_load, "LOOSE", 1)
    monkeypatch.setattr("bienveille.register.imports.rules.straight_lines.ONE_IN", 1)
    monkeypatch.setattr("bienveille.ground.lib.blocks.SIZE", 500)
    asked = []
    real = typists.Typists._ask
    monkeypatch.setattr(
        typists.Typists, "_ask", lambda self, alone, *what: asked.append(alone.__name__) or real(self, alone, *what)
    )
    people = ["Jeanne", "Paul", "Luc"]
    rows = [
        tenant(N_CONTRAT=f"{number}", CODE_LOGEMENT="0001-1", NOM="PETIT", PRENOM=name, **PLAIN)
        for name in people
        for number in range(10, 30)
    ]
    landlord = Landlord(tmp_path)
    both_ways([landlord.path("patrimoine", HOMES), landlord.path("locataires", rows)], monkeypatch)
    assert asked[0] == "write_piece"
    assert asked.index("type_piece") > asked.count("write_piece") - 1
    assert straight[0] == 0
