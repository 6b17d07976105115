"""How much memory the server of the database takes for the pages it keeps at hand."""

import contextlib
from pathlib import Path

import psutil

LEAST, MOST = 256, 1024  # MB
# Of the container we are in, when we are in one: version 2 of control groups, then version 1.
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def shared_buffers() -> str:
    """An eighth of the memory there is, within bounds, as PostgreSQL writes it.

    A night's import comes back several times to the same pages: with less than a million people's, each is read anew.
    """
    memory = psutil.virtual_memory().total
    for limit in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # absent, or "max"
            memory = min(memory, int(limit.read_text()))
    return f"{min(max(memory // 8 >> 20, LEAST), MOST)}MB"
