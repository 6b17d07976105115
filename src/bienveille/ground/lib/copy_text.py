"""PostgreSQL's text format of COPY: one line a row, cells between tabs, `\\N` for null."""

import re
from collections.abc import Sequence

NULL = "\\N"
_SPECIAL = re.compile(r'^$|[{},"\\\s]|^null$', re.IGNORECASE)


def escaped(text: str) -> str:
    """A text as COPY reads it; cells were cleaned of controls, so a backslash is all there is to double."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def array(values: Sequence[str]) -> str:
    """An array of texts as COPY reads it."""
    if not values:
        return "{}"
    if len(values) == 1 and not _SPECIAL.search(values[0]):
        return "{" + values[0] + "}"
    quoted = ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + escaped(quoted) + "}"
