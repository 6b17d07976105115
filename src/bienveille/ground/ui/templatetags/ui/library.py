"""The tag library itself and what its modules share: rendering a component's template, classes, signs; no tag."""

from typing import Any

from django import template
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

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


def rendered(name: str, **context: Any) -> SafeString:
    """The template of a component, without the end of line of its file (it would put a space before a comma)."""
    return trimmed(get_template(f"ui/{name}.html").render(context))


def trimmed(content: str) -> SafeString:
    """A rendered block without the blanks around it."""
    return mark_safe(content.strip())


def button_classes(kind: str, size: str, block: bool) -> str:
    if kind == "text":
        return ""
    return BUTTON_CLASSES[kind] + SIZES[size] + (" w-100" if block else "")


def anchor(title: str, given: str = "") -> str:
    """The id of a title, made of its words unless one is given."""
    return given or f"p-{slugify(title)}"


def sign(name: str, extra: str = "") -> SafeString:
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"></use></svg>', extra, static("ui/icons.svg"), name
    )
