"""Rows typed by several processes are those typed by one, in the same order."""

import datetime as dt

import pytest
from tests.imports.factories import TODAY, Landlord, tenant

from bienveille.ground.lib import pieces
from bienveille.ground.lib.tables import NotATable
from bienveille.register.imports.operations import typists
from bienveille.register.imports.operations.reading import Given, recognised
from bienveille.register.imports.rules.tenant_lines import Reading


@pytest.fixture
def source(tmp_path):
    rows = [tenant(N_CONTRAT=f"{number:03}", NOM=f"NOM{number}") for number in range(2, 90)]
    rows[10]["NOM"], rows[20]["TEL_PORTABLE"] = "", "NC"
    return recognised(Given(Landlord(tmp_path).path("locataires", rows)))


def reading(source, today=TODAY):
    return Reading(source.columns, today, len(source.table.header), b"secret")


def typed(source):
    """Lines without the keys drawn at random, rejects, warnings."""
    with typists.Typists(source.table, reading(source)) as those:
        found = list(those.type_all())
    lines = [line.rsplit("\t", 3)[0] for one in found for line in one.lines]
    return lines, [one for f in found for one in f.rejects], [one for f in found for one in f.warnings]


def test_side_by_side_or_alone(source, monkeypatch):
    alone = typed(source)
    assert len(alone[0]) == 87
    assert [issue.reason for issue in alone[1] + alone[2]] == ["missing_name", "invalid_phone"]
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr(pieces, "SIZE", 700)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)
    assert typed(source) == alone


def test_what_is_found_while_reading_on_stops_the_processes(source, monkeypatch):
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr(pieces, "SIZE", 700)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)
    with source.table.path.open("a", encoding="cp1252") as stream:
        stream.write('"' + "never closed;" * 9000)
    with pytest.raises(NotATable):
        typed(source)


def test_the_key_of_signatures_follows_what_decides_of_a_row(source):
    first = reading(source)
    assert first.key == reading(source).key
    assert first.key != reading(source, dt.date(2027, 1, 1)).key
    assert first.key != Reading(first.columns, TODAY, first.width, b"another").key
