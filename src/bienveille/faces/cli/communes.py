"""`communes`: bring the communes and the EPCI up to date with the yearly official files."""

from __future__ import annotations

import argparse
import json

NAME = "communes"
HELP = "mettre à jour les communes et les intercommunalités avec les fichiers officiels"

_LABELS = {"communes": "communes", "epci": "membres d’intercommunalités"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bienveille.faces.cli.main import given_path

    parser.add_argument(
        "files",
        nargs="+",
        type=given_path,
        metavar="FICHIER",
        help="la liste des communes (.csv) ou la composition des intercommunalités (.xlsx, .csv) de l’année",
    )
    parser.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")


def run(options: argparse.Namespace) -> int:
    from bienveille.ground.lib.typography import counted
    from bienveille.register.housing.operations import load_official

    loaded = [(path.name, load_official(path=path)) for path in options.files]
    if options.json:
        document = [
            {"file": name, "kind": one.kind, "records": one.read, "changed": one.changed} for name, one in loaded
        ]
        print(json.dumps({"files": document}, ensure_ascii=False))
        return 0
    for name, one in loaded:
        changed = counted(one.changed, "ligne nouvelle ou corrigée", "lignes nouvelles ou corrigées")
        print(f"{name}\u00a0: {_LABELS[one.kind]}, {counted(one.read, 'ligne lue', 'lignes lues')}, {changed}")
    return 0
