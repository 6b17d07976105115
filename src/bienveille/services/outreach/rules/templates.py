"""Campaigns ready to be prepared: read from data files, dated; and last year's, moved by a year."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bienveille.ground.lib.typography import MONTHS

_YEAR = re.compile(r"\b20\d\d\b")


@dataclass(frozen=True)
class CampaignTemplate:
    """A whole campaign to begin with: what it does in two sentences, its document, the guides it would like."""

    slug: str
    rank: int
    icon: str
    title: str
    summary: str
    questionnaires: tuple[str, ...]
    days: int  # days foreseen from the first to the last
    document: Mapping[str, Any]


def read_template(slug: str, raw: Mapping[str, Any]) -> CampaignTemplate:
    """A template from its file; a key missing is an error of ours, seen by the tests."""
    return CampaignTemplate(
        slug=slug,
        rank=raw["rank"],
        icon=raw["icon"],
        title=raw["title"],
        summary=raw["summary"],
        questionnaires=tuple(raw["questionnaire"]),
        days=raw["days"],
        document=raw["document"],
    )


def dated(template: CampaignTemplate, today: date, questionnaire: str) -> dict[str, Any]:
    """The document of a template for a campaign that would begin today."""
    document = dict(template.document)
    name = str(document["name"]).format(year=today.year, month=MONTHS[today.month - 1])
    days = {
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=template.days - 1)).isoformat(),
    }
    return {**document, "name": name, "questionnaire": questionnaire, "rules": {**document["rules"], **days}}


def a_year_later(document: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The document of a past campaign for this year: days moved by whole years to come, the year in its name too."""
    rules = dict(document["rules"])
    first = date.fromisoformat(rules["starts_on"]) if rules.get("starts_on") else None
    years = 1
    while first is not None and _moved(first, years) < today:
        years += 1
    for key in ("starts_on", "ends_on"):
        if rules.get(key):
            rules[key] = _weekday(_moved(date.fromisoformat(rules[key]), years)).isoformat()
    return {**document, "name": _renamed(str(document["name"]), years, today), "rules": rules}


def _moved(day: date, years: int) -> date:
    """The same day some years later; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _weekday(day: date) -> date:
    """The day, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day


def _renamed(name: str, years: int, today: date) -> str:
    """« Grand froid 2026 » → « Grand froid 2027 »; a name without a year is given this one."""
    found = _YEAR.search(name)
    if found is None:
        return f"{name[:144]} {today.year}"
    year = max(int(found[0]) + years, today.year) if int(found[0]) < today.year else int(found[0]) + 1
    return name[: found.start()] + str(year) + name[found.end() :]
