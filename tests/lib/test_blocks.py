"""Blocks hold the records that `Table.rows` gives while lines are even; the rest of the table comes as pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib import blocks, pieces
from bienveille.ground.lib.blocks import Block
from bienveille.ground.lib.tables import NotATable, open_table

TITLES = ("n contrat", "nom", "prenom", "tel")
PLAIN = st.sampled_from(["a", "é", "12", " ", "’", "œuf"])
CELLS = st.sampled_from(["", "a", "é", '"b;c"', '"d\r\ne"', "j" * 20 + "\x00"])
ROWS = st.lists(st.lists(PLAIN, min_size=1, max_size=5), max_size=30)
OTHERS = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=10)


def table_of(folder, text, encoding="cp1252"):
    path = folder / "table.csv"
    path.write_bytes((";".join(TITLES) + "\n" + text).encode(encoding))
    return open_table(path, is_title=lambda title: title in TITLES)


def records_of(table, **options):
    found = []
    for piece in blocks.pieces_of(table, 0, **options):
        block = isinstance(piece, Block)
        some = list(pieces.read_piece(piece.piece() if block else piece))
        assert [number for number, _, _ in some] == list(range(piece.first, piece.first + piece.records))
        if block:
            encoding = blocks.written_in(table)
            assert piece.lines().split(b"\n") == [text.encode(encoding) + b"\r" for _, _, text in some]
        found += [(number, cells) for number, cells, _ in some]
    return found


def outcome(read, table):
    try:
        return read(table)
    except NotATable as error:
        return error.code, error.detail


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 40)
    monkeypatch.setattr(pieces, "SIZE", 40)


@given(ROWS, OTHERS, ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["cp1252", "utf-8", "utf-8-sig", "cp850"]))
def test_blocks_and_pieces_hold_the_records_of_the_table(tmp_path_factory, even, others, then, end, encoding):
    text = f"x;y;z;t{end}" * 3 + "".join(";".join(cells) + end for cells in even + others + then)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", 40)
        patch.setattr(pieces, "SIZE", 40)
        if encoding == "cp850":
            text = text.replace("’", "'").replace("œ", "oe")
        table = table_of(tmp_path_factory.mktemp("t"), text, encoding)
        assert outcome(records_of, table) == outcome(lambda one: list(one.rows()), table)


def test_an_even_table_is_blocks_only_and_the_same_from_the_middle(tmp_path, short):
    table = table_of(tmp_path, "a;b;c;d\r\n" * 3 + "e;f;g;h\r\n" * 40 + "i;j;k;é")
    table.path.write_bytes(table.path.read_bytes().replace(b"tel\n", b"tel\r\n"))
    found = list(blocks.pieces_of(table, 0))
    assert all(isinstance(block, Block) for block in found)
    # Lines of one group stay together: the first block ends with it.
    assert [block.records for block in found] == [43, 1]
    assert list(blocks.pieces_of(table, 0, known=found[:1])) == found


def test_what_is_uneven_ends_the_blocks(tmp_path, short):
    for line in (
        '"a";b;c;d',
        ";b;c;d",
        "",
        ";;;",
        "a;b;c;d\r",
        "a;b\x00;c;d",
        "k" * 70_000 + ";" + "l" * 70_000 + ";c;d",
    ):
        table = table_of(tmp_path, "\n".join(f"{number};b;c;d" for number in range(20)) + f"\n{line}\ne;f;g;h\n")
        kinds = [type(piece).__name__ for piece in blocks.pieces_of(table, 0)]
        assert (kinds[0], kinds[-1]) == ("Block", "Piece"), line[:9]
        assert records_of(table) == list(table.rows()), line[:9]


def test_a_file_cut_short_meanwhile_is_told(tmp_path):
    table = table_of(tmp_path, "a;b;c;d\n" * 9)
    (block,) = blocks.pieces_of(table, 0)
    table.path.write_bytes(table.path.read_bytes()[:-20])
    with pytest.raises(NotATable):
        block.text()
