"""Who reads confidential cases: the two named for each agency, the seats of one case, who of them is there."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from bienveille.engines.cases.models import Case, CaseReader, ReaderPair
from bienveille.engines.cases.queries.reach import absences_on
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.queries import agencies_within
from bienveille.register.accounts.rules import Scope


@dataclass(frozen=True)
class Seat:
    """Somebody named to read a case; `away_until` when they are away today."""

    user: User
    rank: int
    away_until: date | None


def seats_of(case: Case, today: date) -> list[Seat]:
    """Who was named to read a case, the first before the second, with who is away (2 queries)."""
    away = {one.user: one.last for one in absences_on(today)}
    seats = CaseReader.objects.filter(case=case).select_related("user").order_by("rank")
    return [Seat(one.user, one.rank, away.get(one.user_id)) for one in seats]


def pair_over(agency_id: UUID | None) -> ReaderPair | None:
    """Who reads the confidential cases of an agency: the two named for it, else for everything (1 query)."""
    pairs = ReaderPair.objects.filter(Q(agency=None) | Q(agency_id=agency_id)).select_related("first", "second")
    return min(pairs, key=lambda pair: pair.agency_id is None, default=None)


@dataclass(frozen=True)
class Pair:
    """The readers of an agency (none: of everything). `wanted`: nobody named can read today."""

    agency: Agency | None
    own: ReaderPair | None
    readers: tuple[Seat, ...]

    @property
    def wanted(self) -> bool:
        return all(seat.away_until is not None for seat in self.readers)


def pairs_within(scope: Scope, today: date) -> list[Pair]:
    """The readers of everything, then of each agency of a scope, with who is away (3 queries).

    Whether a confidential case exists is not looked at: it is the same page with or without one.
    """
    if scope.nothing:
        return []
    away = {one.user: one.last for one in absences_on(today)}
    named = {pair.agency_id: pair for pair in ReaderPair.objects.select_related("first", "second").order_by("pk")}

    def seats(pair: ReaderPair | None) -> tuple[Seat, ...]:
        if pair is None:
            return ()
        return (
            Seat(pair.first, 1, away.get(pair.first_id)),
            Seat(pair.second, 2, away.get(pair.second_id)),
        )

    whole = named.get(None)
    found = [Pair(None, whole, seats(whole))] if scope.everything else []
    for agency in agencies_within(scope):
        own = named.get(agency.pk)
        found.append(Pair(agency, own, seats(own or whole)))
    return found
