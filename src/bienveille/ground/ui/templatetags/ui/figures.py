"""Figures: ledger, key figures, progress, tables that fold on a phone."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from bienveille.ground.lib import typography
from bienveille.ground.ui import rules

from .library import register, rendered


def _figure(value: Any) -> Any:
    return typography.number(value) if isinstance(value, int) and not isinstance(value, bool) else value


@register.inclusion_tag("ui/ledger.html")
def ledger(
    *,
    counts: Mapping[str, int],
    target: int | None = None,
    one: str = "ménage",
    many: str = "ménages",
    urls: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`{% ledger counts=ledger target=500 urls=lists %}`: the bar and its exact sum, in ledger order.

    `counts`: reached, reserved, waiting, refused, unreachable, withdrawn (a `target` key is used if `target` is not
    given). `urls`: state → the list of its households. A sum that does not make the target is said aloud, never hidden.
    """
    parts = rules.ledger_parts(counts)
    total = sum(part.count for part in parts)
    goal = counts.get("target", total) if target is None else target
    return {
        "parts": [{"part": part, "url": (urls or {}).get(part.state, "") if part.count else ""} for part in parts],
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
    """`{% figures columns=5 %}{% figure … %}{% endfigures %}`

    Key figures in 3 to 6 columns; `hero` for one or two big ones.
    """
    return format_html('<dl class="bv-stats bv-stats-{}{}">{}</dl>', columns, " bv-stats-hero" if hero else "", content)


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


@register.simple_block_tag
def fold_table(content: str, *, label: str, columns: int = 3, hover: bool = False, figures: bool = False) -> SafeString:
    """`{% fold_table label="Tableau par agence" columns=2|3|4 %}<thead>…<tbody>…{% endfold_table %}`

    Under 48 rem each row becomes a block of `columns` cells: write `data-label="Joints"` on cells, `bv-num` on numbers,
    `bv-all` / `bv-two` for a cell that takes the line / two places, `bv-first` / `bv-second` to move it up.
    `figures`: nothing wraps.
    """
    return rendered("fold_table", label=label, columns=columns, hover=hover, figures=figures, content=content)
