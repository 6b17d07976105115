"""The jobs of imports through the real queue: progress seen from outside, a lost worker, two jobs for one run."""

import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant

from bienveille.ground.platform.jobs import run_worker
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import (
    CannotChange,
    apply_run,
    ask_to_apply,
    cancel_run,
    jobs,
    receive_files,
    resume_run,
    save_profile,
)
from bienveille.register.imports.rules import activity
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def waiting(settings, tmp_path):
    """A run whose files were just dropped, in a register with one home."""
    settings.MEDIA_ROOT = tmp_path / "kept"
    landlord = Landlord(tmp_path)
    landlord.imports(homes=[home()])
    path = landlord.path("export", [tenant(PRENOM=name) for name in ("Jeanne", "Paul", "Léa")])
    file = SimpleUploadedFile("export.csv", path.read_bytes())
    return receive_files(actor=UserFactory(roles=["director"]), files=[file], now=timezone.now())


def elsewhere(act):
    """What another connection sees, or does."""
    answer = []

    def ask():
        answer.append(act())
        connection.close()

    other = threading.Thread(target=ask)
    other.start()
    other.join()
    return answer[0]


def apply(run):
    run.refresh_from_db()
    ask_to_apply(actor=run.actor, run_id=run.pk, revision=run.checked_revision, now=timezone.now())


def test_checked_then_applied_by_a_worker(waiting):
    run_worker(queues=["imports"], wait=False)
    waiting.refresh_from_db()
    assert (waiting.state, Person.objects.count()) == ("ready", 0)
    apply(waiting)
    run_worker(queues=["imports"], wait=False)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.rows_total, Person.objects.count()) == ("applied", 3, 3)


def test_progress_is_seen_from_outside_before_the_end(waiting, monkeypatch):
    """The import shows nothing before its end; its progress does."""
    monkeypatch.setattr(jobs, "BEAT", 0.01)
    seen, real = [], jobs.Progress.begin

    def slow(progress, title, total):
        moved = real(progress, title, total)

        def wait_until_told():
            moved()
            for _ in range(500):
                found = elsewhere(lambda: ImportRun.objects.values_list("step", "rows_done").get(pk=waiting.pk))
                if found[1] == progress.rows:
                    seen.append(found)
                    return

        return wait_until_told

    monkeypatch.setattr(jobs.Progress, "begin", slow)
    run_worker(queues=["imports"], wait=False)
    assert seen == [("export.csv", 1), ("export.csv", 2), ("export.csv", 3)]


def test_taken_up_again_twice_it_is_applied_once(waiting):
    run_worker(queues=["imports"], wait=False)
    apply(waiting)
    for _ in range(2):
        resume_run(actor=waiting.actor, run_id=waiting.pk, now=timezone.now())
    run_worker(queues=["imports"], wait=False)
    apply_run(run_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert (waiting.state, Person.objects.count(), waiting.files.get().created) == ("applied", 3, 3)


def test_given_up_while_a_job_thought_dead_was_working(waiting, monkeypatch):
    """Nothing is written for files that somebody gave up."""
    run_worker(queues=["imports"], wait=False)
    apply(waiting)
    real = jobs.import_files

    def given_up_meanwhile(**arguments):
        begin = arguments["progress"]

        def begin_then_give_up(title, total):
            elsewhere(lambda: ImportRun.objects.filter(pk=waiting.pk).update(state="cancelled"))
            return begin(title, total)

        return real(**{**arguments, "progress": begin_then_give_up})

    monkeypatch.setattr(jobs, "import_files", given_up_meanwhile)
    apply_run(run_id=str(waiting.pk))
    waiting.refresh_from_db()
    assert (waiting.state, Person.objects.count()) == ("cancelled", 0)


def test_every_step_says_who_took_it(waiting):
    run_worker(queues=["imports"], wait=False)
    waiting.refresh_from_db()
    save_profile(actor=waiting.actor, run_id=waiting.pk, label="Lundi", now=timezone.now())
    apply(waiting)
    resume_run(actor=waiting.actor, run_id=waiting.pk, now=timezone.now())
    waiting.refresh_from_db()
    ImportRun.objects.filter(pk=waiting.pk).update(stopped_at=timezone.now())
    cancel_run(actor=waiting.actor, run_id=waiting.pk, now=timezone.now())
    entries = AuditEntry.objects.filter(action=AuditAction.IMPORT_CHANGED).order_by("pk")
    assert [entry.detail["did"] for entry in entries] == ["received", "profile", "asked", "resumed", "cancelled"]
    assert {entry.actor_id for entry in entries} == {waiting.actor_id}


class TestGivenUp:
    """Somebody gives up what is being read: it stops, nothing is written, the queue has nothing to do again."""

    @pytest.fixture
    def begun(self, waiting, monkeypatch):
        """The run, given up after its first row; how many rows were read by then, and in all."""
        monkeypatch.setattr(jobs, "BEAT", 0.01)
        monkeypatch.setattr(jobs, "LOOK_UP", 1)
        real, seen = jobs.Progress.begin, []

        def watched(progress, title, total):
            moved = real(progress, title, total)

            def give_up_then_wait():
                if not seen:
                    elsewhere(lambda: cancel_run(actor=waiting.actor, run_id=waiting.pk, now=timezone.now()))
                    for _ in range(500):
                        if progress.given_up:
                            break
                        threading.Event().wait(0.01)
                seen.append(1)
                moved()

            return give_up_then_wait

        return waiting, lambda: monkeypatch.setattr(jobs.Progress, "begin", watched), seen

    def test_while_it_is_checked(self, begun):
        run, watch, seen = begun
        watch()
        run_worker(queues=["imports"], wait=False)
        run.refresh_from_db()
        assert (run.state, run.stopped_at, len(seen)) == ("cancelled", None, 1)
        assert not default_storage.listdir("imports")[1]

    def test_while_it_is_applied(self, begun):
        run, watch, seen = begun
        run_worker(queues=["imports"], wait=False)
        apply(run)
        watch()
        run_worker(queues=["imports"], wait=False)
        run.refresh_from_db()
        assert (run.state, run.stopped_at, len(seen), Person.objects.count()) == ("cancelled", None, 1, 0)

    def test_a_failure_of_something_given_up_is_of_no_importance(self, waiting, monkeypatch):
        """Its files went while it opened them."""

        def gone(**_):
            elsewhere(lambda: cancel_run(actor=waiting.actor, run_id=waiting.pk, now=timezone.now()))
            raise FileNotFoundError

        monkeypatch.setattr(jobs, "import_files", gone)
        run_worker(queues=["imports"], wait=False)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.stopped_at) == ("cancelled", None)

    def test_too_late_is_said(self, waiting):
        run_worker(queues=["imports"], wait=False)
        apply(waiting)
        run_worker(queues=["imports"], wait=False)
        with pytest.raises(CannotChange):
            cancel_run(actor=waiting.actor, run_id=waiting.pk, now=timezone.now())
        assert Person.objects.count() == 3


class TestHowFar:
    def test_the_rows_to_read_are_told_before_the_first_reading(self, waiting):
        assert waiting.rows_total == 0
        run_worker(queues=["imports"], wait=False)
        waiting.refresh_from_db()
        assert waiting.rows_total == 3
        assert waiting.begun_at is not None

    def test_share_and_time_left(self):
        begun = timezone.now()
        facts = {"begun_at": begun, "now": begun + timedelta(seconds=30), "total": 1000}
        assert activity.seconds_left(done=250, **facts) == 90
        assert activity.seconds_left(done=10, **facts) is None
        assert activity.seconds_left(done=1000, **facts) is None
        assert activity.seconds_left(begun_at=begun, now=begun + timedelta(seconds=1), done=500, total=1000) is None
        assert activity.seconds_left(begun_at=None, now=begun, done=500, total=1000) is None
        assert (activity.share_done(250, 1000), activity.share_done(3, 0), activity.share_done(7, 5)) == (25, None, 100)

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (None, ""), (4, "encore quelques secondes"), (33, "encore 30\u00a0secondes environ"),
            (58, "encore une minute environ"), (140, "encore 2\u00a0minutes environ"),
        ],
    )  # fmt: skip
    def test_words(self, seconds, words):
        assert activity.left_in_words(seconds) == words
