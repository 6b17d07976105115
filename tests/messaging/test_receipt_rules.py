"""Bounces, complaints, receipts of SMS, and answers that ask to stop."""

from uuid import UUID

import pytest

from bienveille.engines.messaging.rules.receipts import (
    Fate,
    Receipt,
    is_dead,
    read_report,
    read_sms_receipt,
    sounds_final,
)
from bienveille.engines.messaging.rules.stop import asks_to_stop

KEY = UUID("0192f3a0-0000-7000-8000-000000000001")


def report(*, to="retours@exemple.fr", action="failed", status="5.1.1", original=f"Message-ID: <{KEY}@exemple.fr>"):
    return f"""From: MAILER-DAEMON@mx.exemple.fr
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.exemple.fr

Final-Recipient: rfc822; absent@exemple.fr
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--b
Content-Type: text/rfc822-headers

From: contact@exemple.fr
{original}
Subject: Bonjour

--b--
""".replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, Receipt(Fate.DEAD, KEY, detail="5.1.1")),
        ({"status": "5.2.2"}, Receipt(Fate.FAILED, KEY, detail="5.2.2")),
        ({"action": "delivered", "status": "2.0.0"}, Receipt(Fate.DELIVERED, KEY, detail="2.0.0")),
        ({"action": "delayed", "status": "4.2.0"}, None),
        ({"to": f"retours+{KEY.hex}@exemple.fr", "original": "X: y"}, Receipt(Fate.DEAD, KEY, detail="5.1.1")),
        ({"original": "X: y"}, Receipt(Fate.DEAD, None, detail="5.1.1")),
    ],
)
def test_a_bounce_says_which_message_and_why(changed, expected):
    assert read_report(report(**changed)) == expected


def test_a_bounce_that_quotes_the_whole_message():
    whole = report().replace(b"Content-Type: text/rfc822-headers", b"Content-Type: message/rfc822")

    assert read_report(whole) == Receipt(Fate.DEAD, KEY, detail="5.1.1")


def test_a_complaint():
    raw = f"""From: abuse@exemple.org
To: retours+{KEY}@exemple.fr
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1

--b--
""".encode()

    assert read_report(raw) == Receipt(Fate.COMPLAINT, KEY, detail="abuse")


@pytest.mark.parametrize("raw", [b"", b"Subject: bonjour\r\n\r\nbonjour", b"\xff\xfe\x00", report()[:200]])
def test_what_is_no_report(raw):
    assert read_report(raw) is None


@pytest.mark.parametrize(
    ("word", "final", "dead"),
    [
        ("550 5.1.1", True, True),
        ("550", True, False),
        ("552 5.2.2", True, False),
        ("554 5.7.1", False, False),
        ("530 5.7.0", False, False),
        ("530", False, False),
        ("451 4.3.0", False, False),
        ("450", False, False),
        ("554 5.6.0", True, False),
    ],
)
def test_a_refusal_about_the_recipient_or_about_us(word, final, dead):
    assert (sounds_final(word), is_dead(word)) == (final, dead)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id:m1 sub:001 dlvrd:001 submit date:2611211745 done date:2611211745 stat:DELIVRD err:000 text:Bonjour",
         Receipt(Fate.DELIVERED, provider_id="m1", detail="DELIVRD 000")),
        ("id:7f-2 stat:UNDELIV err:001", Receipt(Fate.DEAD, provider_id="7f-2", detail="UNDELIV 001")),
        ("id:7f-2 stat:UNDELIV err:034", Receipt(Fate.FAILED, provider_id="7f-2", detail="UNDELIV 034")),
        ("id:m1 stat:ENROUTE err:000", None),
        ("id:m1 stat:UNKNOWN err:000", None),
        ("STOP", None),
    ],
)  # fmt: skip
def test_receipts_of_operators(text, expected):
    assert read_sms_receipt(text, dead=frozenset({"001"})) == expected


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop. ", "stop svp", "ARRET", "Arrêt", "arrêtez merci", "STOP 36180", "Stop, plus de sms de votre part à l’avenir merci",
     "désabonner", "ＳＴＯＰ"],
)  # fmt: skip
def test_answers_that_ask_to_stop(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Oui",
        "Ne pas stopper",
        "Stop au bruit dans l’escalier le soir",
        "L’arrêt de bus est devant",
        "Merci, stop",
        "?",
    ],
)
def test_answers_that_do_not(text):
    assert not asks_to_stop(text)
