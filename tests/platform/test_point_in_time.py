"""G28: going back to any minute, with the very settings that the runbook gives, on a server of our own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.architecture.house import ROOT

from bienveille.ground.platform.postgres_home import choose_server_user, find_binaries, reachable_binaries

pytestmark = pytest.mark.faults


class Server:
    """A PostgreSQL of the machine, its journal archived beside it."""

    def __init__(self, folder: Path):
        self.folder, self.user = folder, choose_server_user(folder / "none")
        folder.mkdir(mode=0o755)
        (folder / "archive").mkdir()
        if self.user:
            for one in (folder, folder / "archive"):
                os.chown(one, self.user.uid, self.user.gid)
        self.binaries = reachable_binaries(find_binaries(os.environ), folder, self.user)

    def run(self, program, *arguments, check=True):
        return subprocess.run(
            [self.binaries / program, *map(str, arguments)],
            cwd="/",
            env={
                "PGHOST": str(self.folder),
                "PGUSER": "bienveille",
                "PGDATABASE": "postgres",
                "PATH": os.environ["PATH"],
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=check,
            **(self.user.spawn_options() if self.user else {}),
        ).stdout.strip()

    def sql(self, statement):
        return self.run("psql", "-X", "-A", "-t", "-c", statement)

    def settings(self, data, text):
        with (self.folder / data / "postgresql.conf").open("a") as file:
            file.write(text)

    def start(self, data):
        log = self.folder / f"{data}.log"
        self.run("pg_ctl", "-D", self.folder / data, "-l", log, "-w", "-t", "60", "-s", "start")

    def stop(self, data, mode):
        self.run("pg_ctl", "-D", self.folder / data, "-m", mode, "-s", "stop", check=False)


@pytest.fixture
def server():
    made = Server(Path("/tmp") / f"bienveille-pitr-{os.getpid()}")
    yield made
    for data in ("base", "back"):
        made.stop(data, "immediate")
    subprocess.run(["rm", "-rf", made.folder], check=True)


def recipe(mark, folder):
    """A piece of configuration of the runbook, with its folders replaced by ours."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    block = text.split(f"```ini\n# {mark}\n", 1)[1].split("```", 1)[0]
    return "\n" + block.replace("/srv/journal", str(folder / "archive"))


def wait_until(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_g28_back_to_the_minute_before_the_mistake(server, capsys):
    server.run("initdb", "-D", server.folder / "base", "-U", "bienveille", "-A", "trust", "--no-sync", "--locale=C")
    ours = f"\nlisten_addresses = ''\nunix_socket_directories = '{server.folder}'\nfsync = off\nshared_buffers = 16MB\n"
    server.settings("base", ours + recipe("on the server", server.folder))
    server.start("base")
    server.sql("CREATE TABLE people (name text)")
    server.sql("INSERT INTO people VALUES ('before the copy')")
    server.run("pg_basebackup", "-D", server.folder / "back", "-c", "fast", "--no-sync")
    server.sql("INSERT INTO people VALUES ('after the copy')")
    minute = server.sql("SELECT clock_timestamp()")
    time.sleep(0.05)
    server.sql("DELETE FROM people")  # the mistake
    server.sql("SELECT pg_switch_wal()")
    wait_until(lambda: server.sql("SELECT failed_count = 0 AND archived_count > 1 FROM pg_stat_archiver") == "t")
    server.stop("base", "immediate")  # and the machine goes

    begun = time.monotonic()
    server.settings("back", recipe("to go back", server.folder).replace("2027-03-01 09:14:00+01", minute))
    signal = server.folder / "back" / "recovery.signal"
    signal.touch()
    if server.user:
        os.chown(signal, server.user.uid, server.user.gid)
    server.start("back")
    wait_until(lambda: server.sql("SELECT pg_is_in_recovery()") == "f")
    assert server.sql("SELECT string_agg(name, ', ' ORDER BY name) FROM people") == "after the copy, before the copy"
    took = time.monotonic() - begun
    with capsys.disabled():
        sys.stdout.write(f"\npoint in time: RPO archive_timeout (60 s), RTO of a small database {took:.0f} s\n")
