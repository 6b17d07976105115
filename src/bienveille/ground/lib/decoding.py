"""Bytes to text: which encoding a French file was written in; knows nothing of tables."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
SAMPLE = 40_000  # bytes of lines with accents that are enough to decide

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In order of preference when the scores are equal.
_SINGLE_BYTE = ("cp1252", "iso8859-15", "cp850", "mac_roman")
_USUAL = dict.fromkeys("éèêàçô", 2.0) | dict.fromkeys("ëâäîïöùûüœæÿñÉÈÊËÀÂÄÎÏÔÖÙÛÜÇŒÆÑ°€’«»–\xa0…²ªº§", 1.0)
_HIGH = re.compile("[^\x00-\x7f]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_END_OF_LINE = re.compile(rb"[\r\n]|\Z")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A Python codec name and how to treat what it cannot read ("strict" unless a few bytes are damaged)."""

    name: str
    errors: str = "strict"


class _Evidence:
    """What one pass over the bytes tells: is it UTF-8, and if not, lines that hold accents."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.is_utf8 = True
        self.lines: list[bytes] = []
        self._sampled = 0

    def feed(self, chunk: bytes, *, final: bool) -> None:
        if self.is_utf8:
            try:
                self._decoder.decode(chunk, final)
            except UnicodeDecodeError:
                self.is_utf8 = False
        if self._sampled < SAMPLE and not chunk.isascii():
            at = 0
            while self._sampled < SAMPLE and (high := _HIGH_BYTE.search(chunk, at)):
                begin = max(chunk.rfind(b"\n", at, high.start()) + 1, chunk.rfind(b"\r", at, high.start()) + 1, at)
                end = _END_OF_LINE.search(chunk, high.start())
                at = end.start() if end else len(chunk)
                line = chunk[begin : min(at, begin + 2000)]
                self.lines.append(line)
                self._sampled += len(line)


def detect_file(path: Path) -> Encoding:
    """The encoding of a text file, read once by blocks of one mebibyte."""
    evidence = _Evidence()
    with path.open("rb") as stream:
        chunk = stream.read(CHUNK)
        early = _by_mark(chunk)
        if early:
            return early
        marked = chunk.startswith(codecs.BOM_UTF8)
        while chunk:
            following = stream.read(CHUNK)
            evidence.feed(chunk, final=not following)
            if not evidence.is_utf8 and evidence._sampled >= SAMPLE:
                break
            chunk = following
    return _verdict(evidence, marked=marked)


def detect(raw: bytes) -> Encoding:
    """The encoding of text held in memory."""
    early = _by_mark(raw)
    if early:
        return early
    evidence = _Evidence()
    evidence.feed(raw, final=True)
    return _verdict(evidence, marked=raw.startswith(codecs.BOM_UTF8))


def decode(raw: bytes) -> tuple[str, str]:
    """The text, and the name of the encoding it was in."""
    encoding = detect(raw)
    return raw.decode(encoding.name, encoding.errors), encoding.name


def _by_mark(head: bytes) -> Encoding | None:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, "replace") if _sound(name, head) else None
    # UTF-16 without its mark: western text has a NUL in every second byte.
    sample = head[:4000]
    if len(sample) >= 8:
        even, odd = sample[0::2].count(0) / (len(sample) / 2), sample[1::2].count(0) / (len(sample) / 2)
        if odd > 0.7 and even < 0.1:
            return Encoding("utf-16-le", "replace")
        if even > 0.7 and odd < 0.1:
            return Encoding("utf-16-be", "replace")
    return None


def _sound(name: str, head: bytes) -> bool:
    """A mark of UTF-8 before bytes that are not UTF-8 is a lie told by some exports."""
    if name != "utf-8-sig":
        return True
    try:
        codecs.getincrementaldecoder("utf-8-sig")().decode(head, False)
    except UnicodeDecodeError:
        return False
    return True


def _verdict(evidence: _Evidence, *, marked: bool) -> Encoding:
    if evidence.is_utf8:
        return Encoding("utf-8")
    raw = b"\n".join(evidence.lines)
    text = raw.decode("utf-8", "replace")
    damaged = text.count("�")
    accents = sum(1 for c in text if c in _USUAL)
    if accents > 10 * damaged:
        # UTF-8 with a few broken bytes, cut or pasted by hand; its mark, if any, belongs to no title.
        return Encoding("utf-8-sig" if marked else "utf-8", "replace")
    best = max(_SINGLE_BYTE, key=lambda name: (_score(raw, name), -_SINGLE_BYTE.index(name)))
    return Encoding(best, "replace")


def _score(raw: bytes, name: str) -> float:
    """How much like French the bytes read in this encoding: usual letters, in the case of their neighbours."""
    text = raw.decode(name, "replace")
    score = 0.0
    for match in _HIGH.finditer(text):
        char, position = match.group(), match.start()
        if char not in _USUAL:
            score -= 3.0 if "\x80" <= char < "\xa0" or char == "�" else 1.5
            continue
        score += _USUAL[char]
        before = text[position - 1] if position else " "
        if char.isupper() and before.islower():
            score -= 2.5  # "ElÈonore"
        elif not char.isalpha() and before.isalpha() and text[position + 1 : position + 2].isalpha() and char != "’":
            score -= 2.5  # "L»ONORE"
    return score
