"""Answers that people take away: XLSX and CSV files, named, dated, never kept by a browser nor guessed to be a page."""

import tempfile
from collections.abc import Callable, Sequence, Sized
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from bienveille.ground.lib.spreadsheets import Sheet, csv_lines, write_xlsx
from bienveille.ground.lib.typography import calendar_day, clock

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class TooManyRows(Exception):
    """More rows than may leave like this: whoever let the request in knows what is missing, and says it.

    `rows`: how many; `what`: the file in words, without anybody's name; `proof`: who asks must prove it is them, else
    somebody else must agree.
    """

    def __init__(self, *, rows: int, what: str, proof: bool) -> None:
        super().__init__(rows)
        self.rows, self.what, self.proof = rows, what, proof


#: Asked before rows leave: how many, of what, whether they are about people. It returns, or raises TooManyRows.
type Gate = Callable[[int, str, bool], None]
#: The gate of this request, set by whoever knows who asks; None: nobody in particular asks (jobs, commands).
gate: ContextVar[Gate | None] = ContextVar("gate", default=None)


def weigh(rows: "QuerySet[Any, Any] | Sized", *, what: str, people: bool = True, agreed: bool = False) -> None:
    """Every file passes here before its first row is read (1 query for a queryset, none without a gate).

    `people`: the rows are about people; `agreed`: somebody else already answered for these very rows to leave.
    Raises TooManyRows; TypeError for rows that cannot be counted beforehand.
    """
    if not isinstance(rows, QuerySet | Sized):
        raise TypeError("rows that cannot be counted cannot leave")
    ask = gate.get()
    if ask is not None:
        ask(rows.order_by().count() if isinstance(rows, QuerySet) else len(rows), what, people and not agreed)


def heading(title: str, *, now: datetime, by: str) -> list[str]:
    """The first lines of a file: what it is; when it was made, and for whom."""
    local = timezone.localtime(now)
    return [title, f"Exporté le {calendar_day(local.date())} à {clock(local)} par {by}"]


def file_response(*, kind: str, sheets: Sequence[Sheet], name: str, now: datetime) -> HttpResponseBase:
    """The file `name-2026-11-21.xlsx` (all the sheets) or `.csv` (the first one), sent piece by piece.

    Who asks was already let in, and the reading already audited: neither is the business of this floor.
    """
    zone = timezone.get_current_timezone()
    response: HttpResponseBase
    if kind == "xlsx":
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the answer)
        write_xlsx(sheets, file, zone)
        file.seek(0)
        response = FileResponse(file)
    else:
        response = StreamingHttpResponse(csv_lines(sheets[0], zone))
    day = timezone.localtime(now).date().isoformat()
    disposition = content_disposition_header(True, f"{slugify(name)}-{day}.{kind}")
    response["Content-Type"] = TYPES[kind]
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
