"""An e-mail that came in, read: who wrote, about what, in which words. Attachments are counted, never kept."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import parseaddr
from html import unescape

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_BLANKS = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, slots=True)
class Incoming:
    """`automatic`: nobody wrote it (an absence notice, a list): it asks for nothing."""

    sender: str
    to: str
    subject: str
    text: str
    name: str
    automatic: bool


def read_mail(raw: bytes) -> Incoming | None:
    """None when it has no sender. Whatever is badly coded is read as well as can be."""
    message = message_from_bytes(raw, policy=modern)  # type: ignore[arg-type]
    assert isinstance(message, EmailMessage)
    sender = parseaddr(_header(message, "From"))[1].lower()
    if "@" not in sender:
        return None
    attached = len(_attachments(message))
    text = _words(message)
    if attached:
        text = f"{text}\n\n[Pièces jointes non gardées\u00a0: {attached}]".strip()
    return Incoming(
        sender=sender,
        to=parseaddr(_header(message, "To"))[1].lower(),
        subject=" ".join(_header(message, "Subject").split())[:200],
        text=text,
        name=_header(message, "Message-ID").strip()[:200],
        automatic=_header(message, "Auto-Submitted").strip().lower() not in ("", "no")
        or _header(message, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"),
    )


def _words(message: EmailMessage) -> str:
    try:
        body = message.get_body(("plain", "html"))
    except (KeyError, ValueError, AttributeError):
        body = None
    if body is None:
        return ""
    try:
        text = str(body.get_content())
    except (LookupError, ValueError, AttributeError, KeyError):
        octets = body.get_payload(decode=True)
        text = octets.decode("utf-8", "replace") if isinstance(octets, bytes) else ""
    if body.get_content_type() == "text/html":
        text = unescape(_ANY_TAG.sub("", _BREAKS.sub("\n", _TAGS.sub("", text))))
    return _BLANKS.sub("\n\n", text.replace("\r\n", "\n").replace("\0", "")).strip()


def _attachments(message: EmailMessage) -> list[object]:
    try:
        return list(message.iter_attachments())
    except (AttributeError, TypeError, ValueError):
        return []


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # a header that the library itself cannot read says nothing
        return ""
