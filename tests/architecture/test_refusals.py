"""What a refusal costs: somebody else's object is looked for with as many queries as one that does not exist.

The same words are not enough: whoever asks a thousand times and measures would learn from one query more which keys are
real. Times are never asserted here, since they depend on the machine; the work asked of the database does not.
"""

import logging
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.architecture.policy import Route, routes, table
from tests.architecture.test_matrix import NOBODY, Actor, actor, kind_of, may_open, objects_of
from tests.architecture.world import Side, make_side

from bienveille.register.accounts.choices import Role

pytestmark = pytest.mark.django_db

#: What whoever may open the route may open wherever it is (`shared` in policy.toml): that it exists is no secret.
KNOWN_TO_BE_THERE = {"outreach.campaign", "audiences.audience"}


@pytest.fixture(autouse=True)
def _quiet():
    cache.clear()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pairs(route: Route, there: Side) -> Iterator[tuple[str, str]]:
    """Addresses of what the other side holds (the first and the last of each), each with that of nothing."""
    kinds = {name: kind_of(route, name) for name in objects_of(route)}
    secret = {name for name, kind in kinds.items() if kind not in KNOWN_TO_BE_THERE}
    if not all(there.rows.get(kind) for kind in kinds.values()):
        return  # a session: test_matrix.py opens one on each side
    for rank in (0, -1) if secret else ():
        theirs = {**route.parameters, **{name: there.rows[kind][rank] for name, kind in kinds.items()}}
        yield (
            reverse(route.name, kwargs=theirs),
            reverse(route.name, kwargs={**theirs, **dict.fromkeys(secret, NOBODY)}),
        )


def cost(somebody: Actor, method: str, address: str) -> tuple[int, int]:
    """The status of an answer, and how many queries it took."""
    with CaptureQueriesContext(connection) as asked:
        status = somebody.asks(method, address).status_code
    return status, len(asked)


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.SOCIAL_WORKER, Role.BUILDING_MANAGER, Role.CALLER])
def test_g5_what_another_agency_holds_costs_what_nothing_costs(role):
    here, there = make_side("here"), make_side("there")
    somebody = actor(here.users[role], role)
    wrong, refused = [], 0
    for route in routes():
        line = table()[route.name]
        if line.get("shared") or not may_open(line, role):
            continue
        for theirs, nothing in pairs(route, there):
            for method in ("get", "post"):
                heard, expected = cost(somebody, method, theirs), cost(somebody, method, nothing)
                refused += heard[0] == 404
                if heard[0] == 404 and heard != expected:
                    # Once a minute a session writes its sign of life: only what is said twice is a difference.
                    heard, expected = cost(somebody, method, theirs), cost(somebody, method, nothing)
                    if heard != expected:
                        wrong.append(f"{method} {route.name}: {heard[1]} queries, of nothing {expected[1]}")
    assert wrong == [], f"{len(wrong)} of {refused}\n" + "\n".join(wrong)
    assert refused > 15
