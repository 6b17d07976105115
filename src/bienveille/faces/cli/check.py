"""`check`: every tool that judges the code without running it, one line each; the tests are `test`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

NAME = "check"
HELP = "vérifier le code : mise en forme, règles, imports, types, migrations"
NEEDS_DATABASE = False

PYTHON = [sys.executable, "-m"]
TOOLS = {
    "ruff format": [*PYTHON, "ruff", "format", "--check", "--output-format", "concise", "."],
    "ruff check": [*PYTHON, "ruff", "check", "--quiet", "--output-format", "concise", "."],
    "djlint --lint": [*PYTHON, "djlint", "--lint", "--quiet", "src/bienveille"],
    "lint-imports": [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
    "mypy": [*PYTHON, "mypy", "--no-error-summary", "src/bienveille"],
    "migrations": [*PYTHON, "bienveille", "manage", "makemigrations", "--check", "--dry-run"],
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No argument."""


def run(options: argparse.Namespace) -> int:
    # These tools read the settings; none may start a database for that. Generated columns are checked against a
    # server, so the last tool has one: that of the tests, never that of a landlord.
    reading = {**os.environ, "BIENVEILLE_NO_DATABASE": "1"}
    asking = {**os.environ, "DJANGO_SETTINGS_MODULE": "bienveille.config.settings_test"}
    failed = []
    for name, command in TOOLS.items():
        begun = time.monotonic()
        done = subprocess.run(
            command,
            env=asking if name == "migrations" else reading,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        verdict = "bon" if done.returncode == 0 else "à revoir"
        print(f"{name:<16} {verdict:<9} {time.monotonic() - begun:5.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout.rstrip(), flush=True)
    if failed:
        print(f"À revoir : {', '.join(failed)}.")
        return 1
    print("Tout est bon.")
    return 0
