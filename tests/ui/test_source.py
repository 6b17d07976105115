"""Rules that templates, style sheets and scripts keep: strict CSP, roles only, real icons, French spaces."""

import re
from pathlib import Path

import pytest

from bienveille.ground import ui

HERE = Path(ui.__file__).parent
SOURCE = HERE.parents[1]
TEMPLATES = sorted(SOURCE.glob("**/templates/**/*.html"))
STATIC = HERE / "static/ui"
COMPONENTS = (STATIC / "components.css").read_text()
TOKENS = (STATIC / "tokens.css").read_text()
SCRIPT = (STATIC / "app.js").read_text()


def name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_inline_style_script_or_handler(path):
    text = re.sub(r"\{%.*?%\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|hx-on|hx-vals\s*=\s*[\"']js:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text), "every asset is our own"


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_french_spaces(path):
    text = re.sub(r"\{[%#].*?[%#]\}", lambda tag: "".join(re.findall(r'"[^"]*"', tag[0])), path.read_text(), flags=re.S)
    text = re.sub(r"<[^>]*>", "", text)
    assert re.findall(r".{0,20} [?!:;»].{0,5}|.{0,5}« .{0,10}|.{0,10}[\u202f].{0,10}", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_icons_exist(path):
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    text = path.read_text()
    used = re.findall(r'\bicon(?:_after)?="([^"]+)"', text) + re.findall(r'{% icon name="([^"]+)"', text)
    assert set(used) - sprite == set()


def test_components_use_roles_only():
    assert (
        re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|lab|lch|oklch)a?\(|:\s*(?:white|black|red)\b", COMPONENTS) == []
    )


def test_every_role_used_is_defined():
    defined = set(re.findall(r"(--bv-[a-z0-9-]+)\s*:", TOKENS + COMPONENTS))
    used = set(re.findall(r"var\((--bv-[a-z0-9-]+)", TOKENS + COMPONENTS))
    assert used - defined == set()


def test_every_state_and_grade_has_its_style():
    from bienveille.ground.ui import rules

    for state, _, _ in rules.LEDGER_STATES:
        assert f".st-{state} " in COMPONENTS
    for grade in rules.GRADES:
        assert f".bv-grade-{grade} " in COMPONENTS


def test_motion_focus_and_print_are_cared_for():
    assert "prefers-reduced-motion: reduce" in COMPONENTS
    assert ":focus-visible" in COMPONENTS
    assert "@media print" in COMPONENTS


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=name)
def test_no_script_makes_code_of_texts(path):
    assert not re.search(r"\beval\b|new Function|document\.write|insertAdjacentHTML|outerHTML\s*=", path.read_text())


def test_the_script_evaluates_nothing_and_keeps_nothing_beyond_the_tab():
    assert not re.search(
        r"\beval\b|new Function|document\.write|insertAdjacentHTML|localStorage|indexedDB|document\.cookie", SCRIPT
    )
