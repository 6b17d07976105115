"""What an operation says on the next page, with the button that undoes it; kept by Django's messages in between."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

_MARK = "bv-undo:"
KINDS = {"success": "ok", "warning": "warn", "error": "danger"}


@dataclass(frozen=True)
class Undo:
    """A button that posts to `url`, which asks the operation that undoes; `name` and `value` go with it."""

    url: str
    label: str = "Annuler"
    name: str = ""
    value: str = ""
    more: str = ""  # for readers: what is undone, when several messages are shown


def say_done(request: HttpRequest, text: str, *, undo: Undo | None = None) -> None:
    """Tells that something was done; with `undo`, the message offers to take it back."""
    messages.success(request, text, extra_tags=_MARK + json.dumps(asdict(undo)) if undo else "")


def read_message(message: Any) -> dict[str, Any]:
    """A message as its component shows it: text, kind, undo."""
    tags = getattr(message, "extra_tags", "") or ""
    undo = Undo(**json.loads(tags.removeprefix(_MARK))) if tags.startswith(_MARK) else None
    return {"text": message.message, "kind": KINDS.get(message.level_tag, "info"), "undo": undo}
