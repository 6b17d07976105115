"""Pieces hold the records that `Table.rows` gives, whatever their quotes, blanks and line ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib import pieces
from bienveille.ground.lib.tables import NotATable, open_table

TITLES = ("n contrat", "nom", "prenom", "tel")
CELLS = st.sampled_from(
    ["", "a", "é", "12", '"b;c"', '"d\r\ne"', '"say ""f"""', 'g"h', " ", "j" * 20 + "\x00" + "j" * 20]
)
ENDS = st.sampled_from(["\n", "\r\n"])


def table_of(folder, text):
    path = folder / "table.csv"
    path.write_bytes((";".join(TITLES) + "\n" + text).encode())
    return open_table(path, is_title=lambda title: title in TITLES)


def by_pieces(table):
    found = []
    for piece in pieces.cut(table):
        records = list(pieces.read_piece(piece))
        assert len(records) == piece.records
        lines = piece.lines()
        assert lines is None or lines == [text for _, _, text in records]
        found += [(number, cells) for number, cells, _ in records]
    return found


def outcome(read, table):
    try:
        return read(table)
    except NotATable as error:
        return error.code, error.detail


@given(st.lists(st.tuples(st.lists(CELLS, min_size=3, max_size=5), ENDS), min_size=1, max_size=30))
def test_pieces_hold_the_records_of_the_table(tmp_path_factory, records):
    text = "x;y;z;t\n" * 3 + "".join(";".join(cells) + end for cells, end in records)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "SIZE", 50)
        table = table_of(tmp_path_factory.mktemp("t"), text)
        assert outcome(by_pieces, table) == outcome(lambda one: list(one.rows()), table)


def test_a_quotation_mark_that_nobody_closed_is_told_with_its_record(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "SIZE", 40)
    table = table_of(tmp_path, "a;b;c;d\n" * 9 + 'a;"b;c;d\n' + "a;b;c;d\n" * 9)
    with pytest.raises(NotATable) as expected:
        list(table.rows())
    with pytest.raises(NotATable) as caught:
        by_pieces(table)
    assert (caught.value.code, caught.value.detail) == (expected.value.code, expected.value.detail)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_kind_of_line_end(tmp_path, end):
    table = table_of(tmp_path, f"a;b;c;d{end}e;f;g;h{end}{end};;;{end}i;j;k;l")
    assert by_pieces(table) == list(table.rows())
    assert len(by_pieces(table)) == 3
