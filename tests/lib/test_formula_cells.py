"""Ten thousand texts that a spreadsheet might compute, through the writer of every file that leaves (G15).

Drawn from a fixed seed, written as CSV and XLSX, and read again by software that is not ours. Telephone numbers and
amounts below nil, which begin with the same signs, come back as what they are.
"""

import csv
import io
import random
from decimal import Decimal

import openpyxl
import pytest

from bienveille.ground.lib.names import clean_code
from bienveille.ground.lib.phones import read_phone
from bienveille.ground.lib.spreadsheets import Column, Sheet, csv_lines, write_xlsx

TEXTS = 10_000
#: What makes a spreadsheet compute, in front or behind what hides it from a careless look.
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
BEFORE = ("", "", "", " ", "\u00a0", "\u202f", "\ufeff", "\u200b", "\t", '"', "'", ";", "\r\n", "\x01")
PIECES = (
    "1+1", "SUM(A1:A9)", "HYPERLINK(\"http://x.example\",\"lire\")", "cmd|' /C calc'!A0", "WEBSERVICE(A1)", "DDE(\"a\";\"b\")",
    "2026", "33639980011", "120,50", "\n=1", ";=1", "\"=1", "\";=1+1;\"", ",=1", "é", "Mme Durand", "👵🏽", "\u202e", "'", "|",
)  # fmt: skip


def drawn() -> list[str]:
    """The texts; each begins with a sign, itself in the open or behind something."""
    chance = random.Random(15)
    return [
        chance.choice(BEFORE) + chance.choice(SIGNS) + "".join(chance.choices(PIECES, k=chance.randint(0, 4)))
        for _ in range(TEXTS)
    ]


def read_csv(sheet: Sheet) -> list[list[str]]:
    text = b"".join(csv_lines(sheet)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]


def read_xlsx(sheet: Sheet) -> list[tuple[object, ...]]:
    out = io.BytesIO()
    write_xlsx([sheet], out)
    page = openpyxl.load_workbook(out).worksheets[0]
    return list(page.iter_rows(min_row=2))


def computes(cell: str) -> bool:
    """Written here a second time, on purpose: what a spreadsheet would make of a cell of a CSV file."""
    bare = cell.lstrip(" \u00a0\u202f\ufeff\u200b\x01")
    return bare[:1] in SIGNS


def test_what_computes_is_known():
    assert computes("=1")
    assert computes(" +1")
    assert computes("＝1")
    assert not computes("'=1")
    assert not computes("Mme Durand")


def test_g15_ten_thousand_texts_are_texts(record_property):
    texts = drawn()
    sheet = Sheet("x", [Column("Note"), Column("Après")], [[text, "fin"] for text in texts])

    rows = read_csv(sheet)
    assert [row[1:] for row in rows] == [["fin"]] * TEXTS, "a text left its cell"
    alive = [(text, row[0]) for text, row in zip(texts, rows, strict=True) if computes(row[0])]
    assert alive == []

    cells = read_xlsx(sheet)
    assert len(cells) == TEXTS
    wrong = [
        (text, row[0].data_type, row[0].value)
        for text, row in zip(texts, cells, strict=True)
        if row[0].data_type != "s" or (not row[0].quotePrefix and computes(str(row[0].value))) or row[0].hyperlink
    ]
    assert wrong == []
    record_property("g15", f"{2 * TEXTS} cells, 0 computes")


@pytest.mark.parametrize("number", ["+33465710142", "+262262161234", "+590590123456"])
def test_g15_a_telephone_number_survives_a_file_and_comes_back(number):
    sheet = Sheet("x", [Column("Téléphone", "phone"), Column("Tel brut")], [[number, number]])
    (phone, raw), ((cell, plain),) = read_csv(sheet)[0], read_xlsx(sheet)
    assert not computes(phone)
    assert {read_phone(value).numbers for value in (phone, raw, clean_code(raw), cell.value, plain.value)} == {
        (number,)
    }
    assert (cell.data_type, plain.data_type) == ("s", "s")


def test_g15_an_amount_below_nil_is_still_a_number():
    amounts = [Decimal(cents) / 100 for cents in random.Random(15).sample(range(-1_000_000, 0), 2_000)]
    amounts[0] = Decimal("-120.50")
    sheet = Sheet("x", [Column("Solde", "number")], [[amount] for amount in amounts])
    rows = read_csv(sheet)
    assert rows[0] == ["-120,50"]
    assert [Decimal(row[0].replace(",", ".")) for row in rows] == amounts
    cells = read_xlsx(sheet)
    assert {row[0].data_type for row in cells} == {"n"}
    assert [Decimal(str(row[0].value)) for row in cells] == amounts
