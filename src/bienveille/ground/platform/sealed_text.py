"""Words that people write about people, sealed with a key kept outside the database: AES-256-GCM, one key at a time.

A sealed text says which key closes it and is bound to its table and column: copied into another column, changed, or
brought from another landlord's database, it opens for nobody. It is not bound to its row: whoever may write in the
database may exchange two texts of one column (docs/adr/0028). The field of models is in `sealed_fields.py`, what the
database knows of its keys in `sealed_keys.py`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from bienveille.ground.platform.refusal import Refusal

VERSION = "s1"  # of the form below; another cipher would be another version, read beside this one
_NONCE, _TAG, _KEY = 12, 16, 32  # bytes
#: `s1:KEY:BASE64`, as PostgreSQL and Python both read it.
SHAPE = "s1:[0-9a-f]{8}:[A-Za-z0-9_-]{38,}={0,2}"
TOKEN = re.compile(SHAPE)


class NoNotesKey(Refusal):
    """There is no key, or what is given is none."""

    message = (
        "La clé des notes manque\u00a0: donnez-la dans NOTES_KEY. Pour une première installation, "
        "«\u00a0openssl rand -base64 32\u00a0» en fait une\u00a0; gardez-en une copie en lieu sûr, loin d’ici."
    )


class Unopened(Refusal):
    """A sealed text that does not open: another key, or changed, or moved. Never answered by another text."""


def place_of(table: str, column: str) -> str:
    """What a text is bound to."""
    return f"{table}.{column}"


def seal_text(text: str, *, place: str) -> str:
    """The text, closed by the current key. The empty text stays empty. Raises NoNotesKey."""
    if not text:
        return ""
    key, box = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE)
    closed = nonce + box.encrypt(nonce, text.encode(), _bound(key, place))
    return f"{VERSION}:{key}:{base64.urlsafe_b64encode(closed).decode()}"


def open_text(sealed: str, *, place: str) -> str:
    """The text that was sealed for that place. Raises Unopened, with a sentence that quotes nothing of it."""
    if not sealed:
        return ""
    version, _, rest = sealed.partition(":")
    key, _, closed = rest.partition(":")
    if version != VERSION or not closed:
        raise Unopened(f"Un texte de {place} n’est pas scellé\u00a0: il n’a pas été écrit par Bienveille.")
    box = _keys().get(key)
    if box is None:
        raise Unopened(
            f"Un texte de {place} est scellé avec la clé {key}, qui n’est pas ici. Remettez-la dans NOTES_KEY."
        )
    try:
        held = base64.urlsafe_b64decode(closed)
        return box.decrypt(held[:_NONCE], held[_NONCE:], _bound(key, place)).decode()
    except (InvalidTag, binascii.Error, ValueError):
        raise Unopened(f"Un texte de {place} ne s’ouvre pas\u00a0: il a été modifié, ou déplacé d’ailleurs.") from None


def sealed_length(characters: int) -> int:
    """The most that a sealed text of so many characters can be long."""
    return len(f"{VERSION}:{'0' * 8}:") + 4 * ((_NONCE + 4 * characters + _TAG + 2) // 3)


def _bound(key: str, place: str) -> bytes:
    return f"{VERSION}:{key}:{place}".encode()


# ---- Keys ------------------------------------------------------------------------------------------------------------


def new_key() -> str:
    """A key drawn at random, in the letters in which settings have it."""
    return base64.b64encode(os.urandom(_KEY)).decode()


def current_key() -> str:
    """The name of the key that seals. Raises NoNotesKey."""
    return next(iter(_keys()))


def keys_here() -> tuple[str, ...]:
    """The names of the keys at hand, the one that seals first. Raises NoNotesKey."""
    return tuple(_keys())


def _keys() -> Mapping[str, AESGCM]:
    return read_keys(settings.NOTES_KEY)


@lru_cache(maxsize=16)
def read_keys(text: str) -> Mapping[str, AESGCM]:
    """Keys by their name: 32 bytes in base 64 each, apart by commas or spaces. The first seals, the others only open.

    Raises NoNotesKey.
    """
    keys = {}
    for one in re.split(r"[\s,]+", text.strip()):
        try:
            raw = base64.b64decode(one.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            raw = b""
        if one and len(raw) != _KEY:
            raise NoNotesKey(
                "NOTES_KEY ne contient pas une clé des notes\u00a0: 32 octets en base 64 "
                "(«\u00a0openssl rand -base64 32\u00a0»), la clé courante d’abord, puis les anciennes, entre virgules."
            )
        if one:
            keys[hashlib.sha256(b"bienveille.notes-key:" + raw).hexdigest()[:8]] = AESGCM(raw)
    if not keys:
        raise NoNotesKey
    return keys
