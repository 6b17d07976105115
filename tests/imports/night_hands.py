"""What people do in the register between two nights, through the same operations as the screens; told to the oracle."""

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

from django.utils import timezone
from tests.imports.night_landlord import FIRST, LAST, Landlord
from tests.imports.night_merges import keep_apart, merge, undo
from tests.imports.night_oracle import FACTS, Household, Oracle, Point, Somebody, _text

from bienveille.register.accounts.models import User
from bienveille.register.housing.models import Dwelling
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import ContactPoint, Person
from bienveille.register.tenants.models import Household as HouseholdRow


class Hands:
    """Somebody of the landlord at work in the register."""

    def __init__(self, chance: Random, actor: User, oracle: Oracle, landlord: Landlord) -> None:
        self.chance, self.actor, self.oracle, self.landlord = chance, actor, oracle, landlord
        self.did: list[str] = []
        self.touched: set[int] = set()

    def work(self, today: dt.date) -> None:
        self.today, self.did = today, []
        for act in self.chance.choices(_ACTS, k=self.chance.randint(0, 3)):
            here = [one for one in self.oracle.people if one.household.closed_on is None and one.merged_into is None]
            if here:
                act(self, self.chance.choice(here))

    def _say(self, one: Somebody, what: str) -> None:
        self.touched.add(id(one))
        self.did.append(f"by hand, {one.lease} {one.name}: {what}")

    @staticmethod
    def _row(one: Somebody) -> Person:
        return Person.objects.get(pk=one.pk)

    def _point(self, one: Somebody, key: tuple[str, str]) -> ContactPoint:
        return ContactPoint.objects.get(person_id=one.pk, kind=key[0], value=key[1])

    # ---- corrections -------------------------------------------------------------------------------------------------

    def correct(self, one: Somebody) -> None:
        """Some facts, to something else or back to what the file says."""
        chance = self.chance
        twins = [other for other in self.oracle.people if (other.lease, other.name) == (one.lease, one.name)]
        new: dict[str, Any] = {}
        if one.lease is not None and chance.random() < 0.4:
            last, first = chance.randrange(len(LAST)), chance.randrange(len(FIRST))
            new |= {"last_name": LAST[last][0], "first_name": FIRST[first][0]}
            one.called = (last, first)
        if len(twins) == 1 and chance.random() < 0.5:
            new["birth_date"] = chance.choice((None, dt.date(1938, 2, 28), dt.date(1971, 12, 31)))
        new["title"] = chance.choice(("mrs", "mr", ""))
        new["languages"] = chance.choice((["tr"], ["fr"], ["fr", "pt"], []))
        if chance.random() < 0.3:
            new |= {name: _read(name, said) for name, said in one.file_said.items() if name in ("birth_date", "title")}
        new["best_time"] = chance.choice(("", "morning"))
        operations.correct_person(actor=self.actor, person=self._row(one), changes=new, today=self.today)
        self._say(one, f"corrected {new}")
        for name, value in new.items():
            facts = one.kept if name == "best_time" else one.facts
            if value != facts[name] and one.lease is not None:
                said = one.file_said.setdefault(name, _text(facts[name]))
                if _text(value) == said:
                    del one.file_said[name]
            facts[name] = value

    def leave(self, one: Somebody) -> None:
        if one.left_on is None:
            operations.report_left(actor=self.actor, person=self._row(one), on=self.today)
            one.left_on = self.today
            self._say(one, "has left")

    def come_back(self, one: Somebody) -> None:
        contract = self.landlord.contracts.get(one.lease or "")
        listed = contract and any(
            other.name == one.name and other.exit is None and other.homonym <= (other.birth == one.facts["birth_date"])
            for other in contract.people
        )
        if one.left_on is not None and listed:  # else the file has said it too: its word and ours would alternate
            operations.take_back_left(actor=self.actor, person=self._row(one))
            one.left_on = None
            self._say(one, "lives there after all")

    def oppose(self, one: Somebody) -> None:
        operations.record_opposition(actor=self.actor, person=self._row(one), on=self.today)
        one.kept["opposed_on"] = one.kept["opposed_on"] or self.today
        self._say(one, "opposed")

    def protect(self, one: Somebody) -> None:
        operations.protect_address(actor=self.actor, person=self._row(one), protected=True)
        one.kept["protected_address"] = True
        self._say(one, "address protected")

    def die(self, one: Somebody) -> None:
        operations.report_deceased(actor=self.actor, person=self._row(one), today=self.today, on=self.today)
        one.kept["deceased_on"] = one.kept["deceased_on"] or self.today
        one.kept["deceased"] = True
        self._say(one, "has died")

    def mark(self, one: Somebody) -> None:
        kind = self.chance.choice(("heat_risk", "lives_alone", "carer"))
        mark = operations.add_mark(actor=self.actor, person=self._row(one), kind=kind, source="call", today=self.today)
        one.marks[kind] = mark.expires_on
        self._say(one, f"mark {kind}")

    # ---- numbers and addresses ---------------------------------------------------------------------------------------

    def flag(self, one: Somebody) -> None:
        if one.points:
            key, point = self.chance.choice(list(one.points.items()))
            status = self.chance.choice(("wrong", "wrong", "stop", "unverified", "valid"))
            if point.status not in ("stop", status):
                operations.flag_contact_point(
                    actor=self.actor, contact_point=self._point(one, key), status=status, now=timezone.now()
                )
                point.status, point.by = status, True
                self._say(one, f"{key[1]} is {status}")

    def verify(self, one: Somebody) -> None:
        usable = [key for key, point in one.points.items() if point.status != "stop"]
        if usable:
            key = self.chance.choice(usable)
            operations.verify_contact_point(
                actor=self.actor, contact_point=self._point(one, key), now=timezone.now(), today=self.today
            )
            point = one.points[key]
            point.by = point.by or point.status != "valid"
            point.status, point.verified = "valid", self.today
            self._say(one, f"{key[1]} was reached")

    def add_point(self, one: Somebody) -> None:
        value = f"+3353649{self.chance.randrange(10_000):04}"
        if ("phone", value) not in one.points:
            operations.add_contact_point(actor=self.actor, person=self._row(one), kind="phone", value=value)
            one.points["phone", value] = Point(value, source="staff", by=True)
            self._say(one, f"{value} added")

    def correct_point(self, one: Somebody) -> None:
        """The file's own stays beside the right one, as wrong; so does one that another row may hold."""
        value = f"+3353649{self.chance.randrange(10_000):04}"
        phones = [key for key in one.points if key[0] == "phone"]
        if phones and ("phone", value) not in one.points:
            key = self.chance.choice(phones)
            operations.correct_contact_point(
                actor=self.actor, contact_point=self._point(one, key), value=value, now=timezone.now()
            )
            point = one.points[key]
            if point.source == "erp" or any(other.merged_into is one for other in self.oracle.people):
                point.status, point.by = "wrong", True
                one.points["phone", value] = Point(value, source="staff", by=True)
            else:
                del one.points[key]
                one.points["phone", value] = point
                point.value, point.status, point.by, point.verified = value, "valid", True, None
            self._say(one, f"{key[1]} corrected to {value}")

    # ---- people and households that no file has ----------------------------------------------------------------------

    def add_person(self, one: Somebody) -> None:
        """Somebody who lives there too; the landlord's clerk may list them one day."""
        taken = {name for other in one.household.people for name in (other.name, other.called)}
        name = (self.chance.randrange(len(LAST)), self.chance.randrange(len(FIRST)))
        if name not in taken:
            self._added(one.household, name, HouseholdRow.objects.get(pk=one.household.pk))
            if one.lease and self.chance.random() < 0.5:
                self.landlord.list_by_hand(one.lease, name, dt.date(1966, 6, 6))

    def add_household(self, one: Somebody) -> None:
        if one.household.home is None:
            return
        name = (self.chance.randrange(len(LAST)), self.chance.randrange(len(FIRST)))
        facts = {"last_name": LAST[name[0]][0], "first_name": FIRST[name[1]][0]}
        dwelling = Dwelling.objects.get(code=one.household.home)
        row = operations.add_household(actor=self.actor, dwelling=dwelling, today=self.today, **facts)
        household = Household(one.household.home, pk=row.pk)
        self.oracle.households.append(household)
        self._remember(household, name, facts, Person.objects.get(household_id=household.pk), role="holder")
        if self.chance.random() < 0.5:
            self.landlord.sign_what_was_known(one.household.home, name)

    def _added(self, household: Household, name: tuple[int, int], row: HouseholdRow) -> None:
        facts = {"last_name": LAST[name[0]][0], "first_name": FIRST[name[1]][0]}
        person = operations.add_person(actor=self.actor, household=row, today=self.today, **facts)
        self._remember(household, name, facts, person, role="occupant")

    def _remember(
        self, household: Household, name: tuple[int, int], facts: dict[str, Any], row: Person, role: str
    ) -> None:
        empty = {"title": "", "birth_date": None, "role": role, "marital_status": "", "languages": []}
        known = {fact: {**empty, **facts}[fact] for fact in FACTS}
        one = Somebody(household, None, name, 1, known, name, pk=row.pk)
        household.people.append(one)
        self.oracle.people.append(one)
        self._say(one, "added")


_ACTS: list[Callable[[Hands, Somebody], None]] = [
    Hands.correct, Hands.correct, Hands.correct, Hands.leave, Hands.come_back, Hands.oppose, Hands.protect, Hands.die,
    Hands.mark, Hands.flag, Hands.flag, Hands.verify, Hands.add_point, Hands.correct_point, Hands.add_person,
    Hands.add_household, merge, merge, undo, keep_apart,
]  # fmt: skip


def _read(name: str, said: str) -> Any:
    if name == "birth_date":
        return dt.date.fromisoformat(said) if said else None
    return said
