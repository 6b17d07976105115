"""Words about people: why this one, what to say, what was said, facts, what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from bienveille.ground.lib import typography

from .library import register, rendered, trimmed


@register.inclusion_tag("ui/why.html")
def why(*, reasons: Iterable[Any], title: str = "Pourquoi cette personne, maintenant") -> dict[str, Any]:
    """`{% why reasons=contact.why title="Pourquoi elle, maintenant" %}`: words, or mappings with `text` and `icon`."""
    rows = [
        {"text": reason, "icon": "dot"} if isinstance(reason, str) else {"icon": "dot", **reason} for reason in reasons
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
    value = trimmed(content)
    return format_html("<dt>{}</dt><dd>{}</dd>", label, value) if value else mark_safe("")


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
    return rendered(
        "event",
        title=title,
        icon=icon,
        stamp=local.isoformat(timespec="minutes") if local else "",
        words=typography.ordinals_html(words.removeprefix("le ").capitalize()),
        detail=detail,
        grade=grade,
        content=trimmed(content),
    )
