"""What an unexpected failure leaves in the log, and what it must not."""

import json
import logging
from types import SimpleNamespace

import psycopg
import pytest
from django.test import Client
from django.utils.functional import SimpleLazyObject
from tests.accounts.factories import UserFactory

from bienveille.ground.platform.failures import (
    FactsFormatter,
    ScrubbedFormatter,
    record_failure,
    scrubbed,
    scrubbed_trace,
    var_folder,
)


class Quoting(psycopg.errors.UniqueViolation):
    """As psycopg's: its text quotes the row."""

    __module__ = "psycopg.errors"


def caught(*raised):
    try:
        try:
            raise raised[0]
        except Exception as first:
            if len(raised) == 1:
                raise
            raise raised[1] from first
    except Exception as last:
        return last


def test_says_where_and_what():
    told = scrubbed_trace(caught(ValueError("a fault of ours")))
    assert "test_failures.py" in told
    assert told.endswith("ValueError: a fault of ours\n")


def test_never_quotes_a_row_even_as_a_cause():
    told = scrubbed_trace(caught(Quoting("Key (phone)=(+33612345678) already exists"), RuntimeError("wrapped")))
    assert "33612345678" not in told
    assert "SQLSTATE 23505" in told
    assert "RuntimeError: wrapped" in told


def test_is_written_in_the_private_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BIENVEILLE_VAR", str(tmp_path))
    log = record_failure(caught(ValueError("one")))
    record_failure(caught(ValueError("two")))
    assert log == tmp_path / "log" / "errors.log"
    assert log.read_text().count("ValueError") == 2


def test_the_private_folder_is_in_the_repository(monkeypatch):
    monkeypatch.delenv("BIENVEILLE_VAR", raising=False)
    assert (var_folder().parent / "pyproject.toml").exists()


def test_logging_is_scrubbed_too():
    failure = caught(Quoting("Key (phone)=(+33612345678) already exists"))
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "it failed", None, (type(failure), failure, None))
    told = ScrubbedFormatter().format(record)
    assert told.startswith("it failed\n")
    assert "33612345678" not in told


def test_a_failure_that_is_its_own_cause_does_not_hang_the_log():
    failure = ValueError("round")
    failure.__cause__ = failure
    assert scrubbed_trace(failure).count("round") == 1


@pytest.mark.parametrize(
    "canary",
    ["odilon.vermandois@exemple.fr", "06 12 34 56 78", "+33612345678", "0612345678", "2 55 08 14 168 025 38"],
)
def test_g32_what_tells_who_somebody_is_leaves_every_line(canary, tmp_path, monkeypatch):
    failure = caught(ValueError(f"cannot read {canary} here"), RuntimeError(f"for {canary}"))
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "wrong: %s.", (canary,), (type(failure), failure, None))
    record.status_code = 500
    line = FactsFormatter().format(record)
    facts = json.loads(line)
    assert "\n" not in line
    assert (facts["level"], facts["from"], facts["said"], facts["status"]) == ("ERROR", "x", "wrong: ….", 500)
    assert "who" not in facts
    assert "caused by" in facts["trace"]
    monkeypatch.setenv("BIENVEILLE_VAR", str(tmp_path))
    for text in (line, ScrubbedFormatter().format(record), record_failure(failure).read_text()):
        assert canary not in text


def test_a_refused_request_says_whose_it_was_without_a_name_nor_a_question():
    known = SimpleNamespace(pk="018f-a", email="odile@exemple.fr")
    for user, said in (
        (known, "018f-a"),
        (SimpleLazyObject(lambda: pytest.fail("the database was asked")), None),  # nobody has looked yet who it is
        (SimpleNamespace(pk=None), None),
    ):
        record = logging.LogRecord("django.request", logging.WARNING, "f", 1, "Forbidden: %s", ("/x/",), None)
        record.status_code, record.request = 403, SimpleNamespace(user=user)
        assert json.loads(FactsFormatter().format(record)).get("who") == said
        assert "odile" not in FactsFormatter().format(record)
    looked_up = SimpleLazyObject(lambda: known)
    assert looked_up.pk
    record.request = SimpleNamespace(user=looked_up)
    assert json.loads(FactsFormatter().format(record))["who"] == "018f-a"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"), [("/utilisateurs/", 403), ("/campagnes/00000000-0000-7000-8000-000000000000/", 404)]
)
def test_every_refusal_is_in_the_log_with_its_account(path, status, caplog):
    caller = UserFactory(roles=["caller"])
    client = Client()
    client.force_login(caller)
    assert client.get(path).status_code == status
    (record,) = (one for one in caplog.records if one.name == "django.request")
    facts = json.loads(FactsFormatter().format(record))
    assert (facts["status"], facts["who"], path in facts["said"]) == (status, str(caller.pk), True)


@pytest.mark.parametrize(
    "harmless", ["job 1234567890123", "2026-11-22 10:20:30", "019aaf11-0612-7345-8678-000000000000"]
)
def test_g32_what_tells_nobody_stays(harmless):
    assert scrubbed(harmless) == harmless


def test_g32_the_processes_of_serve_write_facts(settings):
    assert {handler["formatter"] for handler in settings.LOGGING["handlers"].values()} == {"facts"}
    assert "FactsFormatter" in settings.LOGGING["formatters"]["facts"]["()"]
