"""Messages leave while workers are killed and stopped at random; a provider that counts says who got what.

Not a speed record: what is measured is that nobody is lost and nobody is written to twice. With a provider that
refuses a key twice everybody has one message; with one that does not, every doubt is « unknown » and listed.
"""

import multiprocessing
import os
import random
import signal
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

from django.db import connection, connections
from django.utils.timezone import now

from benchmarks.population import fill
from benchmarks.scratch import scratch_database
from bienveille.engines.messaging.channels import Outcome, Outgoing, Verdict

WORKERS = 3
#: Seconds of a lease here: stops are longer.
LONGEST, MARGIN = 1.0, 0.5
STOPPED_FOR = 2.5
PROVIDER_TAKES = 0.0005
FORK = multiprocessing.get_context("fork")


class Teller:
    """A way out to the provider that counts: one line a message, one line back. `where`: a socket, or host and port."""

    def __init__(self, where: str | tuple[str, int], *, honours_keys: bool) -> None:
        self.honours_keys, self.batch, self.longest = honours_keys, 20, LONGEST
        self._where = where

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        """One verdict each; a provider that does not answer leaves a doubt."""
        family = socket.AF_UNIX if isinstance(self._where, str) else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as line:
            line.settimeout(LONGEST)
            line.connect(self._where)
            with line.makefile("rw") as talk:
                for one in batch:
                    talk.write(f"{one.key} {one.to}\n")
                    talk.flush()
                    answer = talk.readline().strip()
                    yield Verdict(one.key, Outcome.SENT if answer else Outcome.UNKNOWN, provider_id=answer)


def run(rows: int = 10_000, runs: int = 1, kills: int = 100, stops: int = 20) -> dict[str, object]:
    """`rows` messages twice over: to a provider that honours keys, then to one that does not."""
    found: dict[str, object] = {}
    lost = twice = 0
    rate = 0.0
    for honours_keys in (True, False):
        with scratch_database(), tempfile.TemporaryDirectory(prefix="bienveille-") as folder:
            path = str(Path(folder) / "provider")
            provider = Provider(path, honours_keys=honours_keys)
            try:
                rate = _play(path, rows, kills, stops, honours_keys=honours_keys)
                judged = judge(provider.counts(), honours_keys=honours_keys)
            finally:
                provider.end()
        lost, twice = lost + judged["lost"], twice + judged["twice"]
        found["keyed" if honours_keys else "unkeyed"] = judged
    return {
        "name": "messages",
        "ours": round(rate),
        "limit": round(1 / PROVIDER_TAKES),
        "unit": "messages/s",
        "ratio": round(rate * PROVIDER_TAKES, 3),
        "lost": lost,
        "twice": twice,
        "killed": 2 * kills,
        "stopped": 2 * stops,
        "runs": runs,
        **found,
    }


def _play(path: str, rows: int, kills: int, stops: int, *, honours_keys: bool) -> float:
    """Send everything while workers are killed and stopped; messages a second."""
    from bienveille.engines.messaging.operations import sending

    mailing_id = start_mailing(rows)
    sending.LEASE_MARGIN = timedelta(seconds=MARGIN)
    connections.close_all()

    def hire() -> BaseProcess:
        process = FORK.Process(target=_work, args=(path, mailing_id, honours_keys))
        process.start()
        return process

    begun = time.perf_counter()
    working = [hire() for _ in range(WORKERS)]
    asleep: list[tuple[float, BaseProcess]] = []
    left = ["kill"] * kills + ["stop"] * stops
    random.shuffle(left)
    try:
        while left or asleep:
            time.sleep(random.uniform(0.02, 0.12))
            moment = time.perf_counter()
            for waking in [one for one in asleep if one[0] <= moment]:
                asleep.remove(waking)
                _signal(waking[1], signal.SIGCONT)
                working.append(waking[1])
            rank = random.randrange(len(working))
            if left and working[rank].is_alive():
                doing, victim = left.pop(), working.pop(rank)
                _signal(victim, signal.SIGKILL if doing == "kill" else signal.SIGSTOP)
                if doing == "stop":
                    asleep.append((moment + STOPPED_FOR, victim))
                working.append(hire())
            elif left:
                working[rank] = hire()  # it had nothing left to send: there may be again, once a lease has ended
            settle()
        for process in working:
            process.join()
    finally:
        for process in [*working, *(one for _, one in asleep)]:
            process.kill()
            process.join()
    while still_going(mailing_id):
        settle()
        last = hire()
        last.join()
        time.sleep(0.2)
    return rows / (time.perf_counter() - begun)


def start_mailing(rows: int) -> UUID:
    """A mailing to everybody of a made-up register, started."""
    from bienveille.engines.messaging.models import Mailing, Text
    from bienveille.engines.messaging.operations import mailings, templates
    from bienveille.engines.messaging.queries.templates import latest_version
    from bienveille.register.accounts.models import User
    from bienveille.register.accounts.rules import Scope

    fill(rows=rows, agencies=4, callers=2)
    author, reader = User.objects.all()[:2]
    template = templates.create_template(actor=author, name="Banc d’essai", use="", kind="service", now=now())
    version = latest_version(template)
    Text.objects.create(version=version, channel="sms", body="L’eau est coupée lundi.")
    mailing = mailings.create_mailing(
        actor=author,
        name="Banc d’essai",
        purpose="wellbeing",
        version_id=version.pk,
        audience={"all": []},
        channels=["sms"],
        urgent=True,
    )
    mailings.ask_approval(actor=author, mailing_id=mailing.pk)
    mailings.approve(actor=reader, mailing_id=mailing.pk)
    mailings.start(actor=author, mailing_id=mailing.pk, scope=Scope(everything=True))
    assert Mailing.objects.get(pk=mailing.pk).target == rows
    return mailing.pk


def _work(path: str, mailing_id: UUID, honours_keys: bool) -> None:
    from bienveille.engines.messaging.operations import sending

    sender = Teller(path, honours_keys=honours_keys)
    while sending.send_batch(mailing_id=mailing_id, channel="sms", sender=sender)[0]:
        pass
    connections.close_all()


def settle() -> None:
    """What the periodic job does: end the leases of batches nobody answered for."""
    from bienveille.engines.messaging.operations import sending

    sending.settle_late(now=now())
    connections.close_all()  # the next worker is forked from here


def still_going(mailing_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM messaging_delivery
                              WHERE mailing_id = %s AND state IN ('waiting', 'sending'))""",
            [mailing_id],
        )
        found = cursor.fetchone()[0]
    connections.close_all()
    return found


def judge(got: Counter[str], *, honours_keys: bool) -> dict[str, int]:
    """Compare what we wrote down with what the provider counted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text, state FROM messaging_delivery")
        states = dict(cursor.fetchall())
    unknown = {key for key, state in states.items() if state == "unknown"}
    return {
        "target": len(states),
        "sent": sum(state == "sent" for state in states.values()),
        "unknown": len(unknown),
        "lost": sum(key not in got and key not in unknown for key in states),
        "twice": sum(many > 1 for many in got.values()),
        "strangers": len(set(got) - set(states)),
        "elsewhere": sum(state not in ("sent", "unknown") for state in states.values()),
    }


def _signal(process: BaseProcess, number: int) -> None:
    assert process.pid is not None
    with suppress(ProcessLookupError):  # it had just ended
        os.kill(process.pid, number)


class Provider:
    """A process that counts messages by key, and how many it really passed on to somebody."""

    def __init__(self, path: str, *, honours_keys: bool) -> None:
        self._ours, theirs = FORK.Pipe()
        connections.close_all()
        self._process = FORK.Process(target=_provide, args=(path, honours_keys, theirs), daemon=True)
        self._process.start()
        while not Path(path).exists():
            time.sleep(0.01)

    def counts(self) -> Counter[str]:
        """Messages passed on, by key."""
        self._ours.send("counts")
        return self._ours.recv()

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def _provide(path: str, honours_keys: bool, pipe) -> None:  # type: ignore[no-untyped-def]
    import threading

    passed: Counter[str] = Counter()
    lock = threading.Lock()

    def serve(line: socket.socket) -> None:
        with suppress(OSError), line, line.makefile("rw") as talk:
            for asked in talk:
                key = asked.split()[0]
                with lock:
                    if not (honours_keys and passed[key]):
                        passed[key] += 1
                time.sleep(PROVIDER_TAKES)
                talk.write(f"m-{key[:8]}\n")
                talk.flush()

    def listen() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.bind(path)
            door.listen(64)
            while True:
                line, _ = door.accept()
                threading.Thread(target=serve, args=(line,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    while pipe.recv() == "counts":
        with lock:
            pipe.send(passed)
