"""The watched folder: files taken whole, together and once, put away, erased; whatever dies in between."""

import os
import threading
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant

from bienveille.ground.platform.jobs import run_worker
from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.models import DroppedFile, ImportFile, ImportRun
from bienveille.register.imports.operations import (
    apply_run,
    ask_to_apply,
    check_run,
    drops,
    jobs,
    look_at_drops,
    purge_imports,
)
from bienveille.register.imports.operations.staging import rows
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def landlord(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "kept"
    (tmp_path / "own").mkdir()
    made = Landlord(tmp_path / "own")
    made.imports(homes=[home()])
    return made


@pytest.fixture
def folder(tmp_path, settings, landlord):
    place = tmp_path / "drops"
    place.mkdir()
    settings.IMPORT_DROPS = str(place)
    return place


def leave(folder: Path, landlord, name="locataires", rows=None, suffix=".csv") -> Path:
    content = landlord.path(name, rows or [tenant(), tenant(PRENOM="Luc")]).read_bytes()
    path = folder / f"{name}{suffix}"
    path.write_bytes(content)
    return path


def later(**span):
    """As if the looks so far had been made some time ago."""
    for row in DroppedFile.objects.all():
        row.seen_at -= timedelta(**span)
        row.save()


def take() -> ImportRun:
    """Two looks a minute apart, then the jobs."""
    look_at_drops()
    later(minutes=1)
    assert look_at_drops() > 0
    run = ImportRun.objects.filter(channel="job").latest("started_at")
    work(run)
    return run


def work(run):
    check_run(run_id=str(run.pk))
    apply_run(run_id=str(run.pk))
    run.refresh_from_db()


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.rglob("*") if path.is_file())


def test_without_a_folder_nobody_looks(settings, landlord):
    settings.IMPORT_DROPS = ""
    assert look_at_drops() == 0
    settings.IMPORT_DROPS = str(Path(settings.MEDIA_ROOT) / "nowhere")
    assert look_at_drops() == 0


def test_taken_when_two_looks_find_it_the_same_then_applied_then_put_away(folder, landlord):
    path = leave(folder, landlord)
    assert look_at_drops() == 0
    assert look_at_drops() == 0, "too soon after the first look"
    later(minutes=1)
    assert look_at_drops() == 1
    run = ImportRun.objects.get(channel="job")
    assert (run.state, run.automatic, run.actor_id, run.source) == ("checking", True, None, "drop:")
    assert path.exists()
    work(run)
    assert (run.state, Person.objects.count()) == ("applied", 2)
    assert look_at_drops() == 0
    assert names(folder / "done") == ["locataires.csv"]
    assert not path.exists()
    assert look_at_drops() == 0
    assert ImportRun.objects.filter(channel="job").count() == 1


def test_a_file_still_being_written_is_left(folder, landlord):
    path = leave(folder, landlord)
    look_at_drops()
    later(minutes=1)
    path.write_bytes(path.read_bytes() + b"\r\n")
    assert look_at_drops() == 0
    later(minutes=1)
    assert look_at_drops() == 1


@pytest.mark.parametrize("companion", ["locataires.csv.ok", "locataires.ok"])
def test_a_companion_says_that_it_is_whole(folder, landlord, companion):
    leave(folder, landlord)
    (folder / companion).touch()
    assert look_at_drops() == 1
    work(ImportRun.objects.get(channel="job"))
    look_at_drops()
    assert names(folder) == ["locataires.csv"], "the companion goes with its file"


def test_those_that_come_together_are_imported_together(folder, landlord):
    leave(folder, landlord, "patrimoine", [home(), home("0001-2")])
    look_at_drops()
    later(minutes=1)
    leave(folder, landlord, "locataires", [tenant(CODE_LOGEMENT="0001-2")])
    assert look_at_drops() == 0, "the first waits for the second"
    later(minutes=1)
    assert look_at_drops() == 2
    run = ImportRun.objects.get(channel="job")
    work(run)
    assert (run.files.count(), Dwelling.objects.count(), Person.objects.count()) == (2, 2, 1)


def test_one_that_never_ends_does_not_hold_the_others_for_ever(folder, landlord):
    leave(folder, landlord)
    look_at_drops()
    later(minutes=16)
    leave(folder, landlord, "patrimoine", [home()])
    assert look_at_drops() == 1


def test_what_is_no_export_of_ours_is_left_alone(folder, landlord, tmp_path):
    for name in (".cache.csv", "~$a.xlsx", "a.csv.part", "b.TMP", "c.filepart"):
        (folder / name).write_bytes(b"NOM;PRENOM")
    (folder / "link.csv").symlink_to(leave(tmp_path, landlord))
    (folder / "outside").symlink_to(tmp_path / "own")
    look_at_drops()
    later(minutes=1)
    assert look_at_drops() == 0
    assert not DroppedFile.objects.exists()


def test_the_sub_folder_names_the_profile(folder, landlord):
    (folder / "accessibility").mkdir()
    leave(folder / "accessibility", landlord)
    run = take()
    assert (run.profile, run.purpose, run.source) == ("accessibility", "accessibility", "drop:accessibility")


def test_a_sub_folder_of_no_profile_is_refused(folder, landlord):
    (folder / "inconnu").mkdir()
    leave(folder / "inconnu", landlord)
    run = take()
    assert (run.state, Person.objects.count()) == ("refused", 0)
    assert "inconnu" in run.refusal
    look_at_drops()
    assert names(folder / "refused") == ["locataires.csv"]


def test_what_is_not_an_export_is_refused_and_put_away(folder, landlord):
    (folder / "courrier.pdf").write_bytes(b"%PDF-1.7 bonjour")
    leave(folder, landlord)
    run = take()
    assert (run.state, Person.objects.count()) == ("refused", 0)
    look_at_drops()
    assert names(folder / "refused") == ["courrier.pdf", "locataires.csv"]
    assert names(folder) == ["courrier.pdf", "locataires.csv"]
    assert default_storage.listdir("imports")[1] == []


def test_a_zip_stands_for_what_it_holds(folder, landlord):
    with zipfile.ZipFile(folder / "nuit.zip", "w") as package:
        package.write(landlord.path("p", [home(), home("0001-2")]), "patrimoine.csv")
        package.write(landlord.path("l", [tenant()]), "locataires.csv")
    run = take()
    assert (run.state, sorted(run.files.values_list("name", flat=True))) == (
        "applied", ["locataires.csv", "patrimoine.csv"],
    )  # fmt: skip


class TestOnce:
    def test_the_same_files_again_are_put_away_without_an_import(self, folder, landlord):
        leave(folder, landlord)
        take()
        look_at_drops()
        leave(folder, landlord)
        look_at_drops()
        later(minutes=1)
        assert look_at_drops() == 1
        assert ImportRun.objects.filter(channel="job").count() == 1
        look_at_drops()
        assert names(folder / "done") == ["locataires.csv"]

    def test_but_not_when_something_else_was_applied_since(self, folder, landlord):
        """Yesterday's file, left again after somebody imported another: it says something new."""
        leave(folder, landlord)
        take()
        look_at_drops()
        landlord.imports(tenants=[tenant(), tenant(PRENOM="Luc", SITUATION="MARIE")])
        leave(folder, landlord)
        take()
        assert ImportRun.objects.filter(channel="job").count() == 2

    def test_killed_after_the_import_before_the_file_is_put_away(self, folder, landlord, monkeypatch):
        monkeypatch.setattr(drops, "_put_away", lambda *_: None)
        leave(folder, landlord)
        take()
        landlord.imports(tenants=[tenant(), tenant(PRENOM="Luc", SITUATION="MARIE")])
        for _ in range(3):
            assert look_at_drops() == 0
            later(minutes=5)
        assert ImportRun.objects.filter(channel="job").count() == 1

    def test_killed_between_the_copy_and_the_record(self, folder, landlord, monkeypatch):
        """Nothing is remembered, so it is taken at the next look; the copy that nobody knows goes at the purge."""
        leave(folder, landlord)
        look_at_drops()
        later(minutes=1)

        class Killed(BaseException):
            pass

        def killed(**_):
            raise Killed

        monkeypatch.setattr("bienveille.register.imports.operations.receiving._record", killed)
        monkeypatch.setattr("bienveille.register.imports.operations.receiving.erase", lambda _: None)
        with pytest.raises(Killed):
            look_at_drops()
        monkeypatch.undo()
        assert len(default_storage.listdir("imports")[1]) == 1
        assert not ImportRun.objects.filter(channel="job").exists()
        assert look_at_drops() == 1
        (orphan,) = [n for n in default_storage.listdir("imports")[1] if f"imports/{n}" not in stored()]
        path = Path(default_storage.path(f"imports/{orphan}"))
        purge_imports()
        assert path.exists(), "it may be that of a request under way"
        os.utime(path, (0, 0))
        assert purge_imports() == 1
        assert not path.exists()

    def test_a_newer_drop_takes_the_place_of_one_that_waits(self, folder, landlord, monkeypatch):
        monkeypatch.setattr(jobs, "_held", lambda *_: True)
        leave(folder, landlord)
        waiting = take()
        assert waiting.state == "ready"
        leave(folder, landlord, rows=[tenant(), tenant(PRENOM="Zoé")])
        newer = take()
        waiting.refresh_from_db()
        assert (waiting.state, waiting.refusal) == ("cancelled", "Remplacé par un dépôt plus récent.")
        assert newer.state == "ready"


def stored() -> set[str]:
    return set(ImportFile.objects.values_list("stored", flat=True))


def test_what_must_be_settled_waits_for_somebody(folder, landlord, monkeypatch):
    monkeypatch.setattr(jobs, "_held", lambda *_: True)
    path = leave(folder, landlord)
    run = take()
    assert (run.state, Person.objects.count()) == ("ready", 0)
    look_at_drops()
    assert path.exists()
    somebody = UserFactory(roles=["director"])
    ask_to_apply(actor=somebody, run_id=run.pk, revision=run.checked_revision, now=timezone.now())
    work(run)
    assert (run.state, run.actor_id, Person.objects.count()) == ("applied", somebody.pk, 2)


def test_put_away_for_a_week_then_erased(folder, landlord):
    take_and_put_away = leave(folder, landlord)
    take()
    look_at_drops()
    assert not take_and_put_away.exists()
    (batch,) = (folder / "done").iterdir()
    week = timezone.now() - timedelta(days=7)
    os.utime(batch, (week.timestamp() + 60,) * 2)
    look_at_drops()
    assert batch.exists()
    os.utime(batch, (week.timestamp() - 60,) * 2)
    look_at_drops()
    assert not batch.exists()


def test_put_away_where_nobody_else_reads(folder, landlord):
    leave(folder, landlord)
    take()
    look_at_drops()
    (batch,) = (folder / "done").iterdir()
    assert {oct(place.stat().st_mode & 0o777) for place in (batch, batch.parent)} == {"0o700"}


def test_a_file_that_cannot_leave_is_not_taken_again(folder, landlord, monkeypatch):
    leave(folder, landlord)
    take()

    def refused(*_):
        raise PermissionError(13, "non")

    monkeypatch.setattr(os, "replace", refused)
    for _ in range(3):
        assert look_at_drops() == 0
    assert ImportRun.objects.filter(channel="job").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_look_one_at_a_time(folder, landlord):
    leave(folder, landlord)
    look_at_drops()
    later(minutes=1)
    seen = []

    def other():
        with transaction.atomic():
            rows("SELECT pg_advisory_xact_lock(%s)", [drops._LOCK])
            held.set()
            looked.wait(10)
        connection.close()

    held, looked = threading.Event(), threading.Event()
    thread = threading.Thread(target=other)
    thread.start()
    held.wait(10)
    seen.append(look_at_drops())
    looked.set()
    thread.join()
    seen.append(look_at_drops())
    assert seen == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_a_whole_night_by_a_real_worker(folder, landlord):
    """Looked at, checked, applied, put away: each step asks for the next, and nobody is there."""
    leave(folder, landlord)
    (folder / "locataires.csv.ok").touch()
    look_at_drops.enqueue()
    for _ in range(4):
        run_worker(queues=["imports"], wait=False)
    run = ImportRun.objects.get(channel="job")
    assert (run.state, run.reported_at is not None, Person.objects.count()) == ("applied", True, 2)
    look_at_drops.enqueue()
    run_worker(queues=["imports"], wait=False)
    assert names(folder) == ["locataires.csv"]
    assert names(folder / "done") == ["locataires.csv"]
