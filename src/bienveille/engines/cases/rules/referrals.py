"""Referrals to partners: what may leave, the words read first, the delays, the codes; no database, no clock.

The only file read is the dated table `config/partner_referrals.toml`.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from bienveille.engines.cases.choices import Agreement, ReferralState, SafeChannel
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.typography import listed

REFERRAL_TABLE = Path(__file__).resolve().parents[3] / "config" / "partner_referrals.toml"

#: States in which something is still awaited, and those in which a link opens.
UNDER_WAY = (ReferralState.PROPOSED, ReferralState.SENT, ReferralState.ACKNOWLEDGED)
WITH_PARTNER = (ReferralState.SENT, ReferralState.ACKNOWLEDGED)
ASKED_LENGTH, ANSWER_LENGTH = 300, 300
#: Needs that are named to a partner from a confidential case alone.
CONFIDED = frozenset({Need.VIOLENCE})

#: A code has six digits: five tries of each, five codes a day, are 25 chances in a million (security.md, G10).
CODE_DIGITS, CODE_TRIES = 6, 5
CODE_LASTS = timedelta(minutes=10)
CODES_A_DAY_FOR_A_LINK, CODES_A_DAY_FOR_AN_ADDRESS = 5, 40
A_DAY = timedelta(days=1)
#: How long the page stays open once the code is given; then a new code is asked.
VISIT_LASTS = timedelta(hours=1)
#: A new link is asked again once in this time at most.
ASKED_AGAIN_EVERY = timedelta(hours=12)


class InvalidReferralTable(ValueError):
    """The table cannot be used; the message names the entry, for whoever keeps it."""


@dataclass(frozen=True, slots=True)
class Dated:
    """What holds from one day to another, both included."""

    valid_from: date
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing(Dated):
    """Days: of a link, before reminders, before the owner is told, before erasure."""

    link_days: int
    remind_partner_days: tuple[int, ...]
    tell_owner_days: int
    tell_owner_unfinished_days: int
    kept_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Dated):
    """A text to read out, and its version."""

    version: int
    text: str

    def said(self, *, partner: str, needs: Iterable[str], data: str) -> str:
        """The words for one referral, ready to be read out."""
        return self.text.strip().format(partner=partner, needs=listed(needs), data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressNeeds(Dated):
    """The needs for which a partner goes to the home."""

    needs: frozenset[str]


def timing_on(day: date, table: Path = REFERRAL_TABLE) -> Timing:
    """The delays in force on a day; before the first ones, the first."""
    return _in_force(_tables(table)[0], day)


def words_on(day: date, table: Path = REFERRAL_TABLE) -> Words:
    """The words to read out on a day."""
    return _in_force(_tables(table)[1], day)


def words_of(version: int, table: Path = REFERRAL_TABLE) -> Words:
    """The words that were read out, by their version."""
    return next(one for one in _tables(table)[1] if one.version == version)


def goes_to_the_home(needs: Collection[str], day: date, table: Path = REFERRAL_TABLE) -> bool:
    """Whether one of these needs is answered at home: then the address may be useful."""
    return bool(_in_force(_tables(table)[2], day).needs.intersection(needs))


@dataclass(frozen=True, slots=True)
class Leaving:
    """Which data of the person leave beside the name, the needs and what is asked."""

    phone: bool
    address: bool

    @property
    def words(self) -> str:
        """« votre nom, votre numéro de téléphone et votre adresse »."""
        told = ["votre nom"]
        told += ["votre numéro de téléphone"] if self.phone else []
        told += ["votre adresse"] if self.address else []
        return listed(told)


def what_leaves(*, phone: bool, address: bool, hidden: bool, safe_channel: str) -> Leaving:
    """What may leave. `hidden`: a protected address, or a confidential case: the address never does, whatever was
    ticked; the number neither, when the person is reached through the landlord alone.
    """
    if not hidden:
        return Leaving(phone, address)
    return Leaving(phone and safe_channel == SafeChannel.PHONE, False)


def agrees(agreement: str, *, confidential: bool) -> bool:
    """Whether that answer lets something leave: for a confidential case, silence is not enough."""
    if confidential:
        return agreement == Agreement.CONSENT
    return agreement in (Agreement.CONSENT, Agreement.NON_OBJECTION)


def reminder_is_due(timing: Timing, *, sent_on: date, reminders: int, today: date) -> bool:
    """Whether a partner who gave no sign is written to again; the days missed are not made up for all at once."""
    days = timing.remind_partner_days
    return reminders < len(days) and (today - sent_on).days >= days[reminders]


def owner_is_to_be_told(timing: Timing, *, state: str, since: date, today: date) -> bool:
    """Whether who follows the case must hear that the partner is late: no sign, or received and never finished."""
    wait = timing.tell_owner_days if state == ReferralState.SENT else timing.tell_owner_unfinished_days
    return state in WITH_PARTNER and (today - since).days >= wait


def kept_until(timing: Timing, today: date) -> date:
    """The last day of a referral to which something happened today."""
    return today + timedelta(days=timing.kept_days)


def _in_force[Kind: Dated](entries: tuple[Kind, ...], day: date) -> Kind:
    begun = [one for one in entries if one.valid_from <= day]
    return next((one for one in entries if one.holds_on(day)), (begun or entries)[-1 if begun else 0])


@lru_cache
def _tables(path: Path) -> tuple[tuple[Timing, ...], tuple[Words, ...], tuple[AddressNeeds, ...]]:
    """Read once per process: the file changes with a deployment."""
    with path.open("rb") as file:
        raw = tomllib.load(file)
    timings = _entries(Timing, raw.get("timing", []), "timing")
    words = _entries(Words, raw.get("words", []), "words")
    needs = _entries(AddressNeeds, raw.get("address", []), "address")
    if len({one.version for one in words}) < len(words):
        raise InvalidReferralTable("words: a version stands twice")
    return timings, words, needs


def _value(key: str, value: Any) -> Any:
    """A value of the table as its class keeps it: lists never change."""
    if not isinstance(value, list):
        return value
    return frozenset(value) if key == "needs" else tuple(value)


def _entries[Kind: Dated](kind: type[Kind], rows: Iterable[Mapping[str, Any]], name: str) -> tuple[Kind, ...]:
    """The entries of one table, which never overlap and are never none."""
    try:
        made = tuple(kind(**{key: _value(key, value) for key, value in row.items()}) for row in rows)
    except TypeError as error:
        raise InvalidReferralTable(f"{name}: {error}") from None
    if not made:
        raise InvalidReferralTable(f"{name}: nothing is written")
    ordered = sorted(made, key=lambda one: one.valid_from)
    for earlier, later in pairwise(ordered):
        if (earlier.valid_until or date.max) >= later.valid_from:
            raise InvalidReferralTable(f"{name}: two entries hold on {later.valid_from}")
    return tuple(ordered)
