"""Processes that live and die together: a supervisor and its children; not what the children do."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STEADY_AFTER = 30.0  # a child alive for that long is forgiven its past
LONGEST_WAIT = 30.0
STOP_SECONDS = 30.0
LARGEST_LOG = 10_000_000

_PARENT = "BIENVEILLE_PARENT"
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """In a supervised child: receive SIGTERM when the supervisor disappears, even by kill -9 (Linux)."""
    parent = int(os.environ.get(_PARENT, "0"))
    if not parent:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked
        raise SystemExit(128 + signal.SIGTERM)


@dataclass
class Child:
    """A program to keep running; its output goes to a log of its own."""

    name: str
    command: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    keep_open: Sequence[int] = ()

    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environ, _PARENT: str(os.getpid())},
                pass_fds=self.keep_open,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which ends its children in order
            )
        self.started = time.monotonic()

    def tend(self, *, now: float) -> None:
        """Start it again when it is down, later and later if it keeps falling."""
        if self.process is not None:
            if self.process.poll() is None:
                if self.failures and now - self.started > STEADY_AFTER:
                    self.failures = 0
                return
            self.process = None
            self.failures += 1
            self.restart_at = now + min(LONGEST_WAIT, 0.25 * 2**self.failures)
        if now >= self.restart_at:
            self.start()

    def end(self, deadline: float) -> None:
        """Asked politely by the supervisor already; wait, then insist."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def supervise(
    children: Sequence[Child], *, until: Callable[[], bool], meanwhile: Callable[[], None], every: float = 0.5
) -> None:
    """Keep the children running until `until()`, doing `meanwhile()` between looks; then end them all."""
    try:
        while not until():
            now = time.monotonic()
            for child in children:
                child.tend(now=now)
            meanwhile()
            time.sleep(every)
    finally:
        end_all(children)


def end_all(children: Sequence[Child]) -> None:
    """Ask all of them to finish what they do, wait, then insist. A second Ctrl-C must not leave half of them behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        if child.process is not None and child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
    for child in children:
        child.end(deadline)
