"""Documents are set in typefaces that travel with the software: Typst replaces a missing one, and says nothing."""

import re
from pathlib import Path

import pytest
import typst

import bienveille
from bienveille.ground.platform.pdf import FONTS

TEMPLATES = sorted(Path(bienveille.__file__).parent.rglob("*.typ"))
GIVEN = re.compile(r'font: (?:"([^"]+)"|\(([^)]+)\))')


def faces(template: Path) -> set[str]:
    """The names of the typefaces that a template asks for."""
    return {
        name.strip(' "')
        for one, many in GIVEN.findall(template.read_text())
        for name in (one or many).split(",")
        if name
    }


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_typeface_of_a_document_is_here(template: Path) -> None:
    known = set(typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)]).families())
    assert faces(template)
    assert faces(template) <= known


def test_posters_are_set_in_the_typeface_of_the_screens() -> None:
    poster = next(path for path in TEMPLATES if path.stem == "poster")
    assert "Atkinson Hyperlegible Next" in faces(poster)
