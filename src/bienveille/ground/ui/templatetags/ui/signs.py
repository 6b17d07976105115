"""Small marks inside a sentence or a row: sign, grade, tag, keys."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from bienveille.ground.ui import rules

from .library import register, sign


@register.simple_tag
def icon(*, name: str, large: bool = False) -> SafeString:
    """`{% icon name="telephone-fill" large=False %}`: a decorative sign; always with a word beside it."""
    return sign(name, " icon-lg" if large else "")


@register.simple_tag
def grade(*, value: str | None) -> SafeString:
    """`{% grade value="orange" %}`: green, yellow, orange or red, as shape, word and colour; or nothing."""
    if not value:
        return mark_safe("")
    return format_html(
        '<span class="bv-grade bv-grade-{}">{}{}</span>',
        value,
        sign(f"grade-{value}"),
        rules.GRADES[value],
    )


@register.simple_tag
def tag(*, label: str, icon: str = "") -> SafeString:
    """`{% tag label="Vérifié" icon="check-lg" %}`: a neutral fact, never coloured."""
    return format_html('<span class="bv-tag">{}{}</span>', sign(icon) if icon else "", label)


@register.simple_tag
def key_hint(*, key: str, short: bool = False) -> SafeString:
    """`{% key_hint key="alt+s" short=False %}`: the keys as people read them; used by the tags that take `key=`."""
    words = rules.key_words(key)
    return format_html('<kbd class="bv-kbd">{}</kbd>', words.split()[-1] if short else words) if key else mark_safe("")


@register.simple_tag
def key_attributes(*, key: str) -> SafeString:
    """`<button{% key_attributes key=key %}>`: declares a shortcut on an element; used by the tags that take `key=`."""
    if not key:
        return mark_safe("")
    return format_html(' data-bv-key="{}" aria-keyshortcuts="{}"', key, rules.key_attribute(key))
