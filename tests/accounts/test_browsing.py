"""Who goes through records that nobody handed them is told to the direction within a minute (G8)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory

from bienveille.register.accounts import operations
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.rules import BROWSING_RECORDS, BROWSING_WINDOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return UserFactory(roles=[Role.DIRECTOR])


def opens(user, times, *, handed=False, subject=None):
    for _ in range(times):
        household = subject or uuid4()
        for action in (AuditAction.HOUSEHOLD_HANDED,) * handed + (AuditAction.HOUSEHOLD_READ,):
            operations.record_audit(
                actor=user, action=action, subject_type="tenants.Household", subject_id=household, reason="fiche"
            )


def watch(after=timedelta()):
    return operations.tell_of_browsing(now=timezone.now() + after)


def test_the_direction_is_written_to_once_with_no_name_of_a_tenant(director):
    curious = UserFactory(roles=[("social_worker", AgencyFactory())])
    opens(curious, BROWSING_RECORDS)
    assert (watch(), watch()) == (1, 0)
    (message,) = mail.outbox
    assert message.bcc == [director.email]
    assert curious.display_name in message.body
    assert str(BROWSING_RECORDS) in message.body


def test_one_record_less_is_nobody_s_business(director):
    opens(UserFactory(), BROWSING_RECORDS - 1)
    assert watch() == 0


def test_the_same_record_opened_again_counts_once(director):
    opens(UserFactory(), BROWSING_RECORDS + 5, subject=uuid4())
    assert watch() == 0


def test_records_that_were_handed_do_not_count(director):
    opens(UserFactory(), BROWSING_RECORDS, handed=True)
    assert watch() == 0


def test_what_is_older_than_the_window_does_not_count(director):
    opens(UserFactory(), BROWSING_RECORDS)
    operations.seal_lines(now=timezone.now())
    assert watch(BROWSING_WINDOW + timedelta(minutes=1)) == 0


def test_five_minutes_later_it_is_not_said_again(director):
    curious = UserFactory()
    opens(curious, BROWSING_RECORDS)
    assert watch() == 1
    assert watch(timedelta(minutes=5)) == 0


def test_nobody_is_written_to_about_themselves(director):
    opens(director, BROWSING_RECORDS)
    assert watch() == 0
    other = UserFactory(roles=[Role.ADMINISTRATOR])
    assert watch() == 1
    assert mail.outbox[-1].bcc == [other.email]
