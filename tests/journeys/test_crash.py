"""A whole campaign from the command line and over HTTP, killed on the way: nothing acknowledged is lost."""

import http.client
import json
import tempfile
import threading
import time
from pathlib import Path

import pytest
from tests.journeys.town import FIXTURES, Town

pytestmark = pytest.mark.faults

CALLERS = 10


@pytest.fixture
def town():
    # Not tmp_path: root's is closed, and the data of an embedded server would then be kept elsewhere.
    with tempfile.TemporaryDirectory(prefix="bienveille-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        made = Town(Path(folder) / "var")
        made.var.mkdir()
        yield made
        made.stop()


def test_kill_everything_in_the_middle_of_the_calls(town):
    """Import, open, call with every caller at once; kill -9 a caller, PostgreSQL, the server; count again."""
    files = [str(FIXTURES / "erp-cp1252" / name) for name in ("patrimoine.csv", "locataires.csv", "collaborateurs.csv")]
    report = json.loads(town.command("import", *files, "--org", "Habitat Essai", "--json", codes=(3,)))
    assert report["applied"]
    campaign = town.command("campaign", "new", "--from", str(Path(__file__).with_name("campaign.toml"))).strip()
    target = json.loads(town.command("campaign", "open", campaign, "--json"))["target"]
    assert target > 500
    staff = (FIXTURES / "erp-cp1252" / "collaborateurs.csv").read_text(encoding="cp1252").splitlines()[1:]
    emails = [line.split(";")[2] for line in staff if line.endswith("APPELANT")][:CALLERS]
    tokens = [line.split("\t")[1] for line in town.command("token", *emails).splitlines()]
    town.serve()

    acknowledged: dict[str, str] = {}
    stop = threading.Event()
    crowd = [threading.Thread(target=_caller, args=(town, campaign, t, acknowledged, stop)) for t in tokens]
    try:
        for thread in crowd:
            thread.start()
        _wait_for(town, acknowledged, 20)
        town.kill_database()  # `serve` starts it again
        _wait_for(town, acknowledged, len(acknowledged) + 20)
        town.kill_server()
        town.serve()
        _wait_for(town, acknowledged, len(acknowledged) + 20)
    finally:
        stop.set()
        for thread in crowd:
            thread.join(60)
    town.stop()

    assert json.loads(town.command("campaign", "check", campaign, "--json")) == {"faults": []}
    ledger = json.loads(town.command("campaign", "ledger", campaign, "--json"))
    assert sum(ledger.values()) - ledger["target"] == ledger["target"] == target
    figures = json.loads(town.command("campaign", "figures", campaign, "--json"))
    # Some calls may have been saved without the answer reaching their caller; none the other way round.
    assert figures["outgoing_calls"] >= len(acknowledged)
    states = json.loads(town.command("manage", "shell", "--no-imports", "-v0", "-c", _ATTEMPTS))
    assert set(acknowledged) <= set(states)


_ATTEMPTS = (
    "import json; from bienveille.engines.dispatch.models import Attempt; "
    "print(json.dumps([str(pk) for pk in Attempt.objects.values_list('pk', flat=True)]))"
)


def _caller(town: Town, campaign: str, token: str, acknowledged: dict[str, str], stop: threading.Event) -> None:
    """Works as a patient program does: on any failure, the same request again with the same key."""
    while not stop.is_set():
        status, sheet = _insist(town, stop, f"/api/v1/campaigns/{campaign}/next", token)
        if status != 200:
            continue
        body = {"token": sheet["token"], "outcome": "reached", "grade": "green"}
        path = f"/api/v1/contacts/{sheet['contact']}/attempts"
        status, saved = _insist(town, stop, path, token, body, key=sheet["token"])
        if status == 201:
            acknowledged[saved["attempt"]] = sheet["contact"]


def _insist(town, stop, path, token, body=None, key=""):  # type: ignore[no-untyped-def]
    while not stop.is_set():
        try:
            status, document = town.request("POST", path, token, body, key)
            if status < 500:
                return status, document
        except (OSError, http.client.HTTPException):
            pass
        stop.wait(0.3)
    return 0, None


def _wait_for(town: Town, acknowledged: dict[str, str], count: int, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while len(acknowledged) < count:
        assert time.monotonic() < deadline, f"{len(acknowledged)} calls saved, {count} awaited\n{town.story()}"
        time.sleep(0.1)
