"""What benchmarks over HTTP share: a real server on the scratch database, clients that keep their connections."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from django.db import connection

from bienveille.faces.cli.serve import THREADS, WORKERS, listen

HOST = "127.0.0.1"
CONNECTIONS = 16
CLIENTS = 2  # processes: one alone would be what is measured


@dataclass(frozen=True)
class Answer:
    """Status, headers in lower case, and document of one answer (None when it is empty)."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict:
        return json.loads(self.body)


class Lost(Exception):
    """The server closed the connection before it answered: the request may be sent again."""


class Client:
    """One connection that is kept, as little as HTTP needs; connects again when the server has closed it."""

    def __init__(self, port: int, timeout: float = 60) -> None:
        self.port, self.timeout = port, timeout
        self.socket: socket.socket | None = None
        self.left = b""

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def send(self, request: bytes) -> None:
        """A request, without waiting for its answer."""
        if self.socket is None:
            self.socket, self.left = socket.create_connection((HOST, self.port), self.timeout), b""
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)

    def ask(self, request: bytes) -> Answer:
        """The answer to one request. Raises Lost."""
        try:
            self.send(request)
            return self._read()
        except OSError as error:
            self.close()
            raise Lost(str(error)) from error

    def _read(self) -> Answer:
        assert self.socket is not None
        data = self.left
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        lines = data[:end].decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        status, length = int(lines[0].split(" ")[1]), int(headers.get("content-length", "0"))
        data = data[end + 4 :]
        while len(data) < length:
            data += self._more()
        self.left = data[length:]
        if headers.get("connection") == "close":
            self.close()
        return Answer(status, headers, data[:length])

    def _more(self) -> bytes:
        assert self.socket is not None
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionResetError("closed by the server")
        return more


def request(method: str, path: str, *, token: str = "", body: object = None, **headers: str) -> bytes:
    """The bytes of a request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(content)}"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += ["Content-Type: application/json"] if content else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def server(name: str, module: str = "bienveille.faces.cli.web", **environment: str) -> Iterator[int]:
    """A server as `serve` starts it, on the scratch database of that name; gives its port."""
    listener = listen(0)
    settings = connection.settings_dict
    place = f"?host={quote(settings['HOST'])}" if settings["HOST"].startswith("/") else ""
    host = "" if place else settings["HOST"]
    secret = f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else ""
    environ = {
        **os.environ,
        **environment,
        "DATABASE_URL": f"postgresql://{quote(settings['USER'])}{secret}@{host}:{settings['PORT']}/{name}{place}",
        "BIENVEILLE_POOL": str(THREADS + 2),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(listener.fileno()), str(WORKERS), str(THREADS)],
        env=environ,
        pass_fds=[listener.fileno()],
    )
    try:
        port = listener.getsockname()[1]
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()
        listener.close()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        client = Client(port, timeout=5)
        try:
            if client.ask(request("GET", "/api/v1/openapi.json")).status in (200, 404):
                return
        except Lost:
            time.sleep(0.1)
        finally:
            client.close()
    raise RuntimeError("the server of the benchmark never answered")


def hammer(port: int, requests: Sequence[bytes], expected: int) -> float:
    """Requests a second: all of them, over sixteen connections held by two processes. Refuses any other status."""
    context = multiprocessing.get_context("fork")
    barrier, done = context.Barrier(CLIENTS + 1), context.SimpleQueue()
    processes = [
        context.Process(target=_client, args=(port, requests[rank::CLIENTS], expected, barrier, done))
        for rank in range(CLIENTS)
    ]
    for process in processes:
        process.start()
    barrier.wait()
    start = time.perf_counter()
    wrong = [fault for _ in processes for fault in done.get()]
    elapsed = time.perf_counter() - start
    for process in processes:
        process.join()
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers are not {expected}: {wrong[:3]}")
    return len(requests) / elapsed


def _client(port, requests, expected, barrier, done):  # type: ignore[no-untyped-def]
    wrong: list[str] = []
    count = CONNECTIONS // CLIENTS
    ready = threading.Barrier(count + 1)

    def work(mine: Sequence[bytes]) -> None:
        client = Client(port)
        ready.wait()
        for one in mine:
            try:
                answer = client.ask(one)
            except Lost:
                answer = client.ask(one)  # a connection that had been idle too long
            if answer.status != expected:
                wrong.append(f"{answer.status} {answer.body[:200]!r}")
        client.close()

    run_threads(work, [requests[rank::count] for rank in range(count)], barrier, ready)
    done.put(wrong)


def run_threads(work: Callable, shares: Sequence, *barriers) -> None:  # type: ignore[no-untyped-def]
    """One thread for each share; they start once everybody has come to each barrier."""
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for barrier in barriers:
        barrier.wait()
    for thread in threads:
        thread.join()
