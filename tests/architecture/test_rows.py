"""What a page costs does not depend on how many rows it shows: the same queries for one agency's and for three's."""

import logging

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.architecture.policy import routes, table
from tests.architecture.test_matrix import LEAVES, Actor, may_open, objects_of
from tests.architecture.test_refusals import cost
from tests.architecture.world import make_side

from bienveille.register.accounts.choices import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet():
    cache.clear()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def least(somebody: Actor, address: str) -> tuple[int, int]:
    """The status of a page and its queries, without what is read or written once a minute or once a process."""
    return min(cost(somebody, "get", address) for _ in range(3))


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.SOCIAL_WORKER])
def test_g30_no_list_asks_more_for_more_rows(role):
    make_side("first")
    user = UserFactory(roles=[(role, None)])
    client = Client(raise_request_exception=False)
    client.force_login(user)
    somebody = Actor(role, client, {}, user)
    lists = [
        (route.name, reverse(route.name, kwargs=route.parameters))
        for route in routes()
        if not objects_of(route) and may_open(table()[route.name], role) and route.name not in LEAVES
    ]
    counted = {}
    for name, address in lists:
        status, queries = least(somebody, address)
        if status == 200:
            counted[address] = name, queries
    for mark in ("second", "third"):
        make_side(mark)
    wrong = []
    for address, (name, queries) in counted.items():
        after = least(somebody, address)[1]
        # One more may read what the first agency had none of; one for each row would be two at least.
        if after > queries + 1:
            wrong.append(f"{name}: {queries} queries for one agency's rows, {after} for three's")
    assert wrong == [], "\n".join(wrong)
    assert len(counted) > 30
