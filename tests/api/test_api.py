"""The HTTP API as its clients see it: shapes, refusals, the same answer to the same key."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import now
from tests.accounts.factories import UserFactory
from tests.api.programs import Api
from tests.outreach.factories import document
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.operations import deactivate_user

pytestmark = pytest.mark.django_db


def test_a_manager_makes_and_opens_a_campaign(manager):
    ensure_built_in(now=now())
    HouseholdFactory(age=80, phone=True)
    made = manager.post("/campaigns", document())
    assert made.status_code == 201
    opened = manager.post(f"/campaigns/{made.json()['id']}/open")
    assert (opened.status_code, opened.json()) == (200, {"target": 1})
    assert manager.post(f"/campaigns/{made.json()['id']}/open").status_code == 409


def test_a_wrong_document_is_a_problem_that_names_each_field(manager):
    answer = manager.post("/campaigns", {"name": "", "waves": []})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= problem.keys()
    assert {"name", "purpose", "waves"} <= problem["errors"].keys()


def test_callers_neither_make_nor_open_campaigns(caller, campaign):
    assert caller.post("/campaigns", document()).status_code == 403
    assert caller.post(f"/campaigns/{campaign.pk}/open").status_code == 404


def test_next_has_the_shape_of_the_contract(caller, campaign):
    answer = caller.post(f"/campaigns/{campaign.pk}/next")
    assert answer.status_code == 200
    sheet = answer.json()
    assert {"contact", "token", "lease_until", "why", "attempts", "household", "questionnaire"} <= sheet.keys()
    assert sheet["why"] == ["91 ans"]  # what the order and the audience ask, nothing more
    assert {"id", "name", "agency", "residence", "commune", "people"} <= sheet["household"].keys()
    person = sheet["household"]["people"][0]
    assert (person["age"], person["languages"]) == (91, ["fr"])
    phone = person["phones"][0]
    assert phone["number"].startswith("+336")
    digits = "0" + phone["number"][3:]
    assert phone["display"] == " ".join(digits[i : i + 2] for i in range(0, 10, 2))
    assert phone["status"] == "valid"


def test_asking_again_gives_the_same_contact_and_token(caller, campaign):
    first, again = (caller.post(f"/campaigns/{campaign.pk}/next").json() for _ in range(2))
    assert (first["contact"], first["token"]) == (again["contact"], again["token"])


def test_an_attempt_is_saved_once_whatever_is_sent_twice(caller, campaign):
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    day = (now() + timedelta(days=7)).date().isoformat()
    body = {
        "token": sheet["token"], "outcome": "reached", "grade": "yellow", "needs": ["meals"], "note": "Merci.",
        "call_back_on": day, "weekly": True, "answers": {},
    }  # fmt: skip
    path = f"/contacts/{sheet['contact']}/attempts"
    first = caller.post(path, body, **{"Idempotency-Key": "a"})
    again = caller.post(path, body, **{"Idempotency-Key": "a"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.json() == {"attempt": first.json()["attempt"], "state": "reached", "next_call": day, "case": None}
    assert caller.post(path, body, **{"Idempotency-Key": "b"}).status_code == 409
    assert caller.post(path, body).status_code == 409
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outcome": "abducted"}, "outcome"),
        ({"grade": "mauve"}, "grade"),
        ({"needs": ["gold"]}, "needs"),
        ({"note": "x" * 501}, "note"),
        ({"note": "\0"}, "note"),
        ({"token": "no"}, "token"),
        ({"call_back_on": "2026-13-45"}, "call_back_on"),
    ],
)
def test_a_wrong_value_is_named_and_the_household_stays_in_hand(caller, campaign, change, field):
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    body = {"token": sheet["token"], "outcome": "reached", **change}
    answer = caller.post(f"/contacts/{sheet['contact']}/attempts", body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert Contact.objects.get(pk=sheet["contact"]).state == "reserved"


def test_a_day_gone_by_is_refused(caller, campaign):
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    body = {"token": sheet["token"], "outcome": "reached", "call_back_on": "2020-01-01"}
    assert caller.post(f"/contacts/{sheet['contact']}/attempts", body).status_code == 422


def test_given_back(caller, campaign):
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    path = f"/contacts/{sheet['contact']}/release"
    assert caller.post(path, {"token": sheet["token"]}).status_code == 204
    assert caller.post(path, {"token": sheet["token"]}).status_code == 409


def test_nobody_left_says_when_to_ask_again(caller, campaign):
    for _ in range(3):
        sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
        caller.post(f"/contacts/{sheet['contact']}/attempts", {"token": sheet["token"], "outcome": "reached"})
    answer = caller.post(f"/campaigns/{campaign.pk}/next")
    assert answer.status_code == 204
    assert int(answer["Retry-After"]) > 0


def test_figures_and_ledger(caller, manager, campaign):
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    caller.post(f"/contacts/{sheet['contact']}/attempts", {"token": sheet["token"], "outcome": "reached"})
    for who in (caller, manager):
        figures = who.call("GET", f"/campaigns/{campaign.pk}/figures").json()
        assert (figures["targeted"], figures["called"], figures["reached_share"]) == (3, 1, 1.0)
        assert list(figures["by_service"]) == ["Service social"]
        assert who.call("GET", f"/campaigns/{campaign.pk}/ledger").json() == {
            "target": 3, "waiting": 2, "reserved": 0, "reached": 1, "refused": 0, "unreachable": 0, "withdrawn": 0,
        }  # fmt: skip


class TestRefused:
    def test_without_a_token_or_with_a_dead_one(self, caller, campaign):
        path = f"/api/v1/campaigns/{campaign.pk}/next"
        assert Client().post(path).status_code == 401
        assert Client().post(path, headers={"Authorization": "Bearer bv_faux"}).status_code == 401
        deactivate_user(actor=None, user=caller.user, now=now())
        assert caller.post(f"/campaigns/{campaign.pk}/next").status_code == 401

    def test_a_foreign_id_and_one_that_does_not_exist_look_alike(self, caller, campaign):
        stranger = Api(UserFactory(roles=["communication"]))
        foreign = stranger.post(f"/campaigns/{campaign.pk}/next")
        missing = stranger.post(f"/campaigns/{uuid4()}/next")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.json() == missing.json()
        contact = Contact.objects.first()
        body = {"token": str(uuid4()), "outcome": "reached"}
        assert stranger.post(f"/contacts/{contact.pk}/attempts", body).status_code == 404
        assert stranger.post(f"/contacts/{uuid4()}/attempts", body).status_code == 404
        assert caller.post(f"/contacts/{contact.pk}/attempts", body).status_code == 409

    def test_reads_are_audited_with_their_channel(self, caller, campaign):
        caller.post(f"/campaigns/{campaign.pk}/next")
        entry = AuditEntry.objects.filter(action="household.handed").get()
        assert (entry.channel, entry.actor_id) == ("api", caller.user.pk)
        assert campaign.name in entry.reason
