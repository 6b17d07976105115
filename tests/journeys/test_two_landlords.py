"""G3: two landlords, two databases: what opens something in one opens nothing in the other, even with the same key.

The worst case on purpose: one process, one SECRET_KEY, one address; a host gives each landlord its own (docs/install.md).
"""

from benchmarks.scratch import scratch_database
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.architecture.world import Side, canary, make_side, plant

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import create_api_token
from bienveille.register.tenants.models import Household, Person


def links(side: Side) -> dict[str, str]:
    """Every address of a side that opens by what it holds, whoever asks."""
    return {
        "partner": reverse("portal:link", args=[side.secrets["link"]]),
        "invitation": reverse("accounts:invitation", args=[side.secrets["invitation"]]),
        "volunteer": reverse("workspace:volunteer", args=[side.secrets["volunteer"]]),
    }


def said(address: str) -> tuple[int, str, int]:
    """What a browser that nobody knows is told: the status, where it is sent (less the secret), how much is said."""
    answer = Client(raise_request_exception=False).get(address)
    sent = answer.headers.get("Location", "").replace(address.strip("/").rpartition("/")[2], "…")
    return answer.status_code, sent, len(answer.content) // 100


def test_g3_what_one_gives_opens_nothing_in_the_other(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), scratch_database():
        side = make_side("there")
        plant(side)
        admin = UserFactory(roles=[Role.ADMINISTRATOR])
        client = Client(raise_request_exception=False)
        client.force_login(admin)
        token = {"authorization": f"Bearer {create_api_token(actor=admin, user=admin, label='', now=timezone.now())}"}
        household = Household.objects.filter(dwelling__building__residence=side.residence).first()
        page = reverse("workspace:household", args=[household.pk])
        word = canary(side, Person, "last_name")[:100].encode()
        here = links(side)
        assert word in client.get(page).content
        assert client.get("/api/v1/me", headers=token).status_code == 200
        unknown = {
            name: address.replace(side.secrets["link" if name == "partner" else name], "x" * 43)
            for name, address in here.items()
        }
        assert all(said(here[name]) != said(unknown[name]) for name in ("partner", "invitation"))

        with scratch_database():  # the other landlord: the same browser, program and links come
            cache.clear()
            stranger = Client(raise_request_exception=False)
            other = UserFactory(roles=[Role.ADMINISTRATOR])
            assert not User.objects.filter(pk=admin.pk).exists()
            assert client.get(page).status_code == 302
            assert client.get("/").status_code == 302
            assert client.get("/api/v1/me", headers=token).status_code == 401
            for name, address in here.items():
                assert said(address) == said(unknown[name]), name
                assert b"Kanari" not in stranger.get(address, follow=True).content
            staff = Client(raise_request_exception=False)
            staff.force_login(other)
            for label, keys in side.rows.items():
                if label == "tenants.household":
                    answers = {staff.get(reverse("workspace:household", args=[key])).status_code for key in keys}
                    assert answers == {404}

        assert client.get("/api/v1/me", headers=token).status_code == 200  # and at home all is as before
