"""Settings of the tests: production's, on a fast server of their own, stricter, and silent towards the outside."""

import os

import psutil
from django.db import models

from bienveille.ground.platform.postgres import database_settings

# Production's settings must not start production's server: the tests have theirs (no fsync, data of no worth).
_no_database = os.environ.get("BIENVEILLE_NO_DATABASE")
os.environ["BIENVEILLE_NO_DATABASE"] = "1"
from bienveille.config.settings import *  # noqa: E402, F403
from bienveille.config.settings import TEMPLATES, VAR_DIR  # noqa: E402

if _no_database is None:
    del os.environ["BIENVEILLE_NO_DATABASE"]
else:
    os.environ["BIENVEILLE_NO_DATABASE"] = _no_database


class UndefinedVariable(Exception):
    """A template names a variable that its view does not give."""


class _FailOnUndefined(str):
    """Django formats this text with the missing variable's name; it never shows an empty string in silence."""

    def __contains__(self, part: object) -> bool:
        return part == "%s" or super().__contains__(part)  # type: ignore[operator]

    def __mod__(self, name: object) -> str:
        raise UndefinedVariable(f"Undefined template variable: {name}")


DATABASES = {"default": database_settings(VAR_DIR, os.environ, folder="postgres-test", durable=False)}
# Several runs share the server, each with its database, named after its process.
DATABASES["default"]["TEST"] = {"NAME": f"test_bienveille_{os.getpid()}"}
DATABASES["default"]["OPTIONS"].pop("pool", None)


def _drop_leftovers() -> None:
    """Databases of runs that were killed: their process is gone, or its number belongs to another program."""
    import psycopg

    settings = DATABASES["default"]
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        dbname="postgres",
        autocommit=True,
    ) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_bienveille\\_%'")
        for (name,) in rows.fetchall():
            number = int(name.removeprefix("test_bienveille_").split("_")[0])
            if number == os.getpid() or not psutil.pid_exists(number):
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


if not os.environ.get("DATABASE_URL") and os.environ.get("BIENVEILLE_NO_DATABASE") != "1":
    _drop_leftovers()

for _engine in TEMPLATES:
    _engine["OPTIONS"]["string_if_invalid"] = _FailOnUndefined("undefined")

FETCH_MODE = models.FETCH_RAISE  # type: ignore[assignment]  # a related row that a query forgot is a failure
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
WHITENOISE_AUTOREFRESH = True  # no scan of every static file at start
PROCONNECT = {}  # each test gives its own simulated provider
CHANNELS = {}  # each test opens the channels that it sends by
SECOND_FACTOR_REQUIRED = False  # those of tests/accounts/test_second_factor.py ask for it; the others come in by cookie
PROOF_LASTS = 0
