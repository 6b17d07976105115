"""Renders a piece of template with the components at hand."""

from django.template import Context, Template

N = "\u00a0"


def show(source: str, **context) -> str:
    return Template("{% load ui french %}" + source).render(Context(context)).strip()
