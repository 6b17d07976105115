"""Leaving after ProConnect, and forgetting who somebody is there."""

import pytest
from django.core.cache import cache
from django.test import Client
from tests.accounts.factories import UserFactory
from tests.accounts.test_proconnect import come, text
from tests.accounts.test_second_factor import SECURITY, inside, sign_in

from bienveille.register.accounts.models import AuditEntry, ProviderIdentity

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()


class TestLeaving:
    def test_g12_proconnect_ends_too(self, client, provider, claire):
        come(client, provider)
        response = client.post("/deconnexion/")
        assert response.status_code == 200
        assert not inside(client)
        assert response["Clear-Site-Data"] == '"cache", "storage"'
        page = text(response)
        assert f'content="0; url={provider.issuer}/session/end?id_token_hint=' in page
        assert "post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Fconnexion%2F" in page

    def test_not_for_who_came_otherwise(self, client, provider, claire):
        sign_in(client, claire)
        assert client.post("/deconnexion/")["Location"] == "/connexion/"

    def test_a_silent_provider_holds_nobody(self, client, provider, claire):
        come(client, provider)
        asked = len(provider.asked)
        client.post("/deconnexion/")
        client = Client()
        come(client, provider)
        assert client.get("/quitter/", headers={"Sec-Fetch-Site": "same-origin"})["Location"].startswith(
            "https://meteo"
        )
        assert len(provider.asked) == asked + 2  # the token and what it says of somebody: nothing to leave
        assert not inside(client)

    def test_g34_a_copy_of_the_session_holds_no_token(self, client, provider, claire):
        come(client, provider)
        kept = client.session["provider"]["id_token"]
        assert "eyJ" not in kept


class TestForgetting:
    def test_one_s_own(self, client, provider, claire):
        come(client, provider)
        assert "Oublier ce lien" in text(client.get(SECURITY))
        assert client.post("/mon-compte/securite/proconnect/oublier/")["Location"] == SECURITY
        assert not ProviderIdentity.objects.exists()
        assert inside(client)

    def test_somebody_else_s_ends_their_sessions(self, client, provider, claire):
        come(client, provider)
        administrator = Client()
        administrator.force_login(UserFactory(roles=["administrator"]))
        address = f"/utilisateurs/{claire.pk}/"
        assert "Oublier son lien ProConnect" in text(administrator.get(address))
        assert administrator.post(f"{address}proconnect/oublier/")["Location"] == address
        assert not inside(client)
        administrator.post(f"{address}proconnect/oublier/")
        assert AuditEntry.objects.filter(detail__did="forget_proconnect").count() == 1
