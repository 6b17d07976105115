"""A text as the octets of SMS: GSM-7 or UCS-2, cut into numbered parts (3GPP TS 23.038, 23.040)."""

from dataclasses import dataclass

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_CODES = {sign: bytes([code]) for code, sign in enumerate(BASIC) if sign != "\x1b"}
_CODES.update({sign: bytes([0x1B, code]) for sign, code in EXTENSION.items()})
_SIGNS = dict(enumerate(BASIC))
_EXTENDED = {code: sign for sign, code in EXTENSION.items()}

#: `data_coding` of SMPP: the operator's alphabet, which is GSM-7 one septet in each octet; Latin-1; UCS-2.
GSM7, LATIN1, UCS2 = 0, 3, 8
#: Parts numbered in one octet.
MOST_PARTS = 255


class TooLong(ValueError):
    """More parts than can be numbered."""


@dataclass(frozen=True, slots=True)
class Coded:
    """`parts`: octets of each message; with several, each begins with the header that numbers it (`headed`)."""

    coding: int
    parts: tuple[bytes, ...]

    @property
    def headed(self) -> bool:
        return len(self.parts) > 1


def encode(text: str, reference: int = 0) -> Coded:
    """A sign of several octets is never cut between two parts. `reference`: the same in all parts of a text, 0–255."""
    text = text.replace("\r\n", "\n")
    coding, alone, each = GSM7, 160, 153
    signs = [_CODES.get(sign, b"") for sign in text]
    if not all(signs):
        coding, alone, each = UCS2, 140, 134
        signs = [sign.encode("utf-16-be", "replace") for sign in text]
    if sum(map(len, signs)) <= alone:
        return Coded(coding, (b"".join(signs),))
    parts, part = [], bytearray()
    for sign in signs:
        if len(part) + len(sign) > each:
            parts.append(bytes(part))
            part.clear()
        part += sign
    parts.append(bytes(part))
    if len(parts) > MOST_PARTS:
        raise TooLong
    header = bytes([5, 0, 3, reference & 0xFF, len(parts)])
    return Coded(coding, tuple(header + bytes([rank]) + part for rank, part in enumerate(parts, 1)))


def decode(octets: bytes, coding: int, *, headed: bool = False) -> str:
    """The text of a message received; what no alphabet explains becomes « ? » rather than a failure."""
    if headed and octets:
        octets = octets[octets[0] + 1 :]
    if coding & 0x0C == 0x08 and coding != 9:
        return octets.decode("utf-16-be", "replace").replace("\0", "")
    if coding in (1, LATIN1):
        return octets.decode("latin-1").replace("\0", "")
    text, escaped = [], False
    for octet in octets:
        if escaped:
            text.append(_EXTENDED.get(octet, " "))
            escaped = False
        elif octet == 0x1B:
            escaped = True
        else:
            text.append(_SIGNS.get(octet, "?"))
    return "".join(text)


def part_of(octets: bytes) -> tuple[int, int, int] | None:
    """Reference, number of parts and rank of a part with a header (8 or 16 bits of reference); None without."""
    if not octets or octets[0] >= len(octets):
        return None
    header, at = octets[1 : octets[0] + 1], 0
    while at + 2 <= len(header):
        kind, size = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + size]
        if kind == 0 and len(value) == 3:
            return value[0], value[1], value[2]
        if kind == 8 and len(value) == 4:
            return value[0] << 8 | value[1], value[2], value[3]
        at += 2 + size
    return None
