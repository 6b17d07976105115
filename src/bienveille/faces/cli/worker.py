"""`worker`: runs the background jobs until told to stop; the jobs are in the packages' operations."""

from __future__ import annotations

import argparse
import sys
import time

NAME = "worker"
HELP = "exécuter les tâches de fond seules (serve le fait déjà)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queue", action="append", metavar="NOM", help="cette file seulement (répétable)")
    parser.add_argument("--concurrency", type=int, default=2, metavar="N", help="tâches à la fois (par défaut : 2)")
    parser.add_argument("--until-empty", action="store_true", help="s’arrête quand il n’y a plus rien à faire")


def run(options: argparse.Namespace) -> int:
    from django.conf import settings
    from django.utils.module_loading import import_string

    from bienveille.ground.platform.jobs import WorkerLostDatabase, discover, run_worker
    from bienveille.ground.platform.postgres import PostgresRefusal, embedded
    from bienveille.ground.platform.processes import die_with_parent

    die_with_parent()
    discover()
    if table := getattr(settings, "SCHEDULE", None):
        import_string(table)  # reading the table registers what runs by itself
    while True:
        try:
            run_worker(queues=options.queue, concurrency=max(1, options.concurrency), wait=not options.until_empty)
            return 0
        except WorkerLostDatabase:
            print("La base de données ne répond plus ; nouvel essai…", file=sys.stderr, flush=True)
            time.sleep(2)
            try:
                if server := embedded():
                    server.ensure()
            except PostgresRefusal as refusal:
                print(refusal, file=sys.stderr, flush=True)
                time.sleep(15)
