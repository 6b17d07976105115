"""What an unexpected failure leaves behind: a trace in var/log that holds no personal value."""

from __future__ import annotations

import logging
import os
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LARGEST_LOG = 5_000_000

#: Packages whose messages quote the failing row: a phone number, a name (security.md, section 4, trap 2).
QUOTING = ("django.db", "psycopg", "django.core.exceptions")

#: A link's secret in the address of a page: 256 bits are 43 letters, and a key of ours 36.
SECRET_IN_ADDRESS = re.compile(r"(?<=/)[A-Za-z0-9_-]{40,}(?=[/\s]|$)")


def var_folder() -> Path:
    """Where everything private of this installation lives: BIENVEILLE_VAR, else `var` in the repository."""
    if chosen := os.environ.get("BIENVEILLE_VAR"):
        return Path(chosen)
    here = Path(__file__).resolve()
    root = next((folder for folder in here.parents if (folder / "pyproject.toml").exists()), here.parents[3])
    return root / "var"


def record_failure(failure: BaseException) -> Path:
    """Append the failure's trace to var/log/errors.log, and say where that is."""
    log = var_folder() / "log" / "errors.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{scrubbed_trace(failure)}\n")
    return log


def scrubbed_trace(failure: BaseException) -> str:
    """The trace of a failure and its causes; a message that may quote a row is replaced by its SQL state."""
    told: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = failure
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines = traceback.format_list(traceback.extract_tb(current.__traceback__))
        told.append("".join(lines) + _title(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\ncaused by\n".join(told)


def _title(failure: BaseException) -> str:
    kind = type(failure)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.startswith(QUOTING):
        state = getattr(failure, "sqlstate", None) or getattr(failure.__cause__, "sqlstate", None)
        return f"{name} (SQLSTATE {state})\n" if state else f"{name}\n"
    return f"{name}: {failure}\n"


class ScrubbedFormatter(logging.Formatter):
    """For logging: traces of failures pass through `scrubbed_trace`, never Python's own, which quotes rows; addresses
    lose the secret of a link that stands in them.
    """

    def format(self, record: logging.LogRecord) -> str:
        return SECRET_IN_ADDRESS.sub("…", super().format(record))

    def formatException(self, ei: Any) -> str:
        return scrubbed_trace(ei[1]) if ei[1] else ""
