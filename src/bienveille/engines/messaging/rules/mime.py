"""An e-mail as bytes: constant headers made once, the rest written for each person; nothing typed can add a header.

Bodies are quoted-printable or base64, in short lines: any server may carry them (RFC 5322, 2045, 2047, 8058).
"""

import re
from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import lru_cache

from bienveille.ground.lib.emails import is_email

# Can stand in no body: in quoted-printable « = » is followed by two digits or ends its line, base64 ends with it.
BOUNDARY = b"=_bienveille"
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{2,8})*")
_URL = re.compile(r"https?://[!-;=?-~]{1,880}")
_PLAIN = 60  # characters of a subject written as it is
_WORD = 45  # octets in one encoded word: 75 characters at most with its dress

_ALTERNATIVE = b'Content-Type: multipart/alternative;\r\n boundary="' + BOUNDARY + b'"\r\n\r\n'
_OPEN, _CLOSE = b"--" + BOUNDARY + b"\r\n", b"--" + BOUNDARY + b"--\r\n"


class CannotAddress(ValueError):
    """An address that would not go safely in a header or a command."""


def mail_address(text: str) -> str:
    """The address itself when it can be written in a header and in a command of SMTP as it is."""
    if len(text) > 254 or not is_email(text) or not text.isprintable() or any(sign in text for sign in ' "\\<>'):
        raise CannotAddress
    return text


def bounce_address(base: str, key: str) -> str:
    """Where a bounce comes back: the address of bounces with the key of the message, when there is such an address."""
    user, _, domain = base.rpartition("@")
    return f"{user}+{key}@{domain}"


def encoded_subject(subject: str) -> bytes:
    """A subject as it stands after « Subject: », folded; line ends and controls are one space."""
    return _encoded_subject(subject)


@lru_cache(maxsize=256)
def _encoded_subject(subject: str) -> bytes:
    text = _CONTROLS.sub(" ", subject).strip()
    if len(text) <= _PLAIN and text.isascii() and "=?" not in text:
        return text.encode("ascii")
    words, piece, size = [], bytearray(), 0
    for character in text:
        octets = character.encode()
        if size + len(octets) > _WORD:
            words.append(bytes(piece))
            piece, size = bytearray(), 0
        piece += octets
        size += len(octets)
    words.append(bytes(piece))
    return b"\r\n ".join(b"=?utf-8?b?" + b2a_base64(word, newline=False) + b"?=" for word in words)


def encoded_body(text: str) -> tuple[bytes, bytes]:
    """The name of its coding, and the body, ended by a line end. Line ends of all kinds are CRLF."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if not lines.endswith("\n"):
        lines += "\n"
    octets = lines.replace("\n", "\r\n").encode("utf-8", "replace")
    if len(octets) > len(lines) * 1.35 + 60:  # mostly letters that take three characters each in quoted-printable
        coded = b2a_base64(octets, newline=False)
        return b"base64", b"".join(coded[at : at + 76] + b"\r\n" for at in range(0, len(coded), 76))
    return b"quoted-printable", b2a_qp(octets, istext=True)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What all the messages of a sender share. `domain` ends their Message-ID."""

    head: bytes
    domain: bytes
    envelope: str

    @classmethod
    def make(cls, sender: str, *, reply_to: str = "", bounces: str = "") -> "Skeleton":
        """From settings: « Nom <adresse> », written by Python's own e-mail library."""
        built = EmailMessage(policy=SMTP)
        for header, value in (("From", sender), ("Reply-To", reply_to)):
            if value:
                name, address = parseaddr(value)
                built[header] = Address(display_name=name, addr_spec=mail_address(address))
        built["Auto-Submitted"] = "auto-generated"
        address = mail_address(parseaddr(sender)[1])
        head = bytes(built).rstrip(b"\r\n") + b"\r\nMIME-Version: 1.0\r\n"
        return cls(head, address.rpartition("@")[2].encode("ascii"), bounces or address)

    def message(
        self, *, key: str, to: str, subject: str, text: str, html: str, language: str, unsubscribe: str, date: bytes
    ) -> bytes:
        """The whole message, lines ended by CRLF. `date`: as RFC 5322 writes it."""
        parts = [
            self.head,
            b"Date: ", date, b"\r\nMessage-ID: <", key.encode("ascii"), b"@", self.domain,
            b">\r\nTo: ", mail_address(to).encode("ascii"),
            b"\r\nSubject: ", encoded_subject(subject), b"\r\n",
        ]  # fmt: skip
        if _LANGUAGE.fullmatch(language):
            parts += b"Content-Language: ", language.encode("ascii"), b"\r\n"
        if _URL.fullmatch(unsubscribe):
            parts += b"List-Unsubscribe:\r\n <", unsubscribe.encode("ascii"), b">\r\n"
            if unsubscribe.startswith("https:"):
                parts.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        if html:
            parts += _ALTERNATIVE, _OPEN, *_part(b"plain", text), _OPEN, *_part(b"html", html), _CLOSE
        else:
            parts += _part(b"plain", text)
        return b"".join(parts)


def _part(kind: bytes, text: str) -> tuple[bytes, ...]:
    coding, body = encoded_body(text)
    return (
        b"Content-Type: text/", kind, b"; charset=utf-8\r\nContent-Transfer-Encoding: ", coding, b"\r\n\r\n", body,
    )  # fmt: skip


def stuffed(message: bytes) -> bytes:
    """As it goes after DATA: dots at the beginning of lines doubled, the final dot added (RFC 5321, 4.5.2)."""
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
