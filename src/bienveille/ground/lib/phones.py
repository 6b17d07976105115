"""Telephone numbers of a cell to E.164 and back to French writing; the numbering plan is phonenumbers'."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from bienveille.ground.lib.words import plain

# France and what is dialled from it as a French number, overseas included.
REGIONS = ("FR", "RE", "YT", "GP", "MQ", "GF", "BL", "MF", "PM", "NC", "PF", "WF")
# From mainland France 0262… is dialled like any number, but its international form is +262…
_OVERSEAS = {
    "262": "262", "263": "262", "692": "262", "693": "262", "269": "262", "639": "262", "590": "590", "690": "590",
    "691": "590", "594": "594", "694": "594", "596": "596", "696": "596", "697": "596",
}  # fmt: skip
_METADATA = PhoneMetadata.metadata_for_region("FR")
assert _METADATA is not None
# The everyday patterns (fixed, mobile, over the Internet) of phonenumbers' own plan: agreement by construction.
_EVERYDAY = re.compile(
    "|".join(
        f"(?:{kind.national_number_pattern})"
        for kind in (_METADATA.mobile, _METADATA.fixed_line, _METADATA.voip)
        if kind is not None
    ),
    re.ASCII,
)


def _every_pattern(code: int) -> re.Pattern[str]:
    """The numbers of nine figures of a country code, usual or not (free calls, services…)."""
    regions = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        plan = PhoneMetadata.metadata_for_region(region)
        assert plan is not None
        assert plan.general_desc is not None
        kinds = (
            plan.mobile, plan.fixed_line, plan.voip, plan.toll_free, plan.premium_rate, plan.shared_cost,
            plan.personal_number, plan.pager, plan.uan, plan.voicemail,
        )  # fmt: skip
        patterns = [
            f"(?:{kind.national_number_pattern})"
            for kind in kinds
            if kind is not None and kind.national_number_pattern and 9 in (kind.possible_length or (9,))
        ]
        regions.append(f"(?={plan.general_desc.national_number_pattern}$)(?:{'|'.join(patterns)})")
    return re.compile("|".join(regions), re.ASCII)


# What a pattern of its code matches is a number, what none does is not: every region of these codes is one of ours, and
# none is told by its first figures alone. To ask phonenumbers itself takes a hundred times as long.
_EVERY = {code: _every_pattern(int(code)) for code in ("33", *sorted({*_OVERSEAS.values()}))}
_NATIONAL = re.compile(r"[1-9]\d{8}", re.ASCII)
_JOINERS = str.maketrans("", "", " .-\xa0\u202f\u2009_\t\u2011\u2013")
_SIMPLE = re.compile(r"(?:0|\+33|0033)?([1-79]\d{8})", re.ASCII)
_USUAL = rf"(?:0|\+33|0033)?(?=[1-79]\d{{8}}$)(?!{'|'.join(_OVERSEAS)})({_EVERYDAY.pattern})"
_PLAIN = re.compile(_USUAL, re.ASCII)
_PLAIN_LINES = re.compile(rf"^(?:{_USUAL}$|.*+)", re.ASCII | re.MULTILINE)
_FIGURES = re.compile(r'[\d"]')
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]?")
_LABEL = re.compile(
    r"^\s*(?:t[ée]l(?:[ée]phone)?s?|portables?|port|mobiles?|mob|fixes?|domicile|gsm|n°|num[ée]ro)\b[\s.:°]*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:\+|00)?\d(?:[\s.\-_\u00a0\u202f\u2009\u2011\u2013]*\d){5,22}", re.ASCII)
_TRUNK = re.compile(r"\(\s*0\s*\)")
_ARMOUR = re.compile(r"^(?:=\s*\"|')|\"$")

# Who answers, when a cell says it in a word we know. Anything else is a free comment and is not kept.
_WHOSE = {
    "fille": "fille", "sa fille": "fille", "fils": "fils", "son fils": "fils", "mere": "mère", "pere": "père",
    "maman": "mère", "papa": "père", "soeur": "sœur", "frere": "frère", "epouse": "épouse", "femme": "épouse",
    "epoux": "époux", "mari": "époux", "conjoint": "conjoint", "conjointe": "conjointe", "compagnon": "conjoint",
    "compagne": "conjointe", "neveu": "neveu", "niece": "nièce", "petit fils": "petit-fils",
    "petite fille": "petite-fille", "belle fille": "belle-fille", "beau fils": "beau-fils", "gendre": "gendre",
    "voisin": "voisin", "voisine": "voisine", "ami": "ami", "amie": "amie", "aidant": "aidant", "aidante": "aidante",
    "tuteur": "tuteur", "tutrice": "tutrice", "curateur": "curateur", "curatrice": "curatrice",
    "infirmiere": "infirmière", "infirmier": "infirmier", "aide a domicile": "aide à domicile", "travail": "travail",
    "bureau": "travail", "pro": "travail", "monsieur": "monsieur", "madame": "madame", "m": "monsieur",
    "mr": "monsieur", "mme": "madame", "cousin": "cousin", "cousine": "cousine", "grand mere": "grand-mère",
}  # fmt: skip
_LABEL_WORDS = frozenset(("tel", "portable", "port", "fixe", "ou", "et", "de", "numero"))
_SILENT = frozenset(("", "perso", "personnel", "personnelle", "domicile", "portable", "fixe", "mobile", "port", "mob",
                     "tel", "gsm", "n", "numero", "telephone", "ou", "et", "france", "0"))  # fmt: skip


class ReadPhone(NamedTuple):
    """`numbers` in E.164, in order; `whose` when the cell says who answers; `unread` when a remark was left aside."""

    numbers: tuple[str, ...]
    whose: str = ""
    unread: bool = False


_NOTHING = ReadPhone(())


def everyday_phone(cell: str) -> str:
    """The number of a cell that holds nothing else, usually written; empty for the others: ask `read_phone`."""
    found = _PLAIN.fullmatch(cell.replace(" ", ""))
    return "+33" + found[1] if found else ""


def everyday_phones(cells: Sequence[str]) -> list[str]:
    """The same of many cells at once."""
    found = _PLAIN_LINES.findall("\n".join(cells).replace(" ", "")) if cells else []
    if len(found) != len(cells):  # a cell of several lines
        return list(map(everyday_phone, cells))
    return ["+33" + number if number else "" for number in found]


def everyday_remark(cell: str) -> tuple[str, str, bool] | None:
    """The number of a cell usually written, who answers when words in brackets say it, whether they say something else;
    nothing for other cells: ask `read_phone`.
    """
    head, bracket, tail = cell.partition("(")
    usual = everyday_phone(head) if bracket else ""
    if not usual or _FIGURES.search(tail):
        return None
    return usual, *_remark(bracket + tail)


def read_phone(cell: object) -> ReadPhone:
    """The French numbers of a cell, whatever their dress: dots, 0033, no leading zero, typed as a number, remarks."""
    if isinstance(cell, bool) or cell is None:
        return _NOTHING
    if isinstance(cell, float):
        if not cell.is_integer():
            return _NOTHING
        cell = int(cell)
    text = str(cell)
    simple = _SIMPLE.fullmatch(text.translate(_JOINERS))
    if simple:
        if simple[1][:3] not in _OVERSEAS and _EVERYDAY.fullmatch(simple[1]):
            return ReadPhone(("+33" + simple[1],))
        number = _valid(simple[1])
        return ReadPhone((number,)) if number else _NOTHING
    return _dressed(text)


def _dressed(text: str) -> ReadPhone:
    usual = everyday_remark(text)
    if usual:
        return ReadPhone((usual[0],), usual[1], usual[2])
    text = _ARMOUR.sub("", _TRUNK.sub("", text.strip()))
    numbers: dict[str, None] = {}
    for match in _NUMBER.finditer(text):
        for piece in _pieces(match.group()):
            number = _valid(piece)
            if number:
                numbers[number] = None
    if not numbers:
        return _NOTHING
    whose, unread = _remark(_NUMBER.sub(" ", text))
    return ReadPhone(tuple(numbers), whose, unread)


@lru_cache(maxsize=512)
def _remark(text: str) -> tuple[str, bool]:
    """What stands around the numbers of a cell: who answers, and whether something else is said."""
    words = plain(_LABEL.sub("", _BRACKETS.sub(r" \1 ", text)))
    words = " ".join(word for word in words.split() if word not in _LABEL_WORDS)
    whose = _WHOSE.get(words, "")
    return whose, not whose and words not in _SILENT


def _pieces(text: str) -> list[str]:
    """Two numbers run together ("0612345678 0472000000") make two pieces."""
    digits = re.sub(r"[^\d+]", "", text)
    if len(digits) == 20 and digits[0] == digits[10] == "0":
        return [digits[:10], digits[10:]]
    return [digits]


def _valid(digits: str) -> str | None:
    """E.164 of a number valid in France, judged by phonenumbers."""
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+330"):
        digits = "+33" + digits[4:]
    candidates = [digits]
    if not digits.startswith("+") or digits.startswith("+33"):
        national = digits.removeprefix("+33").removeprefix("0")
        if national[:3] not in _OVERSEAS and _EVERYDAY.fullmatch(national):
            return "+33" + national
        if _NATIONAL.fullmatch(national):
            codes = (code for code in (_OVERSEAS.get(national[:3]), "33") if code)
            return next((f"+{code}{national}" for code in codes if _EVERY[code].fullmatch(national)), None)
        if len(national) == 9:
            candidates = [f"+{code}{national}" for code in (_OVERSEAS.get(national[:3]), "33") if code]
    for candidate in candidates:
        try:
            number = phonenumbers.parse(candidate, "FR")
        except phonenumbers.NumberParseException:
            continue
        region = phonenumbers.region_code_for_number(number)
        if region in REGIONS and phonenumbers.is_valid_number_for_region(number, region):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


def display_phone(number: str) -> str:
    """ "+33472000000" → "04 72 00 00 00"; overseas as dialled from the mainland; abroad in international form."""
    if number.startswith("+33") and len(number) == 12:
        national = "0" + number[3:]
    elif number[:4] in ("+262", "+590", "+594", "+596") and len(number) == 13:
        national = "0" + number[4:]
    else:
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return number
        return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    return " ".join(national[i : i + 2] for i in range(0, 10, 2))
