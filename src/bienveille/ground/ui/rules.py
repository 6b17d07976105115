"""Geometry and wording of components: ledger widths, pages to show, titles, keys; no Django, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bienveille.ground.lib import typography

SMALLEST_PART = 1.8  # percent: a part that is not nil is always seen

# (state, singular, plural), in the order in which a ledger is always read.
LEDGER_STATES = (
    ("reached", "Joint", "Joints"),
    ("reserved", "En cours", "En cours"),
    ("waiting", "En attente", "En attente"),
    ("refused", "Refus", "Refus"),
    ("unreachable", "Injoignable", "Injoignables"),
    ("withdrawn", "Retiré", "Retirés"),
)

# English value → (French word, what it announces). The shape has the same name in icons.svg.
GRADES = {"green": "Vert", "yellow": "Jaune", "orange": "Orange", "red": "Rouge"}

_FEW = ("", "Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf")


@dataclass(frozen=True)
class LedgerPart:
    """One state of the ledger: its figure, its place on the bar (ready for SVG), its share in words."""

    state: str
    label: str
    count: int
    x: str
    width: str
    share: str


def widths(counts: Sequence[int], smallest: float = SMALLEST_PART) -> list[float]:
    """Widths in percent, adding up to 100: nil stays nil, a tiny part is widened, the large ones pay for it."""
    total = sum(counts)
    if total == 0:
        return [0.0 for _ in counts]
    widened: set[int] = set()
    while True:
        left = 100 - smallest * len(widened)
        base = sum(count for i, count in enumerate(counts) if i not in widened)
        tiny = {i for i, count in enumerate(counts) if count and i not in widened and count * left / base < smallest}
        if not tiny:
            break
        widened |= tiny
    return [0.0 if not count else smallest if i in widened else count * left / base for i, count in enumerate(counts)]


def ledger_parts(counts: Mapping[str, int]) -> list[LedgerPart]:
    """The six states in ledger order; an absent state counts nil; an unknown key is an error of the programmer."""
    known = [state for state, _, _ in LEDGER_STATES]
    if unknown := set(counts) - {*known, "target"}:
        raise ValueError(f"unknown ledger states: {sorted(unknown)}")
    figures = [counts.get(state, 0) for state in known]
    total = sum(figures)
    parts, x = [], 0.0
    for (state, one, many), count, width in zip(LEDGER_STATES, figures, widths(figures), strict=True):
        parts.append(
            LedgerPart(
                state=state,
                label=many if count != 1 else one,
                count=count,
                x=f"{x:.2f}%",
                width=f"{width:.2f}%",
                share=typography.percent(count / total) if total > count and count * 10 >= total else "",
            )
        )
        x += width
    return parts


def ledger_words(parts: Sequence[LedgerPart], target: int, one: str, many: str) -> str:
    """The bar for those who do not see it: `Sur 1 206 ménages : 688 joints, 9 en cours…`."""
    figures = ", ".join(f"{typography.number(part.count)} {part.label.lower()}" for part in parts)
    return typography.spaced(f"Sur {typography.counted(target, one, many)} : {figures}")


def page_window(page: int, last: int, around: int = 1) -> list[int | None]:
    """Pages worth a link: first, last and those around the current one; `None` where some are skipped."""
    wanted = sorted({1, last, *range(max(1, page - around), min(last, page + around) + 1)})
    out: list[int | None] = []
    for number in wanted:
        if out and number - (out[-1] or 0) == 2:
            out.append(number - 1)
        elif out and number - (out[-1] or 0) > 2:
            out.append(None)
        out.append(number)
    return out


def errors_title(count: int) -> str:
    """The title of the list of errors: `Deux points à corriger, rien n’est perdu`."""
    words = _FEW[count] if 0 < count < len(_FEW) else typography.number(count)
    return f"{words} {typography.plural(count, 'point')} à corriger, rien n’est perdu"


def key_words(shortcut: str) -> str:
    """A declared shortcut as people read it: `alt+s` → `Alt + S`, `ctrl+enter` → `Ctrl + Entrée`."""
    names = {"enter": "Entrée", "alt": "Alt", "ctrl": "Ctrl", "shift": "Maj"}
    return " + ".join(names.get(part, part.upper()) for part in shortcut.lower().split("+"))


def key_attribute(shortcut: str) -> str:
    """The same for `aria-keyshortcuts`: `alt+s` → `Alt+S`, `ctrl+enter` → `Control+Enter`."""
    names = {"enter": "Enter", "alt": "Alt", "ctrl": "Control", "shift": "Shift"}
    return "+".join(names.get(part, part.upper()) for part in shortcut.lower().split("+"))


def chart_words(title: str, categories: Sequence[str], series: Sequence[Mapping[str, Any]]) -> str:
    """A chart for those who do not see it: what it is, from where to where, the largest value of each series."""
    sentences = [title]
    for one in series:
        known = [(value, rank) for rank, value in enumerate(one["values"]) if value is not None]
        if not known:
            continue
        most, where = max(known, key=lambda pair: (pair[0], -pair[1]))
        words = f"{one['label']}\u00a0: au plus {typography.number(most)} ({categories[where]})"
        if len(known) > 1:
            first, last = known[0], known[-1]
            words += f", de {typography.number(first[0])} ({categories[first[1]]})"
            words += f" à {typography.number(last[0])} ({categories[last[1]]})"
        sentences.append(words)
    return typography.spaced(". ".join([*sentences, "Le tableau donne chaque valeur."]))


def chart_height(categories: int, series: int, *, horizontal: bool, stacked: bool) -> str:
    """The class of a height: lying bars need room for each of them."""
    if not horizontal:
        return "m"
    lines = categories * (1 if stacked else series)
    return "s" if lines <= 4 else "m" if lines <= 8 else "l" if lines <= 16 else "xl"
