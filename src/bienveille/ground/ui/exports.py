"""Answers that people take away: XLSX and CSV files, named, dated, never kept by a browser nor guessed to be a page."""

import tempfile
from collections.abc import Sequence, Sized
from contextvars import ContextVar
from datetime import datetime

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


#: How many rows may leave in this request; None: as many as there are. Set by whoever knows who asks.
most_rows: ContextVar[int | None] = ContextVar("most_rows", default=None)


class TooManyRows(Exception):
    """More rows than may leave without another proof of who asks."""


def weigh(rows: object) -> None:
    """Raises TooManyRows for more rows than may leave (1 query for a queryset, none without a ceiling)."""
    most = most_rows.get()
    if most is None:
        return
    count = (
        rows.order_by()[: most + 1].count()
        if isinstance(rows, QuerySet)
        else len(rows)
        if isinstance(rows, Sized)
        else 0
    )
    if count > most:
        raise TooManyRows


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
