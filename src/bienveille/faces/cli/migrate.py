"""`migrate`: brings the database up to date and says so; every command that needs it does the same in silence."""

from __future__ import annotations

import argparse

NAME = "migrate"
HELP = "mettre la base de données à jour (chaque commande le fait déjà)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No argument."""


def run(options: argparse.Namespace) -> int:
    print("La base de données est à jour.")
    return 0
