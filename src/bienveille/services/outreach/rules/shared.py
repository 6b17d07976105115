"""When one call serves several campaigns, and who was spoken with. No database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from bienveille.services.outreach.choices import AnsweredBy, News

#: A household called in one campaign is left in peace at least so long by the others.
PEACE = timedelta(days=1)


@dataclass(frozen=True)
class Elsewhere:
    """Another running campaign of the same household; `name` is empty when the caller does not call there."""

    campaign_id: UUID
    queue_id: UUID
    name: str
    once: bool


@dataclass(frozen=True)
class Together:
    """What a caller says of a call beside its outcome: who picked up, news of each resident, who else it served."""

    who: str = ""
    person: UUID | None = None
    news: Mapping[UUID, str] = field(default_factory=dict)
    also: tuple[UUID, ...] = ()


def serves_both(*, same_purpose: bool, same_questions: bool, same_caller: bool) -> bool:
    """Whether one call counts for two campaigns: same purpose, same questions, and the caller calls in both.

    What was said for one purpose is not used for another (RGPD, article 5, 1, b).
    """
    return same_purpose and same_questions and same_caller


def in_peace_until(not_before: datetime | None, now: datetime) -> datetime:
    """When another campaign may call the same household: a day later at least."""
    return max(not_before or now, now + PEACE)


def read_together(posted: Mapping[str, str], also: list[str]) -> Together:
    """What a form says, cleaned: anything unknown is left out, nothing here can stop a call from being saved."""
    who, _, key = posted.get("answered_by", "").partition(":")
    news: dict[UUID, str] = {}
    for name, value in posted.items():
        person = _key(name.removeprefix("news_")) if name.startswith("news_") else None
        if person is not None and value in News.values:
            news[person] = value
    person = _key(key) if who == AnsweredBy.RESIDENT else None
    if person is not None:
        news[person] = News.MET
    return Together(
        who=who if who in AnsweredBy.values else "",
        person=person,
        news=news,
        also=tuple(key for key in map(_key, also[:20]) if key is not None),
    )


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
