"""E-mail addresses of a cell: ASCII ones that Django's `validate_email` accepts, without Django."""

import ipaddress
import re
from collections.abc import Sequence

_ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9A-Z]+"
_USER = re.compile(
    rf"(?:{_ATOM}(?:\.{_ATOM})*"
    r'|"(?:[\001-\010\013\014\016-\037!#-\[\]-\177]|\\[\001-\011\013\014\016-\177])*")',
    re.IGNORECASE | re.ASCII,
)
_DOMAIN = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"  # first label
    r"(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*"
    r"\.(?!-)(?:[a-z-]{2,63}|xn--[a-z0-9]{1,59})(?<!-)",
    re.IGNORECASE | re.ASCII,
)
_SEPARATORS = re.compile(r"[\s;,/|]+(?:et|ou)?[\s;,/|]*")
_WRAPPING = re.compile(r"^(?:mailto:|<)+|>$|[.;,]$", re.IGNORECASE)


# Nearly all addresses, told in one look; a part of what the two patterns above accept.
_USUAL = r"[a-z0-9_+-]++(?:\.[a-z0-9_+-]++)*+@(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)++[a-z]{2,24}+"
_EVERYDAY = re.compile(_USUAL)
_EVERYDAY_LINES = re.compile(rf"^(?:({_USUAL})$|.*+)", re.MULTILINE)
_LONGEST_EVERYDAY = 64


def is_everyday(text: str) -> bool:
    """True for an address like nearly all, in small letters, with no character that means something elsewhere."""
    return len(text) <= _LONGEST_EVERYDAY and _EVERYDAY.fullmatch(text) is not None


def everyday_emails(cells: Sequence[str]) -> list[str]:
    """The cells that are such an address, empty texts for the others."""
    found = _EVERYDAY_LINES.findall("\n".join(cells)) if cells else []
    if len(found) != len(cells):  # a cell of several lines
        return [cell if is_everyday(cell) else "" for cell in cells]
    return [address if len(address) <= _LONGEST_EVERYDAY else "" for address in found]


def is_email(text: str) -> bool:
    """True for an ASCII address with a domain that mail can reach."""
    if is_everyday(text):
        return True
    if len(text) > 320 or not text.isascii():
        return False
    user, at, domain = text.rpartition("@")
    if not at or not _USER.fullmatch(user):
        return False
    return domain == "localhost" or bool(_DOMAIN.fullmatch(domain)) or _is_literal(domain)


def _is_literal(domain: str) -> bool:
    if not (domain.startswith("[") and domain.endswith("]")):
        return False
    try:
        ipaddress.ip_address(domain[1:-1])
    except ValueError:
        return False
    return re.fullmatch(r"[A-Fa-f0-9:.]+", domain[1:-1]) is not None


def read_emails(cell: object) -> tuple[str, ...]:
    """The addresses of a cell, small letters, in order, each once; an empty tuple when none is right.

    The standard allows a control character between quotation marks; nobody has one, and a header would be cut by it.
    """
    if not isinstance(cell, str):
        return ()
    text = cell.replace("\xa0", " ").strip()
    if is_email(text) and text.isprintable():
        return (text.lower(),)
    found: dict[str, None] = {}
    for piece in _SEPARATORS.split(text):
        piece = _WRAPPING.sub("", piece)
        if is_email(piece) and piece.isprintable():
            found[piece.lower()] = None
    return tuple(found)
