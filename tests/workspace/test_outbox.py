"""The script that saves in spite of the network: its French, and what it never does. Its story is in tests/browser."""

import re
from pathlib import Path

from tests.architecture.test_french import FRENCH, faults

from bienveille.ground import ui

SOURCE = (Path(ui.__file__).parent / "static/ui/outbox.js").read_text(encoding="utf-8")


def test_its_texts_are_printed_as_french():
    bare = re.sub(r"^ *//[^\n]*$|/\*.*?\*/", "", SOURCE, flags=re.MULTILINE | re.DOTALL)
    texts = [re.sub(r"\$\{[^}]*\}", "\x00", text) for _, text in re.findall(r"([\"'`])((?:(?!\1).)*)\1", bare)]
    assert len([text for text in texts if FRENCH.search(text)]) >= 5
    assert [fault for text in texts if FRENCH.search(text) for fault in faults(text)] == []


def test_it_evaluates_nothing_and_keeps_no_secret():
    assert not re.search(r"\beval\b|new Function|document\.write|insertAdjacentHTML|innerHTML|document\.cookie", SOURCE)
    assert 'name !== "csrfmiddlewaretoken"' in SOURCE
