"""E-mail against real servers: aiosmtpd, and servers that break, lie or sleep at a chosen moment."""

import socket
import threading
import time
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller

from bienveille.engines.messaging.channels import Outcome, Outgoing
from bienveille.engines.messaging.channels.smtp import SmtpSender


def outgoing(rank=0, **changed):
    return Outgoing(
        **{
            "key": uuid4(), "to": f"locataire{rank}@exemple.fr", "subject": f"Coupure d’eau {rank}",
            "text": f".Bonjour {rank}\n.\nÀ lundi", "html": f"<p>Bonjour {rank}</p>",
            "unsubscribe": "https://exemple.fr/stop/abc", **changed,
        }
    )  # fmt: skip


def sender(port, **options):
    return SmtpSender(host="127.0.0.1", port=port, sender="Habitat <contact@exemple.fr>", timeout=2.0, **options)


class Sink:
    """Keeps what it takes; refuses some recipients, and some contents."""

    def __init__(self):
        self.received = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("absent"):
            return "550 5.1.1 No such user"
        if address.startswith("plein"):
            return "452 4.2.2 Mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if b"SPAM" in envelope.content:
            return "554 5.6.0 Not here"
        self.received.append(envelope)
        return f"250 2.0.0 Ok: queued as Q{len(self.received)}"


@pytest.fixture
def sink():
    handler = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler.port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    controller.stop()


class Scripted:
    """A server that answers each line with what it was told; `None` closes, a number sleeps so many seconds."""

    def __init__(self, *scripts, pipelining=True):
        self._scripts = list(scripts)
        self._hello = "250-x\r\n250 PIPELINING" if pipelining else "250 x"
        self.contents = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            try:
                with client, client.makefile("rwb") as stream:
                    self._talk(stream, dict(script))
            except OSError:  # the other side has left, in the middle of a word or before what is left of ours
                continue

    def _talk(self, stream, script):
        self._say(stream, script.get("greeting", "220 x"))
        data = False
        while line := stream.readline():
            word = line.split()[0].upper().decode() if line.split() else ""
            if data:
                if line != b".\r\n":
                    self.contents[-1] += line
                    continue
                data, word = False, "."
            answer = script.get(word, {"EHLO": self._hello, ".": "250 2.0.0 OK", "DATA": "354 go"}.get(word, "250 OK"))
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if answer is None:
                return
            if isinstance(answer, int):
                time.sleep(answer)
                return
            self._say(stream, answer)
            if word == "DATA" and answer.startswith("354"):
                data = True
                self.contents.append(b"")

    def _say(self, stream, answer):
        stream.write(answer.encode() + b"\r\n")
        stream.flush()

    def close(self):
        self._socket.close()


@pytest.fixture
def scripted():
    made = []

    def make(*scripts, **options):
        made.append(Scripted(*(scripts or ({},)), **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


def outcomes(verdicts):
    return [verdict.outcome for verdict in verdicts]


class TestARealServer:
    def test_everything_arrives_as_it_was_written(self, sink):
        out = sender(sink.port, bounces="retours@exemple.fr")
        batch = [outgoing(rank) for rank in range(5)]

        verdicts = list(out.send(batch))
        out.close()

        assert [(one.key, one.outcome, one.provider_id) for one in verdicts] == [
            (one.key, Outcome.SENT, f"Q{rank}") for rank, one in enumerate(batch, 1)
        ]
        for one, envelope in zip(batch, sink.received, strict=True):
            message = message_from_bytes(envelope.content, policy=default)
            assert envelope.mail_from == f"retours+{one.key.hex}@exemple.fr"
            assert envelope.rcpt_tos == [one.to]
            assert message["subject"] == one.subject
            assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == one.text

    def test_each_recipient_has_their_own_verdict(self, sink):
        out = sender(sink.port)
        batch = [outgoing(to="absent@exemple.fr"), outgoing(1), outgoing(to="plein@exemple.fr"), outgoing(text="SPAM"),
                 outgoing(to="a@exemple.fr\r\nRCPT TO:<b@exemple.fr>"), outgoing(2)]  # fmt: skip

        verdicts = {one.key: one for one in out.send(batch)}
        out.close()

        assert [verdicts[one.key].outcome for one in batch] == [
            Outcome.REFUSED, Outcome.SENT, Outcome.LATER, Outcome.REFUSED, Outcome.REFUSED, Outcome.SENT,
        ]  # fmt: skip
        assert verdicts[batch[0].key].detail == "550 5.1.1"
        assert [one.rcpt_tos for one in sink.received] == [[batch[1].to], [batch[5].to]]

    def test_the_connection_is_kept_from_one_batch_to_the_next(self, scripted):
        server = scripted()
        out = sender(server.port)

        assert outcomes([*out.send([outgoing()]), *out.send([outgoing()])]) == [Outcome.SENT] * 2
        out.close()
        assert server.connections == 1


class TestServersThatFail:
    @pytest.mark.parametrize("pipelining", [True, False])
    def test_lost_while_the_message_was_being_taken_is_unknown_and_never_sent_again(self, scripted, pipelining):
        server = scripted({".": ["250 OK", None]}, {}, pipelining=pipelining)
        out = sender(server.port)

        verdicts = list(out.send([outgoing(rank) for rank in range(4)]))
        out.close()

        assert outcomes(verdicts) == [Outcome.SENT, Outcome.UNKNOWN, Outcome.SENT, Outcome.SENT]
        assert sum(b"Bonjour 1<" in content for content in server.contents) == 1

    def test_no_answer_to_the_message_is_unknown(self, scripted):
        out = SmtpSender(host="127.0.0.1", port=scripted({".": 1}).port, sender="contact@exemple.fr", timeout=0.3)

        assert [(one.outcome, one.detail) for one in out.send([outgoing()])] == [(Outcome.UNKNOWN, "time")]

    @pytest.mark.parametrize("pipelining", [True, False])
    @pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
    def test_lost_before_the_message_waits(self, scripted, step, pipelining):
        lost = {step: "421 4.3.2 Closing" if step == "greeting" else None}

        out = sender(scripted(lost, pipelining=pipelining).port)

        assert outcomes(out.send([outgoing(0), outgoing(1)])) == [Outcome.LATER] * 2

    def test_a_refusal_of_ourselves_refuses_nobody(self, scripted):
        server = scripted({"MAIL": "530 5.7.0 Authentication required"})

        verdicts = list(sender(server.port).send([outgoing(0), outgoing(1)]))

        assert [(one.outcome, one.detail) for one in verdicts] == [(Outcome.LATER, "530 5.7.0")] * 2
        assert server.connections <= 2

    def test_relaying_denied_refuses_nobody(self, scripted):
        out = sender(scripted({"RCPT": "554 5.7.1 Relay access denied", "DATA": "503 no"}).port)

        assert outcomes(out.send([outgoing(0), outgoing(1)])) == [Outcome.LATER] * 2
        out.close()

    @pytest.mark.parametrize("pipelining", [True, False])
    def test_a_server_that_waits_for_a_message_without_recipient(self, scripted, pipelining):
        server = scripted({"RCPT": ["550 5.1.1 no", "250 OK"], ".": ["554 5.5.1 no recipient", "250 OK"] if pipelining else "250 OK"},
                          pipelining=pipelining)  # fmt: skip

        out = sender(server.port)

        assert outcomes(out.send([outgoing(0), outgoing(1)])) == [Outcome.REFUSED, Outcome.SENT]
        out.close()
        assert b"Bonjour 0" not in b"".join(server.contents)

    def test_a_connection_that_slept_and_was_closed_is_opened_anew(self, scripted):
        server = scripted({"MAIL": ["250 OK", None]}, {})
        out = sender(server.port)

        assert outcomes(out.send([outgoing(0)])) == [Outcome.SENT]
        assert outcomes(out.send([outgoing(1)])) == [Outcome.SENT]
        out.close()

    def test_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]

        assert [(one.outcome, one.detail) for one in sender(port).send([outgoing()])] == [(Outcome.LATER, "connection")]

    def test_without_tls_where_tls_was_asked_nothing_leaves(self, scripted):
        server = scripted()
        out = sender(server.port, security="starttls", username="u", password="secret")

        assert [(one.outcome, one.detail) for one in out.send([outgoing()])] == [(Outcome.LATER, "tls")]
        assert server.contents == []

    def test_a_server_that_never_ends_its_answer(self, scripted):
        out = sender(scripted({"greeting": "2" * 9000}).port)

        assert outcomes(out.send([outgoing()])) == [Outcome.LATER]

    def test_past_its_time_the_rest_waits(self, scripted):
        out = sender(scripted().port, longest=4.0)

        assert [(one.outcome, one.detail) for one in out.send([outgoing()])] == [(Outcome.LATER, "time")]

    def test_what_is_not_listened_to_the_end_closes_the_connection(self, scripted):
        server = scripted()
        out = sender(server.port)

        verdicts = out.send([outgoing(0), outgoing(1)])
        assert next(verdicts).outcome == Outcome.SENT
        verdicts.close()

        assert outcomes(out.send([outgoing(2)])) == [Outcome.SENT]
        out.close()
        assert server.connections == 2
