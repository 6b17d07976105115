"""Hundreds of programs, each with its caller's token, empty a campaign through HTTP while connections break.

Not a speed record: what is compared is the whole call (take, save) of the crowd with that of eight callers. Some send a
call twice, some hang up before the answer and send it again, some give a household back, some vanish with one in hand.
"""

import multiprocessing
import random
import threading
import time
from collections import Counter
from uuid import UUID, uuid4

from django.db import connection

from benchmarks.next import prepare
from benchmarks.scratch import scratch_database
from benchmarks.web_load import Answer, Client, Lost, request, run_threads, server

PROCESSES = 4
FEW = 8
OUTCOMES = ("reached", "reached", "reached", "no_answer", "voicemail", "busy", "refused", "wrong_number")
#: Of each caller, the chance to leave for good after a call; of each call, the chance of the other accidents.
VANISHES, HANGS_UP, SENDS_TWICE, GIVES_BACK = 0.002, 0.03, 0.05, 0.03
PATIENCE = 20  # times that one request is sent again


def run(rows: int = 20_000, callers: int = 500, runs: int = 1) -> dict[str, object]:
    """`rows` households, `callers` programs; eight of them first take a twentieth of the households alone."""
    with scratch_database() as name:
        campaign_id, secrets = prepare(rows, callers=callers, max_attempts=1, lease_minutes=1)
        with server(name) as port:
            few = crowd(port, campaign_id, secrets[:FEW], quota=rows // 20 // FEW, processes=2)
            many = crowd(port, campaign_id, secrets, quota=None, processes=PROCESSES)
        faults = judge(campaign_id, few.saved | many.saved)
    waits = sorted(many.waits)
    return {
        "name": "callers",
        "ours": round(many.rate),
        "limit": round(few.rate),
        "unit": "calls/s",
        "ratio": round(many.rate / few.rate, 3),
        "doubles": len(faults),
        "faults": faults + many.faults + few.faults,
        "callers": callers,
        "statuses": {str(status): count for status, count in sorted((many.statuses + few.statuses).items())},
        "vanished": many.vanished,
        "hung_up": many.hung_up,
        "lost": many.lost,
        "p50_ms": round(1000 * waits[len(waits) // 2]),
        "p99_ms": round(1000 * waits[len(waits) * 99 // 100]),
        "runs": runs,
    }


class Told:
    """What the clients saw: statuses, saved attempts, faults, seconds that each answer took."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.saved: set[str] = set()
        self.faults: list[str] = []
        self.waits: list[float] = []
        self.vanished = self.hung_up = self.lost = 0
        self.rate = 0.0

    def add(self, other: "Told") -> None:
        self.statuses += other.statuses
        if both := self.saved & other.saved:
            self.faults.append(f"{len(both)} attempts told to two clients")
        self.saved |= other.saved
        self.faults += other.faults
        self.waits += other.waits
        self.vanished += other.vanished
        self.hung_up += other.hung_up
        self.lost += other.lost


def crowd(port: int, campaign_id: UUID, secrets: list[str], *, quota: int | None, processes: int) -> Told:
    """Everybody works at once until nobody is left (or `quota` calls each)."""
    context = multiprocessing.get_context("fork")
    barrier, stop, done = context.Barrier(processes + 1), context.Event(), context.SimpleQueue()
    connection.close()  # the children must not share it
    children = [
        context.Process(target=_process, args=(port, campaign_id, secrets[rank::processes], quota, barrier, stop, done))
        for rank in range(processes)
    ]
    for child in children:
        child.start()
    barrier.wait()
    start, told, ended = time.perf_counter(), Told(), 0.0
    watcher = threading.Thread(target=_watch, args=(campaign_id, stop), daemon=True)
    watcher.start()
    for _ in children:
        last, one = done.get()
        told.add(one)
        ended = max(ended, last)
    for child in children:
        child.join()
    stop.set()
    watcher.join()
    told.rate = len(told.saved) / (ended - start)
    return told


def _watch(campaign_id: UUID, stop) -> None:  # type: ignore[no-untyped-def]
    """Tells everybody to stop once nobody waits and nobody is in hand.

    When only households in hand are left, the minute of those taken ten seconds ago passes at once: they are those of
    callers who vanished, or whose answer is slow to come.
    """
    while not stop.wait(1):
        left = left_of(campaign_id)
        if not any(left):
            stop.set()
        elif left[0] == 0:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE dispatch_contact SET lease_until = least(lease_until, now()) "
                    "WHERE state = 'reserved' AND reserved_at < now() - interval '10 seconds'"
                )
    connection.close()


def left_of(campaign_id: UUID) -> tuple[int, int]:
    """How many wait, how many are in hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE c.state = 'waiting'), count(*) FILTER (WHERE c.state = 'reserved')
               FROM dispatch_contact c JOIN outreach_campaign o USING (queue_id) WHERE o.id = %s""",
            [campaign_id],
        )
        return cursor.fetchone()


def _process(port, campaign_id, secrets, quota, barrier, stop, done):  # type: ignore[no-untyped-def]
    told, lock = Told(), threading.Lock()
    last = [0.0]

    def work(secret: str) -> None:
        mine = Caller(port, campaign_id, secret, random.Random(secret))
        mine.work(quota, stop)
        with lock:
            told.add(mine.told)
            last[0] = max(last[0], mine.last)

    run_threads(work, secrets, barrier)
    done.put((last[0], told))


class Caller:
    """One program: takes, saves, sometimes badly."""

    def __init__(self, port: int, campaign_id: UUID, secret: str, chance: random.Random) -> None:
        self.client, self.campaign, self.secret, self.chance = Client(port), campaign_id, secret, chance
        self.told, self.last = Told(), time.perf_counter()

    def work(self, quota: int | None, stop) -> None:  # type: ignore[no-untyped-def]
        while not stop.is_set() and (quota is None or len(self.told.saved) < quota):
            given = self.ask("POST", f"/campaigns/{self.campaign}/next")
            if given.status == 204:
                stop.wait(self.chance.uniform(0.5, 1.5))
                continue
            if given.status != 200:
                return
            if quota is None and self.chance.random() < VANISHES:
                self.told.vanished += 1
                break
            self.save(given.document["contact"], given.document["token"])
        self.client.close()

    def save(self, contact: str, token: str) -> None:
        if self.chance.random() < GIVES_BACK:
            self.ask("POST", f"/contacts/{contact}/release", {"token": token}, expected=(204, 409))
            return
        body = {"token": token, "outcome": self.chance.choice(OUTCOMES)}
        path, key = f"/contacts/{contact}/attempts", str(uuid4())
        if self.chance.random() < HANGS_UP:
            self.hang_up(path, body, key)
        # 409: the reservation had lapsed (a minute) and somebody else was given the household.
        answer = self.ask("POST", path, body, key=key, expected=(201, 409))
        if answer.status != 201:
            return
        if self.chance.random() < SENDS_TWICE:
            again = self.ask("POST", path, body, key=key, expected=(201,))
            if again.document != answer.document:
                self.told.faults.append(f"two answers to one key: {answer.document} {again.document}")
        self.told.saved.add(answer.document["attempt"])
        self.last = time.perf_counter()

    def hang_up(self, path: str, body: object, key: str) -> None:
        """Sends, and leaves before the answer."""
        self.told.hung_up += 1
        leaving = Client(self.client.port)
        leaving.send(self.bytes("POST", path, body, key))
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0, 0.05))
        leaving.close()

    def bytes(self, method: str, path: str, body: object, key: str) -> bytes:
        headers = {"Idempotency_Key": key} if key else {}
        return request(method, f"/api/v1{path}", token=self.secret, body=body, **headers)

    def ask(
        self, method: str, path: str, body: object = None, key: str = "", expected: tuple[int, ...] = (200, 204)
    ) -> Answer:
        """Asks until there is an answer: a lost connection is opened again, « too many » is waited for."""
        sent = self.bytes(method, path, body, key)
        for _ in range(PATIENCE):
            start = time.perf_counter()
            try:
                answer = self.client.ask(sent)
            except Lost:
                self.told.lost += 1
                time.sleep(0.1)
                continue
            self.told.waits.append(time.perf_counter() - start)
            self.told.statuses[answer.status] += 1
            if answer.status == 429:
                time.sleep(float(answer.headers["retry-after"]))
                continue
            if answer.status not in expected:
                self.told.faults.append(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
            return answer
        self.told.faults.append(f"{method} {path}: no answer at all")
        return Answer(0, {}, b"")


def judge(campaign_id: UUID, saved: set[str]) -> list[str]:
    """Every way in which the campaign could lie, once it is empty; none when all is well."""
    from bienveille.engines.dispatch.queries import check_invariants, ledger
    from bienveille.services.outreach.queries import find_campaign

    campaign = find_campaign(campaign_id)
    assert campaign is not None
    faults = check_invariants(campaign.queue)
    states = ledger(campaign.queue)
    if states.waiting or states.reserved:
        faults.append(f"{states.waiting} still wait, {states.reserved} are still in hand")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT contact_id) FROM dispatch_attempt WHERE undone_at IS NULL")
        attempts, households = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM dispatch_attempt WHERE id = ANY (%s::uuid[])", [sorted(saved)])
        kept = cursor.fetchone()[0]
    if not attempts == households == states.target:
        faults.append(f"{attempts} attempts for {households} households of {states.target}")
    if kept != len(saved):
        faults.append(f"{len(saved) - kept} calls told as saved are not there")
    return faults
