"""What providers bring, signed; and the link that stops e-mails: replay, forgery, another message's link."""

import hmac
import json
from hashlib import sha256
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from tests.tenants.factories import ContactPointFactory

from bienveille.engines.messaging.models import Delivery, InboundMessage, Stop
from bienveille.engines.messaging.operations.unsubscribing import stop_link, stop_token

pytestmark = pytest.mark.django_db
SECRET = "un secret de test"


@pytest.fixture(autouse=True)
def _secret(settings):
    cache.clear()
    settings.MESSAGES_SECRET = SECRET
    settings.MESSAGES_FIELDS = {"id": "messageId"}


def signature(body, at=None, secret=SECRET):
    at = int(at if at is not None else timezone.now().timestamp())
    return f"t={at},v1={hmac.new(secret.encode(), f'{at}.'.encode() + body, sha256).hexdigest()}"


def brought(client, route, document, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    headers = headers or {"X-Bienveille-Signature": signature(body)}
    return client.post(reverse(f"portal:{route}"), body, content_type="application/json", headers=headers)


def sent(channel="sms", **changed):
    return Delivery.objects.create(
        **{"channel": channel, "to": "+33639980001" if channel == "sms" else "a@exemple.fr", "body": "x",
           "state": "sent", "provider_id": "m1", "sent_at": timezone.now(), **changed}
    )  # fmt: skip


class TestProviders:
    def test_receipts_move_messages_with_the_names_of_the_provider(self, client):
        held, other = sent(), sent(provider_id="m2")

        answer = brought(
            client, "receipts", [{"messageId": "m1", "status": "DELIVRD"}, {"messageId": "m2", "status": "EXPIRED"}]
        )

        held.refresh_from_db()
        other.refresh_from_db()
        assert (answer.status_code, answer.json()) == (200, {"known": 2})
        assert (held.state, other.state) == ("delivered", "bounced")

    def test_answers_reach_the_inbox_once_however_often_they_are_brought(self, client):
        for _ in range(2):
            brought(client, "replies", {"messageId": "r1", "from": "33639980001", "text": "STOP"})

        assert InboundMessage.objects.count() == 1
        assert Stop.objects.get().value == "+33639980001"

    def test_a_mail_as_it_came_and_a_bounce(self, client):
        raw = b"From: Jeanne <Jeanne@exemple.fr>\r\nTo: boite@exemple.fr\r\nSubject: =?utf-8?q?Fuite_d=27eau?=\r\nMessage-ID: <1@x>\r\n\r\nBonjour"
        held = sent("email")
        ContactPointFactory(kind="email", value="a@exemple.fr")
        bounce = (
            f"From: MAILER-DAEMON@x\r\nTo: retours+{held.pk}@exemple.fr\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
            'report-type=delivery-status; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nDésolé\r\n--b\r\n'
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        ).encode()

        assert brought(client, "mail", raw).status_code == 200
        assert brought(client, "mail", bounce).status_code == 200

        held.refresh_from_db()
        [message] = InboundMessage.objects.all()
        assert (message.sender, message.subject, message.text) == ("jeanne@exemple.fr", "Fuite d'eau", "Bonjour")
        assert held.state == "bounced"

    def test_absence_notices_ask_for_nothing(self, client):
        raw = b"From: a@exemple.fr\r\nAuto-Submitted: auto-replied\r\nSubject: Absent\r\n\r\nJe suis absent"

        assert brought(client, "mail", raw).status_code == 200
        assert InboundMessage.objects.count() == 0

    @pytest.mark.parametrize("route", ["receipts", "replies", "mail"])
    def test_only_the_secret_opens(self, client, route, settings):
        body = b'{"messageId": "r1", "from": "33639980001", "text": "STOP"}'
        for headers in (
            {"X-Bienveille-Signature": signature(body, secret="autre")},
            {"X-Bienveille-Signature": signature(b"{}")},
            {"X-Bienveille-Signature": signature(body, at=timezone.now().timestamp() - 400)},
            {"X-Bienveille-Signature": "t=1"},
            {"Authorization": "Bearer autre"},
            {"Accept": "*/*"},
        ):
            assert brought(client, route, body, **headers).status_code == 403
        settings.MESSAGES_SECRET = ""
        assert brought(client, route, body, Authorization="Bearer ").status_code == 403
        assert InboundMessage.objects.count() == 0

    def test_who_cannot_sign_gives_the_secret(self, client):
        assert (
            brought(
                client, "replies", {"from": "33639980001", "text": "Oui"}, Authorization=f"Bearer {SECRET}"
            ).status_code
            == 200
        )

    @pytest.mark.parametrize("body", [b"", b"[]", b"[1]", b"{", b'{"text": "sans expediteur"}', b"[" * 5000])
    def test_what_is_not_an_answer_is_refused(self, client, body):
        assert brought(client, "replies", body).status_code == 422


class TestLink:
    def test_looking_changes_nothing_and_posting_stops(self, client, settings):
        settings.PUBLIC_URL = "https://exemple.fr"
        held = sent("email")
        address = stop_link(held.pk).removeprefix("https://exemple.fr")

        assert "Ne plus m’envoyer" in client.get(address).content.decode()
        assert Stop.objects.count() == 0
        assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert client.post(address).status_code == 200
        [stop] = Stop.objects.all()
        assert (stop.channel, stop.value, stop.way) == ("email", "a@exemple.fr", "link")

    def test_a_link_made_up_opens_nothing(self, client):
        held = sent("email")
        good = stop_token(held.pk)
        for token in ("x", good[:-3] + "AAA", stop_token(uuid4()), "é", good + "=="):
            answer = client.post(reverse("portal:stop_messages", args=[token]))
            assert answer.status_code in (200, 404)
            assert (answer.status_code == 200) is (token == good + "==")

    def test_without_an_address_of_its_own_there_is_no_link(self, settings):
        settings.PUBLIC_URL = ""

        assert stop_link(uuid4()) == ""
