"""Pieces that write a rule on any page: its questions, its sentence, how many households it holds, some of them."""

from typing import Any

from django import template

from bienveille.engines.audiences.forms import Builder

register = template.Library()


@register.inclusion_tag("audiences/rule.html")
def audience_rule(*, builder: Builder) -> dict[str, Any]:
    """`{% audience_rule builder=builder %}`: the questions as fields; inside a form, within `#composeur`."""
    return {"root": builder.tree}


@register.inclusion_tag("audiences/sentence.html")
def audience_sentence(*, builder: Builder, elsewhere: bool = False) -> dict[str, Any]:
    """`{% audience_sentence builder=builder %}`: the rule in French; `elsewhere` replaces the one of the page."""
    return {"builder": builder, "elsewhere": elsewhere}


@register.inclusion_tag("audiences/count.html")
def audience_count(*, builder: Builder, partly: bool = False) -> dict[str, Any]:
    """`{% audience_count builder=builder partly=True %}`: how many, where, and who is never called."""
    return {"builder": builder, "partly": partly}


@register.inclusion_tag("audiences/sample.html")
def audience_sample(*, builder: Builder) -> dict[str, Any]:
    """`{% audience_sample builder=builder %}`: some households, once they were asked for."""
    return {"builder": builder}
