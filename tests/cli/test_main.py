"""The dispatcher: exit codes, French words, what is loaded and what is not."""

import argparse
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from bienveille.faces.cli import main as cli
from bienveille.faces.cli import test as test_command
from bienveille.faces.cli.french import Parser
from bienveille.ground.platform.refusal import Refusal

SOURCES = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Install a command `try` that does what the test wants."""
    monkeypatch.setenv("BIENVEILLE_VAR", str(tmp_path))

    def install(run, **more):
        module = types.ModuleType("bienveille.faces.cli.try_")
        module.HELP = "essayer"
        module.NEEDS_DATABASE = False
        module.add_arguments = lambda parser: parser.add_argument("--level", type=int)
        module.run = run
        for name, value in more.items():
            setattr(module, name, value)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(cli.COMMANDS, "try", "try_")

    return install


@pytest.mark.parametrize(
    ("arguments", "shared"),
    [([], True), (["-q", "-k", "release"], True), (["tests/cli"], False), (["tests/cli/test_main.py::x"], False), (["-n", "0"], False), (["--pdb"], False)],
)  # fmt: skip
def test_a_whole_run_uses_every_core(monkeypatch, arguments, shared):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3)
    assert test_command.over_cores(arguments) == (["-n", "3"] if shared else [])
    monkeypatch.setattr(os, "process_cpu_count", lambda: 1)
    assert test_command.over_cores(arguments) == []


def fail(error):
    def run(options):
        raise error

    return run


class TestExitCodes:
    @pytest.mark.parametrize("code", [0, 1, 3, 4])
    def test_that_of_the_command(self, command, code):
        command(lambda options: code)
        assert cli.main(["try"]) == code

    def test_a_refusal_is_4_and_speaks(self, command, capsys):
        command(fail(Refusal("Le fichier est vide.")))
        assert cli.main(["try"]) == 4
        assert capsys.readouterr() == ("", "Le fichier est vide.\n")

    def test_the_unexpected_is_1_one_sentence_and_a_trace_in_the_log(self, command, capsys, tmp_path):
        command(fail(ZeroDivisionError("by zero")))
        assert cli.main(["try"]) == 1
        out, err = capsys.readouterr()
        log = tmp_path / "log" / "errors.log"
        assert out == ""
        assert err == (f"Une erreur imprévue a arrêté la commande (ZeroDivisionError)\u00a0; détails dans {log}.\n")
        assert "ZeroDivisionError: by zero" in log.read_text()

    def test_ctrl_c(self, command, capsys):
        command(fail(KeyboardInterrupt()))
        assert cli.main(["try"]) == 130
        assert capsys.readouterr().err == "Interrompu.\n"

    def test_wrong_usage_is_2(self, command, capsys):
        command(lambda options: 0)
        with pytest.raises(SystemExit) as stopped:
            cli.main(["try", "--level", "x"])
        assert stopped.value.code == 2
        assert capsys.readouterr().err == (
            "bienveille try\u00a0: --level\u00a0: valeur incorrecte\u00a0: 'x'.\nVoir bienveille try --help\n"
        )

    def test_an_unknown_command_is_2(self, capsys):
        assert cli.main(["tyr"]) == 2
        assert "la commande «\u00a0tyr\u00a0» n’existe pas" in capsys.readouterr().err

    def test_nothing_at_all_is_2_with_the_help(self, capsys):
        assert cli.main([]) == 2
        assert "usage\u00a0:" in capsys.readouterr().out


def test_arguments_are_passed_as_they_are_when_the_command_says_so(command):
    received = []
    command(lambda options: received.extend(options.arguments) or 0, PASSES_ARGUMENTS=True)
    assert cli.main(["try", "-k", "x", "--help"]) == 0
    assert received == ["-k", "x", "--help"]


def test_the_help_names_every_command_without_django_nor_database():
    code = (
        "import sys; from bienveille.faces.cli.main import main; main(['--help']);"
        "sys.exit('django.conf' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCES), "BIENVEILLE_VAR": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, "Django was imported"
    for name in cli.COMMANDS:
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name not in ("manage", "test")])
def test_every_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([name, "--help"])
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith("usage\u00a0: bienveille")
    assert "show this help" not in told


def test_a_path_is_that_of_the_caller(monkeypatch):
    monkeypatch.setenv("BIENVEILLE_CALLED_FROM", "/home/someone")
    assert cli.given_path("exports/a.csv") == Path("/home/someone/exports/a.csv")
    assert cli.given_path("/tmp/a.csv") == Path("/tmp/a.csv")


class TestFrench:
    def say(self, capsys, *arguments):
        parser = Parser(prog="x")
        parser.add_argument("file")
        parser.add_argument("--kind", choices=["a", "b"])
        with pytest.raises(SystemExit):
            parser.parse_args(list(arguments))
        return capsys.readouterr().err.split("\n")[0]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ([], "x\u00a0: il manque\u00a0: file."),
            (["f", "g"], "x\u00a0: arguments inconnus\u00a0: g."),
            (["f", "--kind"], "x\u00a0: --kind\u00a0: attend une valeur."),
        ],
    )
    def test_sentences(self, capsys, arguments, sentence):
        assert self.say(capsys, *arguments) == sentence

    def test_choices(self, capsys):
        assert "'z' n’existe pas\u00a0; possibles\u00a0: " in self.say(capsys, "f", "--kind", "z")

    def test_abbreviations_are_refused(self, capsys):
        assert "arguments inconnus" in self.say(capsys, "f", "--kin", "a")

    def test_every_sentence_is_one_that_argparse_says(self):
        source = Path(argparse.__file__).read_text()
        from bienveille.faces.cli import french

        said = [s for s in french._SENTENCES if s not in source and s.strip("\n") not in source]
        assert not said, "argparse changed its words"
