"""Every route stands in the policy table, and every role gets what the table says, no more and no less."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.architecture.policy import EVERYBODY, SIGNED_IN, Route, routes, table

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.operations import create_api_token

ROLES = [None, *Role.values]
REFUSED = (401, 403, 404)


def address(route: Route) -> str:
    return reverse(route.name, kwargs=route.parameters)


def allowed(line: dict[str, object], role: str | None) -> bool:
    who = line["who"]
    return who in (EVERYBODY, SIGNED_IN) or role in who


def sends_to_sign_in(response) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/connexion/")


class TestTable:
    def test_every_route_has_its_line_and_every_line_its_route(self):
        existing, written = {route.name for route in routes()}, set(table())
        assert existing - written == set(), "routes that policy.toml does not know"
        assert written - existing == set(), "lines of policy.toml whose route is gone"

    @pytest.mark.parametrize("name", sorted(table()))
    def test_lines_are_well_formed(self, name):
        line = table()[name]
        assert set(line) <= {"who", "on", "by", "shared"}
        assert line["who"] in (EVERYBODY, SIGNED_IN) or set(line["who"]) <= set(Role.values)
        assert line.get("by", "token") == "token"
        assert line.get("shared", True) is True

    def test_a_route_on_an_object_says_on_which(self):
        lines = table()
        silent = [route.name for route in routes() if route.parameters and not lines.get(route.name, {}).get("on")]
        assert silent == []


@pytest.fixture(autouse=True)
def _no_failure_yet(request):
    if request.node.get_closest_marker("django_db"):
        cache.clear()


def client_of(role: str | None) -> tuple[Client, dict[str, str]]:
    """Somebody with this role: a session, and the headers of a token."""
    user = UserFactory(roles=[role] if role else [])
    client = Client(raise_request_exception=False)
    client.force_login(user)
    secret = create_api_token(actor=user, user=user, label="", now=timezone.now())
    return client, {"authorization": f"Bearer {secret}"}


@pytest.mark.django_db
def test_nobody_gets_in_without_signing_in():
    client, opened = Client(raise_request_exception=False), []
    for route in routes():
        line = table().get(route.name, {"who": []})
        for method in ("get", "post", "put", "patch", "delete"):
            response = getattr(client, method)(address(route))
            closed = response.status_code in REFUSED or sends_to_sign_in(response)
            if line["who"] != EVERYBODY and not closed and response.status_code != 405:
                opened.append((route.name, method, response.status_code))
    assert opened == []


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(role):
    (client, token), wrong = client_of(role), []
    for route in routes():
        line = table().get(route.name, {"who": []})
        response = client.get(address(route), headers=token if line.get("by") else {})
        status = response.status_code
        if not allowed(line, role):
            if status not in (*REFUSED, 405):
                wrong.append((route.name, status, "opened"))
        elif status >= 500 or (not route.parameters and status in REFUSED):
            wrong.append((route.name, status, "refused"))
    assert wrong == []


@pytest.mark.django_db
def test_a_session_does_not_open_the_api():
    (client, _), opened = client_of(Role.ADMINISTRATOR), []
    for route in routes():
        line = table().get(route.name, {"who": []})
        if line.get("by") == "token" and line["who"] not in (EVERYBODY, []):
            statuses = {client.get(address(route)).status_code, client.post(address(route)).status_code}
            if not statuses <= {401, 405}:
                opened.append((route.name, statuses))
    assert opened == []


@pytest.mark.django_db
def test_screens_answer_no_other_method():
    (client, _), wrong = client_of(Role.ADMINISTRATOR), []
    for route in routes():
        if table().get(route.name, {}).get("by"):
            continue
        for method in ("put", "patch", "delete"):
            response = getattr(client, method)(address(route))
            if response.status_code not in (403, 404, 405) and not sends_to_sign_in(response):
                wrong.append((route.name, method, response.status_code))
    assert wrong == []
