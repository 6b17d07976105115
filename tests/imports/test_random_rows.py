"""Rows that nobody would type: they are taken or refused, one by one, and none stops the import.

`./bienveille bench random-rows` does the same with a million of them.
"""

import datetime as dt

import pytest
from benchmarks import random_rows
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.imports.factories import TODAY

from bienveille.register.imports.choices import Reason
from bienveille.register.imports.rules.cells import Issue
from bienveille.register.imports.rules.housing import HousingReader
from bienveille.register.imports.rules.recognition import HOUSING, STAFF, TENANTS, map_columns
from bienveille.register.imports.rules.staff import StaffReader
from bienveille.register.imports.rules.tenants import KEY, NAME, Rejected, TenantReader
from bienveille.register.tenants.models import Person

ROWS = 20_000


@pytest.mark.django_db
def test_twenty_thousand_rows(tmp_path):
    reasons = set()
    read = accepted = 0
    for path, written in random_rows.files(tmp_path, ROWS, seed=7):
        file = random_rows.take(path, written)
        reasons |= {reject["reason"] for reject in file["rejects"]}
        read, accepted = read + written, accepted + file["accepted"]
    assert read == ROWS
    assert 0.5 * ROWS < accepted < 0.95 * ROWS
    assert reasons == {
        "exit_before_entry", "unknown_dwelling", "missing_name", "missing_key", "duplicate_key", "too_few_columns",
        "too_many_columns",
    }  # fmt: skip
    assert Person.objects.count() > 1000


@pytest.mark.django_db
def test_broken_files(tmp_path):
    """Refused in one sentence, or every record that can be read is taken or refused; nothing breaks."""
    found = [random_rows.survive(path) for path in random_rows.broken(tmp_path, 16, seed=3)]
    assert {None} < set(found), "some are refused, some are read"


# ---- Cells of a workbook come typed: any value at any place -----------------------------------------------------------

CELLS = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.sampled_from(random_rows._TEXTS + random_rows._DAYS + random_rows._NUMBERS + random_rows._REACH),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


def rows(columns: tuple[str, ...], usual: dict[str, str]) -> st.SearchStrategy[list[object]]:
    """A row where some cells are what they usually are, so that it may get through."""
    return st.tuples(*(st.one_of(st.just(usual[name]), CELLS) if name in usual else CELLS for name in columns)).flatmap(
        lambda row: st.sampled_from([list(row), list(row[:-1]), [*row, ""], [*row, "trop"]])
    )


def is_day(text: str) -> bool:
    return text == "" or dt.date(1900, 1, 2) <= dt.date.fromisoformat(text) < dt.date(2900, 1, 1)


TENANT = {"N_CONTRAT": "001", "CODE_LOGEMENT": "L1", "NOM": "MARTIN", "NATURE_CONTRAT": "HABITATION"}


@settings(max_examples=400, deadline=None)
@given(row=rows(random_rows.TENANTS, TENANT))
@example(row=["001", "", "L1", dt.datetime(9999, 12, 31), dt.date.max, "", "Ⅷ" * 100, "", dt.date.min, *[""] * 8])
@example(row=["001", "", "L1", float("nan"), float("inf"), "", "X", "", float("-inf"), *["9" * 5000] * 8])
def test_any_cells_of_a_tenant(row):
    columns = map_columns(TENANTS, random_rows.TENANTS, {})
    reader = TenantReader(columns, today=TODAY, width=len(random_rows.TENANTS), with_disability=True)
    read = reader.read(2, row)
    if isinstance(read, Rejected):
        assert read.issue.reason in Reason.values
        return
    assert 0 < len(read.lease) <= KEY
    assert 0 < len(read.last_name) <= NAME
    assert len(read.first_name) <= NAME
    assert all(map(is_day, (read.entry, read.exit, read.birth)))
    assert not (read.entry and read.exit and read.exit < read.entry)
    assert len(read.phones) == len(read.whose) or not read.phones
    assert all(number.startswith("+") and number[1:].isdigit() and len(number) <= 16 for number in read.phones)
    assert all("@" in address and len(address) <= 254 for address in read.emails)
    texts = (read.lease, read.dwelling, read.last_name, read.first_name, *read.whose, *read.emails)
    assert all(text.isprintable() for text in texts)
    assert all(issue.reason in Reason.values and len(issue.value) <= 40 for issue in reader.warnings)


HOME = {"CODE_RESIDENCE": "R1", "NOM_RESIDENCE": "R", "CODE_LOGEMENT": "L1", "CODE_AGENCE": "A", "LIB_AGENCE": "A"}


@settings(max_examples=200, deadline=None)
@given(row=rows(random_rows.HOUSING, HOME))
def test_any_cells_of_a_home(row):
    reader = HousingReader(map_columns(HOUSING, random_rows.HOUSING, {}), width=len(random_rows.HOUSING))
    read = reader.read(2, row)
    if isinstance(read, Issue):
        assert read.reason in Reason.values
        return
    assert all("\x00" not in cell and cell.isprintable() for cell in read if isinstance(cell, str))
    assert read.floor is None or -5 <= read.floor <= 70
    assert read.surface is None or 0 < float(read.surface) < 10_000


@settings(max_examples=200, deadline=None)
@given(row=rows(random_rows.STAFF, {"NOM": "DURAND", "EMAIL": "a@b.fr", "ROLE": "APPELANT"}))
def test_any_cells_of_a_colleague(row):
    reader = StaffReader(map_columns(STAFF, random_rows.STAFF, {}), width=len(random_rows.STAFF))
    read = reader.read(2, row)
    if isinstance(read, Issue):
        assert read.reason in Reason.values
        return
    assert read.last_name.isprintable()
    assert "@" in read.email
