"""Two people at the same moment: the second waits for the first and reads what it wrote, never over it.

An operation that reads before it holds the row would decide upon what is no longer true, and write over it.
"""

from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.dispatch.factories import MONDAY, make_queue, take
from tests.meanwhile import second_of
from tests.messaging.factories import started
from tests.messaging.providers import Counting
from tests.outreach.factories import make_campaign
from tests.questionnaires.factories import GUIDE
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.operations import AlreadyTaken, take_case
from bienveille.engines.cases.operations.alerts import advance_case
from bienveille.engines.dispatch import operations as dispatch
from bienveille.engines.dispatch.models import Attempt, BatchLine, Contact, PlannedCall
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.operations import inbox, sending
from bienveille.engines.questionnaires.models import QuestionnaireDraft
from bienveille.engines.questionnaires.operations import DraftMoved, change_draft
from bienveille.register.accounts.models import LargeFile, User
from bienveille.register.accounts.operations import take_large_file
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person
from bienveille.register.tenants.operations import correct_person
from bienveille.register.tenants.operations.rows import CORRECTABLE, ChangedMeanwhile
from bienveille.register.tenants.rules import version_of
from bienveille.services.outreach import operations as outreach
from bienveille.services.outreach.operations.campaigns import CannotOpen
from bienveille.services.outreach.operations.offline import save_rows
from bienveille.services.outreach.rules.offline import FilledRow

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 11, 23)


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


def test_a_promised_call_confided_to_somebody_else_is_theirs():
    queue, caller, other = make_queue(1), UserFactory(), UserFactory()
    contact = take(queue, caller)
    dispatch.record_attempt(
        caller=caller, contact_id=contact.pk, token=contact.token, outcome="reached", now=MONDAY, weekly=True
    )
    promise = PlannedCall.objects.get()
    promises = {promise.pk: other.pk}

    late = second_of(
        partial(dispatch.reassign, actor=other, queue_id=queue.pk, promises=promises),
        partial(dispatch.take_planned, caller=caller, planned_call_id=promise.pk, now=MONDAY, reason="essai"),
    )

    assert isinstance(late, dispatch.UnknownContact)
    assert Contact.objects.get().reserved_by_id is None


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


# ---- Lists of the week


@pytest.fixture
def callers() -> list[User]:
    return [UserFactory(hours_per_week=hours, roles=["caller"]) for hours in (3, 0, 0)]


@pytest.fixture
def line(callers: list[User]) -> BatchLine:
    """The only household of the first caller's list."""
    HouseholdFactory(age=82, phone=True)
    campaign = make_campaign()
    rules = outreach.ListRules(week="this")
    done = outreach.prepare_lists(campaign=campaign, actor=None, rules=rules, now=MONDAY)
    outreach.confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=MONDAY)
    return BatchLine.objects.select_related("plan__queue__campaign").get(batch__caller=callers[0])


def move(line: BatchLine, to: User) -> Any:
    campaign = line.plan.queue.campaign
    return outreach.move_lines(
        campaign=campaign, actor=to, plan_id=line.plan_id, line_ids=[line.pk], caller=to, now=MONDAY
    )


def test_a_household_given_back_is_not_moved_with_the_list(line, callers):
    late = second_of(
        lambda: dispatch.give_back_line(caller=callers[0], line_id=line.pk, now=MONDAY), lambda: move(line, callers[1])
    )

    assert isinstance(late, dispatch.CannotMove)
    assert Contact.objects.get().kept_for_id is None


def test_who_gives_back_and_who_moves_stop_nobody(line, callers):
    """The one who moves holds the household and writes the line; who gives back must not hold the line meanwhile."""
    late = second_of(
        lambda: Contact.objects.select_for_update(no_key=True).get(),
        lambda: dispatch.give_back_line(caller=callers[0], line_id=line.pk, now=MONDAY),
        then=lambda: BatchLine.objects.filter(pk=line.pk).update(token=uuid4()),
    )

    assert isinstance(late, BatchLine)


def test_a_household_offered_is_taken_by_one(line, callers):
    dispatch.offer_line(caller=callers[0], line_id=line.pk, offered=True, now=MONDAY)

    late = second_of(
        lambda: outreach.take_offered(caller=callers[1], line_id=line.pk, now=MONDAY),
        lambda: outreach.take_offered(caller=callers[2], line_id=line.pk, now=MONDAY),
    )

    assert isinstance(late, dispatch.NotYourLine)
    assert Contact.objects.get().kept_for_id == callers[1].pk


def test_a_row_filled_on_paper_waits_for_who_moves_its_household(line, callers):
    """It was this caller's when the sheet was read; it is no longer when the call would be saved."""
    row = FilledRow(row=2, key=line.pk, token=line.token, at=MONDAY, outcome="no_answer")

    done = second_of(
        lambda: move(line, callers[1]),
        lambda: save_rows(actor=callers[0], scope=Scope(), rows=[row], now=MONDAY + timedelta(days=1)),
    )

    assert (done.saved, len(done.told)) == (0, 1)
    assert not Attempt.objects.exists()
