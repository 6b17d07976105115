"""Raw leases for the tests of moves: whole years of them in a few statements, and what must not count among them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import factory
from factory.django import DjangoModelFactory
from tests.accounts.factories import UserFactory
from tests.housing.factories import BuildingFactory, CommuneFactory, DwellingFactory, ResidenceFactory

from bienveille.ground.lib.ids import uuid7
from bienveille.register.housing.models import Building, Dwelling
from bienveille.register.tenants.models import Household, Lease, Person
from bienveille.services.letting.models import StockLot, StockLotHome

LONG_AGO = date(2009, 4, 1)
_NUMBERS = count(1)


@dataclass
class Town:
    """Homes of one agency in one département, let one by one: `enter`, `leave`, `relet`, `renew`…"""

    agency: Any
    department: str
    building: Building
    homes: Iterator[Dwelling] = field(default_factory=lambda: iter(()))
    leases: list[Lease] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)

    def new_homes(self, number: int, **facts: Any) -> list[Dwelling]:
        """Homes more, not let yet."""
        facts = {"built_in": 1974, "type": "t3", **facts}
        return Dwelling.objects.bulk_create(
            Dwelling(building=self.building, code=f"{self.department}-{next(_NUMBERS):06d}", **facts)
            for _ in range(number)
        )

    def let(
        self, home: Dwelling | None, entry: date | None, exit: date | None = None, *, name: str = "", **facts: Any
    ) -> Lease:
        """A lease of somebody; `name` makes people, as imports keep those of a lease that was open once."""
        household = facts.pop("household", None)
        if household is None and name:
            household = Household(name=name, dwelling=None if exit else home, closed_on=exit)
            self.households.append(household)
            born = facts.pop("born", date(1960, 5, 4))
            self.people.append(Person(household=household, last_name=name, first_name="Ana", birth_date=born))
        lease = Lease(
            number=f"{self.department}{next(_NUMBERS):08d}", dwelling=home, household=household,
            dwelling_code=home.code if home else "", entry=entry, exit=exit, **facts,
        )  # fmt: skip
        self.leases.append(lease)
        return lease

    def save(self) -> None:
        """Everything let so far, in three statements."""
        Household.objects.bulk_create(self.households)
        Person.objects.bulk_create(self.people)
        Lease.objects.bulk_create(self.leases)
        self.households, self.people, self.leases = [], [], []


def town(agency: Any, department: str, *, commune: str = "") -> Town:
    """A residence of an agency in a commune of that département."""
    place = CommuneFactory(code=commune or f"{department}900", name=f"Commune {department}", department=department)
    residence = ResidenceFactory(agency=agency, commune=place)
    return Town(agency, department, BuildingFactory(residence=residence))


def spread(number: int, first: date, days: int) -> list[date]:
    """That many days, spread evenly over so many from the first."""
    return [first + timedelta(days=rank * days // number) for rank in range(number)]


class StockLotFactory(DjangoModelFactory):
    """A lot taken over, without a home yet."""

    class Meta:
        model = StockLot

    direction = "taken_over"
    name = factory.Sequence(lambda n: f"Lot {n}")
    other_party = "Foyer du Val"
    effective_on = date(2027, 1, 1)
    created_by = factory.SubFactory(UserFactory)


class StockLotHomeFactory(DjangoModelFactory):
    """A home of a lot; `dwelling=None, code="…"` for one that the register does not know."""

    class Meta:
        model = StockLotHome

    lot = factory.SubFactory(StockLotFactory)
    dwelling = factory.SubFactory(DwellingFactory)
    code = factory.LazyAttribute(lambda home: home.dwelling.code)
    batch = factory.LazyFunction(uuid7)
    added_at = datetime(2026, 11, 21, 10, tzinfo=UTC)
