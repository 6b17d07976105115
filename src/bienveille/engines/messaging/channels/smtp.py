"""E-mail by SMTP: one connection kept, commands grouped when the server takes them so (RFC 2920), one verdict each.

A doubt stays one: what was being written when the connection broke is UNKNOWN, what had not begun is LATER.
"""

import re
import socket
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from time import monotonic, time

from bienveille.engines.messaging.channels import Outcome, Outgoing, Verdict
from bienveille.engines.messaging.rules.mime import Skeleton, bounce_address, mail_address, stuffed
from bienveille.engines.messaging.rules.receipts import sounds_final

_CODE = re.compile(rb"([2-5]\d\d)(?:[ -](\d\.\d{1,3}\.\d{1,3})\b)?")
_QUEUED = re.compile(rb"queued as ([A-Za-z0-9.\-]{1,60})")
_LONGEST_LINE = 4096


class SessionLost(OSError):
    """The server is not there any more, answers nonsense, is too slow, or refuses the session."""


class SmtpSender:
    """`security`: « starttls », « tls » from the first byte, or nothing, for a server on the same machine.

    `bounces`: address that takes sub-addresses (« retours+CLE@… »), so that a bounce tells its message.
    """

    honours_keys = False

    def __init__(
        self,
        *,
        host: str,
        sender: str,
        port: int = 25,
        username: str = "",
        password: str = "",
        security: str = "",
        reply_to: str = "",
        bounces: str = "",
        hostname: str = "",
        batch: int = 100,
        timeout: float = 20.0,
        longest: float = 240.0,
    ) -> None:
        self.batch = batch
        self.longest = longest
        self._server = (host, port)
        self._credentials = (username, password)
        self._security = security
        self._verp = bool(bounces)
        self._skeleton = Skeleton.make(sender, reply_to=reply_to, bounces=bounces)
        self._hostname = hostname or "localhost"
        self._timeout = timeout
        self._idle: deque[Session] = deque(maxlen=4)

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        """One verdict each. After two lost connections the rest waits: the server is not well."""
        # A step begun before the limit ends one time-out later at most.
        limit = monotonic() + self.longest - 2 * self._timeout
        date = formatdate(time()).encode("ascii")
        ready: deque[tuple[Outgoing, bytes, bytes]] = deque()
        for one in batch:
            try:
                ready.append((one, *self._prepared(one, date)))
            except ValueError:
                yield Verdict(one.key, Outcome.REFUSED, detail="5.1.3 address")
        losses, why = 0, ""
        while ready and losses < 2:
            try:
                session, fresh = self._session(limit)
            except OSError as error:
                why = _told(error)
                break
            done = 0
            try:
                for verdict in session.post(ready, limit):
                    done += 1
                    yield verdict
            except OSError as error:
                session.close()
                why = _told(error)
                losses += 1 if fresh or done else 0  # a connection that slept may have been closed meanwhile
            except BaseException:  # the one who listens went away
                session.close()
                raise
            else:
                self._idle.append(session)
        for one, *_ in ready:
            yield Verdict(one.key, Outcome.LATER, detail=why or "connection")

    def close(self) -> None:
        """Let go of the connections that are kept."""
        while self._idle:
            self._idle.pop().close()

    def _prepared(self, one: Outgoing, date: bytes) -> tuple[bytes, bytes]:
        """The envelope's two commands, and the message as it goes after DATA."""
        to = mail_address(one.to)
        back = bounce_address(self._skeleton.envelope, one.key.hex) if self._verp else self._skeleton.envelope
        message = self._skeleton.message(
            key=str(one.key), to=to, subject=one.subject, text=one.text, html=one.html,
            language=one.language, unsubscribe=one.unsubscribe, date=date,
        )  # fmt: skip
        return f"MAIL FROM:<{back}>\r\nRCPT TO:<{to}>\r\n".encode("ascii"), stuffed(message)

    def _session(self, limit: float) -> tuple["Session", bool]:
        try:
            return self._idle.pop(), False
        except IndexError:
            session = Session(self._server, self._timeout, limit)
        try:
            session.greet(self._hostname, self._server[0], self._security, *self._credentials)
        except BaseException:
            session.close()
            raise
        return session, True


class Session:
    """One conversation with a server. Every wait is bounded, by the time-out and by the limit of the batch."""

    def __init__(self, server: tuple[str, int], timeout: float, limit: float) -> None:
        self.limit = limit
        self.pipelining = False
        self._received = bytearray()
        self._socket = self._connected(server, timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def greet(self, hostname: str, server: str, security: str, username: str, password: str) -> None:
        """Until messages may go: greeting, EHLO, TLS, sign-in. What was asked for safety is never given up."""
        if security == "tls":
            self._secure(server)
        self._wanted(220)
        offers = self._hello(hostname)
        if security == "starttls":
            if "STARTTLS" not in offers:
                raise SessionLost("tls")
            self._write(b"STARTTLS\r\n")
            self._wanted(220)
            if self._received:  # said in clear by whoever stands between
                raise SessionLost("tls")
            self._secure(server)
            offers = self._hello(hostname)
        if username:
            self._write(b"AUTH PLAIN " + b64encode(f"\0{username}\0{password}".encode()) + b"\r\n")
            self._wanted(235)
        self.pipelining = "PIPELINING" in offers

    def post(self, ready: deque[tuple[Outgoing, bytes, bytes]], limit: float) -> Iterator[Verdict]:
        """Send the messages in order; each leaves `ready` when its verdict is told, before it is not known to go."""
        self.limit = limit
        asked = False
        while ready:
            one, envelope, content = ready[0]
            if not asked:
                self._write(envelope + b"DATA\r\n" if self.pipelining else envelope[: envelope.index(b"\n") + 1])
            refusal = self._accepted(envelope, grouped=self.pipelining)
            asked = False
            if refusal is not None:
                ready.popleft()
                yield Verdict(one.key, refusal[0], detail=refusal[1])
                continue
            following = ready[1][1] + b"DATA\r\n" if self.pipelining and len(ready) > 1 else b""
            self._in_time()
            try:
                self._socket.sendall(content + following)
                code, word, line = self._reply()
            except OSError as error:
                ready.popleft()
                yield Verdict(one.key, Outcome.UNKNOWN, detail=_told(error))
                raise
            asked = bool(following)
            ready.popleft()
            if code == 250:
                queued = _QUEUED.search(line)
                yield Verdict(one.key, Outcome.SENT, queued[1].decode("ascii") if queued else "", word)
            else:
                yield Verdict(one.key, Outcome.REFUSED if code >= 500 else Outcome.LATER, detail=word)
            if code == 421:
                raise SessionLost(word)

    def close(self) -> None:
        self._socket.close()

    def _accepted(self, envelope: bytes, *, grouped: bool) -> tuple[Outcome, str] | None:
        """Read the answers to MAIL, RCPT and DATA. None: the server waits for the message."""
        code, word, _ = self._reply()
        if code != 250:  # about us, not about the recipient: nobody is refused for it
            raise SessionLost(word)
        if not grouped:
            self._write(envelope[envelope.index(b"\n") + 1 :])
        code, word, _ = self._reply()
        if code == 421:
            raise SessionLost(word)
        refusal = None if code in (250, 251) else (Outcome.REFUSED if sounds_final(word) else Outcome.LATER, word)
        if not grouped:
            if refusal is not None:
                self._write(b"RSET\r\n")
                self._wanted(250)
                return refusal
            self._write(b"DATA\r\n")
        code, word, _ = self._reply()
        if refusal is not None:
            if code == 354:  # it waits all the same: an empty message, which it must refuse
                self._write(b".\r\n")
                self._reply()
            self._write(b"RSET\r\n")
            self._wanted(250)
            return refusal
        if code == 421:
            raise SessionLost(word)
        if code != 354:
            self._write(b"RSET\r\n")
            self._wanted(250)
            return (Outcome.REFUSED if sounds_final(word) else Outcome.LATER), word
        return None

    def _connected(self, server: tuple[str, int], timeout: float) -> socket.socket:
        """The first of two addresses that answers: one that is silent leaves the time of the other."""
        failed: OSError = SessionLost("connection")
        for family, kind, protocol, _, address in socket.getaddrinfo(*server, type=socket.SOCK_STREAM)[:2]:
            self._in_time()
            opened = socket.socket(family, kind, protocol)
            opened.settimeout(timeout)
            try:
                opened.connect(address)
            except OSError as error:
                opened.close()
                failed = error
            else:
                return opened
        raise failed

    def _hello(self, hostname: str) -> set[str]:
        self._write(f"EHLO {hostname}\r\n".encode("ascii"))
        lines: list[bytes] = []
        code, word, _ = self._reply(lines)
        if code != 250:
            raise SessionLost(word)
        return {line[4:].split(b" ")[0].strip().upper().decode("ascii", "replace") for line in lines[1:]}

    def _secure(self, server: str) -> None:
        self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=server)

    def _wanted(self, wanted: int) -> None:
        code, word, _ = self._reply()
        if code != wanted:
            raise SessionLost(word)

    def _write(self, octets: bytes) -> None:
        self._in_time()
        self._socket.sendall(octets)

    def _in_time(self) -> None:
        if monotonic() > self.limit:
            raise SessionLost("time")

    def _reply(self, lines: list[bytes] | None = None) -> tuple[int, str, bytes]:
        """The code, the code with its enhanced one (never the words, which may quote an address), the last line."""
        while True:
            line = self._line()
            if lines is not None:
                lines.append(line)
            found = _CODE.match(line)
            if found is None:
                raise SessionLost("answer")
            if line[3:4] != b"-":
                word = found[1] + (b" " + found[2] if found[2] else b"")
                return int(found[1]), word.decode("ascii"), line

    def _line(self) -> bytes:
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > _LONGEST_LINE:
                raise SessionLost("answer")
            if monotonic() > self.limit + self._socket.gettimeout():  # type: ignore[operator]
                raise SessionLost("time")
            octets = self._socket.recv(65536)
            if not octets:
                raise SessionLost("closed")
            self._received += octets
        line = bytes(self._received[: end + 1])
        del self._received[: end + 1]
        return line


def _told(error: Exception) -> str:
    if isinstance(error, SessionLost):
        return str(error)
    return "time" if isinstance(error, TimeoutError) else "connection"
