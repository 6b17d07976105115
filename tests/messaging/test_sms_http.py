"""SMS by HTTP, against a provider that counts, breaks, sleeps and remembers keys; and messages left as files."""

import json
import stat
import threading
import time
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from bienveille.engines.messaging.channels import Outcome, Outgoing
from bienveille.engines.messaging.channels.files import FileSender
from bienveille.engines.messaging.channels.sms_http import HttpSender


def sms(to="+33639980001", text="Coupure d’eau lundi"):
    return Outgoing(key=uuid4(), to=to, subject="", text=text)


class Provider(ThreadingHTTPServer):
    """Answers what it was told for a number; without a word, 201 and a name."""

    daemon_threads = True

    def __init__(self):
        self.seen, self.answers = [], {}
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, dict(self.headers), document))
        answer = self.server.answers.get(document.get("destinataire"), 201)
        if answer == "close":
            self.close_connection = True
            return
        if answer == "sleep":
            time.sleep(0.6)
            answer = 201
        content = json.dumps({"messages": [{"id": f"m{len(self.server.seen)}"}]}).encode()
        self.send_response(answer)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.shutdown()
    made.server_close()


def out(provider, **options):
    return HttpSender(
        url=f"http://127.0.0.1:{provider.server_port}/sms?compte=1",
        token="jeton",
        sender="BAILLEUR",
        timeout=0.3,
        **{"fields": {"to": "destinataire", "text": "texte"}, "name_at": "messages.0.id", **options},
    )


def test_what_the_provider_is_told(provider):
    one = sms()

    [verdict] = out(provider, plus=False, more={"type": "transactional"}).send([one])

    assert (verdict.key, verdict.outcome, verdict.provider_id) == (one.key, Outcome.SENT, "m1")
    [(path, headers, document)] = provider.seen
    assert path == "/sms?compte=1"
    assert (headers["Authorization"], headers["Idempotency-Key"]) == ("Bearer jeton", str(one.key))
    assert document == {
        "destinataire": "33639980001",
        "texte": one.text,
        "sender": "BAILLEUR",
        "reference": str(one.key),
        "type": "transactional",
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (200, Outcome.SENT),
        (422, Outcome.REFUSED),
        (401, Outcome.LATER),
        (429, Outcome.LATER),
        (503, Outcome.LATER),
        (302, Outcome.LATER),
        (409, Outcome.UNKNOWN),
        (500, Outcome.UNKNOWN),
        (502, Outcome.UNKNOWN),
        ("close", Outcome.UNKNOWN),
        ("sleep", Outcome.UNKNOWN),
    ],
)
def test_answers(provider, answer, expected):
    provider.answers["+33639980001"] = answer

    assert [one.outcome for one in out(provider).send([sms()])] == [expected]


def test_a_provider_that_honours_keys_has_it_already(provider):
    provider.answers["+33639980001"] = 409

    assert [one.outcome for one in out(provider, keys=True).send([sms()])] == [Outcome.SENT]


def test_a_provider_that_takes_nothing_for_now_is_left_alone(provider):
    provider.answers["+33639980001"] = 429

    verdicts = list(out(provider).send([sms("+33639980002"), sms(), sms("+33639980002"), sms("0639980002")]))

    assert [one.outcome for one in verdicts] == [Outcome.SENT, Outcome.LATER, Outcome.LATER, Outcome.REFUSED]
    assert len(provider.seen) == 2


def test_after_a_doubt_the_others_still_leave(provider):
    provider.answers["+33639980001"] = "close"

    verdicts = list(out(provider).send([sms(), sms("+33639980002"), sms("+33639980003")]))

    assert [one.outcome for one in verdicts] == [Outcome.UNKNOWN, Outcome.SENT, Outcome.SENT]


def test_nobody_listens(provider):
    sender = out(provider)
    provider.shutdown()
    provider.server_close()

    assert [(one.outcome, one.detail) for one in sender.send([sms(), sms()])] == [(Outcome.LATER, "connection")] * 2


def test_an_answer_that_is_not_what_was_said_has_no_name(provider):
    assert [one.provider_id for one in out(provider, name_at="a.b").send([sms()])] == [""]


def test_messages_left_as_files(tmp_path):
    folder = tmp_path / "mail"
    one = Outgoing(key=uuid4(), to="a@exemple.fr", subject="Été", text="Bonjour", html="<p>Bonjour</p>")
    sender = FileSender(folder=folder, sender="Habitat <contact@exemple.fr>")

    outcomes = [verdict.outcome for verdict in [*sender.send([one]), *sender.send([one])]]

    [path] = folder.iterdir()
    assert outcomes == [Outcome.SENT, Outcome.SENT]
    assert message_from_bytes(path.read_bytes(), policy=default)["subject"] == "Été"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sms_left_as_files_and_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()

    assert [one.outcome for one in FileSender(folder=tmp_path / "sms").send([sms()])] == [Outcome.SENT]
    assert [one.outcome for one in FileSender(folder=tmp_path / "file" / "sms").send([sms()])] == [Outcome.LATER]
    assert next((tmp_path / "sms").iterdir()).read_text("utf-8") == "+33639980001\n\nCoupure d’eau lundi\n"
