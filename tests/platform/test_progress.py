"""Progress bars: seen by a person at a terminal, by nobody else."""

import io
import sys

import pytest

from bienveille.ground.platform.progress import counter, each


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def test_a_person_sees_it_on_standard_error(capsys, terminal):
    assert list(each(["a", "b"], "Lecture")) == ["a", "b"]
    assert capsys.readouterr().out == ""
    assert "Lecture\u00a0:" in terminal.getvalue()


def test_a_script_does_not(terminal):
    list(each(["a", "b"], "Lecture", quiet=True))
    with counter("Écriture", total=10, quiet=True) as bar:
        bar.update(3)
    assert terminal.getvalue() == ""


def test_nor_does_a_file(capsys):
    list(each(iter(["a"]), "Lecture"))
    assert capsys.readouterr().err == ""
