"""What an unexpected failure leaves behind: a trace in var/log that holds no personal value."""

from __future__ import annotations

import json
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

#: What tells who somebody is, wherever a message took it from: an e-mail address, a French number, a social number.
PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w.-])(?:\+33|0033|0)[ .-]?[1-9](?:[ .-]?\d{2}){4}(?![\w-])"
    r"|(?<![\w.-])[12][ .]?\d{2}[ .]?[01]\d[ .]?\d[\dAB](?:[ .]?\d{3}){2}(?:[ .]?\d{2})?(?![\w-])"
)


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
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n{scrubbed(scrubbed_trace(failure))}\n")
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
        return scrubbed(super().format(record))

    def formatException(self, ei: Any) -> str:
        return scrubbed_trace(ei[1]) if ei[1] else ""


class FactsFormatter(ScrubbedFormatter):
    """One JSON object a line: `at` (UTC), `level`, `from`, `process`, `said`, and `trace` after a failure.

    After a refused request, its `status` and `who`, the key of the account, when somebody was signed in.
    """

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "process": record.process,
            "said": scrubbed(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1]:
            facts["trace"] = scrubbed(scrubbed_trace(record.exc_info[1]))
        if status := getattr(record, "status_code", None):
            facts["status"] = status
        if who := _account(getattr(record, "request", None)):
            facts["who"] = who
        return json.dumps(facts, ensure_ascii=False, default=str)


def _account(request: Any) -> str:
    """The key of who asked, if it is already known: a line of the log asks the database nothing."""
    user = getattr(request, "__dict__", {}).get("user")
    return str(getattr(getattr(user, "_wrapped", user), "pk", None) or "")


def scrubbed(text: str) -> str:
    """The text without secrets of links, e-mail addresses nor numbers of people."""
    return PERSONAL.sub("…", SECRET_IN_ADDRESS.sub("…", text))
