"""Two workers on two machines, one cut off in the middle: network namespaces, each with its own wire to the house.

Needs root and `ip`. Nobody must be lost and nobody written to twice, as when both workers stand on one machine.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection

from benchmarks.messages import MARGIN, Provider, Teller, judge, settle, start_mailing, still_going
from benchmarks.scratch import scratch_database

ROOT = Path(__file__).resolve().parents[1]
HOSTS = 2
PROVIDER_PORT, DATABASE_PORT = 7001, 7002
CUT_FOR = 6.0


class NoNamespaces(Exception):
    """This machine does not let us make network namespaces."""


def run(rows: int = 5_000, runs: int = 1) -> dict[str, object]:
    """`rows` messages by two hosts, the first one cut off for a while; to a provider with keys, then without."""
    found: dict[str, object] = {}
    lost = twice = 0
    rate = 0.0
    for honours_keys in (True, False):
        with scratch_database() as name, tempfile.TemporaryDirectory(prefix="bienveille-") as folder, _hosts() as hosts:
            path = str(Path(folder) / "provider")
            provider = Provider(path, honours_keys=honours_keys)
            try:
                rate = _play(name, path, hosts, rows, honours_keys=honours_keys)
                judged = judge(provider.counts(), honours_keys=honours_keys)
            finally:
                provider.end()
        lost, twice = lost + judged["lost"], twice + judged["twice"]
        found["keyed" if honours_keys else "unkeyed"] = judged
    return {
        "name": "hosts", "ours": round(rate), "limit": round(rate), "unit": "messages/s", "ratio": 1.0,
        "lost": lost, "twice": twice, "hosts": HOSTS, "runs": runs, **found,
    }  # fmt: skip


def _play(name: str, provider: str, hosts: list[tuple[str, str, str]], rows: int, *, honours_keys: bool) -> float:
    from bienveille.engines.messaging.operations import sending

    mailing_id = start_mailing(rows)
    sending.LEASE_MARGIN = timedelta(seconds=MARGIN)
    settings = connection.settings_dict
    database = str(Path(str(settings["HOST"])) / f".s.PGSQL.{settings['PORT'] or 5432}")
    doors = [
        _door(address, port, target)
        for _, address, _ in hosts
        for port, target in ((PROVIDER_PORT, provider), (DATABASE_PORT, database))
    ]
    begun = time.perf_counter()
    working = [
        _worker(space, address, name, str(settings["USER"]), mailing_id, honours_keys) for space, address, _ in hosts
    ]
    try:
        _wait_for_sent(rows // 10)
        wire = hosts[0][2]
        _ip("link", "set", wire, "down")
        back: float | None = time.perf_counter() + CUT_FOR
        while still_going(mailing_id) or back is not None or any(one.poll() is None for one in working):
            if back is not None and time.perf_counter() >= back:
                _ip("link", "set", wire, "up")
                back = None
            settle()
            for rank, (space, address, _) in enumerate(hosts):
                if working[rank].poll() is not None and still_going(mailing_id):
                    working[rank] = _worker(space, address, name, str(settings["USER"]), mailing_id, honours_keys)
            if time.perf_counter() - begun > 60 + rows / 20:
                raise TimeoutError(f"the hosts do not finish: {_states()}")
            time.sleep(0.2)
        return rows / (time.perf_counter() - begun)
    finally:
        for process in working:
            process.kill()
        for door in doors:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)  # who waits at the door leaves it
            door.close()


def _worker(space: str, address: str, name: str, user: str, mailing_id: UUID, honours_keys: bool):  # type: ignore[no-untyped-def]
    said = json.dumps({"address": address, "mailing": str(mailing_id), "keys": honours_keys})
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bienveille.config.settings",
        "DATABASE_URL": f"postgresql://{user}@{address}:{DATABASE_PORT}/{name}?sslmode=disable&connect_timeout=3",
    }
    command = ["ip", "netns", "exec", space, sys.executable, "-m", "benchmarks.hosts", said]
    return subprocess.Popen(command, env=environ, cwd=ROOT)


def work(said: str) -> None:
    """What runs on the other host: send until nothing waits."""
    import django

    django.setup()
    from django.db.utils import DatabaseError

    from bienveille.engines.messaging.operations import sending

    given = json.loads(said)
    sending.LEASE_MARGIN = timedelta(seconds=MARGIN)
    sender = Teller((given["address"], PROVIDER_PORT), honours_keys=given["keys"])
    for _ in range(30):
        try:
            while sending.send_batch(mailing_id=UUID(given["mailing"]), channel="sms", sender=sender)[0]:
                pass
            return
        except DatabaseError:  # the wire is cut: come back as a worker would
            connection.close()
            time.sleep(0.5)


def _states() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, count(*) FROM messaging_delivery GROUP BY state")
        return dict(cursor.fetchall())


def _wait_for_sent(many: int) -> None:
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM messaging_delivery WHERE state = 'sent'")
            if cursor.fetchone()[0] >= many:
                return
        time.sleep(0.02)


@contextmanager
def _hosts() -> Iterator[list[tuple[str, str, str]]]:
    """Namespaces, each with the address by which it reaches the house and the house's end of its wire."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoNamespaces
    made = []
    mark = os.getpid() % 10_000
    try:
        for rank in range(HOSTS):
            space, wire = f"bv{mark}-{rank}", f"bv{mark}h{rank}"
            try:
                _ip("netns", "add", space)
            except subprocess.CalledProcessError:
                raise NoNamespaces from None
            address = f"10.213.{rank + 1}.1"
            made.append((space, address, wire))
            try:
                _ip("link", "add", wire, "type", "veth", "peer", "name", f"{wire}x", "netns", space)
            except subprocess.CalledProcessError:
                raise NoNamespaces from None
            _ip("addr", "add", f"{address}/30", "dev", wire)
            _ip("link", "set", wire, "up")
            _ip("-n", space, "addr", "add", f"10.213.{rank + 1}.2/30", "dev", f"{wire}x")
            _ip("-n", space, "link", "set", f"{wire}x", "up")
            _ip("-n", space, "link", "set", "lo", "up")
        yield made
    finally:
        for space, _, wire in made:
            with suppress(subprocess.CalledProcessError):
                _ip("link", "del", wire)
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", space)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _door(address: str, port: int, target: str) -> socket.socket:
    """A port of this end of a wire that leads to a socket of the house."""
    door = socket.create_server((address, port))

    def pour(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def join(outside: socket.socket) -> None:
        with outside, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as inside, suppress(OSError):
            inside.connect(target)
            back = threading.Thread(target=pour, args=(inside, outside), daemon=True)
            back.start()
            pour(outside, inside)
            back.join()

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=join, args=(door.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return door


if __name__ == "__main__":
    work(sys.argv[1])
