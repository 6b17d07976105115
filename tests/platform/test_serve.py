"""`serve` with real processes and real kills, around a site of a few lines (small_site.py)."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.faults

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def var():
    folder = Path("/tmp") / f"bienveille-serve-{os.getpid()}"  # open to `nobody`, unlike pytest's own folders
    folder.mkdir(mode=0o755)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(var):
    return {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "tests.platform.small_site",
        "BIENVEILLE_VAR": str(var),
    }


class Served:
    """One `serve`, its port and its children."""

    def __init__(self, var, *options, command=("-m", "bienveille", "serve", "--workers", "1", "--port")):
        self.var = var
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, *command, str(self.port), *options],
            env=environment(var),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.announced = self.process.stdout.readline()
        if not self.announced:
            logs = "".join(log.read_text()[-2000:] for log in sorted((var / "log").glob("*.log")))
            pytest.fail(self.process.communicate()[1] + logs)

    def get(self, path="/"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def child(self, word):
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it may have just died
                if word in " ".join(process.cmdline()):
                    return process
        return None

    def everyone(self):
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def postgres(self):
        return psutil.Process(int((self.var / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.fixture
def served(var):
    site = Served(var)
    yield site
    if site.process.poll() is None:
        site.process.kill()
    site.process.communicate()
    wait_until(lambda: not (var / "postgres" / "data" / "postmaster.pid").exists(), 30)


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def answers(site, path="/database", wanted="42"):
    try:
        return site.get(path) == wanted
    except (urllib.error.URLError, OSError):
        return False


def check_stopped_cleanly(site, number):
    everyone = [*site.everyone(), site.postgres()]
    code, out, err = site.stop(number)
    assert (code, out, err.splitlines()[-1]) == (0, "", "Arrêté.")
    assert not any(map(lives, everyone))
    logs = "".join(log.read_text() for log in (site.var / "log").iterdir())
    assert "Traceback" not in err + logs


# One story for several promises: each start costs seconds.
def test_announced_then_alone_on_its_port_then_killed_piece_by_piece_then_stopped(served):
    assert served.announced == f"http://127.0.0.1:{served.port}\n"
    assert served.get("/database") == "42"

    second = subprocess.run(
        served.process.args, env=environment(served.var), capture_output=True, text=True, check=False
    )
    assert (second.returncode, second.stdout) == (1, "")
    other = served.port % 65535 + 1
    assert second.stderr == f"Le port {served.port} est déjà pris. Choisissez-en un autre\u00a0: --port {other}\n"

    wait_until(lambda: served.child("worker"))
    for word in ("faces.cli.web", "worker"):
        killed = served.child(word)
        killed.kill()
        wait_until(lambda word=word, killed=killed: served.child(word) not in (None, killed))
        wait_until(lambda: answers(served))

    before = served.postgres()
    before.kill()
    wait_until(lambda: not lives(before))
    wait_until(lambda: answers(served))
    assert served.postgres() != before

    code, out, err = served.stop(signal.SIGTERM)
    assert (code, out) == (0, "")
    # Whoever came first brought PostgreSQL back: the watcher, which says so, or the worker as it started again.
    assert err.splitlines()[-1] == "Arrêté."


def test_nobody_outlives_a_killed_supervisor(served):
    wait_until(lambda: served.child("worker"))
    others = [*served.everyone()[1:], served.postgres()]
    served.process.kill()
    wait_until(lambda: not any(map(lives, others)), 30)


def test_without_worker_then_ctrl_c(var):
    site = Served(var, "--no-worker")
    for log in (var / "log").iterdir():
        log.write_text("")
    assert answers(site)
    assert site.child("worker") is None
    check_stopped_cleanly(site, signal.SIGINT)


KILLED_WHILE_IT_PREPARES = """
import os, signal, sys, time
from bienveille.faces.cli.serve import serve
from bienveille.ground.platform.postgres import embedded

times = []

def prepare():
    from django.db import connection

    times.append(1)
    if len(times) == 1:
        killed = embedded()._server()
        os.kill(killed.pid, signal.SIGKILL)
        while embedded()._server():
            time.sleep(0.02)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 40 + %s", [len(times)])
        return str(cursor.fetchone()[0])

sys.exit(serve(port=int(sys.argv[1]), workers=1, with_worker=False, prepare=prepare))
"""


def test_a_database_killed_while_it_prepares_is_started_again(var):
    site = Served(var, command=("-c", KILLED_WHILE_IT_PREPARES))
    assert site.process.stdout.readline() == "42\n"
    wait_until(lambda: answers(site))
    code, _, err = site.stop()
    assert code == 0
    assert "PostgreSQL s’était arrêté ; il a été relancé." in err
