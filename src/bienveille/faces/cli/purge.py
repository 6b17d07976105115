"""`purge`: erases now what has come to its last day, as each night; `--dry-run` only counts it."""

from __future__ import annotations

import argparse
from contextlib import nullcontext

NAME = "purge"
HELP = "effacer ce qui est arrivé à son terme, comme chaque nuit"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="compter sans rien effacer")
    parser.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")


def run(options: argparse.Namespace) -> int:
    import json

    from bienveille.ground.lib.typography import number

    erased = purge_all(dry_run=options.dry_run)
    if options.json:
        print(json.dumps({"dry_run": options.dry_run, "erased": erased}, ensure_ascii=False))
        return 0
    print("Serait effacé\u00a0:" if options.dry_run else "Effacé\u00a0:")
    for what, count in erased.items():
        print(f"  {what}\u00a0: {number(count)}")
    return 0


def purge_all(*, dry_run: bool = False) -> dict[str, int]:
    """What each purge erased, or would erase."""
    from django.conf import settings
    from django.db import transaction
    from django.utils.module_loading import import_string

    from bienveille.register.imports.operations.reading import keeping_files

    erased = {}
    for job, what in import_string(settings.PURGES):
        with keeping_files() if dry_run else nullcontext(), transaction.atomic():
            erased[what] = int(job())
            if dry_run:
                transaction.set_rollback(True)
    return erased
