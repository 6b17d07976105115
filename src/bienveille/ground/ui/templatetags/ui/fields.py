"""Forms: list of errors, fields, choices; what was typed is kept, help and error come before the control."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString
from django.utils.text import slugify

from bienveille.ground.lib import typography
from bienveille.ground.ui import forms as fields
from bienveille.ground.ui import rules

from .library import anchor, register, rendered


@register.inclusion_tag("ui/error_summary.html")
def error_summary(
    *,
    form: forms.BaseForm | None = None,
    all_forms: Iterable[forms.BaseForm] = (),
    more: Iterable[Mapping[str, str]] = (),
    focus: bool = True,
) -> dict[str, Any]:
    """`{% error_summary form=form %}`: first thing of the page after a 422; nothing when there is no error.

    `all_forms`: several forms in one page; `more`: errors of what is not a Django form, as `label`, `text`, `target`;
    `focus=False`: the page does not go to it.
    """
    lines = [*fields.error_lines([form] if form is not None else all_forms), *more]
    return {"lines": lines, "title": rules.errors_title(len(lines)) if lines else "", "focus": focus}


@register.inclusion_tag("ui/field.html")
def field(
    *,
    field: BoundField,
    label: str = "",
    help: str = "",
    show_if: str = "",
    hidden_label: bool = False,
    autofocus: bool = False,
    key: str = "",
) -> dict[str, Any]:
    """`{% field field=form.phone help="Dix chiffres, par exemple 06 39 98 12 34." %}`

    Label, help, error, then the control.

    Any widget: text, date, list, text area, one box; a group of radios or boxes is shown as `choices`.
    Optional fields say “(facultatif)”. `show_if="outcome=reached|refused"` (also `!=`, several joined by `;`) hides it
    until the answer fits; without JavaScript it is always shown.
    """
    attributes = {}
    if autofocus:
        attributes["autofocus"] = "autofocus"
    if key:
        attributes |= {"data-bv-key": key, "aria-keyshortcuts": rules.key_attribute(key)}
    help_text = help or str(field.help_text or "")
    plain = field.is_hidden or field.use_fieldset
    return {
        "field": field,
        "kind": "hidden"
        if field.is_hidden
        else "choices"
        if field.use_fieldset
        else "check"
        if isinstance(field.field.widget, forms.CheckboxInput)
        else "control",
        "control": "" if plain else fields.widget_html(field, has_help=bool(help_text), attributes=attributes),
        "label": label or field.label,
        "help": help_text,
        "error": next(iter(field.errors), ""),
        "optional": not field.field.required,
        "hidden_label": hidden_label,
        "show_if": show_if,
        "key": key,
    }


@register.inclusion_tag("ui/choices.html")
def choices(
    *,
    field: BoundField,
    layout: str = "short",
    legend: str = "",
    title: bool = False,
    hidden_legend: bool = False,
    say: bool = False,
    help: str = "",
    hints: Mapping[str, str] | None = None,
    grades: bool = False,
    numbered: bool = False,
    shown: int = 0,
    more: str = "Autres réponses",
    show_if: str = "",
) -> dict[str, Any]:
    """`{% choices field=form.outcome layout="short|long|stack" legend="L’appel" title=True shown=4 more="…" %}`

    Radios or boxes whose whole line is pressed. `title`: the legend looks like a section title; `say`: the legend is
    read aloud, in « »; `hints`: value → words below; `grades`: values are grades; `numbered`: Alt + 1 to 9;
    `shown`: the first ones, the others folded behind `more` (open when one is chosen).
    """
    rows = fields.options(field, hints=hints, grades=grades, numbered=numbered)
    folded = rows[shown:] if shown else []
    return {
        "field": field,
        "layout": layout,
        "legend": typography.quoted(str(legend or field.label)) if say else legend or field.label,
        "title": title,
        "hidden_legend": hidden_legend,
        "say": say,
        "help": help or str(field.help_text or ""),
        "error": next(iter(field.errors), ""),
        "described_by": fields.described_by(field, has_help=bool(help or field.help_text)),
        "rows": rows[:shown] if shown else rows,
        "folded": folded,
        "open": any(row["checked"] for row in folded),
        "more": more,
        "show_if": show_if,
    }


@register.inclusion_tag("ui/choice.html")
def choice(
    *,
    name: str,
    value: str,
    label: str,
    type: str = "radio",
    checked: bool = False,
    hint: str = "",
    grade: str = "",
    id: str = "",
    key: str = "",
) -> dict[str, Any]:
    """`{% choice name="next" value="weekly" label="Chaque semaine" type="radio|checkbox" checked=… hint= grade= %}`

    One line.
    """
    return {
        "row": {
            "id": id or f"id_{name}_{slugify(value)}",
            "name": name,
            "value": value,
            "label": label,
            "type": type,
            "checked": checked,
            "hint": hint,
            "grade": grade,
            "key": key,
        }
    }


@register.simple_block_tag
def choice_group(
    content: str,
    *,
    legend: str,
    layout: str = "short",
    id: str = "",
    title: bool = False,
    hidden_legend: bool = False,
    say: bool = False,
    help: str = "",
    error: str = "",
    show_if: str = "",
) -> SafeString:
    """`{% choice_group legend="…" layout="short|long|stack" %}{% choice … %}{% endchoice_group %}`

    For answers that are not a form field.
    """
    base = anchor(legend, id)
    described = [f"{base}_help"] if help else []
    if error:
        described.append(f"{base}_error")
    return rendered(
        "choice_group",
        legend=typography.quoted(legend) if say else legend,
        layout=layout,
        anchor=base,
        title=title,
        hidden_legend=hidden_legend,
        say=say,
        help=help,
        error=error,
        described_by=" ".join(described),
        show_if=show_if,
        content=content,
    )
