"""Progress bars: seen by a person at a terminal, by nobody else."""

import sys

import pytest

from bienveille.ground.platform.progress import counter, each


@pytest.fixture
def terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)


@pytest.mark.usefixtures("terminal")
def test_a_person_sees_it_on_standard_error(capsys):
    assert list(each(["a", "b"], "Lecture")) == ["a", "b"]
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "Lecture\u00a0:" in seen.err


@pytest.mark.usefixtures("terminal")
def test_a_script_does_not(capsys):
    list(each(["a", "b"], "Lecture", quiet=True))
    with counter("Écriture", total=10, quiet=True) as bar:
        bar.update(3)
    assert capsys.readouterr().err == ""


def test_nor_does_a_file(capsys):
    list(each(iter(["a"]), "Lecture"))
    assert capsys.readouterr().err == ""
