"""Whatever goes wrong is said in JSON and in French, and says nothing of ours."""

import json
import logging

import pytest
from django.db.utils import OperationalError
from django.test import Client

from bienveille.faces.api.views import calls, campaigns

pytestmark = pytest.mark.django_db
ADDRESS = "/campaigns"


def problem_of(answer, status):
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    document = answer.json()
    assert {"type", "title", "status", "detail"} <= document.keys()
    assert document["status"] == status
    return document


def send(program, raw, content_type="application/json"):
    headers = {"Authorization": f"Bearer {program.secret}"}
    return Client().generic("POST", "/api/v1/campaigns", raw, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nowhere", "/api/v1/", "/api/v1/campaigns/1", "/api/v1/campaigns/", "/api/v1/a/b/c", "/api/v1/a%0Ab"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_no_such_address(path, method):
    problem_of(Client().generic(method, path), 404)


def test_no_such_method(manager):
    answer = manager.call("DELETE", "/campaigns")
    problem_of(answer, 405)
    assert answer["Allow"] == "GET, POST"
    assert problem_of(Client().post("/api/v1/openapi.json"), 405)
    assert problem_of(Client().delete("/api/v1/docs"), 405)


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff", b'{"name": NaN}', b'{"a": 1,}', b"[" * 100_000, b'{"n": ' + b"9" * 5000 + b"}"]
)
def test_not_json(manager, raw):
    problem_of(send(manager, raw), 400)


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "a\\udfffb"])
def test_a_character_that_no_database_stores(manager, text):
    raw = f'{{"name": "x", "waves": [{{"name": "{text}"}}]}}'
    assert list(problem_of(send(manager, raw), 422)["errors"]) == ["waves.0.name"]
    problem_of(send(manager, f'{{"{text}": 1}}'), 422)


def test_an_emoji_is_a_character(manager):
    """Two halves of a pair are one character."""
    assert list(problem_of(send(manager, '{"name": "\\ud83d\\ude00"}'), 422)["errors"]) != ["name"]


def test_too_long(manager):
    problem_of(send(manager, json.dumps({"name": "x" * 1_000_001})), 413)


def test_not_announced_as_json(manager):
    problem_of(send(manager, "<a/>", "application/xml"), 415)
    # What curl and urllib say when one forgets.
    problem_of(send(manager, "{}", "application/x-www-form-urlencoded"), 422)


def test_faults_are_said_in_french(caller, campaign):
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    body = {"outcome": 3, "needs": "x", "note": 1, "weekly": "peut-être", "call_back_on": "demain"}
    errors = problem_of(caller.post(f"/contacts/{sheet['contact']}/attempts", body), 422)["errors"]
    assert errors.keys() == {"token", "outcome", "needs", "note", "weekly", "call_back_on"}
    assert errors["token"] == ["Cette rubrique manque."]
    assert errors["call_back_on"] == ["Une date est attendue, écrite comme 2026-11-30."]
    assert not [text for texts in errors.values() for text in texts if "nput" in text or "hould" in text]


def test_a_failure_says_nothing_of_ours(manager, campaign, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("Mme Marchandeau, 04 65 71 01 42")

    monkeypatch.setattr(campaigns, "waves_of", fail)
    with caplog.at_level(logging.CRITICAL, "django.request"):
        answer = manager.get(f"/campaigns/{campaign.pk}")
    document = problem_of(answer, 500)
    assert "Marchandeau" not in answer.content.decode()
    assert "notre côté" in document["detail"]


def test_a_database_away_is_worth_another_try(caller, campaign, monkeypatch):
    def fail(*_, **__):
        raise OperationalError

    monkeypatch.setattr(calls, "sheet_in_hand", fail)
    answer = caller.post(f"/campaigns/{campaign.pk}/next")
    problem_of(answer, 503)
    assert int(answer["Retry-After"]) > 0
