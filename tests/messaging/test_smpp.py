"""SMS by SMPP, against an SMS centre of another make, and against ones that break at a chosen moment."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from uuid import uuid4

import pytest
import smpp34

from bienveille.engines.messaging.channels import Outcome, Outgoing
from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.channels.smpp import LinkLost, SmppListener, SmppSender
from bienveille.engines.messaging.rules.receipts import Fate, Receipt
from bienveille.engines.messaging.rules.sms_coding import decode

NAMES = {"system_id": "bailleur", "password": "secret"}


def sms(text="Coupure d'eau lundi de 9h à 12h. STOP 36180", to="+33639980001"):
    return Outgoing(key=uuid4(), to=to, subject="", text=text)


class Centre:
    """An SMS centre: accepts, refuses some numbers, brings a receipt for each and « STOP » from one number."""

    def __init__(self):
        self.taken, self.bound, self.brought = [], [], []
        self.ready, self.over = threading.Event(), False
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self.ready.wait(5)

    async def _run(self):
        server = smpp34.Server(host="127.0.0.1", port=self.port, system_id="CENTRE")
        await server.start()
        self.ready.set()
        while not self.over:
            try:
                said = await asyncio.wait_for(server.next(), 0.1)
            except TimeoutError:
                continue
            if isinstance(said, smpp34.Esme):
                self.bound.append(said.can_receive)
                if said.can_receive:
                    bring = asyncio.create_task(self._bring(said))
            elif isinstance(said, smpp34.SubmitSmEvent):
                if said.destination_addr == "33639980009":
                    said.reject(0x0B)
                elif said.destination_addr == "33639980008":
                    said.reject(0x58)
                else:
                    self.taken.append(said)
                    said.accept(message_id=f"m{len(self.taken)}")
        with contextlib.suppress(NameError):
            bring.cancel()
        await server.stop()

    async def _bring(self, client):
        receipt = b"id:m1 sub:001 dlvrd:001 submit date:2611211745 done date:2611211745 stat:DELIVRD err:000 text:"
        for source, octets, mode, coding in [
            ("33639980001", receipt, 0x04, 0),
            ("33639980002", b"STOP", 0, 0),
            ("33639980003", "D’accord".encode("utf-16-be"), 0, 8),
            ("33639980004", bytes([5, 0, 3, 7, 2, 1]) + b"abc", 0x40, 0),
        ]:
            answer = await client.deliver_sm(
                source_addr=source, destination_addr="36180", esm_class=mode, data_coding=coding, short_message=octets
            )
            self.brought.append(answer.command_status)

    def close(self):
        self.over = True
        self._thread.join(5)


@pytest.fixture
def centre():
    made = Centre()
    yield made
    made.close()


class TestAnotherMake:
    def test_messages_leave_and_each_has_its_verdict(self, centre):
        batch = [
            sms(),
            sms(to="+33639980009"),
            sms("x" * 200),
            sms("Bâtiment fermé, l’ascenseur est arrêté"),
            sms(to="0639980001"),
        ]

        verdicts = {
            one.key: one
            for one in SmppSender(port=centre.port, host="127.0.0.1", sender="BAILLEUR", window=1, **NAMES).send(batch)
        }

        assert [verdicts[one.key].outcome for one in batch] == [
            Outcome.SENT,
            Outcome.REFUSED,
            Outcome.SENT,
            Outcome.SENT,
            Outcome.REFUSED,
        ]
        assert verdicts[batch[0].key].provider_id == "m1"
        assert verdicts[batch[1].key].detail == "smpp 0x0b"
        assert [bool(one.registered_delivery) for one in centre.taken[:4]] == [True, False, True, True]
        parts = [decode(one.short_message, one.data_coding, headed=one.esm_class == 0x40) for one in centre.taken[:4]]
        assert [parts[0], parts[1] + parts[2], parts[3]] == [batch[0].text, batch[2].text, batch[3].text]
        assert {(one.source_addr, one.source_addr_ton, one.dest_addr_ton) for one in centre.taken} == {
            ("BAILLEUR", 5, 1)
        }
        assert centre.bound == [False]

    def test_told_to_go_slower_the_rest_waits(self, centre):
        batch = [sms(), sms(to="+33639980008"), *[sms() for _ in range(40)]]
        out = SmppSender(port=centre.port, host="127.0.0.1", sender="36180", window=2, **NAMES)

        verdicts = {one.key: one.outcome for one in out.send(batch)}

        assert len(verdicts) == 42
        assert verdicts[batch[1].key] == Outcome.LATER
        assert list(verdicts.values()).count(Outcome.SENT) == len(centre.taken) < 6

    def test_receipts_and_answers_are_heard_and_acknowledged_once_kept(self, centre):
        heard = []

        def keep(news):
            heard.append(news)
            if isinstance(news, Reply) and news.text == "abc":
                raise RuntimeError("the database is away")

        listener = SmppListener(port=centre.port, host="127.0.0.1", **NAMES)
        end = time.monotonic() + 5
        count = listener.listen(keep, going_on=lambda: len(heard) < 4 and time.monotonic() < end, every=0.2)

        assert count == 4
        assert heard == [
            Receipt(Fate.DELIVERED, provider_id="m1", detail="DELIVRD 000"),
            Reply("sms", "33639980002", "36180", "STOP"),
            Reply("sms", "33639980003", "36180", "D’accord"),
            Reply("sms", "33639980004", "36180", "abc", part=(7, 2, 1)),
        ]
        assert centre.brought[:3] == [0, 0, 0]
        assert centre.brought[3:] in ([], [0x64])


class Broken:
    """A centre that accepts the bind, answers so many messages, then does as it was told."""

    def __init__(self, answers=0, then="close", status=0):
        self._answers, self._then, self._status = answers, then, status
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.seen = []
        self._done = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        client, _ = self._socket.accept()
        with client, client.makefile("rb") as stream:
            while header := stream.read(16):
                length, command, _, sequence = struct.unpack(">IIII", header)
                stream.read(length - 16)
                if command == 4:
                    self.seen.append(sequence)
                    if len(self.seen) > self._answers:
                        if self._then == "silence":
                            self._done.wait(5)
                        elif self._then == "garbage":
                            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                            continue
                        return
                status = self._status if command != 4 else 0
                client.sendall(struct.pack(">IIII", 16 + 3, command | 0x80000000, status, sequence) + b"ab\0")

    def close(self):
        self._done.set()
        self._socket.close()


@pytest.fixture
def broken():
    made = []

    def make(**options):
        made.append(Broken(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def sent_by(server, batch, **options):
    out = SmppSender(port=server.port, host="127.0.0.1", sender="36180", timeout=0.5, longest=10, **NAMES, **options)
    found = {one.key: one for one in out.send(batch)}
    return [found[one.key] for one in batch]


class TestCentresThatBreak:
    @pytest.mark.parametrize("then", ["close", "silence", "garbage"])
    def test_written_without_answer_is_unknown_the_rest_waits(self, broken, then):
        server = broken(answers=2, then=then)

        verdicts = sent_by(server, [sms() for _ in range(6)], window=2)

        assert [one.outcome for one in verdicts] == [
            Outcome.SENT, Outcome.SENT, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.LATER, Outcome.LATER,
        ]  # fmt: skip

    def test_a_long_text_half_written_is_unknown(self, broken):
        server = broken(answers=1)

        assert [one.outcome for one in sent_by(server, [sms("x" * 400), sms()], window=1)] == [
            Outcome.UNKNOWN,
            Outcome.LATER,
        ]

    def test_a_bind_refused_waits(self, broken):
        verdicts = sent_by(broken(status=0x0E), [sms()])

        assert [(one.outcome, one.detail) for one in verdicts] == [(Outcome.LATER, "bind 0x0e")]

    def test_a_silent_link_is_spoken_to_then_given_up(self, broken):
        listener = SmppListener(port=broken(status=0).port, host="127.0.0.1", timeout=0.5, **NAMES)
        end = time.monotonic() + 0.5

        assert listener.listen(lambda news: None, going_on=lambda: time.monotonic() < end, every=0.1) == 0

    def test_a_listener_refused_says_so(self, broken):
        listener = SmppListener(port=broken(status=0x0E).port, host="127.0.0.1", timeout=0.5, **NAMES)

        with pytest.raises(LinkLost, match="bind"):
            listener.listen(lambda news: None, going_on=lambda: True)
