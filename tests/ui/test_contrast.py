"""Contrast of the colour roles, computed from tokens.css: 4.5 for text, 3 for the edges and shapes one must see."""

import re
from pathlib import Path

import pytest

from bienveille.ground import ui

CSS = (Path(ui.__file__).parent / "static/ui/tokens.css").read_text()

TEXT = [
    *[(text, ground) for text in ("ink", "ink-soft") for ground in ("page", "surface", "sunken")],
    *[("ink", ground) for ground in ("brand-tint", "glow-tint", "danger-tint", "warn-tint", "info-tint", "ok-tint")],
    *[("brand", ground) for ground in ("page", "surface", "brand-tint", "info-tint")],
    ("brand-hover", "brand-tint"),
    ("on-brand", "brand"),
    ("on-brand", "brand-hover"),
    ("on-bar", "bar"),
    ("on-bar-soft", "bar"),
    ("bar", "on-bar"),
    ("on-glow", "glow"),
    *[(grade, f"{grade}-tint") for grade in ("green", "yellow", "orange", "red")],
    *[(kind, f"{kind}-tint") for kind in ("danger", "warn", "info", "ok")],
    ("danger", "surface"),
    ("danger", "page"),
    ("on-danger", "danger-solid"),
    ("on-danger", "danger-solid-hover"),
]
SHAPES = [
    *[("line-strong", ground) for ground in ("page", "surface")],
    ("brand", "surface"),
    ("glow", "bar"),
    ("glow-line", "glow-tint"),
    ("danger-line", "surface"),
    ("danger-line", "danger-tint"),
    *[(f"{grade}-line", "surface") for grade in ("green", "yellow", "orange", "red")],
    ("st-reached", "surface"),
    ("st-reserved", "surface"),
    ("st-refused", "surface"),
    ("st-unreachable", "surface"),
]


def roles(block: str) -> dict[str, str]:
    return dict(re.findall(r"--bv-([a-z-]+):\s*(#[0-9a-f]{6})", block))


def block_after(marker: str) -> str:
    start = CSS.index("{", CSS.index(marker))
    return CSS[start : CSS.index("}", start)]


LIGHT = roles(block_after(':root,\n[data-bs-theme="light"]'))
DARK = LIGHT | roles(block_after(':root:not([data-bs-theme="light"])'))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_contrast(theme, pairs, least):
    colours = LIGHT if theme == "light" else DARK
    poor = {(a, b): round(contrast(colours[a], colours[b]), 2) for a, b in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < least} == {}


def test_both_ways_into_the_dark_theme_are_the_same():
    wished = block_after(':root:not([data-bs-theme="light"])')
    chosen = block_after('[data-bs-theme="dark"]')
    assert re.sub(r"\s+", " ", wished) == re.sub(r"\s+", " ", chosen)


def test_every_light_colour_that_changes_meaning_has_its_dark_one():
    shared = {"on-danger", "danger-solid", "danger-solid-hover"}
    dark = roles(block_after(':root:not([data-bs-theme="light"])'))
    assert set(LIGHT) - set(dark) - shared == set()
