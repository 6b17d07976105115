"""How often a token may ask, and an address without a good one; an honest loop never meets the limit."""

import pytest
from django.db import connection
from django.test import Client

from bienveille.ground.platform.limits import Limit, forget_idle_buckets, spend

pytestmark = pytest.mark.django_db
SLOW = Limit(per_minute=6, burst=3)  # one every ten seconds


def pass_seconds(seconds):
    """Time goes by: the buckets leak."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE platform_bucket SET at = at - %s * interval '1 second'", [seconds])


class TestBucket:
    def test_holds_a_burst_then_says_when_to_come_back(self):
        assert [spend("test", "a", SLOW) for _ in range(3)] == [0, 0, 0]
        assert spend("test", "a", SLOW) == 10
        assert spend("test", "b", SLOW) == 0
        assert spend("other", "a", SLOW) == 0

    def test_who_insists_is_not_punished(self):
        for _ in range(20):
            spend("test", "a", SLOW)
        pass_seconds(10)
        assert spend("test", "a", SLOW) == 0
        assert spend("test", "a", SLOW) > 0

    def test_never_holds_less_than_nothing(self):
        spend("test", "a", SLOW)
        pass_seconds(3600)
        assert [spend("test", "a", SLOW) for _ in range(4)][:3] == [0, 0, 0]
        assert spend("test", "a", SLOW) > 0

    def test_nil_lifts_the_limit(self):
        assert {spend("test", "a", Limit(per_minute=0, burst=0)) for _ in range(50)} == {0}

    def test_keeps_no_address(self):
        spend("address", "192.0.2.7", SLOW)
        with connection.cursor() as cursor:
            cursor.execute("SELECT key FROM platform_bucket")
            ((key,),) = cursor.fetchall()
        assert key.startswith("address:")
        assert "192" not in key.replace("address:", "")[:8] or len(key) == len("address:") + 64

    def test_idle_ones_are_forgotten(self):
        spend("test", "a", SLOW)
        assert forget_idle_buckets() == 0
        pass_seconds(3700)
        assert forget_idle_buckets() == 1


class TestApi:
    @pytest.fixture
    def _slow(self, settings):
        settings.API_LIMITS = {"token": SLOW, "refused": SLOW}

    def check(self, answer):
        assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
        assert 1 <= int(answer["Retry-After"]) <= 10
        assert "Attendez" in answer.json()["detail"]

    @pytest.mark.usefixtures("_slow")
    def test_a_token(self, caller, manager):
        assert [caller.get("/me").status_code for _ in range(3)] == [200, 200, 200]
        self.check(caller.get("/me"))
        assert manager.get("/me").status_code == 200

    @pytest.mark.usefixtures("_slow")
    def test_an_address_with_bad_tokens_while_good_ones_pass(self, caller):
        for headers in ({}, {"Authorization": "Bearer bv_faux"}, {"Authorization": "Basic x"}):
            assert Client().get("/api/v1/me", headers=headers).status_code == 401
        self.check(Client().get("/api/v1/me", headers={"Authorization": "Bearer bv_autre"}))
        assert Client().get("/api/v1/me", REMOTE_ADDR="192.0.2.9").status_code == 401
        assert caller.get("/me").status_code == 200

    def test_a_caller_who_asks_as_fast_as_they_can(self, caller, campaign):
        """Two hundred requests in a row: far from the limit that comes with the software."""
        assert {caller.post(f"/campaigns/{campaign.pk}/next").status_code for _ in range(200)} == {200}
