"""Digests of what an export says (BLAKE2b, RFC 7693): many at once, since a line of Python costs more than a digest."""

import sys
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import repeat

SIGNED_BITS = (1 << 62) - 1
_FINGERPRINT = blake2b(digest_size=8)


def fingerprint(person: str) -> int:
    """Of what a row says of a person: 64 bits."""
    return int.from_bytes(blake2b(person.encode(), digest_size=8).digest(), "big", signed=True)


def fingerprints(persons: Iterable[str]) -> "array[int]":
    """Those of several people."""
    return whole_numbers(_digests(list(map(str.encode, persons)), _FINGERPRINT))


def signatures(runs: Sequence[bytes], begun: blake2b) -> "array[int]":
    """The signatures of runs, 62 bits each. Those of a lease's runs are added up, whatever their order.

    `begun`: what each begins with.
    """
    digests = _digests(runs, begun)
    bits = int.from_bytes(SIGNED_BITS.to_bytes(8) * (len(digests) // 8))
    return whole_numbers((int.from_bytes(digests) & bits).to_bytes(len(digests)))


def whole_numbers(packed: bytes) -> "array[int]":
    """Numbers of eight bytes, the heaviest first, as digests and PostgreSQL write them."""
    numbers = array("q", packed)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _digests(texts: Sequence[bytes], begun: blake2b) -> bytes:
    """To copy what each begins with costs less than to begin, and no line of Python runs between two of them."""
    copies = list(map(blake2b.copy, repeat(begun, len(texts))))
    deque(map(blake2b.update, copies, texts), maxlen=0)
    return b"".join(map(blake2b.digest, copies))
