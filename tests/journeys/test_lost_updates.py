"""Two people at the same moment: the second waits for the first and reads what it wrote, never over it.

Each story is played to the letter: the first has written and not yet committed when the second begins. An operation that
reads before it holds the row would decide upon what is no longer true, and write over it.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.dispatch.factories import MONDAY, make_queue, take
from tests.messaging.factories import started
from tests.messaging.providers import Counting
from tests.outreach.factories import make_campaign
from tests.questionnaires.factories import GUIDE
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.operations import AlreadyTaken, take_case
from bienveille.engines.cases.operations.alerts import advance_case
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.operations import inbox, sending
from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.engines.questionnaires.operations import DraftMoved, change_draft
from bienveille.register.accounts.models import LargeFile
from bienveille.register.accounts.operations import take_large_file
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.operations import correct_person
from bienveille.register.tenants.operations.rows import CORRECTABLE, ChangedMeanwhile
from bienveille.register.tenants.rules import version_of
from bienveille.services.outreach import operations as outreach
from bienveille.services.outreach.operations.campaigns import CannotOpen

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 23)


def second_of(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """What the second gave or raised, begun once the first had written, ended after it committed."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(second())
        except Exception as refusal:
            found.append(refusal)
        finally:
            connection.close()

    thread = Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        while thread.is_alive() and not _somebody_waits_for_us():
            time.sleep(0.01)
    thread.join()
    return found[0]


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


def test_a_call_saved_is_not_given_back_by_the_other_tab():
    queue, caller = make_queue(1), UserFactory()
    contact = take(queue, caller)
    mine = {"caller": caller, "contact_id": contact.pk, "token": contact.token}

    late = second_of(
        lambda: dispatch.record_attempt(**mine, outcome="reached", now=MONDAY), lambda: dispatch.release(**mine)
    )

    assert isinstance(late, dispatch.StaleToken)
    assert Contact.objects.get().state == "reached"
    assert ledger(queue).adds_up


def test_the_same_form_sent_twice_at_once_gives_one_call_and_one_answer():
    caller = UserFactory()
    contact = take(make_queue(1), caller)
    form = {"contact_id": contact.pk, "token": contact.token, "outcome": "reached", "idempotency_key": "k"}
    save = partial(dispatch.record_attempt, caller=caller, now=MONDAY, **form)

    again = second_of(save, save)

    assert (again.state, again.replayed) == ("reached", True)
    assert Attempt.objects.count() == 1


def test_a_case_is_taken_by_one():
    case, first, second = make_case(now=MONDAY), UserFactory(), UserFactory()

    late = second_of(
        lambda: take_case(actor=first, case_id=case.pk, now=MONDAY),
        lambda: take_case(actor=second, case_id=case.pk, now=MONDAY),
    )

    assert isinstance(late, AlreadyTaken)
    case.refresh_from_db()
    assert case.owner_id == first.pk


def test_a_rung_is_climbed_by_one_worker():
    UserFactory(roles=["director"])
    case = make_case(now=MONDAY)
    climb = partial(advance_case, case_id=case.pk, now=MONDAY + timedelta(hours=1))

    assert second_of(climb, climb) == 0
    assert set(case.alerts.values_list("turn", flat=True)) == {1}


def test_a_correction_is_not_written_over_by_who_read_before():
    HouseholdFactory(age=82, first_name="Jeanne", last_name="Martin")
    person, worker = Person.objects.get(), UserFactory()
    seen = version_of(person, CORRECTABLE)

    def correct(**changes: str) -> Any:
        return correct_person(actor=worker, person=person, changes=changes, today=TODAY, seen=seen)

    late = second_of(lambda: correct(last_name="Martinet"), lambda: correct(last_name="Martineau"))

    assert isinstance(late, ChangedMeanwhile)
    assert Person.objects.get().last_name == "Martinet"


def test_a_message_received_is_answered_by_one():
    message = inbox.receive(reply=Reply("sms", "+33639980001", "36180", "Rappelez-moi."), now=MONDAY)
    first, second = UserFactory(), UserFactory()

    late = second_of(
        lambda: inbox.finish(actor=first, message=message, now=MONDAY),
        lambda: inbox.answer(actor=second, message=message, body="Oui.", now=MONDAY),
    )

    assert isinstance(late, inbox.NotThere)
    message.refresh_from_db()
    assert (message.done_by_id, message.answer) == (first.pk, None)


def test_a_message_leaves_by_one_worker():
    HouseholdFactory(email=True)
    mailing, first, second = started(), Counting(), Counting()

    def send(provider: Counting) -> Any:
        return sending.send_batch(mailing_id=mailing.pk, channel="email", sender=provider, now=MONDAY)

    assert second_of(partial(send, first), partial(send, second)) == (0, 0)
    assert (len(first.got), len(second.got)) == (1, 0)


def test_a_guide_being_written_keeps_what_the_other_tab_wrote():
    director = UserFactory(roles=["director"])
    draft = QuestionnaireDraft.objects.create(slug="guide", document=GUIDE, changed_by=director, changed_at=MONDAY)

    def rename(title: str) -> Any:
        seen = {"draft_id": draft.pk, "revision": draft.revision}
        return change_draft(by=director, **seen, title=title, description="", now=MONDAY)

    late = second_of(lambda: rename("Premier"), lambda: rename("Second"))

    assert isinstance(late, DraftMoved)
    assert QuestionnaireDraft.objects.get().document["title"] == "Premier"


def test_an_agreement_lets_one_file_leave():
    now, asker = timezone.now(), UserFactory()
    LargeFile.objects.create(
        asked_by=asker, address="/locataires/", kind="csv", what="Locataires", rows=900, reason="Courrier", agreed=True,
        asked_at=now, answered_at=now, opens_at=now, expires_at=now + timedelta(days=1), answered_by=UserFactory(),
    )  # fmt: skip
    take_it = partial(take_large_file, actor=asker, address="/locataires/", rows=900, now=now)

    assert second_of(take_it, take_it) is False


def test_a_campaign_is_opened_once():
    HouseholdFactory(age=82, phone=True)
    campaign = make_campaign(opened=False)
    open_it = partial(outreach.open_campaign, campaign_id=campaign.pk, actor=None, now=MONDAY)

    assert isinstance(second_of(open_it, open_it), CannotOpen)
    assert Contact.objects.count() == 1
