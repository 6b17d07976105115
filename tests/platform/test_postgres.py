"""The embedded PostgreSQL, with real servers and real kills; its folders and users are in test_postgres_home.py."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from bienveille.ground.platform.postgres import EmbeddedPostgres, PostgresRefusal, database_settings

pytestmark = pytest.mark.faults

SOURCES = Path(__file__).resolve().parents[2] / "src"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A cluster made once; each test leaves it whole, whatever it killed."""
    folder = Path("/tmp") / f"bienveille-essai-{os.getpid()}" / "base"  # short enough for a socket, open to `nobody`
    folder.parent.mkdir(mode=0o755)
    with EmbeddedPostgres(folder, durable=False):
        pass
    yield folder
    for process in psutil.process_iter(["name", "cmdline"]):
        if str(folder) in " ".join(process.info["cmdline"] or ()):
            process.kill()
    subprocess.run(["rm", "-rf", str(folder.parent)], check=True)


@pytest.fixture
def holder(made):
    """Another process that holds the server until told to leave."""
    started = []

    def start(*, leave="release"):
        code = f"""
            import sys, os
            from pathlib import Path
            from bienveille.ground.platform.postgres import EmbeddedPostgres
            server = EmbeddedPostgres(Path({str(made)!r}), durable=False).start()
            print("ready", flush=True)
            sys.stdin.readline()
            {"server.release()" if leave == "release" else "pass"}
        """
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
        )
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    with EmbeddedPostgres(made, durable=False):
        pass  # a killed last holder left the server running: stop it


def number_of(made):
    return int((made / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def is_running(made):
    return EmbeddedPostgresProbe(made).running()


class EmbeddedPostgresProbe(EmbeddedPostgres):
    def running(self):
        self._locate()
        return self._server() is not None


def kill_server(made):
    os.kill(number_of(made), signal.SIGKILL)
    wait_until(lambda: not is_running(made))


def ask(server, statement):
    with psycopg.connect(server.dsn) as connection:
        return connection.execute(statement).fetchone()[0]


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class TestSharing:
    def test_the_first_starts_it_and_the_last_stops_it(self, made, holder):
        other = holder()
        mine = EmbeddedPostgres(made, durable=False).start()
        other.communicate(b"\n")
        assert ask(mine, "SELECT 1") == 1
        assert mine.release() is True
        assert not is_running(made)

    def test_leaving_does_not_disturb_the_others(self, made, holder):
        with EmbeddedPostgres(made, durable=False) as mine:
            other = holder()
            before = number_of(made)
            other.communicate(b"\n")
            assert number_of(made) == before
            assert ask(mine, "SELECT 1") == 1

    def test_a_holder_that_just_exits_releases_too(self, made, holder):
        holder(leave="exit").communicate(b"\n")
        assert not is_running(made)

    def test_a_killed_holder_does_not_count_any_more(self, made, holder):
        other = holder()
        mine = EmbeddedPostgres(made, durable=False).start()
        other.kill()
        other.wait()
        assert mine.release() is True
        assert not is_running(made)

    def test_the_server_left_by_a_killed_last_holder_is_joined_then_stopped(self, made, holder):
        other = holder()
        before = number_of(made)
        other.kill()
        other.wait()
        mine = EmbeddedPostgres(made, durable=False).start()
        assert number_of(made) == before
        assert mine.release() is True

    def test_a_forked_child_keeps_the_server_its_parent_leaves(self, made):
        mine = EmbeddedPostgres(made, durable=False).start()
        going, told = os.pipe()
        number = os.fork()
        if number == 0:
            os.read(going, 1)
            os._exit(0)
        try:
            assert mine.release() is False
            assert is_running(made)
        finally:
            os.write(told, b"x")
            os.waitpid(number, 0)
        again = EmbeddedPostgres(made, durable=False).start()
        assert again.release() is True

    def test_many_starting_together_get_one_server(self, made, holder):
        code = textwrap.dedent(f"""
            from pathlib import Path
            from bienveille.ground.platform.postgres import EmbeddedPostgres
            server = EmbeddedPostgres(Path({str(made)!r}), durable=False).start()
            print((server.data / "postmaster.pid").read_text().split()[0], flush=True)
            input()
        """)
        many = [
            subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(SOURCES)},
            )
            for _ in range(4)
        ]
        numbers = {process.stdout.readline() for process in many}
        for process in many:
            process.communicate(b"\n")
        assert len(numbers) == 1
        assert not is_running(made)


class TestSurviving:
    def test_a_killed_server_is_started_again_by_whoever_watches(self, made):
        with EmbeddedPostgres(made, durable=False) as mine:
            before = number_of(made)
            kill_server(made)
            assert mine.ensure() is True
            assert mine.ensure() is False
            assert ask(mine, "SELECT 1") == 1
            assert number_of(made) != before

    def test_a_killed_server_is_started_again_by_the_next_comer(self, made, holder):
        holder()
        kill_server(made)
        with EmbeddedPostgres(made, durable=False) as mine:
            assert ask(mine, "SELECT 1") == 1

    def test_what_was_committed_is_still_there(self, made):
        with EmbeddedPostgres(made, durable=True) as mine:
            with psycopg.connect(mine.dsn, autocommit=True) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
                connection.execute("INSERT INTO kept VALUES (42)")
            kill_server(made)
            mine.ensure()
            assert ask(mine, "SELECT max(n) FROM kept") == 42

    def test_a_child_busy_with_a_long_statement_does_not_prevent_the_restart(self, made):
        with EmbeddedPostgres(made, durable=False) as mine, psycopg.connect(mine.dsn) as busy:
            busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 2000000000)")
            time.sleep(0.3)
            kill_server(made)
            assert mine.ensure() is True
            assert ask(mine, "SELECT 1") == 1
            busy.close()

    @pytest.mark.parametrize(("name", "inside"), [("postgres", False), ("sleep", True)])
    def test_a_recycled_number_is_not_mistaken_for_the_server(self, made, tmp_path, name, inside):
        """Another PostgreSQL elsewhere, or a stranger in our folder."""
        program = tmp_path / name
        shutil.copy(shutil.which("sleep"), program)
        with self.told_to_be_the_server(made, [program, "60"], cwd=made / "data" if inside else "/") as impostor:
            with EmbeddedPostgres(made, durable=False) as mine:
                assert number_of(made) != impostor.pid
                assert ask(mine, "SELECT 1") == 1
            assert impostor.poll() is None

    def test_a_zombie_is_not_mistaken_for_the_server(self, made, tmp_path):
        program = tmp_path / "postgres"
        shutil.copy(shutil.which("true"), program)
        with self.told_to_be_the_server(made, [program], cwd=made / "data") as zombie:
            wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
            with EmbeddedPostgres(made, durable=False) as mine:
                assert ask(mine, "SELECT 1") == 1

    @contextlib.contextmanager
    def told_to_be_the_server(self, made, command, cwd):
        with subprocess.Popen(command, cwd=cwd) as process:
            (made / "data" / "postmaster.pid").write_text(
                f"{process.pid}\n{made / 'data'}\n0\n5432\n/nowhere\n\n\nready\n"
            )
            yield process
            process.kill()

    def test_a_half_made_cluster_is_made_again(self, made):
        place = made.parent / "interrupted"
        place.mkdir()
        (place / "data.new-abc").mkdir()
        (place / "data.new-abc" / "PG_VERSION").write_text("18")
        with EmbeddedPostgres(place, durable=False) as mine:
            assert ask(mine, "SELECT 1") == 1
        assert not list(place.glob("data.new-*"))


class TestSettingsOfTheServer:
    def test_names_are_compared_by_the_builtin_locale(self, made):
        with EmbeddedPostgres(made, durable=False) as mine:
            assert ask(mine, "SELECT upper('éloïse') = 'ÉLOÏSE' AND 'ß' ILIKE 'ẞ'")
            assert (
                ask(mine, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "PG_UNICODE_FAST"
            )

    @pytest.mark.parametrize(("durable", "wanted"), [(True, "on"), (False, "off")])
    def test_production_waits_for_the_disk_and_tests_do_not(self, made, durable, wanted):
        with EmbeddedPostgres(made, durable=durable) as mine:
            assert ask(mine, "SHOW fsync") == wanted

    def test_the_log_never_holds_a_personal_value(self, made):
        with EmbeddedPostgres(made, durable=False) as mine, psycopg.connect(mine.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS phone (n text UNIQUE, i int)")
            connection.execute("INSERT INTO phone VALUES ('+33612345678')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO phone VALUES ('+33612345678')")
            with pytest.raises(psycopg.errors.InvalidDatetimeFormat):
                connection.execute("SELECT '33612345678 rue Haute'::date")
        assert "33612345678" not in (made / "server.log").read_text()

    def test_the_socket_moves_when_the_path_is_too_long(self, made):
        place = made.parent / ("un dossier " * 9) / "postgres"
        with EmbeddedPostgres(place, durable=False) as mine:
            assert len(str(mine.sockets)) < 60
            assert ask(mine, "SELECT 1") == 1
            folder = mine.sockets
        subprocess.run(["rm", "-rf", str(folder)], check=True)


class TestRefusals:
    def test_data_of_another_version(self, made):
        version = made / "data" / "PG_VERSION"
        version.write_text("17\n")
        try:
            with pytest.raises(PostgresRefusal, match="viennent de PostgreSQL 17"):
                EmbeddedPostgres(made, durable=False).start()
        finally:
            version.write_text("18\n")

    def test_a_server_that_does_not_start_says_why(self, made):
        settings = made / "data" / "postgresql.conf"
        kept = settings.read_text()
        settings.write_text(kept + "\nunknown_setting = 3\n")
        try:
            with pytest.raises(PostgresRefusal, match=r"n’a pas démarré(.|\n)*server\.log(.|\n)*unknown_setting"):
                EmbeddedPostgres(made, durable=False).start()
        finally:
            settings.write_text(kept)

    def test_a_folder_that_cannot_be(self, made):
        obstacle = made.parent / "file"
        obstacle.write_text("")
        with pytest.raises(PostgresRefusal, match="un fichier porte déjà le nom d’un dossier"):
            EmbeddedPostgres(obstacle / "postgres").start()

    def test_a_full_disk(self, made):
        disk = made.parent / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("needs the right to mount a small disk")
        try:
            disk.chmod(0o755)
            with pytest.raises(PostgresRefusal, match="le disque est plein"):
                EmbeddedPostgres(disk / "postgres").start()
            assert not list((disk / "postgres").glob("data*"))
        finally:
            subprocess.run(["umount", str(disk)], check=True)


class TestDatabaseSettings:
    def test_no_database_starts_nothing(self, tmp_path):
        found = database_settings(tmp_path / "var", {"BIENVEILLE_NO_DATABASE": "1"})
        assert found["ENGINE"] == "django.db.backends.postgresql"
        assert not (tmp_path / "var").exists()

    def test_address_of_a_server(self, tmp_path):
        found = database_settings(
            tmp_path, {"DATABASE_URL": "postgresql://ann%40e:s%2Fcret@db.example:6432/bien?sslmode=require"}
        )
        assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("ann@e", "s/cret", "db.example")
        assert (found["PORT"], found["NAME"], found["OPTIONS"]["sslmode"]) == ("6432", "bien", "require")

    def test_address_of_a_socket(self, tmp_path):
        found = database_settings(tmp_path, {"DATABASE_URL": "postgres:///bien?host=/run/postgresql"})
        assert found["HOST"] == "/run/postgresql"
        assert "host" not in found["OPTIONS"]

    @pytest.mark.parametrize("address", ["mysql://x/y", "postgres://host", "postgres://h:port/x", "bien"])
    def test_address_of_nothing_usable(self, tmp_path, address):
        with pytest.raises(PostgresRefusal, match="DATABASE_URL"):
            database_settings(tmp_path, {"DATABASE_URL": address})

    def test_pool_when_serving_only(self, tmp_path):
        address = {"DATABASE_URL": "postgres://h/x"}
        assert "pool" not in database_settings(tmp_path, address)["OPTIONS"]
        pool = database_settings(tmp_path, {**address, "BIENVEILLE_POOL": "10"})["OPTIONS"]["pool"]
        assert (pool["min_size"], pool["max_size"]) == (2, 10)

    def test_the_embedded_server_is_shared_and_started_once(self, made):
        first = database_settings(made.parent, {"PATH": os.environ["PATH"]}, folder="base", durable=False)
        number = number_of(made)
        assert database_settings(made.parent, {}, folder="base", durable=False)["HOST"] == first["HOST"]
        assert number_of(made) == number
        from bienveille.ground.platform import postgres

        postgres._servers.pop(made).release()
