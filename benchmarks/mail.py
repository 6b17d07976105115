"""E-mails a second: personalised, both parts, on all cores; against a bare client that repeats one body."""

import asyncio
import multiprocessing
import os
import shutil
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median
from uuid import uuid4

READY = Path(__file__).parents[1] / "src" / "bienveille" / "engines" / "messaging" / "ready" / "power-cut.toml"
SESSIONS = 8
BODY = 4000
_BATCH = 100


def run(rows: int = 100_000, runs: int = 3) -> dict[str, object]:
    """`rows` messages to a sink on this machine. The limit is `smtp-source` with 8 sessions where Postfix has left its
    tools; elsewhere our own client, which writes one body of 4 kB as fast as it is taken, 8 sessions on all cores.
    """
    tools = _tool("smtp-sink"), _tool("smtp-source")
    ours, limits = [], []
    for _ in range(runs):
        with _sink(tools[0]) as port:
            ours.append(rows / _together(_send, rows, port, os.cpu_count() or 1))
            limits.append(
                rows / (_source(tools[1], rows, port) if all(tools) else _together(_repeat, rows, port, SESSIONS))
            )
    return {
        "name": "mail",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "messages/s",
        "ratio": round(median(mine / limit for mine, limit in zip(ours, limits, strict=True)), 3),
        "runs": runs,
        "messages": rows,
        "limit_is": "smtp-source, 8 sessions" if all(tools) else "our bare client, one body of 4 kB, 8 sessions",
        "sink": "smtp-sink" if tools[0] else "our own sink",
    }


def _tool(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def _together(work: object, rows: int, port: int, processes: int) -> float:
    """Seconds that these processes take for the rows, once all are ready."""
    context = multiprocessing.get_context("spawn")
    go, ready = context.Event(), context.Semaphore(0)
    shares = [rows // processes + (rank < rows % processes) for rank in range(processes)]
    running = [context.Process(target=work, args=(share, port, ready, go)) for share in shares]  # type: ignore[arg-type]
    for process in running:
        process.start()
    for _ in running:
        ready.acquire()
    started = time.perf_counter()
    go.set()
    for process in running:
        process.join()
    taken = time.perf_counter() - started
    if any(process.exitcode for process in running):
        raise RuntimeError("a sender stopped before its end")
    return taken


def _send(rows: int, port: int, ready: "multiprocessing.synchronize.Semaphore", go: Event) -> None:
    """Our sender: the ready text of a power cut, six values for each person, plain and HTML."""
    from bienveille.engines.messaging.channels import Outcome, Outgoing
    from bienveille.engines.messaging.channels.smtp import SmtpSender
    from bienveille.engines.messaging.rules.layout import to_html
    from bienveille.engines.messaging.rules.variables import render

    texts = tomllib.loads(READY.read_text("utf-8"))["texts"]
    text = next(one for one in texts if one["channel"] == "email")
    out = SmtpSender(host="127.0.0.1", port=port, sender="Habitat des Étangs <contact@exemple.fr>", batch=_BATCH)
    ready.release()
    go.wait()
    for begun in range(0, rows, _BATCH):
        batch = []
        for rank in range(begun, min(begun + _BATCH, rows)):
            known = {
                "civilité et nom": f"Madame Lefèvre-{rank}", "résidence": f"Les Étangs {rank % 90}",
                "bailleur": "Habitat des Étangs", "agence": "Agence du Nord", "numéro d’astreinte": "01 99 00 12 34",
            }  # fmt: skip
            body = render(text["body"], known)
            key = uuid4()
            batch.append(
                Outgoing(
                    key=key, to=f"locataire{rank}@exemple.fr", subject=render(text["subject"], known), text=body,
                    html=to_html(body), unsubscribe=f"https://exemple.fr/messages/arret/{key.hex}/",
                )
            )  # fmt: skip
        if any(verdict.outcome != Outcome.SENT for verdict in out.send(batch)):
            raise RuntimeError("a message did not leave")
    out.close()


def _repeat(rows: int, port: int, ready: "multiprocessing.synchronize.Semaphore", go: Event) -> None:
    """A bare client: the same octets again and again, commands grouped, as many answers read as are owed."""
    line = b"x" * 76 + b"\r\n"
    message = b"Subject: x\r\n\r\n" + line * (BODY // len(line)) + b".\r\n"
    commands = b"MAIL FROM:<a@exemple.fr>\r\nRCPT TO:<b@exemple.fr>\r\nDATA\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as answers:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers.readline()
        connection.sendall(b"EHLO bench\r\n")
        while answers.readline()[3:4] == b"-":
            pass
        ready.release()
        go.wait()
        connection.sendall(commands)
        for rank in range(rows):
            for _ in range(3):
                answers.readline()
            connection.sendall(message + commands if rank < rows - 1 else message)
            if not answers.readline().startswith(b"250"):
                raise RuntimeError("a message was not taken")


def _source(tool: str | None, rows: int, port: int) -> float:
    assert tool is not None
    started = time.perf_counter()
    command = [tool, "-s", str(SESSIONS), "-l", str(BODY), "-m", str(rows), f"127.0.0.1:{port}"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


@contextmanager
def _sink(tool: str | None) -> Iterator[int]:
    """A server that takes everything and keeps nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if tool is not None:
        sink = subprocess.Popen([tool, f"127.0.0.1:{port}", "512"], stderr=subprocess.DEVNULL)
        stop = sink.terminate
    else:
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
        process.start()
        stop = process.terminate
    try:
        _wait_for(port)
        yield port
    finally:
        stop()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


class _Taker(asyncio.Protocol):
    """SMTP as a sink needs it: one answer for each line, and for each message its end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._out: asyncio.Transport = transport  # type: ignore[assignment]
        self._received, self._in_message = b"", False
        self._out.write(b"220 sink\r\n")

    def data_received(self, octets: bytes) -> None:
        received, answers = self._received + octets, []
        while received:
            if self._in_message:
                end = received.find(b"\r\n.\r\n")
                if end < 0:
                    break
                received, self._in_message = received[end + 5 :], False
                answers.append(b"250 2.0.0 Ok\r\n")
                continue
            line, found, rest = received.partition(b"\r\n")
            if not found:
                break
            received = rest
            if line[:4] == b"DATA":
                self._in_message = True
                answers.append(b"354 go\r\n")
                received = b"\r\n" + received if received[:3] == b".\r\n" else received
            elif line[:4] == b"EHLO":
                answers.append(b"250-sink\r\n250 PIPELINING\r\n")
            else:
                answers.append(b"250 2.1.0 Ok\r\n")
        self._received = received
        if answers:
            self._out.write(b"".join(answers))


def _serve(port: int) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Taker, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(forever())
