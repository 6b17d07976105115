"""SMS by HTTP: one JSON document for each message, with the names that this provider gives to its fields."""

import json
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from bienveille.engines.messaging.channels import Outcome, Outgoing, Verdict

_NUMBER = re.compile(r"\+[0-9]{4,15}")
_LARGEST = 65536
#: About this message: the same at each try.
_FINAL = frozenset({400, 413, 422})
#: Nothing was done: not signed in, no credit, wrong address of the provider, too fast, closed for a while.
_NOT_DONE = frozenset({401, 402, 403, 404, 405, 406, 415, 425, 429, 503})


class HttpSender:
    """`fields`: what the provider calls `to`, `text`, `sender` and `key`; `more`: what it always wants beside.

    `keys`: the provider refuses or repeats its answer for a message with the same `key_header`; its contract says so.
    `name_at`: where its own name of the message stands in its answer (« messages.0.id »). `plus`: numbers keep « + ».
    """

    def __init__(
        self,
        *,
        url: str,
        token: str,
        sender: str = "",
        fields: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
        keys: bool = False,
        key_header: str = "Idempotency-Key",
        name_at: str = "id",
        plus: bool = True,
        batch: int = 20,
        timeout: float = 10.0,
    ) -> None:
        self.honours_keys = keys
        self.batch = batch
        self._timeout = timeout
        # Each message may wait for a connection, for its writing and for its answer.
        self.longest = batch * 3 * timeout if batch < 10 else 30 * timeout
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the address of the SMS provider is not one")
        self._secure = parts.scheme == "https"
        self._server = (parts.hostname, parts.port)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._fields = {"to": "to", "text": "text", "sender": "sender", "key": "reference", **(fields or {})}
        self._always = {**(more or {}), **({self._fields["sender"]: sender} if sender else {})}
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._key_header = key_header
        self._name_at = name_at.split(".")
        self._plus = plus

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        """One verdict each. Once a request was written, no answer means UNKNOWN."""
        limit = monotonic() + self.longest - 3 * self._timeout
        connection: HTTPConnection | None = None
        closed = ""
        try:
            for one in batch:
                if not _NUMBER.fullmatch(one.to):
                    yield Verdict(one.key, Outcome.REFUSED, detail="address")
                    continue
                if closed or monotonic() > limit:
                    yield Verdict(one.key, Outcome.LATER, detail=closed or "time")
                    continue
                if connection is None:
                    connection = self._connection()
                    try:
                        connection.connect()
                    except OSError:
                        closed = "connection"
                        connection = None
                        yield Verdict(one.key, Outcome.LATER, detail=closed)
                        continue
                verdict, kept = self._asked(connection, one)
                if not kept:
                    connection.close()
                    connection = None
                if verdict.outcome == Outcome.LATER:
                    closed = verdict.detail  # the provider takes nothing for now
                yield verdict
        finally:
            if connection is not None:
                connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._server
        if self._secure:
            return HTTPSConnection(host, port, timeout=self._timeout, context=ssl.create_default_context())
        return HTTPConnection(host, port, timeout=self._timeout)

    def _asked(self, connection: HTTPConnection, one: Outgoing) -> tuple[Verdict, bool]:
        """The verdict, and whether the connection still serves."""
        document = {
            **self._always,
            self._fields["to"]: one.to if self._plus else one.to[1:],
            self._fields["text"]: one.text,
            self._fields["key"]: str(one.key),
        }
        headers = {**self._headers, self._key_header: str(one.key)}
        try:
            connection.request("POST", self._path, json.dumps(document).encode(), headers)
            answer = connection.getresponse()
            content = answer.read(_LARGEST)
        except (OSError, HTTPException) as error:
            detail = "time" if isinstance(error, TimeoutError) else "connection"
            return Verdict(one.key, Outcome.UNKNOWN, detail=detail), False
        kept = answer.isclosed() and not answer.will_close
        status, detail = answer.status, f"http {answer.status}"
        if 200 <= status < 300:
            return Verdict(one.key, Outcome.SENT, self._name(content), detail), kept
        if status == 409 and self.honours_keys:  # it has it already
            return Verdict(one.key, Outcome.SENT, self._name(content), detail), kept
        if status in _FINAL:
            return Verdict(one.key, Outcome.REFUSED, detail=detail), kept
        if status in _NOT_DONE or 300 <= status < 400:
            return Verdict(one.key, Outcome.LATER, detail=detail), kept
        return Verdict(one.key, Outcome.UNKNOWN, detail=detail), kept

    def _name(self, content: bytes) -> str:
        """The provider's own name of the message; nothing when it is not where it should be."""
        try:
            found = json.loads(content)
            for step in self._name_at:
                found = found[int(step)] if isinstance(found, list) else found[step]
        except (ValueError, KeyError, IndexError, TypeError):
            return ""
        return str(found)[:120] if isinstance(found, str | int) else ""
