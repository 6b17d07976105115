"""French typography: numbers, dates, times, phones, spaces, lists; no clock, no HTML but raised ordinals."""

import html
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

NBSP = "\u00a0"  # the only no-break space used: our typeface has no U+202F

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)

type Number = int | float | Decimal


def number(value: Number, decimals: int | None = None) -> str:
    """`1206` → `1 206`, `1234.5` with 2 decimals → `1 234,50`; a real minus sign; halves are rounded away from zero."""
    exact = Decimal(str(value))
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{exact.copy_abs():f}".partition(".")
    groups: list[str] = []
    while len(whole) > 3:
        whole, group = whole[:-3], whole[-3:]
        groups.insert(0, group)
    text = NBSP.join([whole, *groups])
    if fraction:
        text = f"{text},{fraction}"
    return f"−{text}" if exact < 0 else text


def percent(share: Number, decimals: int = 0) -> str:
    """A share between 0 and 1: `0.897` → `90 %`, with one decimal `89,7 %`."""
    return f"{number(Decimal(str(share)) * 100, decimals)}{NBSP}%"


def euros(amount: Number) -> str:
    """`1234.5` → `1 234,50 €`."""
    return f"{number(amount, 2)}{NBSP}€"


def plural(count: Number, singular: str, several: str | None = None) -> str:
    """The word for that many: in French the plural starts at two (`0 appel`, `1,5 appel`, `2 appels`)."""
    return (several or f"{singular}s") if count >= 2 or count <= -2 else singular


def counted(count: Number, singular: str, several: str | None = None) -> str:
    """`1206, "ménage"` → `1 206 ménages`."""
    return f"{number(count)}{NBSP}{plural(count, singular, several)}"


def listed(items: Iterable[str], word: str = "et") -> str:
    """`["a", "b", "c"]` → `a, b et c`."""
    parts = [str(item) for item in items]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def calendar_day(day: date, *, weekday: bool = True, year: bool = True) -> str:
    """`mardi 1er décembre 2026`."""
    number_of_day = "1er" if day.day == 1 else str(day.day)
    parts = [WEEKDAYS[day.weekday()]] if weekday else []
    parts += [number_of_day, MONTHS[day.month - 1]]
    if year:
        parts.append(str(day.year))
    # The day stays with its month; the line may break elsewhere.
    text = " ".join(parts)
    return text.replace(f"{number_of_day} ", f"{number_of_day}{NBSP}", 1)


def day_in_words(day: date, today: date) -> str:
    """`hier`, `aujourd’hui`, `demain`, else `le mardi 1er décembre`; the year is told when it is not obvious."""
    near = {-1: "hier", 0: "aujourd’hui", 1: "demain"}.get((day - today).days)
    if near:
        return near
    distance = abs((day - today).days)
    # Across a new year, a date less than half a year away is still clear without its year.
    with_year = day.year != today.year and distance > 180
    return f"le {calendar_day(day, weekday=not with_year and distance <= 366, year=with_year)}"


def clock(moment: time | datetime) -> str:
    """`14 h 41`, `9 h` on the hour."""
    hour = f"{moment.hour}{NBSP}h"
    return f"{hour}{NBSP}{moment.minute:02d}" if moment.minute else hour


def moment_in_words(moment: datetime, today: date) -> str:
    """`aujourd’hui à 14 h 41`, `le mardi 24 novembre à 16 h 05`."""
    return f"{day_in_words(moment.date(), today)} à {clock(moment)}"


def short_day(day: date) -> str:
    """`21/11/2026`, for tables."""
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def ago(day: date, today: date) -> str:
    """`aujourd’hui`, `hier`, `il y a 3 semaines`, `il y a 7 mois`; a future day is told as a date."""
    days = (today - day).days
    if days < 0:
        return day_in_words(day, today)
    if days < 2:
        return ("aujourd’hui", "hier")[days]
    if days < 14:
        span = counted(days, "jour")
    elif days < 61:
        span = counted(days // 7, "semaine")
    elif days < 730:
        months = (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day)
        span = counted(max(months, 2), "mois", "mois")
    else:
        years = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
        span = counted(max(years, 2), "an")
    return f"il y a {span}"


def duration(seconds: Number) -> str:
    """`40 s`, `9 min`, `3 h 10`, `21 h`, `4 jours`: two units at most, rounded down."""
    total = int(seconds)
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 60:
        return f"{total}{NBSP}s"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    if hours < 24:
        rest = minutes % 60
        return f"{hours}{NBSP}h{NBSP}{rest:02d}" if rest else f"{hours}{NBSP}h"
    if hours < 72:
        return f"{hours}{NBSP}h"
    return counted(days, "jour")


# Overseas departments have their own country code, then nine digits starting as in France.
_FRENCH_CODES = ("33", "262", "508", "590", "594", "596")


def phone(e164: str) -> str:
    """`+33465710142` → `04 65 71 01 42`; another country keeps its code; short numbers (`3114`) stay as they are."""
    digits = re.sub(r"\D", "", e164)
    if not e164.strip().startswith("+"):
        if len(digits) == 10 and digits.startswith("0"):
            return NBSP.join(digits[i : i + 2] for i in range(0, 10, 2))
        return e164.strip().replace(" ", NBSP)
    for code in _FRENCH_CODES:
        national = digits.removeprefix(code)
        if national != digits and len(national) == 9:
            national = f"0{national}"
            return NBSP.join(national[i : i + 2] for i in range(0, 10, 2))
    return e164.strip().replace(" ", NBSP)


def spaced(text: str) -> str:
    """No-break spaces before `: ; ! ? % € »`, after `«`, in numbers; adds none in a time or an address."""
    text = text.replace("\u202f", NBSP)
    text = re.sub(r"[ \u00a0]+([:;!?%€»])", rf"{NBSP}\1", text)
    text = re.sub(r"«[ \u00a0]*", f"«{NBSP}", text)
    text = re.sub(r"(?<![ \u00a0])»", f"{NBSP}»", text)
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", NBSP, text)


def quoted(text: str) -> str:
    """Words somebody says: `Bonjour` → `« Bonjour »`; words already between French quotes are left between one pair."""
    bare = text.strip().removeprefix("«").removesuffix("»").strip(f" {NBSP}\u202f")
    return f"«{NBSP}{spaced(bare)}{NBSP}»"


def ordinals_html(text: str) -> str:
    """Escapes the text, then raises the end of ordinals, as in `1<sup>er</sup>`: safe HTML."""
    return re.sub(r"\b(1)(er|re)\b|\b(\d{1,3})(e)\b", _raised, html.escape(text))


def _raised(match: re.Match[str]) -> str:
    figure, end = match.group(1) or match.group(3), match.group(2) or match.group(4)
    return f"{figure}<sup>{end}</sup>"
