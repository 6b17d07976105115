"""Fifty programs empty a campaign over HTTP, badly: none is called twice, none is forgotten, none sees a failure."""

import json
import tempfile
from pathlib import Path

import pytest
from tests.journeys.town import Town


@pytest.fixture
def town():
    # Not tmp_path: root's is closed, and the data of an embedded server would then be kept elsewhere.
    with tempfile.TemporaryDirectory(prefix="bienveille-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        made = Town(Path(folder) / "var")
        made.var.mkdir()
        yield made


def test_fifty_programs_empty_six_hundred_households(town):
    """They hang up before the answer, send twice, give back, vanish with somebody in hand; then everybody is counted."""
    told = json.loads(town.command("bench", "callers", "--rows", "600", "--callers", "50", "--json"))
    assert told["faults"] == []
    assert told["doubles"] == 0
    assert set(told["statuses"]) <= {"200", "201", "204", "409"}
    assert told["statuses"]["201"] >= 550  # the answers that nobody waited for are in the count of attempts
    assert told["hung_up"] > 0
