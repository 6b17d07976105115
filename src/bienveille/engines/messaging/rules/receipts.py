"""What comes back about a message: refusals of servers, bounces (RFC 3464), complaints (RFC 5965), receipts of SMS."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from enum import StrEnum
from uuid import UUID

_HEX = r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
_SUB_ADDRESS = re.compile(rf"\+({_HEX})@", re.IGNORECASE)
_MESSAGE_ID = re.compile(rf"<({_HEX})@", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_RECEIPT = re.compile(r"\bid:(\S{1,65}).*?\bstat:([A-Za-z]{4,8})(?:.*?\berr:(\w{1,6}))?", re.DOTALL)

#: Enhanced codes that say that nobody has this address: unknown, no such domain, badly written, moved, closed.
DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})


class Fate(StrEnum):
    """What is known of a message that left. `dead`: it failed because nobody has this number or address."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One piece of news about one message, named by its key or by the provider's name for it."""

    fate: Fate
    key: UUID | None = None
    provider_id: str = ""
    detail: str = ""


def sounds_final(word: str) -> bool:
    """Whether « 550 5.1.1 » says that this recipient will never take it.

    Not what is about us (5.7: policy, 5.3 and 5.5: the server, 5.4: the network): the same to everybody, it would
    refuse a whole mailing because of one wrong setting.
    """
    code, _, enhanced = word.partition(" ")
    if enhanced:
        return enhanced.startswith(("5.1.", "5.2.", "5.6."))
    return code in ("550", "551", "552", "553", "554", "556")


def is_dead(word: str) -> bool:
    """Whether it says that nobody has this address. A bare « 550 » may be a policy: it does not."""
    return word.rpartition(" ")[2] in DEAD


def read_report(raw: bytes) -> Receipt | None:
    """A bounce or a complaint, as a mail server writes it; None when the message is none of these."""
    message = message_from_bytes(raw, policy=modern)  # type: ignore[arg-type]
    if message.get_content_type() != "multipart/report":
        return None
    kind = str(message.get_param("report-type", "")).lower()
    parts = {part.get_content_type(): part for part in message.walk()}
    if kind == "feedback-report":
        return Receipt(Fate.COMPLAINT, _key(message, parts), detail="abuse")
    status = parts.get("message/delivery-status")
    if status is None:
        return None
    blocks = status.get_payload()
    fields = [block for block in blocks if isinstance(block, EmailMessage)] if isinstance(blocks, list) else []
    for block in fields:
        action = str(block.get("Action", "")).strip().lower()
        found = _STATUS.search(str(block.get("Status", "")))
        word = found[0] if found else ""
        if action in ("delivered", "relayed", "expanded"):
            return Receipt(Fate.DELIVERED, _key(message, parts), detail=word)
        if action == "failed":
            return Receipt(Fate.DEAD if is_dead(word) else Fate.FAILED, _key(message, parts), detail=word)
    return None  # delayed: nothing is known yet


def _key(message: EmailMessage, parts: dict[str, EmailMessage]) -> UUID | None:
    """The key of the message it is about: from the address of bounces, else from what it quotes of the original."""
    for header in ("To", "Delivered-To", "X-Original-To"):
        if found := _SUB_ADDRESS.search(str(message.get(header, ""))):
            return UUID(found[1])
    quoted = parts.get("text/rfc822-headers") or parts.get("message/rfc822")
    if quoted is None:
        return None
    inner = quoted.get_payload()
    if isinstance(inner, list):
        text = str(inner[0]["Message-ID"]) if inner and isinstance(inner[0], EmailMessage) else ""
    else:
        named = re.search(r"^Message-ID:\s*(<[^>\s]+>)", str(inner), re.IGNORECASE | re.MULTILINE)
        text = named[1] if named else ""
    found = _MESSAGE_ID.search(text)
    return UUID(found[1]) if found else None


def read_sms_receipt(text: str, *, dead: frozenset[str] = frozenset()) -> Receipt | None:
    """« id:… stat:DELIVRD err:000 » (SMPP 3.4, appendix B). `dead`: errors that mean « nobody »."""
    found = _RECEIPT.search(text)
    if found is None:
        return None
    fate = sms_fate(found[2], found[3] or "", dead=dead)
    return (
        None
        if fate is None
        else Receipt(fate, provider_id=found[1], detail=f"{found[2].upper()} {found[3] or ''}".strip())
    )


def sms_fate(stat: str, error: str = "", *, dead: frozenset[str] = frozenset()) -> Fate | None:
    """What a state of an operator means; None while the message is on its way, or when the operator does not know."""
    match stat.upper():
        case "DELIVRD" | "DELIVERED":
            return Fate.DELIVERED
        case "UNDELIV" | "UNDELIVERABLE" | "UNDELIVERED" | "REJECTD" | "REJECTED" | "EXPIRED" | "DELETED" | "FAILED":
            return Fate.DEAD if error in dead else Fate.FAILED
    return None
