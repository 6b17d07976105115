"""Turns of duty as people speak of them: a week, a week-end, the evenings of a week, one day. No clock."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo

#: Offices close and open: duty begins and ends then.
CLOSES, OPENS = time(17), time(9)
SPANS: Mapping[str, str] = {
    "week": "Sept jours et sept nuits, à partir de ce jour à 9 h",
    "week_end": "Le week-end de cette semaine, du vendredi 17 h au lundi 9 h",
    "evenings": "Les soirs et nuits de cette semaine, du lundi au jeudi, de 17 h à 9 h",
    "day": "Ce jour seulement, de 9 h au lendemain 9 h",
}


def spans_of(kind: str, day: date, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """The spans of a kind of turn, on the clock of a place: when it changes in spring, a night is an hour shorter."""
    monday = day - timedelta(days=day.weekday())

    def at(when: date, hour: time) -> datetime:
        return datetime.combine(when, hour, tzinfo=zone)

    if kind == "week":
        return [(at(day, OPENS), at(day + timedelta(days=7), OPENS))]
    if kind == "week_end":
        return [(at(monday + timedelta(days=4), CLOSES), at(monday + timedelta(days=7), OPENS))]
    if kind == "evenings":
        nights = (monday + timedelta(days=ahead) for ahead in range(4))
        return [(at(night, CLOSES), at(night + timedelta(days=1), OPENS)) for night in nights]
    return [(at(day, OPENS), at(day + timedelta(days=1), OPENS))]
