"""The frame of a page: head, trail, help, emergency strip, sheets, notes, empty states."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from .library import anchor, register, rendered, trimmed

NOTE_ICONS = {
    "info": "info-circle-fill",
    "ok": "check-circle-fill",
    "warn": "exclamation-triangle-fill",
    "danger": "exclamation-octagon-fill",
}
MESSAGE_KINDS = {"success": "ok", "warning": "warn", "error": "danger"}


@register.simple_block_tag
def page_head(content: str, *, title: str, subtitle: str = "") -> SafeString:
    """`{% page_head title="…" subtitle="…" %} links or buttons {% endpage_head %}`

    The one h1 of the page and its actions.
    """
    return rendered("page_head", title=title, subtitle=subtitle, content=trimmed(content))


@register.inclusion_tag("ui/breadcrumbs.html")
def breadcrumbs(*, items: Iterable[tuple[str, str]], current: str) -> dict[str, Any]:
    """`{% breadcrumbs items=trail current="Grand froid" %}`: `trail` is a list of (label, url)."""
    return {"items": items, "current": current}


@register.simple_block_tag
def help_panel(content: str, *, title: str = "À quoi sert cette page\u00a0?") -> SafeString:
    """`{% help_panel %}<p>…</p>{% endhelp_panel %}`

    A few sentences folded away; goes in the `help` block of the base.
    """
    return rendered("help_panel", title=title, content=content)


@register.inclusion_tag("ui/flash_messages.html", takes_context=True)
def flash_messages(context: template.Context) -> dict[str, Any]:
    """`{% flash_messages %}`: what the last operation said; already in `ui/base.html` and `ui/simple.html`."""
    messages = context.get("messages") or []
    return {
        "messages": [
            {"text": message.message, "kind": MESSAGE_KINDS.get(message.level_tag, "info")} for message in messages
        ]
    }


@register.inclusion_tag("ui/sos.html")
def sos(*, numbers: Sequence[Mapping[str, str]], more_url: str = "") -> dict[str, Any]:
    """`{% sos numbers=emergency_numbers more_url=… %}`: the emergency strip, in the `sos` block, above every field.

    `numbers`: from the dated table, never typed in a template: mappings or objects with `number`, `label`, `uri`
    (`tel:15`, `sms:114`). An empty list is refused: a strip without numbers would be a false promise.
    """
    if not numbers:
        raise ValueError("the emergency strip needs its numbers")
    return {"numbers": numbers, "more_url": more_url}


@register.simple_block_tag
def sheet(
    content: str,
    *,
    title: str = "",
    aside: str = "",
    id: str = "",
    level: int = 2,
    hidden_title: bool = False,
    show_if: str = "",
) -> SafeString:
    """`{% sheet title="Par agence" aside="…" id="agences" %}…{% endsheet %}`: the only container; never one in another.

    `aside`: short words at the right of the title; `hidden_title`: the title is for readers only;
    `show_if`: condition on an answer (see `field`).
    """
    return rendered(
        "sheet",
        title=title,
        aside=aside,
        anchor=anchor(title, id),
        level=level,
        hidden_title=hidden_title,
        show_if=show_if,
        content=content,
    )


@register.simple_block_tag
def note(
    content: str, *, kind: str = "info", title: str = "", icon: str = "", level: int = 3, live: bool = False
) -> SafeString:
    """`{% note kind="info|ok|warn|danger" title="Conseil à donner" %}<p>…</p>{% endnote %}`

    `live` if it appears after an action.
    """
    return rendered(
        "note",
        kind=kind,
        title=title,
        icon=icon or NOTE_ICONS[kind],
        level=level,
        live=live,
        content=content,
    )


@register.simple_block_tag
def empty_state(content: str, *, title: str, text: str = "", picture: bool = True, level: int = 2) -> SafeString:
    """`{% empty_state title="Vos rappels sont faits" text="…" %} the next useful link {% endempty_state %}`"""
    return rendered("empty_state", title=title, text=text, picture=picture, level=level, content=trimmed(content))
