"""The same key gives the same answer, once; another request with it is refused; a key lasts a day."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils.timezone import now
from tests.accounts.factories import UserFactory
from tests.api.programs import Api
from tests.outreach.factories import document

from bienveille.engines.dispatch.models import Attempt
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.faces.api.models import IdempotencyKey
from bienveille.faces.api.operations import KEYS_LAST, Answer, forget_keys, once, tidy_up
from bienveille.services.outreach.models import Campaign

pytestmark = pytest.mark.django_db
KEY = {"Idempotency-Key": "une-clé".replace("é", "e")}


class TestCampaigns:
    @pytest.fixture(autouse=True)
    def _guides(self):
        ensure_built_in(now=now())

    def test_the_same_request_makes_one_campaign(self, manager):
        first, again = (manager.post("/campaigns", document(), **KEY) for _ in range(2))
        assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, first.json())
        assert Campaign.objects.count() == 1

    def test_another_request_with_the_same_key_is_refused(self, manager):
        manager.post("/campaigns", document(), **KEY)
        answer = manager.post("/campaigns", document(name="Autre"), **KEY)
        assert answer.status_code == 422
        assert "clé" in answer.json()["errors"]["Idempotency-Key"][0]
        assert Campaign.objects.count() == 1

    def test_without_a_key_each_request_makes_one(self, manager):
        for _ in range(2):
            assert manager.post("/campaigns", document()).status_code == 201
        assert Campaign.objects.count() == 2

    def test_a_refusal_leaves_the_key_free(self, manager):
        assert manager.post("/campaigns", document(purpose="gold"), **KEY).status_code == 422
        assert manager.post("/campaigns", document(), **KEY).status_code == 201

    def test_keys_of_two_people_do_not_meet(self, manager):
        other = Api(UserFactory(roles=["director"]))
        ids = {program.post("/campaigns", document(), **KEY).json()["id"] for program in (manager, other)}
        assert len(ids) == 2

    @pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
    def test_a_key_is_short_and_visible(self, manager, key):
        assert manager.post("/campaigns", document(), **{"Idempotency-Key": key}).status_code == 422
        assert Campaign.objects.count() == 0


def test_the_same_key_for_another_household_is_refused(caller, campaign):
    bodies = []
    for _ in range(2):
        sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
        bodies.append((f"/contacts/{sheet['contact']}/attempts", {"token": sheet["token"], "outcome": "reached"}))
        if len(bodies) == 1:
            assert caller.post(*bodies[0], **KEY).status_code == 201
    assert caller.post(*bodies[1], **KEY).status_code == 422
    assert caller.post(*bodies[0], **KEY).status_code == 201
    assert Attempt.objects.count() == 1


class TestDays:
    def test_a_key_serves_again_after_a_day(self):
        user, today = UserFactory(), now()
        answers = [
            once(user=user, key="a", fingerprint="x" * 64, now=moment, act=lambda n=n: Answer(201, {"n": n}))
            for n, moment in enumerate([today, today + KEYS_LAST, today + KEYS_LAST + timedelta(seconds=1)])
        ]
        assert [answer.document["n"] for answer in answers] == [0, 0, 2]
        assert [answer.replayed for answer in answers] == [False, True, False]

    def test_old_keys_are_forgotten(self):
        user, today = UserFactory(), now()
        for key, age in (("a", 0), ("b", 25)):
            once(
                user=user, key=key, fingerprint="x" * 64, now=today - timedelta(hours=age), act=lambda: Answer(201, {})
            )
        assert forget_keys(now=today) == 1
        assert IdempotencyKey.objects.get().key == "a"
        assert tidy_up() == 0


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_do_it_once():
    user, moment, done, barrier, answers = UserFactory(), now(), [], Barrier(4), []

    def act():
        done.append(1)
        return Answer(201, {"n": len(done)})

    def ask():
        barrier.wait()
        answers.append(once(user=user, key="a", fingerprint="x" * 64, now=moment, act=act))
        connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(answers)) == (1, 4)
    assert {answer.document["n"] for answer in answers} == {1}
