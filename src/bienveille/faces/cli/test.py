"""`test`: installs what tests need, then runs them; arguments are pytest's."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bienveille.ground.platform.failures import var_folder

NAME = "test"
HELP = "installer ce qu’il faut aux tests, puis les lancer"
NEEDS_DATABASE = False
PASSES_ARGUMENTS = True

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Chromium and a typeface, or accents and icons are empty boxes in screenshots.
DEBIAN_PACKAGES = ("chromium", "fonts-dejavu-core")


def run(options: argparse.Namespace) -> int:
    if any(wanted in ("-h", "--help") for wanted in options.arguments):
        print("usage : bienveille test [options de pytest]\n\nOptions de pytest : bienveille test --version, -k, -x…")
        return 0
    if not find_browser() and not install_browser():
        print(
            "Chromium est absent et n’a pas pu être installé (il y faut Debian ou Ubuntu et le compte root) : "
            "les tests dans le navigateur seront sautés.",
            file=sys.stderr,
        )
    import pytest

    return int(pytest.main([*over_cores(options.arguments), *options.arguments]))


def over_cores(arguments: list[str]) -> list[str]:
    """Options that share a run between the cores; none when the arguments choose files, workers or one process.

    `tests/conftest.py` says which files stay together.
    """
    cores = os.process_cpu_count() or 1
    alone = ("-n", "--numprocesses", "--dist", "-s", "--pdb", "--co", "--collect-only", "--version", "--markers")
    chosen = any(one.startswith(alone) or Path(one.split("::")[0]).exists() for one in arguments)
    return [] if chosen or cores < 2 else ["-n", str(cores)]


def find_browser() -> str | None:
    """The Chromium of the machine: BIENVEILLE_CHROMIUM, else the first one known on the path."""
    if chosen := os.environ.get("BIENVEILLE_CHROMIUM"):
        return chosen
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def install_browser() -> bool:
    """With apt-get as root; False when this machine does not allow it. Details in var/log/setup.log."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("Installation de Chromium pour les tests…", file=sys.stderr)
    log = var_folder() / "log" / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES]
    with log.open("ab") as output:
        for command in (install, ["apt-get", "update", "-qq"], install):
            done = subprocess.run(
                command, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
            )
            if command is install and done.returncode == 0:
                return find_browser() is not None
    return False
