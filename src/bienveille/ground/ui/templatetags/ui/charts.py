"""Charts, each with the table that says the same: bars and lines, coloured as the states they show."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.safestring import SafeString

from bienveille.ground.lib import typography
from bienveille.ground.ui import rules

from .library import anchor, register, rendered


@register.simple_tag(takes_context=True)
def chart(
    context: template.Context,
    *,
    title: str,
    categories: Sequence[str],
    series: Sequence[Mapping[str, Any]],
    axis: str,
    kind: str = "bar",
    id: str = "",
    horizontal: bool = False,
    stacked: bool = False,
    totals: Sequence[str] = (),
    table: str = "",
) -> SafeString:
    """`{% chart title="Appels, par semaine" axis="Semaine" categories=weeks series=by_week kind="bar|line" %}`

    `series`: mappings with `label`, `values` (one per category, None for unknown) and `state`, the colour: `reached`,
    `reserved`, `waiting`, `refused`, `unreachable` or `withdrawn`. `axis`: what the categories are, head of the table.
    `horizontal`, `stacked`: bars only; `totals`: words at the end of each stack, such as `82 %`.
    The table is always there, folded below the chart, open without a script. `table`: the id of a table of the page
    that has the same figures, and then is not written twice.
    """
    base = anchor(title, id)
    for one in series:
        if len(one["values"]) != len(categories):
            raise ValueError(f"{one['label']}: {len(one['values'])} values for {len(categories)} categories")
    data = {
        "kind": kind,
        "horizontal": horizontal,
        "stacked": stacked,
        "categories": list(categories),
        "totals": list(totals),
        "series": [{"label": one["label"], "state": one["state"], "values": list(one["values"])} for one in series],
    }
    return rendered(
        "chart",
        data_id=f"{base}-chiffres",
        title=title,
        axis=axis,
        words=rules.chart_words(title, categories, series),
        data=data,
        table=table,
        height=rules.chart_height(len(categories), len(series), horizontal=horizontal, stacked=stacked),
        legend=[{"label": one["label"], "state": one["state"]} for one in series] if len(series) > 1 else [],
        series=series,
        rows=[
            {
                "label": category,
                "cells": [
                    {
                        "label": one["label"],
                        "value": "–" if one["values"][rank] is None else typography.number(one["values"][rank]),
                    }
                    for one in series
                ],
            }
            for rank, category in enumerate(categories)
        ],
    )
