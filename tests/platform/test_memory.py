"""The memory that the database's server takes: an eighth of what there is, container included, within bounds."""

from types import SimpleNamespace

import pytest

from bienveille.ground.platform import memory

GIB = 1 << 30


@pytest.mark.parametrize(
    ("total", "container", "expected"),
    [
        (1 * GIB, "max", "256MB"),
        (4 * GIB, "max", "512MB"),
        (64 * GIB, "max", "1024MB"),
        (64 * GIB, f"{3 * GIB}", "384MB"),
        (4 * GIB, f"{64 * GIB}", "512MB"),
        (4 * GIB, None, "512MB"),
    ],
)
def test_an_eighth_of_what_may_be_used(tmp_path, monkeypatch, total, container, expected):
    limit = tmp_path / "memory.max"
    if container is not None:
        limit.write_text(f"{container}\n")
    monkeypatch.setattr(memory, "_LIMITS", (limit,))
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=total))
    assert memory.shared_buffers() == expected
