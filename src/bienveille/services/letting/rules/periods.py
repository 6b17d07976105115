"""Which days a figure of moves counts: twelve whole months, a civil year, or months chosen; no database, no clock."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from bienveille.ground.lib.typography import MONTHS, calendar_day

ROLLING, CHOSEN = "12-mois", "mois"
YEARS_OFFERED = 6
#: A longer choice is cut: its first months are left out.
MOST_MONTHS = 60
#: As a browser sends it, or as people write it where the browser has no calendar of months.
_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})|(?P<month_first>\d{1,2})[/.\- ](?P<year_last>\d{4})", re.ASCII)

_SHORT = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both counted; never after the day on which it was asked."""

    key: str
    first: date
    last: date

    @property
    def months(self) -> list[date]:
        """The first day of each month that it touches."""
        found, month = [], self.first.replace(day=1)
        while month <= self.last:
            found.append(month)
            month = next_month(month)
        return found

    @property
    def length(self) -> Fraction:
        """In months; one that is not over counts for its days."""
        return sum(
            (
                Fraction(
                    (min(self.last, month_end(month)) - max(self.first, month)).days + 1,
                    month_end(month).day,
                )
                for month in self.months
            ),
            Fraction(0),
        )

    @property
    def is_a_year(self) -> bool:
        """Whether a rate of this period is a yearly one."""
        return self.length == 12

    @property
    def words(self) -> str:
        """« novembre 2025 à octobre 2026 », « du 1er janvier au 22 novembre 2026 »."""
        if self.last != month_end(self.last):
            start = calendar_day(self.first, weekday=False, year=self.first.year != self.last.year)
            return f"du {start} au {calendar_day(self.last, weekday=False)}"
        if (self.first.month, self.last.month) == (1, 12) and self.first.year == self.last.year:
            return f"année {self.first.year}"
        if self.first == self.last.replace(day=1):
            return month_words(self.first)
        return f"{month_words(self.first)} à {month_words(self.last)}"


def month_end(day: date) -> date:
    """The last day of that day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def next_month(day: date) -> date:
    """The first day of the month after."""
    return month_end(day) + timedelta(days=1)


def month_words(day: date) -> str:
    """« janvier 2026 »."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def month_short(day: date) -> str:
    """« janv. 26 », for an axis."""
    return f"{_SHORT[day.month - 1]} {day.year % 100:02d}"


def year_ago(day: date, years: int = 1) -> date:
    """The same day, so many years before; 29 February becomes the 28th."""
    if (day.month, day.day) == (2, 29):
        return date(day.year - years, 2, 28)
    return day.replace(year=day.year - years)


def months_before(day: date, months: int) -> date:
    """The same day, so many months before, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    first = date(year, month + 1, 1)
    return first.replace(day=min(day.day, month_end(first).day))


def period_choices(today: date) -> list[tuple[str, str]]:
    """What a screen offers: value and words."""
    years = [(str(year), str(year)) for year in range(today.year - 1, today.year - YEARS_OFFERED, -1)]
    return [
        (ROLLING, "12 derniers mois entiers"),
        (str(today.year), f"{today.year}, jusqu’à aujourd’hui"),
        *years,
        (CHOSEN, "Du mois au mois"),
    ]


def read_period(key: str, since: str, until: str, today: date) -> Period:
    """The period asked for; what means nothing, or is still to come, quietly gives the last twelve whole months."""
    if key in dict(period_choices(today)) and key.isdigit():
        year = int(key)
        return Period(key, date(year, 1, 1), min(date(year, 12, 31), today))
    if key == CHOSEN:
        first, until_day = _month(since), _month(until)
        if first is not None and first <= today:
            last = min(month_end(until_day) if until_day else today, today)
            if last >= first:
                return Period(CHOSEN, max(first, months_before(last.replace(day=1), MOST_MONTHS - 1)), last)
    last = today if today == month_end(today) else today.replace(day=1) - timedelta(days=1)
    return Period(ROLLING, months_before(last.replace(day=1), 11), last)


def _month(text: str) -> date | None:
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        return None
    year, month = int(match["year"] or match["year_last"]), int(match["month"] or match["month_first"])
    return date(year, month, 1) if 1 <= month <= 12 and 1950 <= year <= 2200 else None
