"""The schema of the tests, made once for as long as no migration changes: a run copies it instead of migrating anew."""

import hashlib
import re
from pathlib import Path

import django
import psycopg
from django.db import connection

SOURCE = Path(__file__).resolve().parent.parent / "src"
_LOCK = 5_310_214  # one run at a time makes it


def schema_template() -> str:
    """The name of a database of the tests' server that holds the schema and nothing else; made when it is missing."""
    name = f"schema_{_fingerprint()}"
    settings = connection.settings_dict
    server = psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], dbname="postgres", autocommit=True
    )
    with server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        known = {row[0] for row in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'schema\\_%'")}
        for old in known - {name}:
            server.execute(f'DROP DATABASE IF EXISTS "{old}"')
        if name not in known:
            _make(f"{name}_unfinished")
            server.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


def _make(name: str) -> None:
    settings, home = connection.settings_dict, connection.settings_dict["NAME"]
    wanted = settings["TEST"]["NAME"]
    settings["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    finally:
        connection.close()
        settings["TEST"]["NAME"] = wanted
        settings["NAME"] = connection.settings_dict["NAME"] = home


def _fingerprint() -> str:
    """Of every migration, and of the modules of ours that migrations take their statements from."""
    digest = hashlib.sha256(django.get_version().encode())
    migrations = sorted(SOURCE.glob("**/migrations/*.py"))
    named = {
        name
        for path in migrations
        for name in re.findall(r"^(?:from|import) (bienveille[.\w]+)", path.read_text(), re.M)
    }
    for path in [*migrations, *sorted(SOURCE / f"{name.replace('.', '/')}.py" for name in named)]:
        digest.update(str(path.relative_to(SOURCE)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
