"""What monitors are told: one word to everybody, figures to who has the token, nobody's name to anybody."""

import re

import pytest
from django.db import connection
from django.test import Client
from tests.platform import small_jobs

from bienveille.ground.platform import health
from bienveille.ground.platform.jobs import discover

LINE = re.compile(r'(# (HELP|TYPE) bienveille_[a-z_]+ .+|bienveille_[a-z_]+(\{state="[a-z]+"\})? -?[\d.e+-]+)')


@pytest.fixture
def ask(settings):
    settings.METRICS_TOKEN = "a secret of the monitor"
    return lambda secret: Client().get("/metrics", headers={"authorization": f"Bearer {secret}"})


@pytest.mark.django_db
class TestFigures:
    def test_without_the_token_there_is_nothing_there(self, ask, settings):
        assert ask("another").status_code == 404
        settings.METRICS_TOKEN = ""
        assert ask("").status_code == 404
        assert Client().post("/metrics").status_code == 405

    def test_g32_they_are_in_the_shape_that_monitors_read_and_name_nobody(self, ask, django_assert_num_queries):
        text = ask("a secret of the monitor").content.decode()
        assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []
        assert "\nbienveille_up 1\n" in text
        with django_assert_num_queries(4):
            health.look()

    def test_a_job_that_waits_and_a_worker_that_died_are_seen(self):
        discover()
        with connection.cursor() as cursor:  # what tests that commit have left
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
        assert (health.look().jobs.get("todo", 0), health.look().waits) == (0, 0)
        small_jobs.leave_trace.enqueue(text="x")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_events SET at = now() - interval '90 seconds'")
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 minutes')")
        seen = health.look()
        assert seen.jobs["todo"] == 1
        assert 89 <= seen.waits <= 99
        assert "worker: silent" in seen.faults

    def test_a_disk_nearly_full_is_seen(self, monkeypatch):
        monkeypatch.setattr(health.shutil, "disk_usage", lambda path: type("U", (), {"free": 4, "total": 100})())
        assert "disk: nearly full" in health.look().faults


@pytest.mark.django_db
def test_alive_is_one_word():
    answer = Client().get("/etat")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, b"ok\n", "text/plain; charset=utf-8")
