"""Rows of one lease that stand apart in a nightly export, some of them unchanged, some new."""

import pytest
from tests.imports.factories import TODAY, Landlord, changes_of, home, tenant

from bienveille.ground.lib import blocks
from bienveille.register.imports.operations import WrongFile, import_files, typists
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db

ALONE, HERS, OTHER = tenant(), tenant(PRENOM="Paul"), tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="PETIT")
HOMES = [home(), home("0001-2")]


@pytest.fixture
def landlord(tmp_path):
    return Landlord(tmp_path)


@pytest.fixture
def beside(landlord, monkeypatch):
    """Several processes sign the files that come now."""
    landlord.imports(homes=HOMES, tenants=[ALONE, OTHER])
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)


@pytest.mark.parametrize("rows", [[HERS, OTHER, ALONE], [ALONE, OTHER, HERS]])
def test_somebody_comes_in_a_row_apart_and_nobody_leaves(landlord, rows):
    landlord.imports(homes=HOMES, tenants=[ALONE, OTHER])
    files = landlord.imports(tenants=rows)
    assert changes_of(files["tenants"]) == (1, 0, 0, 2)
    assert Person.objects.filter(left_on=None).count() == 3


def test_rows_apart_that_have_not_changed_are_not_read_again(landlord):
    landlord.imports(homes=HOMES, tenants=[ALONE, OTHER, HERS])
    files = landlord.imports(tenants=[HERS, OTHER, ALONE])
    assert changes_of(files["tenants"]) == (0, 0, 0, 3)


def test_a_row_goes_and_the_other_one_stays(landlord):
    landlord.imports(homes=HOMES, tenants=[ALONE, OTHER, HERS])
    files = landlord.imports(tenants=[OTHER, HERS])
    assert changes_of(files["tenants"]) == (0, 0, 1, 2)


@pytest.mark.parametrize("cell", ["06 85 55 94 31", "NC"])  # sure, doubtful
@pytest.mark.parametrize("size", [1 << 19, 100])  # in one block, in several
def test_a_row_that_comes_twice_is_said_even_when_nothing_else_changed(landlord, monkeypatch, size, cell):
    monkeypatch.setattr(blocks, "SIZE", size)
    alone = ALONE | {"TEL_PORTABLE": cell}
    landlord.imports(homes=HOMES, tenants=[alone, OTHER])
    files = landlord.imports(tenants=[alone, OTHER, alone])
    assert [reject["reason"] for reject in files["tenants"]["rejects"]] == ["duplicate_key"]
    assert changes_of(files["tenants"]) == (0, 0, 0, 2)


def test_a_lease_whose_rows_come_apart_is_not_taken_for_gone(landlord):
    landlord.imports(homes=HOMES, tenants=[ALONE, OTHER, HERS])
    landlord.imports(tenants=[HERS, OTHER])
    files = landlord.imports(tenants=[ALONE, OTHER, HERS])
    assert changes_of(files["tenants"]) == (0, 1, 0, 2)
    assert Person.objects.filter(left_on=None).count() == 3


def rewritten(path, change):
    """The second import of a file of which the bytes were changed."""
    path.write_bytes(change(path.read_bytes()))
    return changes_of(import_files(paths=[path], today=TODAY).as_dict()["files"][0])


def test_the_same_rows_in_another_encoding_change_nothing(landlord):
    landlord.imports(homes=HOMES, tenants=[ALONE | {"NOM": "LÉVÊQUE"}, OTHER])
    path = landlord.folder / "locataires.csv"
    assert rewritten(path, lambda raw: raw.decode("cp1252").encode()) == (0, 0, 0, 2)
    assert Person.objects.filter(last_name="LÉVÊQUE", left_on=None).count() == 1
    assert rewritten(path, lambda raw: raw.replace("É".encode(), "È".encode())) == (0, 1, 0, 1)


def test_a_row_with_a_byte_that_nobody_can_read_changes_nothing_either(landlord):
    landlord.imports(homes=HOMES, tenants=[ALONE, OTHER])
    path = landlord.folder / "locataires.csv"
    rewritten(path, lambda raw: raw.replace("é".encode("cp1252"), b"\x81", 1))
    assert rewritten(path, lambda raw: raw) == (0, 0, 0, 2)
    assert rewritten(path, lambda raw: raw.replace(b"VEUF", b"MARIE", 1)) == (0, 1, 0, 1)


def test_the_same_beside(beside, landlord):
    files = landlord.imports(tenants=[HERS, OTHER, ALONE])
    assert changes_of(files["tenants"]) == (1, 0, 0, 2)


def test_what_is_found_while_signing_stops_everything(beside, landlord):
    path = landlord.path("locataires", [ALONE, OTHER])
    with path.open("a", encoding="cp1252") as stream:
        stream.write('"' + "never closed;" * 9000)
    with pytest.raises(WrongFile):
        import_files(paths=[path], today=TODAY)
