"""Codes that change every thirty seconds (RFC 6238), and those that one keeps for the day the telephone is lost."""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP = 30  # seconds
DIGITS = 6
#: A clock may be wrong by one step, either way.
DRIFT = 1
#: Letters and figures that nobody takes for one another, on paper or on the telephone.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 12


def new_secret() -> str:
    """A secret of 160 random bits, in the letters that applications read."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one step of thirty seconds, counted from 1970."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0xF
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(code: str, *, secret: str, now: float, after: int | None = None) -> int | None:
    """The step whose code this is, near `now` (seconds since 1970) and later than `after`; None for a wrong code.

    A code serves once: whoever reads it over a shoulder cannot use it again.
    """
    found = None
    middle = int(now) // STEP
    for step in range(middle - DRIFT, middle + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and (after is None or step > after):
            found = step
    return found


def address(secret: str, *, owner: str, issuer: str) -> str:
    """What the square picture says to the application: `otpauth://totp/…`."""
    label = quote(f"{issuer}:{owner}", safe="@")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def new_recovery_code() -> str:
    """A code for the day the phone is lost: 59 random bits, too many to be guessed."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH))


def in_groups(text: str) -> str:
    """The same in groups of four, as people read and copy: `abcd-efgh-jkmn`."""
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def typed_code(text: str) -> str:
    """A code as it was typed, without the spaces and dashes that people put in it."""
    return "".join(letter for letter in text.lower() if letter.isalnum())
