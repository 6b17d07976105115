"""Progress bars: seen by a person at a terminal, by nobody else."""

import contextlib
import io

from bienveille.ground.platform.progress import counter, each


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(run, screen):
    with contextlib.redirect_stderr(screen):
        run()
    return screen.getvalue()


def test_a_person_sees_it_on_standard_error():
    seen = []
    told = shown(lambda: seen.extend(each(["a", "b"], "Lecture")), Terminal())
    assert seen == ["a", "b"]
    assert "Lecture\u00a0:" in told
    assert "0/2" in told


def test_of_an_unknown_length_it_only_counts():
    assert "%" not in shown(lambda: list(each(iter("ab"), "Lecture")), Terminal())


def test_a_script_does_not():
    def run():
        list(each(["a", "b"], "Lecture", quiet=True))
        with counter("Écriture", total=10, quiet=True) as bar:
            bar.update(3)

    assert shown(run, Terminal()) == ""


def test_nor_does_a_file():
    assert shown(lambda: list(each("ab", "Lecture")), io.StringIO()) == ""
