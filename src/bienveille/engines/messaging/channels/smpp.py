"""SMS by SMPP 3.4: a window of messages on their way, receipts and answers heard on another bind.

Sending binds as transmitter, listening on its own bind. What the operator brings is acknowledged once kept, not before.
"""

import logging
import re
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from bienveille.engines.messaging.channels import Outcome, Outgoing, Verdict
from bienveille.engines.messaging.channels.news import News, Reply
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.rules import smpp_frames as smpp
from bienveille.engines.messaging.rules.receipts import Receipt, read_sms_receipt, sms_fate
from bienveille.engines.messaging.rules.sms_coding import TooLong, decode, encode, part_of

logger = logging.getLogger(__name__)
_NUMBER = re.compile(r"\+[0-9]{4,15}")


class LinkLost(OSError):
    """The operator is not there any more, refuses the bind, is too slow, or speaks something else."""


@dataclass(slots=True, eq=False)
class _Text:
    """One message on its way: its parts not yet answered, and what was said of the others."""

    one: Outgoing
    frames: list[bytes]
    waiting: int = 0
    taken: int = 0
    refused: int = 0
    name: str = ""
    written: bool = False


class SmppSender:
    """`sender`: number, short code or name shown. `window`: parts sent without waiting for their answers."""

    honours_keys = False

    def __init__(
        self,
        *,
        host: str,
        port: int,
        system_id: str,
        password: str,
        sender: str,
        system_type: str = "",
        tls: bool = False,
        window: int = 10,
        batch: int = 50,
        timeout: float = 20.0,
        longest: float = 180.0,
    ) -> None:
        self.batch = batch
        self.longest = longest
        self._window = window
        self._timeout = timeout
        self._sender = sender
        self._open = lambda limit: Link(
            (host, port), system_id, password, system_type, command=smpp.BIND_TRANSMITTER, tls=tls, timeout=timeout,
            limit=limit,
        )  # fmt: skip

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        """One verdict each. What was written and not answered is UNKNOWN; what was not written is LATER."""
        limit = monotonic() + self.longest - 2 * self._timeout
        ready: deque[_Text] = deque()
        for rank, one in enumerate(batch):
            try:
                ready.append(self._prepared(one, rank))
            except TooLong:
                yield Verdict(one.key, Outcome.REFUSED, detail="length")
            except ValueError:
                yield Verdict(one.key, Outcome.REFUSED, detail="address")
        flying: dict[int, _Text] = {}
        why = "connection"
        try:
            with self._open(limit) as link:
                yield from self._exchange(link, ready, flying)
                link.leave()
        except OSError as error:
            why = str(error) if isinstance(error, LinkLost) else why
        lost = {text.one.key: text for text in flying.values()}
        for text in lost.values():
            yield Verdict(text.one.key, Outcome.UNKNOWN, detail=why)
        for text in ready:  # begun or not
            if text.one.key not in lost:
                yield Verdict(text.one.key, Outcome.UNKNOWN if text.written else Outcome.LATER, detail=why)

    def _prepared(self, one: Outgoing, rank: int) -> _Text:
        if not _NUMBER.fullmatch(one.to):
            raise ValueError
        coded = encode(one.text, one.key.int ^ rank)
        return _Text(
            one,
            [
                smpp.submit(
                    0,
                    source=self._sender,
                    destination=one.to,
                    octets=part,
                    coding=coded.coding,
                    headed=coded.headed,
                    receipt=place == len(coded.parts),
                )
                for place, part in enumerate(coded.parts, 1)
            ],
        )

    def _exchange(self, link: "Link", ready: deque[_Text], flying: dict[int, _Text]) -> Iterator[Verdict]:
        """Keep the window full until everything is answered, or the operator asks to go slower."""
        slower = False
        while flying or (ready and (ready[0].written or not slower)):
            while ready and len(flying) < self._window and not (slower and not ready[0].written):
                text = ready[0]
                sequence = link.next_sequence()
                octets = text.frames.pop(0)
                text.written, text.waiting = True, text.waiting + 1
                flying[sequence] = text
                link.write(octets[:12] + sequence.to_bytes(4, "big") + octets[16:])
                if not text.frames:
                    ready.popleft()
            answer = link.read()
            if answer.command not in (smpp.SUBMIT_SM | smpp.ANSWER, smpp.GENERIC_NACK):
                link.be_polite(answer)
                continue
            answered = flying.pop(answer.sequence, None)
            if answered is None:
                continue
            answered.waiting -= 1
            if answer.status == smpp.OK:
                answered.taken += 1
                answered.name = smpp.read_name(answer.body)
            else:
                answered.refused = answer.status
                if answered.frames:  # the rest of it is of no use
                    answered.frames.clear()
                    ready.remove(answered)
            if not answered.waiting and not answered.frames:
                yield self._told(answered)
            slower = slower or answer.status in smpp.SLOWER
        for text in ready:
            yield Verdict(text.one.key, Outcome.LATER, detail="slower")
        ready.clear()

    @staticmethod
    def _told(text: _Text) -> Verdict:
        if not text.refused:
            return Verdict(text.one.key, Outcome.SENT, text.name)
        detail = f"smpp {text.refused:#04x}"
        if text.taken:  # a part of it may be read: sending it again would not mend that
            return Verdict(text.one.key, Outcome.UNKNOWN, text.name, detail)
        final = text.refused in smpp.FINAL
        return Verdict(text.one.key, Outcome.REFUSED if final else Outcome.LATER, detail=detail)


class SmppListener:
    """Hears receipts and answers. `dead`: errors of this operator for a number that nobody has."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        system_id: str,
        password: str,
        system_type: str = "",
        tls: bool = False,
        receiver: bool = False,
        dead: Sequence[str] = (),
        timeout: float = 20.0,
    ) -> None:
        self._dead = frozenset(dead)
        self._open = lambda: Link(
            (host, port), system_id, password, system_type, tls=tls, timeout=timeout, limit=float("inf"),
            command=smpp.BIND_RECEIVER if receiver else smpp.BIND_TRANSCEIVER,
        )  # fmt: skip

    def listen(self, keep: Callable[[News], None], *, going_on: Callable[[], bool], every: float = 30.0) -> int:
        """Hand over what comes until told to stop; how much came. Raises LinkLost, to be tried again later.

        What `keep` cannot keep is asked again to the operator. A silent link is spoken to.
        """
        heard, asked = 0, False
        with self._open() as link:
            while going_on():
                try:
                    said = link.read(wait=every)
                except TimeoutError:
                    if asked:
                        raise LinkLost("time") from None
                    link.write(smpp.frame(smpp.ENQUIRE_LINK, link.next_sequence()))
                    asked = True
                    continue
                asked = False
                if said.command != smpp.DELIVER_SM:
                    link.be_polite(said)
                    continue
                heard += 1
                link.write(
                    smpp.frame(smpp.DELIVER_SM | smpp.ANSWER, said.sequence, b"\0", status=self._kept(said, keep))
                )
            link.leave()
        return heard

    def _kept(self, said: smpp.Frame, keep: Callable[[News], None]) -> int:
        news = self._news(smpp.read_delivered(said.body))
        if news is None:
            return smpp.OK
        try:
            keep(news)
        except Exception:
            logger.exception("What the operator brought could not be kept")
            return smpp.TRY_LATER
        return smpp.OK

    def _news(self, said: smpp.Delivered) -> News | None:
        if said.receipt:
            if said.receipted and (known := sms_fate(said.stat)):
                text = read_sms_receipt(decode(said.octets, said.coding), dead=self._dead)
                return Receipt(text.fate if text else known, provider_id=said.receipted, detail=said.stat)
            return read_sms_receipt(decode(said.octets, said.coding), dead=self._dead)
        return Reply(
            channel=Channel.SMS,
            sender=said.source,
            to=said.destination,
            text=decode(said.octets, said.coding, headed=said.headed),
            part=part_of(said.octets) if said.headed else None,
        )


class Link:
    """One bind. Frames are written whole; reads wait for the time-out at most."""

    def __init__(
        self,
        server: tuple[str, int],
        system_id: str,
        password: str,
        system_type: str,
        *,
        command: int,
        tls: bool,
        timeout: float,
        limit: float,
    ) -> None:
        self._limit = limit
        self._timeout = timeout
        self._sequence = 0
        self._received = bytearray()
        self._socket = socket.create_connection(server, timeout)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=server[0])
            self.write(
                smpp.bind(
                    command, self.next_sequence(), system_id=system_id, password=password, system_type=system_type
                )
            )
            while (answer := self.read()).command != command | smpp.ANSWER:
                self.be_polite(answer)
            if answer.status != smpp.OK:
                raise LinkLost(f"bind {answer.status:#04x}")
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *failure: object) -> None:
        self._socket.close()

    def next_sequence(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def write(self, octets: bytes) -> None:
        self._socket.settimeout(self._timeout)
        self._socket.sendall(octets)

    def read(self, wait: float | None = None) -> smpp.Frame:
        """The next frame. Raises TimeoutError when nothing comes, LinkLost past the limit of the batch."""
        while True:
            try:
                if (found := smpp.read_frame(self._received)) is not None:
                    return found
            except smpp.BadFrame:
                raise LinkLost("frame") from None
            if monotonic() > self._limit:
                raise LinkLost("time")
            self._socket.settimeout(self._timeout if wait is None else wait)
            octets = self._socket.recv(65536)
            if not octets:
                raise LinkLost("closed")
            self._received += octets

    def be_polite(self, said: smpp.Frame) -> None:
        """What is not what we wait for: « are you there? » is answered, a message brought here is asked again."""
        match said.command:
            case smpp.ENQUIRE_LINK:
                self.write(smpp.frame(smpp.ENQUIRE_LINK | smpp.ANSWER, said.sequence))
            case smpp.DELIVER_SM:
                self.write(smpp.frame(smpp.DELIVER_SM | smpp.ANSWER, said.sequence, b"\0", status=smpp.TRY_LATER))
            case smpp.UNBIND:
                self.write(smpp.frame(smpp.UNBIND | smpp.ANSWER, said.sequence))
                raise LinkLost("unbound")

    def leave(self) -> None:
        """Say goodbye, without waiting long for the answer."""
        try:
            self.write(smpp.frame(smpp.UNBIND, self.next_sequence()))
            while self.read(wait=1.0).command != smpp.UNBIND | smpp.ANSWER:
                pass
        except OSError:
            return
