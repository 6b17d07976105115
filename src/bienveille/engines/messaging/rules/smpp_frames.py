"""The frames of SMPP 3.4: written and read as octets; who speaks when is in `channels/smpp.py`."""

import struct
from dataclasses import dataclass

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK, GENERIC_NACK = 0x04, 0x05, 0x06, 0x15, 0x80000000
ANSWER = 0x80000000

OK = 0x00
#: Errors about this recipient or this text: they would be the same at each try.
FINAL = frozenset({0x01, 0x0B, 0x50, 0x51, 0x66})  # length, destination address, its type, its plan, refused for good
#: « Not so fast »: too many at once, or too many waiting.
SLOWER = frozenset({0x58, 0x14})
TRY_LATER = 0x64

_HEADER = struct.Struct(">IIII")
#: A frame larger than this is not one.
LARGEST = 65536
_PAYLOAD, _RECEIPTED, _STATE = 0x0424, 0x001E, 0x0427
_STATES = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}


class BadFrame(ValueError):
    """Not SMPP: the conversation cannot go on."""


@dataclass(frozen=True, slots=True)
class Frame:
    command: int
    status: int
    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that the operator brings: an answer of somebody, or a receipt."""

    source: str
    destination: str
    coding: int
    headed: bool
    receipt: bool
    octets: bytes
    receipted: str = ""  # name of the message a receipt is about, and its state, when said outside the text
    stat: str = ""


def frame(command: int, sequence: int, body: bytes = b"", *, status: int = OK) -> bytes:
    return _HEADER.pack(16 + len(body), command, status, sequence) + body


def read_frame(received: bytearray) -> Frame | None:
    """Take the first whole frame off what was received; None when it has not all come."""
    if len(received) < 16:
        return None
    length, command, status, sequence = _HEADER.unpack_from(received)
    if not 16 <= length <= LARGEST:
        raise BadFrame
    if len(received) < length:
        return None
    body = bytes(received[16:length])
    del received[:length]
    return Frame(command, status, sequence, body)


def bind(command: int, sequence: int, *, system_id: str, password: str, system_type: str = "") -> bytes:
    """Sign in. Version 3.4, any address."""
    names = (_text(system_id, 16), _text(password, 9), _text(system_type, 13))
    return frame(command, sequence, b"".join(names) + bytes([0x34, 0, 0]) + b"\0")


def submit(
    sequence: int, *, source: str, destination: str, octets: bytes, coding: int, headed: bool, receipt: bool
) -> bytes:
    """One part to send. A source with letters is a name, a short one a short code, the rest a number."""
    if source.isascii() and source.lstrip("+").isdigit():
        kind, plan = (3, 0) if len(source) <= 6 else (1, 1)
    else:
        kind, plan = 5, 0
    body = b"".join(
        [
            b"\0",
            bytes([kind, plan]), _text(source.lstrip("+"), 21),
            bytes([1, 1]), _text(destination.lstrip("+"), 21),
            bytes([0x40 if headed else 0, 0, 0]), b"\0\0",
            bytes([1 if receipt else 0, 0, coding, 0, len(octets)]), octets,
        ]
    )  # fmt: skip
    return frame(SUBMIT_SM, sequence, body)


def read_name(body: bytes) -> str:
    """The name of a message in the answer to `submit`, or of a system in the answer to `bind`."""
    return body.partition(b"\0")[0].decode("ascii", "replace")


def read_delivered(body: bytes) -> Delivered:
    """What the operator brings, its text at its place or in the payload."""
    try:
        _, at = _field(body, 0)
        source, at = _field(body, at + 2)
        destination, at = _field(body, at + 2)
        mode = body[at]
        _, at = _field(body, at + 3)
        _, at = _field(body, at)
        coding, size = body[at + 2], body[at + 4]
        octets, at = body[at + 5 : at + 5 + size], at + 5 + size
        named = dict(_optional(body, at))
    except (IndexError, struct.error) as error:
        raise BadFrame from error
    state = named.get(_STATE, b"")
    return Delivered(
        source=source,
        destination=destination,
        coding=coding,
        headed=bool(mode & 0x40),
        receipt=mode & 0x3C == 0x04,
        octets=octets or named.get(_PAYLOAD, b""),
        receipted=read_name(named.get(_RECEIPTED, b"")),
        stat=_STATES.get(state[0], "") if state else "",
    )


def _optional(body: bytes, at: int) -> list[tuple[int, bytes]]:
    found = []
    while at + 4 <= len(body):
        tag, size = struct.unpack_from(">HH", body, at)
        found.append((tag, body[at + 4 : at + 4 + size]))
        at += 4 + size
    return found


def _field(body: bytes, at: int) -> tuple[str, int]:
    end = body.find(b"\0", at)
    if end < 0:
        raise IndexError
    return body[at:end].decode("ascii", "replace"), end + 1


def _text(value: str, room: int) -> bytes:
    octets = value.encode("ascii", "replace").replace(b"\0", b"")
    if len(octets) >= room:
        raise ValueError("too long for its place")
    return octets + b"\0"
