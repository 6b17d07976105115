"""The web server's process, started by `serve` on a socket that `serve` listens on; not a command.

gunicorn with threads: a view waits for the database most of its time. Static files come from the packages themselves
(whitenoise with Django's finders, read once at start): nothing is collected on the user's machine, so nothing can be
stale. Behind a proxy that caches, hashed names would be worth a build step; on one machine they are not.
"""

from __future__ import annotations

import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app

from bienveille.ground.platform.processes import die_with_parent


def _close_pool(_server: object, _worker: object) -> None:
    """A pool left open holds the end of its process for five seconds a thread."""
    from django.conf import settings
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    if settings.configured and isinstance(connection := connections["default"], DatabaseWrapper) and connection.pool:
        connection.close_pool()


class WebServer(BaseApplication):
    """gunicorn configured by us alone: no file, no environment, no command line."""

    def __init__(self, application: str, *, descriptor: int, workers: int, threads: int) -> None:
        self._application = application
        self._settings: dict[str, Any] = {
            "bind": f"fd://{descriptor}",
            "workers": workers,
            "worker_class": "gthread",
            "preload_app": True,  # loaded once, then forked: a quicker start and half the memory
            "threads": threads,
            "timeout": 120,
            "graceful_timeout": 20,
            "keepalive": 5,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "accesslog": None,  # an address may hold a name that somebody searched for
            "errorlog": "-",
            "loglevel": "warning",
            "proc_name": "bienveille-web",
            "control_socket_disable": True,
            "worker_exit": _close_pool,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        return import_app(self._application)  # by its name: configuration stands above us


def main(application: str = "bienveille.config.wsgi") -> None:
    """Serve an application on a descriptor: `descriptor workers threads` on the command line."""
    die_with_parent()
    descriptor, workers, threads = map(int, sys.argv[1:4])
    WebServer(application, descriptor=descriptor, workers=workers, threads=threads).run()


if __name__ == "__main__":
    main()
