"""Pieces that write a rule on any page, from the `Builder` of our forms: questions, sentence, figures, examples."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("audiences/builder.html")
def audience_builder(*, builder: Any, title: str, partly: bool = False) -> dict[str, Any]:
    """`{% audience_builder builder=builder title="Vous joindrez" %}`: all of them, in a form whose id is `public`."""
    return {"builder": builder, "title": title, "partly": partly}


@register.inclusion_tag("audiences/rule.html")
def audience_rule(*, builder: Any) -> dict[str, Any]:
    """`{% audience_rule builder=builder %}`: the questions as fields; inside a form, within `#composeur`."""
    return {"root": builder.tree}


@register.inclusion_tag("audiences/sentence.html")
def audience_sentence(*, builder: Any, elsewhere: bool = False) -> dict[str, Any]:
    """`{% audience_sentence builder=builder %}`: the rule in French; `elsewhere` replaces the one of the page."""
    return {"builder": builder, "elsewhere": elsewhere}


@register.inclusion_tag("audiences/count.html")
def audience_count(*, builder: Any, partly: bool = False) -> dict[str, Any]:
    """`{% audience_count builder=builder partly=True %}`: how many, where, and who is never called."""
    return {"builder": builder, "partly": partly}


@register.inclusion_tag("audiences/sample.html")
def audience_sample(*, builder: Any) -> dict[str, Any]:
    """`{% audience_sample builder=builder %}`: some households, once they were asked for."""
    return {"builder": builder}
