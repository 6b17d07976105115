"""Accessibility of a page by axe-core, at both widths and in both themes; with pictures when they are asked for.

`BIENVEILLE_SCREENSHOTS=folder` keeps a picture of each page looked at.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

from tests.browser.conftest import NARROW, WIDE

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
#: WCAG 2.2 AA, and what axe calls good practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

TALLEST = 9000


@cache
def _source() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(page: Any, rules: list[str] = RULES) -> list[str]:
    """What axe finds on the page as it stands, one line per element."""
    if page.evaluate("() => !window.axe"):
        page.evaluate(_source())
    found = page.evaluate(
        "async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations", rules
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['target'][0]} {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found
        for node in rule["nodes"]
    ]


def wider_than_its_window(page: Any) -> list[str]:
    """Elements that stick out on the right, which is how a page scrolls sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")]
                .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 5).map(one => one.outerHTML.slice(0, 120))"""
    )


def check(page: Any, name: str) -> None:
    """No violation, nothing wider than the window, no fault in the console: narrow and wide, light and dark."""
    # A link may just have been followed: its page has no content yet.
    page.wait_for_function("() => document.body && document.readyState === 'complete'")
    wrong = []
    rules = {"light": RULES, "dark": ["color-contrast"]}  # a theme changes colours and nothing else
    for width in (NARROW, WIDE):
        # As tall as the page: bars that stay in sight cover nothing, which is how they are when one reads.
        page.set_viewport_size(width)
        height = page.evaluate("() => document.documentElement.scrollHeight")
        page.set_viewport_size({**width, "height": max(width["height"], min(height, TALLEST))})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            seen = f"{name} {width['width']} {theme}"
            wrong += [f"{seen}: {line}" for line in violations(page, rules[theme])]
            wrong += [f"{seen}: too wide: {line}" for line in wider_than_its_window(page)]
            if folder := os.environ.get("BIENVEILLE_SCREENSHOTS"):
                page.screenshot(path=f"{folder}/{name}-{width['width']}-{theme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if wrong or page.faults:
        raise AssertionError("\n".join(wrong + page.faults))
