"""Two people at once: what must never happen does not, on real connections."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from tests.accounts.factories import PASSWORD, UserFactory

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts import operations
from bienveille.register.accounts.models import Invitation, Landlord, RoleGrant, User

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works):
    """Run all at once, each on its connection; what each gave, or the refusal it met."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(number, work):
        try:
            start.wait(10)
            results[number] = work()
        except Refusal as refusal:
            results[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_a_link_used_twice_at_once_works_once():
    user = UserFactory(invited=True)
    secret = operations.invite(actor=None, user=user, now=NOW)
    accept = [
        lambda n=n: operations.accept_invitation(secret=secret, password=f"{PASSWORD} {n}", now=NOW) for n in range(4)
    ]
    results = together(*accept)
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, operations.InvitationRefused) for result in results) == 3


def test_two_administrators_inviting_at_once_leave_one_link():
    user = UserFactory(invited=True)
    secrets = together(*[lambda: operations.invite(actor=None, user=user, now=NOW)] * 4)
    assert all(isinstance(secret, str) for secret in secrets)
    assert Invitation.objects.filter(used_at=None, revoked_at=None).count() == 1


def test_two_administrators_closing_each_other_s_account_leave_one():
    one, two = UserFactory(roles=["administrator"]), UserFactory(roles=["administrator"])
    results = together(
        lambda: operations.deactivate_user(actor=one, user=two, now=NOW),
        lambda: operations.deactivate_user(actor=two, user=one, now=NOW),
    )
    assert sum(isinstance(result, operations.LastAdministrator) for result in results) == 1
    assert User.objects.filter(is_active=True).count() == 1


def test_two_administrators_taking_each_other_s_role_leave_one():
    one, two = UserFactory(roles=["administrator"]), UserFactory(roles=["administrator"])
    results = together(
        *[lambda user=user: operations.revoke_role(actor=None, user=user, role="administrator") for user in (one, two)]
    )
    assert sum(isinstance(result, operations.LastAdministrator) for result in results) == 1
    assert RoleGrant.objects.count() == 1


def test_the_landlord_is_named_once():
    results = together(*[lambda n=n: operations.create_landlord(actor=None, name=f"Bailleur {n}") for n in range(4)])
    assert sum(isinstance(result, operations.LandlordExists) for result in results) == 3
    assert Landlord.objects.count() == 1
