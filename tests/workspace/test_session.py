"""What the page knows of its session: how long it lasts, without making it last."""

import time

import pytest
from django.urls import reverse
from tests.accounts.factories import UserFactory

from bienveille.register.accounts.adapters import SESSION_SEEN, SESSION_SINCE
from bienveille.register.accounts.rules import IDLE_LIMIT, SESSION_LIMIT, seconds_left

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    client.user = UserFactory(roles=["caller"])
    client.force_login(client.user)
    return client


def age(client, *, seen: int, since: int) -> None:
    session, now = client.session, int(time.time())
    session[SESSION_SEEN], session[SESSION_SINCE] = now - seen, now - since
    session.save()


def ask(client, **headers) -> dict:
    return client.get(reverse("workspace:session"), headers=headers).json()


def test_looking_is_no_sign_of_life(signed_in):
    age(signed_in, seen=1500, since=3600)
    assert ask(signed_in, x_background="1")["left"] in (IDLE_LIMIT - 1500, IDLE_LIMIT - 1501)
    assert ask(signed_in, x_background="1")["left"] < IDLE_LIMIT - 1490


def test_choosing_to_stay_is_one(signed_in):
    age(signed_in, seen=1500, since=3600)
    assert ask(signed_in)["left"] > IDLE_LIMIT - 5


def test_nobody_stays_beyond_the_day(signed_in):
    age(signed_in, seen=100, since=SESSION_LIMIT - 60)
    assert ask(signed_in)["left"] <= 60


def test_a_session_that_is_over_leads_to_the_sign_in(signed_in):
    age(signed_in, seen=IDLE_LIMIT + 10, since=7200)
    response = signed_in.get(reverse("workspace:session"), headers={"x-background": "1"})
    assert response.status_code == 302


def test_forms_get_the_token_and_the_name_of_their_owner(signed_in):
    answer = ask(signed_in)
    assert answer["user"] == str(signed_in.user.pk)
    assert len(answer["csrf"]) == 64


def test_pages_know_how_long_is_left(signed_in):
    age(signed_in, seen=600, since=3600)
    html = signed_in.get(reverse("workspace:help"), headers={"x-background": "1"}).content.decode()
    left = int(html.split('data-bv-left="')[1].split('"')[0])
    assert IDLE_LIMIT - 610 < left <= IDLE_LIMIT - 600


@pytest.mark.parametrize(
    ("now", "left"), [(0, IDLE_LIMIT), (IDLE_LIMIT, 0), (IDLE_LIMIT + 9, 0), (IDLE_LIMIT - 60, 60)]
)
def test_seconds_left(now, left):
    assert seconds_left(now=now, since=0, seen=0) == left
    assert seconds_left(now=SESSION_LIMIT - 5, since=0, seen=SESSION_LIMIT - 10) == 5
