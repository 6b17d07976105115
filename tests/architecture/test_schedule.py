"""What runs by itself stands in one table, each line with a reason, and the worker really runs it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.timezone import now
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import make_queue, take

from bienveille.config.schedule import SCHEDULE
from bienveille.engines.dispatch.operations import close_queue, pause_queue, wake_queues
from bienveille.engines.dispatch.queries import ledger
from bienveille.ground.platform.jobs import Job, app, run_worker


def periodic_names() -> list[str]:
    return sorted(name for _, name in app.periodic_registry.periodic_tasks)


def test_the_worker_reads_this_very_table():
    assert import_string(settings.SCHEDULE) is SCHEDULE


def test_everything_that_runs_by_itself_is_in_the_table():
    ours = {f"schedule:{job.name}" for job, _, _ in SCHEDULE}
    assert set(periodic_names()) == ours | {"give_back_stalled"}


@pytest.mark.parametrize("line", SCHEDULE, ids=lambda line: line[0].name)
def test_each_line_names_a_job_a_time_and_a_reason(line):
    job, cron, why = line
    assert isinstance(job, Job)
    assert len(cron.split()) in (5, 6)
    assert why.endswith(".")


@pytest.mark.django_db
class TestWakeQueues:
    @pytest.fixture
    def forgotten(self):
        """A queue whose only household is in the hands of somebody who left two hours ago."""
        queue = make_queue(1)
        take(queue, UserFactory(), now=now() - timedelta(hours=2))
        assert ledger(queue).reserved == 1
        return queue

    def test_a_household_whose_caller_vanished_is_offered_again(self, forgotten):
        assert wake_queues() == 1
        assert ledger(forgotten).waiting == 1
        assert wake_queues() == 0

    def test_in_pause_too(self, forgotten):
        pause_queue(queue=forgotten, paused=True)
        wake_queues()
        assert ledger(forgotten).waiting == 1

    def test_in_a_closed_queue_it_is_withdrawn(self, forgotten):
        close_queue(queue=forgotten, now=now())
        wake_queues()
        assert ledger(forgotten).withdrawn == 1
        assert ledger(forgotten).adds_up

    def test_a_call_under_way_is_left_alone(self):
        queue = make_queue(1)
        take(queue, UserFactory(), now=now() - timedelta(minutes=1))
        assert wake_queues() == 0
        assert ledger(queue).reserved == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_of_the_table_runs_through_the_queue():
    queue = make_queue(1)
    take(queue, UserFactory(), now=now() - timedelta(hours=2))
    wake_queues.enqueue()
    run_worker(queues=["dispatch"], wait=False)
    assert ledger(queue).waiting == 1
