"""`serve`: the web server and one worker together, kept alive until Ctrl-C; what they serve is below."""

from __future__ import annotations

import argparse
import http.client
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

from bienveille.faces.cli.main import set_up
from bienveille.ground.platform.failures import var_folder
from bienveille.ground.platform.postgres import EmbeddedPostgres, PostgresRefusal, embedded
from bienveille.ground.platform.processes import Child, end_all, supervise

NAME = "serve"
NEEDS_DATABASE = False  # done by `serve` itself, while the web server loads
HELP = "servir l’application (écrans et tâches de fond) jusqu’à Ctrl-C"

HOST = "127.0.0.1"
#: Two processes use two cores; in each, eight requests at once. A thousand callers may be connected: they wait their
#: turn in the server, never in PostgreSQL, which sees twenty connections whatever the crowd.
WORKERS, THREADS = 2, 8
#: Connections that wait to be accepted: a whole campaign that starts on the hour.
BACKLOG = 2048
ANSWER_SECONDS = 60.0
LOOK_AT_DATABASE_EVERY = 2.0
#: A step of the start is done again so many times, at most, when PostgreSQL stopped under it.
TRIES = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port_number, default=8000, help="port d’écoute (par défaut : 8000)")
    parser.add_argument("--no-worker", action="store_true", help="sans les tâches de fond")
    parser.add_argument(
        "--workers", type=count, default=WORKERS, metavar="N", help="processus du serveur web (par défaut : 2)"
    )


def port_number(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError("un port est un nombre de 1 à 65535")
    return number


def count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("un nombre de 1 à 64")
    return number


def run(options: argparse.Namespace) -> int:
    return serve(port=options.port, workers=options.workers, with_worker=not options.no_worker)


def serve(
    *, port: int, workers: int = WORKERS, with_worker: bool = True, prepare: Callable[[], str] = lambda: ""
) -> int:
    """Serve until SIGINT or SIGTERM. Prints the address once the application answers and is prepared.

    The web server loads while this process brings the database up to date, then calls `prepare` (the demo loads its
    landlord); the text it gives back is printed after the address.
    """
    try:
        listener = listen(port)
    except PermissionError:
        print(f"Le port {port} est réservé à l’administrateur. Choisissez-en un autre : --port 8000", file=sys.stderr)
        return 1
    except OSError:
        print(f"Le port {port} est déjà pris. Choisissez-en un autre : --port {port % 65535 + 1}", file=sys.stderr)
        return 1
    logs = var_folder() / "log"
    python = [sys.executable, "-m"]
    children = [
        Child(
            name="web",
            command=[*python, "bienveille.faces.cli.web", str(listener.fileno()), str(workers), str(THREADS)],
            log=logs / "web.log",
            environ={"BIENVEILLE_POOL": str(THREADS + 2)},
            keep_open=[listener.fileno()],
        )
    ]
    worker = Child(name="worker", command=[*python, "bienveille", "worker"], log=logs / "worker.log")

    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell ignores it in what it runs with "&"
        signal.signal(number, _stop)
    announced = False
    next_look = 0.0

    def meanwhile() -> None:
        nonlocal announced, next_look
        now = time.monotonic()
        if not announced and answers(port):
            announced = True
            print(f"http://{HOST}:{port}", flush=True)
            if words:
                print(words, flush=True)
            if with_worker:  # from now on: the screens first
                children.append(worker)
        elif not announced and now - begun > ANSWER_SECONDS:
            raise ServerSilent(f"Le serveur ne répond pas après {ANSWER_SECONDS:.0f} s. Journal : {children[0].log}")
        if (server := embedded()) and now >= next_look:
            next_look = now + LOOK_AT_DATABASE_EVERY
            try:
                if server.ensure():
                    print("PostgreSQL s’était arrêté ; il a été relancé.", file=sys.stderr)
            except PostgresRefusal as refusal:  # a full disk may be emptied: keep trying
                print(refusal, file=sys.stderr)
                next_look = now + 15

    try:
        database_server()  # up before the web server looks for it
        children[0].start()
        _despite_a_stop(set_up)
        words = _despite_a_stop(prepare)
        begun = time.monotonic()
        supervise(children, until=lambda: False, meanwhile=meanwhile, every=0.2)
    except ServerSilent as silence:
        print(silence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Arrêté.", file=sys.stderr)
    finally:
        end_all(children)
        listener.close()
    return 0


def _despite_a_stop[Done](step: Callable[[], Done]) -> Done:
    """Do a step of the start, harmless twice; again when the embedded server was killed meanwhile.

    People may already be at work: the web server answers before this process has ended its own start.
    """
    from django.db import InterfaceError, OperationalError, connections

    for tries_left in reversed(range(TRIES)):
        try:
            return step()
        except (PostgresRefusal, OperationalError, InterfaceError):
            server = embedded()
            if server is None or not tries_left:
                raise
            connections.close_all()
            _start_again(server)
    raise AssertionError("every try returns or raises")


def _start_again(server: EmbeddedPostgres) -> None:
    if server.ensure():
        print("PostgreSQL s’était arrêté ; il a été relancé.", file=sys.stderr)


def _stop(number: int, _: object) -> None:
    """Once is enough: impatience while everything ends in order must not break that order."""
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt


def database_server() -> None:
    """Read the settings: that starts or joins the embedded server."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bienveille.config.settings")
    importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"])


class ServerSilent(Exception):
    """The web server was started and never answered."""


def listen(port: int) -> socket.socket:
    """The listening socket, made before anything else and lent to the web server. Raises OSError.

    Held by us, it survives a restart of the web server: a browser then waits a second instead of failing.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def answers(port: int) -> bool:
    """Whether the application answers at all: any HTTP status but a failure of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("HEAD", "/", headers={"Host": f"{HOST}:{port}"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
