"""Sheets that people fill in and send back: a notice on top, drop-downs, hidden keys; no Django, no clock.

Only the cells to fill can be changed; what a spreadsheet could take for a formula is a text (see `spreadsheets`).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import xlsxwriter

from bienveille.ground.lib.spreadsheets import clean_cell, starts_a_formula


@dataclass(frozen=True)
class FillColumn:
    """One column. `answers`: what may be chosen; `fill`: people write there; `hidden`: for the machine alone."""

    title: str
    width: int = 14
    fill: bool = False
    hidden: bool = False
    answers: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class FillSheet:
    """A sheet to fill: what it is and how to treat it (`notice`), its columns and rows."""

    name: str
    title: str
    notice: Sequence[str]
    columns: Sequence[FillColumn]
    rows: Sequence[Sequence[str]]


def filling_workbook(sheet: FillSheet) -> bytes:
    """The workbook; its answers stand on a hidden sheet, so that long lists of answers fit."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(clean_cell(sheet.name)[:31])
        lists = book.add_worksheet("Choix")
        lists.hide()
        strong = book.add_format({"bold": True, "font_size": 14})
        told = book.add_format({"text_wrap": False})
        head = book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "bg_color": "#E8EEF0"}
        )
        text = {"valign": "top", "text_wrap": True, "num_format": "@"}
        fixed = book.add_format(text)
        quoted = book.add_format({**text, "quote_prefix": True})
        free = book.add_format({**text, "locked": False, "bg_color": "#FFFBEA", "border": 1, "border_color": "#C9C2B4"})
        page.write_string(0, 0, clean_cell(sheet.title), strong)
        for rank, line in enumerate(sheet.notice, start=1):
            page.write_string(rank, 0, clean_cell(line), told)
        header = len(sheet.notice) + 2
        last = header + max(len(sheet.rows), 1)
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, column.width, None, {"hidden": column.hidden})
            page.write_string(header, place, clean_cell(column.title), head)
            if column.answers:
                for rank, answer in enumerate(column.answers):
                    lists.write_string(rank, place, answer)
                letter = xlsxwriter.utility.xl_col_to_name(place, col_abs=True)
                source = f"=Choix!{letter}$1:{letter}${len(column.answers)}"
                page.data_validation(
                    header + 1,
                    place,
                    last,
                    place,
                    {
                        "validate": "list",
                        "source": source,
                        "error_title": "Réponse inconnue",
                        "error_message": "Choisissez une réponse de la liste.",
                    },
                )
        for rank, row in enumerate(sheet.rows, start=header + 1):
            for place, (value, column) in enumerate(zip(row, sheet.columns, strict=True)):
                shape = free if column.fill else quoted if starts_a_formula(value) else fixed
                if value:
                    page.write_string(rank, place, clean_cell(value), shape)
                else:
                    page.write_blank(rank, place, None, shape)
        page.freeze_panes(header + 1, 2)
        page.repeat_rows(header)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&R&P / &N")
        page.protect("", {"format_columns": True, "format_rows": True})
    return out.getvalue()
