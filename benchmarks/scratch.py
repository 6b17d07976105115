"""A database of its own for a benchmark, on the server that the product uses, with the product's own schema."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.db import connection, connections

from bienveille.ground.platform.schema import bring_up_to_date

_RANKS = count(1)  # one inside another: each has its own


@contextmanager
def scratch_database() -> Iterator[str]:
    """Points Django at a new, migrated database; drops it at the end. Gives its name."""
    name = f"bench_{os.getpid()}_{next(_RANKS)}"
    settings = connection.settings_dict
    home = settings["NAME"]
    template = settings["TEST"].get("TEMPLATE") or "template1"  # tests have the schema at hand already
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connections.close_all()
    settings["NAME"] = name
    try:
        bring_up_to_date()
        yield name
    finally:
        connections.close_all()
        settings["NAME"] = home
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def enter(name: str) -> None:
    """In a child process: Django ready, pointed at the scratch database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bienveille.config.settings")
    django.setup()
    connections.close_all()
    connection.settings_dict["NAME"] = name
