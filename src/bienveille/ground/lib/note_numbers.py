"""Numbers that should not stand in a note: social security, bank account and card (keys checked), telephone."""

import re
from collections.abc import Iterator
from itertools import pairwise

# Sex, year, month (1-12, 20-42, 50-99 when it is not known), place (2A and 2B are Corsica), order, key.
_NIR = re.compile(
    r"(?<![\w.,])([1-478](?:[ .-]?\d){4}[ .-]?(?:\d[ .-]?[\dab])(?:[ .-]?\d){6})((?:[ .-]{0,3}\d){2})?(?![ .-]?\d)"
)
_MONTHS = {*range(1, 13), *range(20, 43), *range(50, 100)}
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d\d(?: ?[a-z0-9]){11,30}")
_IBAN_LENGTHS = {
    "ad": 24, "al": 28, "at": 20, "be": 16, "bg": 22, "ch": 21, "cy": 28, "cz": 24, "de": 22, "dk": 18, "ee": 20,
    "es": 24, "fi": 18, "fr": 27, "gb": 22, "gr": 27, "hr": 21, "hu": 28, "ie": 22, "it": 27, "li": 21, "lt": 20,
    "lu": 20, "lv": 21, "mc": 27, "mt": 31, "nl": 18, "no": 15, "pl": 28, "pt": 25, "ro": 24, "rs": 22, "se": 24,
    "si": 19, "sk": 24, "sm": 27, "tn": 24, "tr": 26, "ua": 29,
}  # fmt: skip
_RIB = re.compile(r"(?<!\w)\d{5}[ .-]?\d{5}(?:[ .-]?[a-z0-9]){11}[ .-]?\d\d(?!\w)")
_RIB_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "12345678912345678923456789")
_CARD = re.compile(r"(?<![\w.,-])[3-6]\d{3}(?:[ .-]?\d{4}){3}(?![ .-]?\d)")
# Numbers that anybody may call (08…) are nobody's.
_PHONE = re.compile(r"(?<![\w.,-])(?:0|(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?)[1-79]([ .-]?)\d\d(?:\1\d\d){3}(?![ .-]?\d)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ANY = re.compile(r"\d[\d .ab-]{7}|@|[a-z]{2}\d\d ?[a-z0-9]{4}|\d{5}")
_BEFORE_A_NIR = re.compile(r"\b(?:secu\w*|nir|nss|ss|vitale)\b[^\d]{0,12}$")


def numbers(folded: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, "identity" | "bank" | "third_parties") in a note in lower case, without accents."""
    if not _ANY.search(folded):
        return
    for match in _NIR.finditer(folded):
        if _is_nir(match, folded):
            yield *match.span(), "identity"
    for match in _IBAN.finditer(folded):
        end = _end_of_iban(match.group(), match.start())
        if end:
            yield match.start(), end, "bank"
    for match in _RIB.finditer(folded):
        if _is_rib(_bare(match.group())):
            yield *match.span(), "bank"
    for match in _CARD.finditer(folded):
        if _luhn(_bare(match.group())):
            yield *match.span(), "bank"
    for pattern in (_PHONE, _EMAIL):
        for match in pattern.finditer(folded):
            yield *match.span(), "third_parties"


def nir_key(number: str) -> int:
    """The two last figures of a social security number, from its thirteen first signs."""
    place = number.replace("2a", "19", 1) if number[5:7] == "2a" else number
    place = number[:5] + "18" + number[7:] if number[5:7] == "2b" else place
    return 97 - int(place) % 97


def _bare(text: str) -> str:
    return re.sub(r"[ .-]", "", text)


def _is_nir(match: re.Match[str], folded: str) -> bool:
    """With its key: when the key is right. With a wrong key, or without: when words before say what it is."""
    number, key = _bare(match.group(1)), _bare(match.group(2) or "")
    if number[6] in "ab" and number[5] != "2":
        return False
    if int(number[3:5]) not in _MONTHS:
        return False
    return (bool(key) and nir_key(number) == int(key)) or bool(_BEFORE_A_NIR.search(folded[: match.start()]))


def _end_of_iban(text: str, start: int) -> int | None:
    """Where it ends: the words that follow may look like its last groups."""
    length = _IBAN_LENGTHS.get(text[:2])
    if length is None:
        return None
    signs = [place for place, sign in enumerate(text) if sign != " "][:length]
    bare = "".join(text[place] for place in signs)
    if len(bare) < length:
        return None
    figures = "".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])
    return start + signs[-1] + 1 if int(figures) % 97 == 1 else None


def _is_rib(bare: str) -> bool:
    figures = bare.translate(_RIB_LETTERS)
    bank, branch, account, key = figures[:5], figures[5:10], figures[10:21], figures[21:]
    return (89 * int(bank) + 15 * int(branch) + 3 * int(account) + int(key)) % 97 == 0


def _luhn(bare: str) -> bool:
    doubled = {str(digit): sum(map(int, str(2 * digit))) for digit in range(10)}
    pairs = pairwise("0" + bare[::-1])
    return sum(doubled[one] if place % 2 else int(one) for place, (_, one) in enumerate(pairs)) % 10 == 0
