"""News of messages that left: states move once, wrong numbers are marked, complaints stop."""

from datetime import timedelta
from uuid import uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.messaging.factories import MONDAY
from tests.tenants.factories import ContactPointFactory, HouseholdFactory

from bienveille.engines.messaging.models import Delivery, Stop
from bienveille.engines.messaging.operations.receipts import apply_receipt, settle_receipt, take_receipt
from bienveille.engines.messaging.rules.receipts import Fate, Receipt
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db
NUMBER = "+33639980001"


def message(state="sent", **changed):
    taken = {"token": uuid4(), "lease_until": MONDAY} if state == "sending" else {}
    reason = {"reason": "provider"} if state == "refused" else {}
    return Delivery.objects.create(
        **{
            "channel": "sms", "to": NUMBER, "body": "Bonjour", "state": state, "provider_id": "m1", "sent_at": MONDAY,
            **taken, **reason, **changed,
        }
    )  # fmt: skip


def told(fate, **changed):
    return apply_receipt(channel="sms", receipt=Receipt(fate, **{"provider_id": "m1", **changed}), now=MONDAY)


@pytest.mark.parametrize(
    ("before", "fate", "after"),
    [
        ("sent", Fate.DELIVERED, "delivered"),
        ("sent", Fate.FAILED, "bounced"),
        ("delivered", Fate.FAILED, "bounced"),
        ("bounced", Fate.DELIVERED, "bounced"),
        ("unknown", Fate.DELIVERED, "delivered"),
        ("sending", Fate.DELIVERED, "delivered"),
        ("stopped", Fate.DELIVERED, "stopped"),
        ("refused", Fate.FAILED, "refused"),
    ],
)
def test_states_move_forward(before, fate, after):
    held = message(before, **({"reason": "stop"} if before == "stopped" else {}))

    assert told(fate)
    assert told(fate)

    held.refresh_from_db()
    assert held.state == after


def test_the_key_names_a_message_too_and_another_channel_does_not():
    held = message(provider_id="")

    assert told(Fate.DELIVERED, key=held.pk)
    assert not apply_receipt(channel="email", receipt=Receipt(Fate.DELIVERED, key=held.pk), now=MONDAY)
    assert not told(Fate.DELIVERED, provider_id="m2")
    assert not told(Fate.DELIVERED, provider_id="")


def test_nobody_there_the_number_is_marked_wrong_and_it_is_audited():
    message()
    point = ContactPointFactory(value=NUMBER)

    told(Fate.DEAD)

    point.refresh_from_db()
    assert (point.status, point.status_changed_by_id) == ("wrong", None)
    assert AuditEntry.objects.filter(subject_id=point.person_id, detail__change="contact_point_wrong").count() == 1


def test_a_failure_says_nothing_of_the_number():
    message()
    point = ContactPointFactory(value=NUMBER)

    told(Fate.FAILED)

    point.refresh_from_db()
    assert point.status == "valid"


def test_a_complaint_stops_messages_and_not_calls():
    message()
    point = ContactPointFactory(value=NUMBER)

    told(Fate.COMPLAINT)

    point.refresh_from_db()
    assert Stop.objects.get().way == "complaint"
    assert point.status == "valid"


def test_a_receipt_that_comes_before_its_message_is_looked_at_again_then_forgotten():
    news = Receipt(Fate.DELIVERED, provider_id="m9", detail="DELIVRD")

    assert not take_receipt(channel="sms", receipt=news, now=MONDAY)

    [waiting] = ProcrastinateJob.objects.filter(task_name__endswith="settle_receipt")
    assert waiting.scheduled_at == MONDAY + timedelta(minutes=1)
    held = message(provider_id="m9")
    settle_receipt(**waiting.args)
    held.refresh_from_db()
    assert held.state == "delivered"
    settle_receipt(**{**waiting.args, "provider_id": "m8", "turn": 2})
    assert ProcrastinateJob.objects.filter(task_name__endswith="settle_receipt").count() == 1


def test_no_household_is_needed():
    HouseholdFactory()

    assert not told(Fate.DELIVERED)
