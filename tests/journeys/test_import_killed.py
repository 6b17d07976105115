"""A long import killed in the middle of each of its phases: everything or nothing, and no process stays behind."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from benchmarks.import_ import write_files
from tests.journeys.town import ROOT, Town

pytestmark = pytest.mark.faults

ROWS = 30_000  # enough for several processes to type them


@pytest.fixture
def town():
    with tempfile.TemporaryDirectory(prefix="bienveille-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        made = Town(Path(folder) / "var")
        made.var.mkdir()
        yield made
        made.stop()


def test_an_import_killed_anywhere_leaves_all_or_nothing(town, tmp_path):
    homes, tenants = write_files(tmp_path, ROWS)
    town.command("import", str(homes), "--org", "Habitat Essai")
    town.serve()  # keeps the database up between the commands
    began = time.monotonic()
    town.command("import", str(tenants), "--dry-run")
    lasts = time.monotonic() - began
    helpers = 0
    for share in (0.3, 0.5, 0.7, 0.9):
        process = subprocess.Popen(
            [sys.executable, "-m", "bienveille", "import", str(tenants)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=town.environ, cwd=ROOT,
        )  # fmt: skip
        time.sleep(lasts * share)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        helpers += len(children)
        _, alive = psutil.wait_procs(children, timeout=30)
        assert not alive, "processes that type outlive the import"
        assert persons(town) in (0, ROWS), share
    assert helpers, "nothing was killed while processes were typing: make the file longer"
    done = json.loads(town.command("import", str(tenants), "--json"))["files"][0]
    assert (done["records"], done["rejected"]) == (ROWS, 0)
    assert (done["created"] + done["unchanged"], persons(town)) == (ROWS, ROWS)
    assert json.loads(town.command("import", str(tenants), "--json"))["files"][0]["unchanged"] == ROWS


def persons(town):
    return json.loads(town.command("register", "--json"))["persons"]
