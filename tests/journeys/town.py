"""A landlord in a folder of its own, driven from outside as people do: command line, server, HTTP."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"


class Town:
    """One installation: its data folder, its commands, its server."""

    def __init__(self, var: Path):
        self.var = var
        self.environ = {**os.environ, "BIENVEILLE_VAR": str(var), "PYTHONPATH": str(ROOT / "src")}
        for name in ("DATABASE_URL", "BIENVEILLE_NO_DATABASE", "DJANGO_SETTINGS_MODULE", "BIENVEILLE_POOL"):
            self.environ.pop(name, None)
        self.port = _free_port()
        self.server: subprocess.Popen[bytes] | None = None
        self.answers: Counter[int] = Counter()

    def command(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """What a command prints on standard output; its exit code must be one of `codes`."""
        done = subprocess.run(
            [sys.executable, "-m", "bienveille", *arguments],
            capture_output=True, text=True, env=self.environ, cwd=ROOT, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode in codes, f"{arguments} ended with {done.returncode}:\n{done.stderr}"
        return done.stdout

    def serve(self, *, worker: bool = False) -> None:
        """Start the server; returns once it answers."""
        with (self.var / "serve.log").open("a") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", "bienveille", "serve", "--port", str(self.port), *(() if worker else ("--no-worker",))],
                stdout=log, stderr=log, env=self.environ, cwd=ROOT,
            )  # fmt: skip
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/connexion/")[0] == 200:
                    return
            assert self.server.poll() is None, (self.var / "serve.log").read_text()
            time.sleep(0.2)
        raise AssertionError("the server never answered")

    def request(self, method: str, path: str, token: str = "", body: object = None, key: str = ""):
        """(status, document) of one HTTP request; raises OSError when the server is not there."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        self.answers[answer.status] += 1
        return answer.status, json.loads(raw) if raw and "json" in answer.headers.get("Content-Type", "") else None

    def story(self) -> str:
        """What tells why a town no longer answers as it should: answers by status, ends of the logs."""
        logs = [self.var / "serve.log", *self.var.glob("log/*.log"), *self.var.glob("postgres/*.log")]
        ends = [f"{log.name}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs if log.is_file()]
        return "\n".join([str(dict(self.answers)), *ends])

    def kill_server(self) -> None:
        """kill -9 of the server's parent; returns once its children, who hold the port, have followed it."""
        assert self.server is not None
        self.server.send_signal(signal.SIGKILL)
        self.server.wait()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except ConnectionRefusedError:
                return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("somebody still listens on the port of a killed server")

    def kill_database(self) -> None:
        """kill -9 of PostgreSQL's first process."""
        for process in psutil.process_iter(["name", "cwd"]):
            if process.info["name"] == "postgres" and str(process.info["cwd"]) == str(self.var / "postgres" / "data"):
                with contextlib.suppress(psutil.Error):
                    parent = process.parent()
                    if parent is None or parent.name() != "postgres":
                        process.kill()
                        return
        raise AssertionError("no PostgreSQL of ours is running")

    def stop(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGINT)
            try:
                self.server.wait(60)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
