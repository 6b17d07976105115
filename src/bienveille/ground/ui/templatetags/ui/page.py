"""The frame of a page: head, trail, help, emergency strip, sheets, notes, empty states."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from bienveille.ground.lib.words import plain
from bienveille.ground.ui.cookies import cookie_name
from bienveille.ground.ui.flash import Undo, read_message

from .library import anchor, register, rendered, trimmed

NOTE_ICONS = {
    "info": "info-circle-fill",
    "ok": "check-circle-fill",
    "warn": "exclamation-triangle-fill",
    "danger": "exclamation-octagon-fill",
}
#: Entries of a menu that are read without titles.
NAV_GLANCE = 7
THEMES = (("", "Comme l’appareil", "circle-half"), ("light", "Clair", "sun"), ("dark", "Sombre", "moon-stars"))


@register.simple_block_tag
def page_head(content: str, *, title: str, subtitle: str = "") -> SafeString:
    """`{% page_head title="…" subtitle="…" %} links or buttons {% endpage_head %}`

    The one h1 of the page and its actions.
    """
    return rendered("page_head", title=title, subtitle=subtitle, content=trimmed(content))


@register.simple_block_tag
def more_actions(content: str, *, label: str = "Plus d’actions") -> SafeString:
    """`{% more_actions %}{% link … kind="quiet" %}{% endmore_actions %}`, in a page_head

    What is done now and then, folded away so that what is done each day stands out.
    """
    return rendered("more_actions", label=label, content=trimmed(content))


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
    """`{% flash_messages %}`: what the last operation said, and the button that undoes it; already in the bases.

    Said with `messages.success(…)`, or `flash.say_done(request, "Ménage retiré.", undo=Undo(url=…))`.
    """
    said = [read_message(message) for message in context.get("messages") or []]
    return {"messages": said, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/undo_note.html", takes_context=True)
def undo_note(
    context: template.Context,
    *,
    text: str,
    url: str,
    label: str = "Annuler",
    name: str = "",
    value: str = "",
    more: str = "",
    kind: str = "ok",
) -> dict[str, Any]:
    """`{% undo_note text="Mme Rey est retirée." url=… label="La remettre" name= value= %}`

    What was done, beside the button that takes it back. After a redirect, `flash.say_done` shows the same.
    """
    undo = Undo(url=url, label=label, name=name, value=value, more=more)
    return {"message": {"text": text, "kind": kind, "undo": undo}, "csrf_token": context.get("csrf_token")}


@register.simple_block_tag(takes_context=True)
def confirmation(
    context: template.Context,
    content: str,
    *,
    action: str,
    back: str,
    url: str = "",
    name: str = "",
    value: str = "",
    icon: str = "",
    back_label: str = "Ne rien changer",
    danger: bool = False,
    refusal: Any = None,
    refused: str = "Rien n’a changé",
    busy: str = "Enregistrement…",
) -> SafeString:
    """`{% confirmation action="Fermer" back=campaign_url danger=True refusal=refusal %}…{% endconfirmation %}`

    Below the title that asks the question: what happens, what stays (your sheets, notes, fields: they are inside the
    form), then the button that says what it does and the way back. `url`: where it posts, this page if not given;
    `refusal`: what the operation refused, said first.
    """
    request = context.get("request")
    return rendered(
        "confirmation",
        csrf_token=context.get("csrf_token"),
        url=url or (request.path if request else ""),
        button={
            "label": action,
            "kind": "danger" if danger else "primary",
            "name": name,
            "value": value,
            "icon": icon,
            "busy": busy,
        },
        back=back,
        back_label=back_label,
        refusal=refusal,
        refused=refused,
        content=content,
    )


def _theme(context: template.Context) -> str:
    request = context.get("request")
    chosen = request.COOKIES.get(cookie_name("theme"), "") if request else ""
    return chosen if chosen in ("light", "dark") else ""


@register.simple_tag(takes_context=True)
def theme_attribute(context: template.Context) -> SafeString:
    """`<html lang="fr"{% theme_attribute %}>`: the theme somebody chose; nothing when the device decides."""
    chosen = _theme(context)
    return format_html(' data-bs-theme="{}"', chosen) if chosen else mark_safe("")


@register.inclusion_tag("ui/theme_switch.html", takes_context=True)
def theme_switch(context: template.Context) -> dict[str, Any]:
    """`{% theme_switch %}`: light, dark or as the device wishes; kept in a cookie, works without a script."""
    chosen, request = _theme(context), context.get("request")
    return {
        "csrf_token": context.get("csrf_token"),
        "next": request.get_full_path() if request else "/",
        "themes": [
            {"value": value or "device", "label": label, "icon": icon, "chosen": value == chosen}
            for value, label, icon in THEMES
        ],
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


@register.inclusion_tag("ui/nav_more.html")
def nav_more(*, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """`{% nav_more entries=navigation %}`: the entries for which the bar has no room, behind « Plus »; in the base."""
    folded = [entry for entry in entries if entry.get("more")]
    current = next((entry["label"] for entry in folded if entry["current"]), "")
    return {"groups": _grouped(folded), "current": current}


@register.inclusion_tag("ui/nav_menu.html")
def nav_menu(*, entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """`{% nav_menu entries=navigation %}`: every entry, for a screen that has no room for the bar; in the base."""
    entries = list(entries)
    return {
        "first": [entry for entry in entries if not entry.get("more")],
        "groups": _grouped([entry for entry in entries if entry.get("more")]),
    }


def _grouped(entries: list[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """(title, its entries): by what they are about once they are too many to be read at a glance, else untitled."""
    if len(entries) <= NAV_GLANCE:
        return [("", entries)] if entries else []
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(entry.get("group", ""), []).append(entry)
    return list(groups.items())


@register.inclusion_tag("ui/menu_matches.html")
def menu_matches(*, entries: Iterable[Mapping[str, Any]], text: str) -> dict[str, Any]:
    """`{% menu_matches entries=navigation text=text %}`: pages of the menu whose name begins with the words typed."""
    words = plain(text).split()
    found = [
        entry for entry in entries if words and all(f" {word}" in f" {plain(str(entry['label']))}" for word in words)
    ]
    return {"found": found}


@register.inclusion_tag("ui/bar_search.html", takes_context=True)
def bar_search(context: template.Context) -> dict[str, Any]:
    """`{% bar_search %}`: the search of the bar, a sign alone on a narrow screen; in the base.

    The key / leads to it, unless somebody turned it off: a single key may disturb who speaks to the machine.
    """
    return {"slash": _slash(context)}


@register.inclusion_tag("ui/slash_switch.html", takes_context=True)
def slash_switch(context: template.Context) -> dict[str, Any]:
    """`{% slash_switch %}`: turns the key / on or off; in the accessibility page."""
    request = context.get("request")
    return {
        "slash": _slash(context),
        "csrf_token": context.get("csrf_token"),
        "next": request.get_full_path() if request else "/",
    }


def _slash(context: template.Context) -> bool:
    request = context.get("request")
    return request is None or request.COOKIES.get(cookie_name("slash")) != "off"
