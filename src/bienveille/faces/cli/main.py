"""The dispatcher: finds the command, sets up what it needs, turns what happens into an exit code; no business.

A command is a module with `NAME`, `HELP`, `add_arguments(parser)`, `run(options) -> int`, and these when they differ:
`NEEDS_DATABASE = True` (PostgreSQL up, Django ready, migrations applied before `run`), `PASSES_ARGUMENTS = False`
(True: everything after the name is given as is, in `options.arguments`) and `READS_DEMO_TOO = False` (True: looks at
the demo's data when there is no other). It imports Django and the house inside `run` only: `--help` answers at once.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from bienveille.faces.cli.french import Parser
from bienveille.ground.platform.failures import var_folder
from bienveille.ground.platform.refusal import Refusal

DONE, FAILED, WRONG_USAGE, SOME_REJECTED, REFUSED = range(5)

#: Name on the command line → module of this package. The order is that of the help.
COMMANDS = {
    "demo": "demo",
    "import": "import_",
    "register": "register",
    "communes": "communes",
    "campaign": "campaign",
    "user": "user",
    "token": "token",
    "serve": "serve",
    "worker": "worker",
    "listen": "listen",
    "migrate": "migrate",
    "backup": "backup",
    "restore": "restore",
    "purge": "purge",
    "audit": "audit",
    "notes": "notes",
    "privacy": "privacy",
    "security": "security",
    "manage": "manage",
    "bench": "bench",
    "test": "test",
    "check": "check",
    "dependencies": "dependencies",
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code (docs/contracts): 0 done, 1 failure, 2 usage, 3 some rejected, 4 refused."""
    signal.signal(signal.SIGTERM, _leave)  # so that the embedded server is released, as for Ctrl-C
    try:
        return _run(arguments)
    except Refusal as refusal:
        _say(str(refusal))
        return REFUSED
    except KeyboardInterrupt:
        _say("Interrompu.")
        return 130
    except BrokenPipeError:  # `… | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as failure:
        _say(_unexpected(failure))
        return FAILED


def _run(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help", "help"):
        print(_overview())
        return DONE if arguments else WRONG_USAGE
    if name not in COMMANDS:
        _say(f"bienveille\u00a0: la commande «\u00a0{name}\u00a0» n’existe pas. Voir bienveille --help")
        return WRONG_USAGE
    command = _load(name)
    if getattr(command, "PASSES_ARGUMENTS", False):
        options = argparse.Namespace(arguments=list(arguments[1:]))
    else:
        parser = Parser(prog=f"bienveille {name}", description=command.HELP)
        command.add_arguments(parser)
        options = parser.parse_args(list(arguments[1:]))
    if getattr(command, "READS_DEMO_TOO", False):
        fall_back_on_demo()
    if getattr(command, "NEEDS_DATABASE", True):
        set_up()
    return int(command.run(options))


def fall_back_on_demo() -> None:
    """Who has only tried the demo means the demo: its campaigns, its accounts. Said on standard error."""
    var = var_folder()
    if os.environ.get("DATABASE_URL") or (var / "postgres").exists() or not (var / "demo" / "postgres").exists():
        return
    os.environ["BIENVEILLE_VAR"] = str(var / "demo")
    _say("(base de démonstration)")


def set_up() -> None:
    """PostgreSQL up, Django ready, migrations, communes and built-in guides in place. Raises Refusal."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bienveille.config.settings")
    import django

    django.setup()
    from django.utils.timezone import now

    from bienveille.engines.questionnaires.operations import ensure_built_in
    from bienveille.ground.platform.replay import ensure_triggers
    from bienveille.ground.platform.schema import bring_up_to_date
    from bienveille.ground.platform.sealed_keys import ensure_key
    from bienveille.register.housing.operations import ensure_reference

    bring_up_to_date()
    ensure_key()
    ensure_triggers()
    ensure_reference()
    ensure_built_in(now=now())


def given_path(text: str) -> Path:
    """A path as typed by the user, who may have called from another directory than the repository's."""
    return Path(os.environ.get("BIENVEILLE_CALLED_FROM") or os.getcwd(), os.path.expanduser(text))


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"bienveille.faces.cli.{COMMANDS[name]}")


def _overview() -> str:
    lines = [
        "Bienveille aide un bailleur social à joindre chaque locataire qui peut avoir besoin d’aide.",
        "",
        "usage\u00a0: bienveille COMMANDE [options]",
        "",
    ]
    lines += [f"  {name:<12} {_load(name).HELP}" for name in COMMANDS]
    lines += ["", "Aide d’une commande\u00a0: bienveille COMMANDE --help"]
    return "\n".join(lines)


def _unexpected(failure: Exception) -> str:
    from bienveille.ground.platform.failures import record_failure

    place = "le journal n’a pas pu être écrit"
    with contextlib.suppress(OSError):
        place = f"détails dans {record_failure(failure)}"
    return f"Une erreur imprévue a arrêté la commande ({type(failure).__name__})\u00a0; {place}."


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
