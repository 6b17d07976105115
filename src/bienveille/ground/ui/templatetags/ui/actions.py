"""What one can press: buttons, links, calls, the bar of actions, the words of the draft."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bienveille.ground.lib import typography

from .library import button_classes, register, rendered


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
        "classes": button_classes(kind, size, block),
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


@register.simple_tag
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
) -> SafeString:
    """`{% link label="Voir toute la fiche" url=… kind="text|primary|outline|secondary|danger|quiet" %}`

    Goes to a page.
    """
    return rendered(
        "link",
        label=label,
        url=url,
        classes=button_classes(kind, size, block),
        icon=icon,
        key=key,
        more=more,
        current=current,
    )


@register.simple_tag
def call_link(
    *, number: str, label: str = "", kind: str = "secondary", size: str = "", block: bool = False, key: str = ""
) -> SafeString:
    """`{% call_link number="+33465710142" label="Appeler le" kind="primary" size="lg" %}`

    A `tel:` link, French digits.
    """
    return rendered(
        "call_link",
        uri=f"tel:{number.replace(' ', '')}",
        display=typography.phone(number),
        label=label,
        kind=kind,
        classes=button_classes(kind, size, block),
        key=key,
    )


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
    """`{% post_button label="Suspendre les appels" url=… name="…" value="…" %}`

    One action that writes, in a form of its own.
    """
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
    """`{% actions %}…{% endactions %}`

    The bar at the foot of the window; goes in the `actions` block of `ui/base.html`.
    """
    return format_html(
        '<div class="bv-actions" role="region" aria-label="{}"><div class="bv-actions-in">{}</div></div>',
        label,
        content,
    )


@register.inclusion_tag("ui/draft_status.html")
def draft_status(*, text: str = "") -> dict[str, str]:
    """`{% draft_status text="Appel 7 sur 12" %}`

    Where the draft says “Saisie gardée à 14 h 41”; `text` is always shown.
    """
    return {"text": text}


@register.inclusion_tag("ui/shortcuts.html")
def shortcuts() -> dict[str, str]:
    """`{% shortcuts %}`: the help of the keyboard shortcuts declared on the page (any tag with `key=`)."""
    return {}


@register.inclusion_tag("ui/print_button.html")
def print_button(*, label: str = "Imprimer") -> dict[str, str]:
    """`{% print_button %}`: prints the page; not shown without a script, where the browser's own menu does it."""
    return {"label": label}


@register.inclusion_tag("ui/quick_exit.html")
def quick_exit(*, label: str = "Quitter vite") -> dict[str, str]:
    """`{% quick_exit %}`: leaves at once for a page that says nothing, for somebody who may be watched.

    A plain link; with a script the page is wiped first and leaves no way back in the history, and Escape pressed
    three times does the same. On pages for tenants and on those of helplines.
    """
    return {"label": label}
