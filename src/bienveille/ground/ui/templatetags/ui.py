"""The components of every screen, as documented keyword-only tags; they know looks, never meaning. Filters: `french`.

Leaves are inclusion tags, or simple tags where a list shows them a hundred times; wrappers are block tags.
A text given to a tag is escaped unless it was marked safe. Titles and labels are written by the screens, in French.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from bienveille.ground.lib import typography
from bienveille.ground.ui import forms as fields
from bienveille.ground.ui import rules

register = template.Library()

BUTTON_CLASSES = {
    "primary": "btn btn-primary",
    "outline": "btn btn-outline-primary",
    "secondary": "btn btn-outline-secondary",
    "danger": "btn btn-danger",
    "quiet": "btn btn-link",
    "text": "",
}
SIZES = {"": "", "sm": " btn-sm", "lg": " btn-lg"}
NOTE_ICONS = {
    "info": "info-circle-fill",
    "ok": "check-circle-fill",
    "warn": "exclamation-triangle-fill",
    "danger": "exclamation-octagon-fill",
}
MESSAGE_KINDS = {"success": "ok", "warning": "warn", "error": "danger"}


def _block(name: str, **context: Any) -> SafeString:
    return mark_safe(get_template(f"ui/{name}.html").render(context))  # noqa: S308 (autoescaped by the template)


def _figure(value: Any) -> Any:
    return typography.number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _anchor(title: str, given: str) -> str:
    return given or f"p-{slugify(title)}"


# ---- Signs -----------------------------------------------------------------------------------------------------


def _sign(name: str, extra: str = "") -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>', extra, static("ui/icons.svg"), name
    )


@register.simple_tag
def icon(*, name: str, large: bool = False) -> SafeString:
    """`{% icon name="telephone-fill" large=False %}`: a decorative sign; always with a word beside it."""
    return _sign(name, " icon-lg" if large else "")


@register.simple_tag
def grade(*, value: str | None) -> SafeString:
    """`{% grade value="orange" %}`: green, yellow, orange or red, as shape, word and colour; nothing for an empty value."""
    if not value:
        return mark_safe("")
    return format_html(
        '<span class="bv-grade bv-grade-{}">{}{}</span>',
        value,
        _sign(f"grade-{value}"),
        rules.GRADES[value],
    )


@register.simple_tag
def tag(*, label: str, icon: str = "") -> SafeString:
    """`{% tag label="Vérifié" icon="check-lg" %}`: a neutral fact, never coloured."""
    sign = _sign(icon) if icon else ""
    return format_html('<span class="bv-tag">{}{}</span>', sign, label)


# ---- Actions ---------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/button.html")
def button(
    *,
    label: str,
    kind: str = "primary",
    name: str = "",
    value: str = "",
    icon: str = "",
    icon_after: str = "",
    size: str = "",
    key: str = "",
    form: str = "",
    more: str = "",
    block: bool = False,
    busy: str = "Enregistrement…",
    type: str = "submit",
) -> dict[str, Any]:
    """`{% button label="Enregistrer et suivant" kind="primary|outline|secondary|danger|quiet" name= value= %}`

    `more`: words for screen readers after the label; `key`: shortcut such as `alt+s`; `form`: id of its form when it
    stands outside (actions bar); `busy`: its words while the form leaves; `size`: `sm` or `lg`; `block`: full width.
    """
    return {
        "label": label,
        "classes": BUTTON_CLASSES[kind] + SIZES[size] + (" w-100" if block else ""),
        "name": name,
        "value": value,
        "icon": icon,
        "icon_after": icon_after,
        "key": key,
        "form": form,
        "more": more,
        "busy": busy if type == "submit" else "",
        "type": type,
    }


@register.inclusion_tag("ui/link.html")
def link(
    *,
    label: str,
    url: str,
    kind: str = "text",
    icon: str = "",
    size: str = "",
    key: str = "",
    more: str = "",
    block: bool = False,
    current: bool = False,
) -> dict[str, Any]:
    """`{% link label="Voir toute la fiche" url=… kind="text|primary|outline|secondary|danger|quiet" %}`: goes to a page."""
    return {
        "label": label,
        "url": url,
        "classes": BUTTON_CLASSES[kind] + (SIZES[size] + (" w-100" if block else "") if kind != "text" else ""),
        "icon": icon,
        "key": key,
        "more": more,
        "current": current,
    }


@register.inclusion_tag("ui/call_link.html")
def call_link(
    *, number: str, label: str = "", kind: str = "secondary", size: str = "", block: bool = False, key: str = ""
) -> dict[str, Any]:
    """`{% call_link number="+33465710142" label="Appeler le" kind="primary" size="lg" %}`: a `tel:` link, French digits."""
    return {
        "uri": f"tel:{number.replace(' ', '')}",
        "display": typography.phone(number),
        "label": label,
        "kind": kind,
        "classes": BUTTON_CLASSES[kind] + (SIZES[size] + (" w-100" if block else "") if kind != "text" else ""),
        "key": key,
    }


@register.inclusion_tag("ui/post_button.html", takes_context=True)
def post_button(
    context: template.Context,
    *,
    label: str,
    url: str,
    kind: str = "secondary",
    name: str = "",
    value: str = "",
    icon: str = "",
    size: str = "",
    more: str = "",
    busy: str = "Enregistrement…",
) -> dict[str, Any]:
    """`{% post_button label="Suspendre les appels" url=… name="…" value="…" %}`: one action that writes, in a form of its own."""
    return {
        "csrf_token": context.get("csrf_token"),
        "url": url,
        "button": {
            "label": label,
            "kind": kind,
            "name": name,
            "value": value,
            "icon": icon,
            "size": size,
            "more": more,
            "busy": busy,
        },
    }


@register.simple_block_tag
def actions(content: str, *, label: str = "Actions de la page") -> SafeString:
    """`{% actions %}…{% endactions %}`: the bar at the foot of the window; goes in the `actions` block of `ui/base.html`."""
    return format_html(
        '<div class="bv-actions" role="region" aria-label="{}"><div class="bv-actions-in">{}</div></div>',
        label,
        content,
    )


@register.inclusion_tag("ui/draft_status.html")
def draft_status(*, text: str = "") -> dict[str, str]:
    """`{% draft_status text="Appel 7 sur 12" %}`: where the draft says “Saisie gardée à 14 h 41”; `text` is always shown."""
    return {"text": text}


@register.inclusion_tag("ui/shortcuts.html")
def shortcuts() -> dict[str, str]:
    """`{% shortcuts %}`: the help of the keyboard shortcuts declared on the page (any tag with `key=`)."""
    return {}


# ---- Page ------------------------------------------------------------------------------------------------------


@register.simple_block_tag
def page_head(content: str, *, title: str, subtitle: str = "") -> SafeString:
    """`{% page_head title="…" subtitle="…" %} links or buttons {% endpage_head %}`: the one h1 of the page and its actions."""
    return _block("page_head", title=title, subtitle=subtitle, content=content.strip())


@register.inclusion_tag("ui/breadcrumbs.html")
def breadcrumbs(*, items: Iterable[tuple[str, str]], current: str) -> dict[str, Any]:
    """`{% breadcrumbs items=trail current="Grand froid" %}`: `trail` is a list of (label, url)."""
    return {"items": items, "current": current}


@register.simple_block_tag
def help_panel(content: str, *, title: str = "À quoi sert cette page\u00a0?") -> SafeString:
    """`{% help_panel %}<p>…</p>{% endhelp_panel %}`: a few sentences folded away; goes in the `help` block of the base."""
    return _block("help_panel", title=title, content=content)


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
    return _block(
        "sheet",
        title=title,
        aside=aside,
        anchor=_anchor(title, id),
        level=level,
        hidden_title=hidden_title,
        show_if=show_if,
        content=content,
    )


@register.simple_block_tag
def note(
    content: str, *, kind: str = "info", title: str = "", icon: str = "", level: int = 3, live: bool = False
) -> SafeString:
    """`{% note kind="info|ok|warn|danger" title="Conseil à donner" %}<p>…</p>{% endnote %}`: `live` if it appears after an action."""
    return _block(
        "note",
        kind=kind,
        title=title,
        icon=icon or NOTE_ICONS[kind],
        level=level,
        live=live,
        content=content,
    )


@register.simple_block_tag
def empty_state(
    content: str, *, title: str, text: str = "", picture: bool = True, level: int = 2
) -> SafeString:
    """`{% empty_state title="Vos rappels sont faits" text="…" %} the next useful link {% endempty_state %}`"""
    return _block("empty_state", title=title, text=text, picture=picture, level=level, content=content.strip())


# ---- Words -----------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/why.html")
def why(*, reasons: Iterable[Any], title: str = "Pourquoi cette personne, maintenant") -> dict[str, Any]:
    """`{% why reasons=contact.why title="Pourquoi elle, maintenant" %}`: words, or mappings with `text` and `icon`."""
    rows = [
        {"text": reason, "icon": "dot"} if isinstance(reason, str) else {"icon": "dot", **reason}
        for reason in reasons
    ]
    return {"title": title, "rows": rows}


@register.inclusion_tag("ui/say.html")
def say(*, text: str, label: str = "À dire") -> dict[str, str]:
    """`{% say text="Bonjour, je suis…" label="À dire" %}`: words to read aloud, put between « »."""
    return {"text": typography.quoted(text), "label": label}


@register.inclusion_tag("ui/quote.html")
def quote(*, text: str, source: str = "") -> dict[str, str]:
    """`{% quote text="J’ai repris la marche." source="Ses derniers mots, le 14 avril" %}`: words somebody said."""
    return {"text": typography.quoted(text), "source": source}


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """`{% facts %}{% fact label="Langue" %}Français{% endfact %}{% endfacts %}`: a list of keys and values."""
    return format_html('<dl class="bv-kv">{}</dl>', content)


@register.simple_block_tag
def fact(content: str, *, label: str) -> SafeString:
    """`{% fact label="Gardien" %}…{% endfact %}`: one key; without a value nothing is written."""
    value = content.strip()
    return format_html("<dt>{}</dt><dd>{}</dd>", label, mark_safe(value)) if value else mark_safe("")  # noqa: S308


@register.simple_block_tag
def timeline(content: str) -> SafeString:
    """`{% timeline %}{% event … %}{% endevent %}{% endtimeline %}`: what happened, the newest first."""
    return format_html('<ol class="bv-timeline">{}</ol>', content)


@register.simple_block_tag
def event(
    content: str,
    *,
    title: str,
    icon: str = "circle",
    at: datetime | None = None,
    detail: str = "",
    grade: str | None = None,
) -> SafeString:
    """`{% event title="Jointe par Josiane" icon="telephone" at=when detail="9 min" grade="green" %}…{% endevent %}`"""
    local = timezone.localtime(at) if at and timezone.is_aware(at) else at
    words = typography.moment_in_words(local, timezone.localdate()) if local else ""
    return _block(
        "event",
        title=title,
        icon=icon,
        stamp=local.isoformat(timespec="minutes") if local else "",
        words=typography.ordinals_html(words.removeprefix("le ").capitalize()),
        detail=detail,
        grade=grade,
        content=content.strip(),
    )


# ---- Figures ---------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/ledger.html")
def ledger(
    *, counts: Mapping[str, int], target: int | None = None, one: str = "ménage", many: str = "ménages"
) -> dict[str, Any]:
    """`{% ledger counts=ledger target=500 %}`: the bar and its exact sum, in ledger order.

    `counts`: reached, reserved, waiting, refused, unreachable, withdrawn (a `target` key is used if `target` is not
    given). A sum that does not make the target is said aloud, never hidden.
    """
    parts = rules.ledger_parts(counts)
    total = sum(part.count for part in parts)
    goal = counts.get("target", total) if target is None else target
    return {
        "parts": parts,
        "target": typography.number(goal),
        "gap": typography.counted(abs(goal - total), one, many) if goal != total else "",
        "words": rules.ledger_words(parts, goal, one, many),
    }


@register.inclusion_tag("ui/ledger_mini.html")
def ledger_mini(*, counts: Mapping[str, int]) -> dict[str, Any]:
    """`{% ledger_mini counts=row.ledger %}`: the bar alone, for a table row that also has the figures."""
    return {"parts": rules.ledger_parts(counts)}


@register.simple_block_tag
def figures(content: str, *, columns: int = 4, hero: bool = False) -> SafeString:
    """`{% figures columns=5 %}{% figure … %}{% endfigures %}`: key figures in 3 to 6 columns; `hero` for one or two big ones."""
    return format_html(
        '<dl class="bv-stats bv-stats-{}{}">{}</dl>', columns, " bv-stats-hero" if hero else "", content
    )


@register.inclusion_tag("ui/figure.html")
def figure(*, value: Any, label: str, detail: str = "") -> dict[str, Any]:
    """`{% figure value=965 label="ménages joints sur 1 206" detail="80,0 %" %}`: an integer is written in French."""
    return {"value": _figure(value), "label": label, "detail": detail}


@register.inclusion_tag("ui/progress.html")
def progress(*, value: int, total: int, label: str = "") -> dict[str, str]:
    """`{% progress value=8 total=12 label="appels" %}`: a bar and its words, `8 sur 12 appels`."""
    share = 100 * min(value, total) / total if total else 0
    words = f"{typography.number(value)} sur {typography.number(total)}"
    return {"width": f"{share:.1f}%", "words": f"{words} {label}".strip(), "over": "1" if value > total else ""}


# ---- Tables ----------------------------------------------------------------------------------------------------


@register.simple_block_tag
def fold_table(
    content: str, *, label: str, columns: int = 3, hover: bool = False, figures: bool = False
) -> SafeString:
    """`{% fold_table label="Tableau par agence" columns=2|3|4 %}<thead>…<tbody>…{% endfold_table %}`

    Under 48 rem each row becomes a block of `columns` cells: write `data-label="Joints"` on cells, `bv-num` on numbers,
    `bv-all` / `bv-two` for a cell that takes the line / two places, `bv-first` / `bv-second` to move it up.
    `figures`: nothing wraps.
    """
    return _block("fold_table", label=label, columns=columns, hover=hover, figures=figures, content=content)


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(
    context: template.Context, *, page: Page, parameter: str = "page", one: str = "ligne", many: str = "lignes"
) -> dict[str, Any]:
    """`{% pagination page=page_obj one="ménage" many="ménages" %}`: keeps the other parameters of the address."""
    query = context["request"].GET.copy()

    def address(number: int) -> str:
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    paginator = page.paginator
    return {
        "shown": f"{typography.number(page.start_index())} à {typography.number(page.end_index())}",
        "total": typography.counted(paginator.count, one, many),
        "several": paginator.num_pages > 1,
        "pages": [
            {"number": n, "url": address(n), "current": n == page.number} if n else None
            for n in rules.page_window(page.number, paginator.num_pages)
        ],
        "previous": address(page.number - 1) if page.has_previous() else "",
        "next": address(page.number + 1) if page.has_next() else "",
    }


# ---- Forms -----------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/error_summary.html")
def error_summary(*, form: forms.BaseForm | None = None, all_forms: Iterable[forms.BaseForm] = ()) -> dict[str, Any]:
    """`{% error_summary form=form %}`: first thing of the page after a 422; nothing when there is no error."""
    lines = fields.error_lines([form] if form is not None else all_forms)
    return {"lines": lines, "title": rules.errors_title(len(lines)) if lines else ""}


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
    """`{% field field=form.phone help="Dix chiffres, par exemple 06 39 98 12 34." %}`: label, help, error, then the control.

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
    """`{% choices field=form.outcome layout="short|long|stack" legend="L’appel" title=True shown=4 more="Occupé, refus…" %}`

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
    """`{% choice name="next" value="weekly" label="Chaque semaine" type="radio|checkbox" checked=… hint= grade= %}`: one line."""
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
    """`{% choice_group legend="…" layout="short|long|stack" %}{% choice … %}{% endchoice_group %}`: for answers that are not a form field."""
    anchor = _anchor(legend, id)
    described = [f"{anchor}_help"] if help else []
    if error:
        described.append(f"{anchor}_error")
    return _block(
        "choice_group",
        legend=typography.quoted(legend) if say else legend,
        layout=layout,
        anchor=anchor,
        title=title,
        hidden_legend=hidden_legend,
        say=say,
        help=help,
        error=error,
        described_by=" ".join(described),
        show_if=show_if,
        content=content,
    )


@register.simple_tag
def key_hint(*, key: str) -> SafeString:
    """`{% key_hint key="alt+s" %}`: the keys as people read them; used by the tags that take `key=`."""
    return format_html('<kbd class="bv-kbd">{}</kbd>', rules.key_words(key)) if key else mark_safe("")


@register.simple_tag
def key_attributes(*, key: str) -> SafeString:
    """`<button{% key_attributes key=key %}>`: declares a shortcut on an element; used by the tags that take `key=`."""
    if not key:
        return mark_safe("")
    return format_html(' data-bv-key="{}" aria-keyshortcuts="{}"', key, rules.key_attribute(key))
