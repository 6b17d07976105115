"""Rows typed by several processes are those typed by one, in the same order."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.imports.factories import TODAY, Landlord, tenant

from bienveille.ground.lib import blocks, pieces
from bienveille.ground.lib.blocks import written_in
from bienveille.ground.lib.tables import NotATable
from bienveille.register.imports.operations import typists
from bienveille.register.imports.operations.reading import Given, recognised
from bienveille.register.imports.rules.tenant_lines import COLUMNS, Reading


@pytest.fixture
def source(tmp_path):
    rows = [tenant(N_CONTRAT=f"{number:03}", NOM=f"NOM{number}") for number in range(2, 90)]
    rows[10]["NOM"], rows[20]["TEL_PORTABLE"] = "", "NC"
    return recognised(Given(Landlord(tmp_path).path("locataires", rows)))


def reading(source, today=TODAY):
    width, encoding = len(source.table.header), written_in(source.table)
    return Reading(source.columns, today, width, b"secret", text=True, encoding=encoding)


def typed(source):
    """Lines without the keys drawn at random, rejects, warnings."""
    with typists.Typists(source.table, reading(source)) as those:
        found = list(those.type_all())
    lines = [line.rsplit("\t", 5)[0] for one in found for line in one.lines]
    return lines, [one for f in found for one in f.rejects], [one for f in found for one in f.warnings]


def test_side_by_side_or_alone(source, monkeypatch):
    alone = typed(source)
    assert len(alone[0]) == 87
    assert [issue.reason for issue in alone[1] + alone[2]] == ["missing_name", "invalid_phone"]
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr(pieces, "SIZE", 700)
    monkeypatch.setattr(blocks, "SIZE", 700)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)
    assert typed(source) == alone


def test_what_is_found_while_reading_on_stops_the_processes(source, monkeypatch):
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr(pieces, "SIZE", 700)
    monkeypatch.setattr(blocks, "SIZE", 700)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)
    with source.table.path.open("a", encoding="cp1252") as stream:
        stream.write('"' + "never closed;" * 9000)
    with pytest.raises(NotATable):
        typed(source)


def test_the_key_of_signatures_follows_what_decides_of_a_row(source):
    first = reading(source)
    assert first.key == reading(source).key
    assert first.key != reading(source, dt.date(2027, 1, 1)).key
    assert first.key != replace(first, secret=b"another").key
    assert first.key != replace(first, encoding="utf-8").key


def signed(source):
    with typists.Typists(source.table, reading(source)) as those:
        return [run for one in those.sign_all() for run in one.runs()]


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_lease_is_signed_alike_by_blocks_by_pieces_and_when_it_is_typed(tmp_path, monkeypatch, place, end):
    rows = [
        tenant(N_CONTRAT=number, NOM=name)
        for number, name in [("1", "A"), ("12", "É"), ("12", "œuf"), ("’3", "C"), ("'4", "D"), ("12", "E"), ("", "F")]
    ]
    titles = list(rows[0])
    titles.insert(place, titles.pop(titles.index("N_CONTRAT")))
    lines = [titles, *([row[title] for title in titles] for row in rows)]
    path = tmp_path / "locataires.csv"
    path.write_bytes(end.join(";".join(line) for line in lines).encode("cp1252"))
    source = recognised(Given(path))
    by_blocks = signed(source)
    monkeypatch.setattr(blocks, "_PLAIN", frozenset())
    assert signed(source) == by_blocks
    assert [run[0] for run in by_blocks] == ["1", "12", "’3", "4", "12", ""]
    with typists.Typists(source.table, reading(source)) as those:
        lines = [line.split("\t") for one in those.type_all() for line in one.lines]
    columns = [COLUMNS.index(name) for name in ("lease", "signature")]
    found = [[line[column] for column in columns] for line in lines if line[columns[1]] != "0"]
    assert found == [[lease, str(signature)] for lease, signature, _, _ in by_blocks if lease]


def test_some_rows_are_picked_from_blocks_and_from_what_follows_them(source, monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 700)
    with source.table.path.open("a", encoding="cp1252") as stream:
        first = next(source.table.rows())[1]
        stream.writelines(";".join([f'"9{number}"', *map(str, first[1:])]) + "\r\n" for number in range(20))
    with typists.Typists(source.table, reading(source)) as those:
        lines = {line.split("\t", 1)[0]: line.rsplit("\t", 5)[0] for one in those.type_all() for line in one.lines}
        picked = list(those.type_runs([(5, 3), (60, 1), (100, 2)], [(22, 1)]))
    found = [line.rsplit("\t", 5)[0] for one in picked for line in one.lines]
    assert [line.split("\t", 1)[0] for line in found] == ["5", "6", "7", "60", "100", "101"]
    signature = COLUMNS.index("signature")
    plain = [[cell for place, cell in enumerate(line.split("\t")) if place != signature] for line in found]
    every = [lines[line.split("\t", 1)[0]].split("\t") for line in found]
    assert plain == [[cell for place, cell in enumerate(line) if place != signature] for line in every]
    assert [one.row for some in picked for one in some.warnings] == [22]
    assert sum(one.records for one in picked) == 108


@pytest.mark.parametrize("asked", [[(5, 3), (60, 1)], [(5, 2), (60, 1)]])  # what was foreseen, something else
@pytest.mark.parametrize("most", [typists.EARLY, 0])
def test_rows_typed_early_are_those_that_are_asked_for(source, monkeypatch, most, asked):
    doubtful = [(22, 1)]
    with typists.Typists(source.table, reading(source)) as alone:
        expected = list(alone.type_runs(asked, doubtful))
    monkeypatch.setattr(typists, "LARGE", 0)
    monkeypatch.setattr(typists, "EARLY", most)
    monkeypatch.setattr(typists.os, "process_cpu_count", lambda: 2)
    with typists.Typists(source.table, reading(source)) as those:
        assert len(list(those.sign_all())) == 1
        those.type_early(0, [(5, 3), (60, 1)], doubtful)
        assert len(those._early) == (most > 0)
        found = list(those.type_runs(asked, doubtful))
    assert [line.rsplit("\t", 5)[0] for one in found for line in one.lines] == [
        line.rsplit("\t", 5)[0] for one in expected for line in one.lines
    ]
    assert [one.warnings for one in found] == [one.warnings for one in expected]
    assert [one.records for one in found] == [one.records for one in expected]
