"""Small random registers and rules, and a naive reading of rules in Python that knows nothing of SQL."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from tests.housing.factories import AgencyFactory, CommuneFactory
from tests.tenants.factories import TODAY

from bienveille.ground.lib.ids import uuid7
from bienveille.register.housing.models import Building, Dwelling, Residence
from bienveille.register.tenants.models import ContactPoint, Household, Mark, Person

AGENCIES = ("LYO", "STE")
#: Arrondissements with their commune; None: a residence whose commune is not known.
COMMUNES = {"69123": None, "69381": "69123", "42218": None}


@dataclass
class Someone:
    birth: date | None
    languages: list[str]
    left_on: date | None
    deceased: bool
    opposed: bool
    protected: bool
    points: list[tuple[str, str]]
    marks: list[tuple[str, date]]


@dataclass
class Home:
    agency: str
    commune: str | None
    qpv: bool | None
    floor: int | None
    lift: bool | None
    closed: bool
    people: list[Someone]
    id: UUID = field(default_factory=uuid7)
    number: int = 0


def _around(day: date) -> st.SearchStrategy[date]:
    return st.integers(-1, 1).map(lambda days: day + timedelta(days=days))


# Ages sit on birthdays, the day before and the day after: that is where mistakes live.
births = st.none() | st.sampled_from([0, 17, 69, 70, 75, 90]).flatmap(
    lambda age: _around(date(TODAY.year - age, TODAY.month, TODAY.day))
)
someone = st.builds(
    Someone,
    birth=births,
    languages=st.lists(st.sampled_from(["fr", "ar", "tr"]), unique=True, max_size=2),
    left_on=st.none() | _around(TODAY),
    deceased=st.sampled_from([False, False, False, True]),
    opposed=st.sampled_from([False, False, True]),
    protected=st.sampled_from([False, False, False, True]),
    points=st.lists(
        st.tuples(st.sampled_from(["phone", "email"]), st.sampled_from(["valid", "unverified", "wrong", "stop"])),
        max_size=2,
    ),
    marks=st.lists(
        st.tuples(st.sampled_from(["carer", "disability_declared"]), _around(TODAY)),
        max_size=2,
        unique_by=lambda m: m[0],
    ),
)
homes = st.builds(
    Home,
    agency=st.sampled_from(AGENCIES),
    commune=st.sampled_from([*COMMUNES, None]),
    qpv=st.sampled_from([True, False, None]),
    floor=st.sampled_from([None, 0, 3, 4]),
    lift=st.sampled_from([True, False, None]),
    closed=st.sampled_from([False, False, False, True]),
    people=st.lists(someone, max_size=3),
    id=st.builds(uuid7),
)
registers = st.lists(homes, min_size=1, max_size=6)

documents = st.recursive(
    st.deferred(lambda: st.sampled_from(EVERY_QUESTION)),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=6,
)


#: One document per way of asking each criterion.
EVERY_QUESTION = [
    *({"age": ages} for ages in ({"min": 70}, {"max": 17}, {"min": 70, "max": 74}, {"min": 75}, {"max": 69})),
    *({name: value} for name in ("lives_alone", "qpv", "disability_declared") for value in (True, False)),
    *({"agency": codes} for codes in ("LYO", ["STE", "LYO"])),
    *({"residence": codes} for codes in (["R1", "R2"], [f"R{n}" for n in range(9)])),
    *({"commune": codes} for codes in ("69123", "69381", ["42218", "69381"])),
    *({"language": codes} for codes in ("ar", ["tr", "fr"])),
    *({"reachable_by": kinds} for kinds in ("phone", "email", ["phone", "email"])),
    *({"mark": kinds} for kinds in ("carer", ["carer", "disability_declared"])),
    *({"floor_without_lift": {"min": floor}} for floor in (3, 4)),
]


def large_register(size: int, seed: int) -> list[Home]:
    """As many homes as wanted, always the same ones for a seed: every pair of circumstances is met."""
    dice = random.Random(seed)
    days = [TODAY + timedelta(days=shift) for shift in (-1, 0, 1)]
    birthdays = [
        date(TODAY.year - age, TODAY.month, TODAY.day) + timedelta(days=shift)
        for age in (17, 18, 69, 70, 74, 75, 76)
        for shift in (-1, 0, 1)
    ]

    def one() -> Someone:
        return Someone(
            birth=dice.choice([None, *birthdays]),
            languages=dice.choice([[], ["fr"], ["ar", "fr"], ["tr"]]),
            left_on=dice.choice([None] * 9 + days),
            deceased=dice.random() < 0.1,
            opposed=dice.random() < 0.2,
            protected=dice.random() < 0.06,
            points=[
                (dice.choice(["phone", "email"]), dice.choice(["valid", "unverified", "wrong", "stop"]))
                for _ in range(dice.choice([0, 1, 1, 2]))
            ],
            marks=[(dice.choice(["carer", "disability_declared"]), dice.choice(days))] if dice.random() < 0.3 else [],
        )

    return [
        Home(
            agency=dice.choice(AGENCIES),
            commune=dice.choice([*COMMUNES, None]),
            qpv=dice.choice([True, False, None]),
            floor=dice.choice([None, 0, 3, 4]),
            lift=dice.choice([True, False, None]),
            closed=dice.random() < 0.1,
            people=[one() for _ in range(dice.choice([0, 1, 1, 1, 2, 2, 3]))],
        )
        for _ in range(size)
    ]


def store(register: list[Home]) -> None:
    """Writes a register: one residence and one dwelling per home."""
    agencies = {code: AgencyFactory(code=code) for code in AGENCIES}
    for code, parent in COMMUNES.items():
        CommuneFactory(code=code, name=code, department=code[:2], parent_id=parent)
    residences, buildings, dwellings, households, people, points, marks = [], [], [], [], [], [], []
    for number, home in enumerate(register):
        home.number = number
        residences.append(
            Residence(
                agency=agencies[home.agency], code=f"R{number}", name="R", commune_id=home.commune, in_qpv=home.qpv
            )
        )
        buildings.append(Building(residence=residences[-1]))
        dwellings.append(Dwelling(building=buildings[-1], code=f"L{number}", floor=home.floor, lift=home.lift))
        households.append(
            Household(id=home.id, dwelling=dwellings[-1], name="M", closed_on=TODAY if home.closed else None)
        )
        for one in home.people:
            people.append(
                Person(
                    household=households[-1],
                    last_name="X",
                    birth_date=one.birth,
                    languages=one.languages,
                    left_on=one.left_on,
                    deceased=one.deceased,
                    opposed_on=TODAY if one.opposed else None,
                    protected_address=one.protected,
                )
            )
            points += [
                ContactPoint(
                    person=people[-1],
                    kind=kind,
                    value=f"+3363998000{rank}" if kind == "phone" else f"x{rank}@courriel.example",
                    status=status,
                )
                for rank, (kind, status) in enumerate(one.points)
            ]
            marks += [
                Mark(person=people[-1], kind=kind, source="call", noted_on=date(2026, 1, 1), expires_on=expires)
                for kind, expires in one.marks
            ]
    for model, rows in (
        (Residence, residences),
        (Building, buildings),
        (Dwelling, dwellings),
        (Household, households),
        (Person, people),
        (ContactPoint, points),
        (Mark, marks),
    ):
        model.objects.bulk_create(rows)


def designated(register: list[Home], document: dict[str, Any]) -> set[UUID]:
    """Whom the rule designates on TODAY, read straight from the objects."""
    return {home.id for home in register if _in_population(home) and _holds(home, document)}


def _present(home: Home) -> list[Someone]:
    return [one for one in home.people if not one.deceased and (one.left_on is None or one.left_on > TODAY)]


def _eligible(home: Home) -> list[Someone]:
    return [one for one in _present(home) if not one.opposed]


def _in_population(home: Home) -> bool:
    return not home.closed and bool(_eligible(home)) and not any(one.protected for one in _present(home))


def _age(one: Someone) -> int | None:
    if one.birth is None:
        return None
    had_birthday = (TODAY.month, TODAY.day) >= (one.birth.month, one.birth.day)
    return TODAY.year - one.birth.year - (0 if had_birthday else 1)


def _holds(home: Home, document: dict[str, Any]) -> bool:
    ((name, value),) = document.items()
    several = value if isinstance(value, list) else [value]
    people = _eligible(home)
    match name:
        case "all":
            return all(_holds(home, part) for part in value)
        case "any":
            return any(_holds(home, part) for part in value)
        case "not":
            return not _holds(home, value)
        case "age":
            ages = [age for one in people if (age := _age(one)) is not None]
            return any(value.get("min", -99) <= age <= value.get("max", 999) for age in ages)
        case "lives_alone":
            return (len(_present(home)) == 1) == value
        case "agency":
            return home.agency in several
        case "residence":
            return f"R{home.number}" in several
        case "commune":
            return home.commune is not None and (home.commune in several or COMMUNES[home.commune] in several)
        case "qpv":
            return home.qpv is value
        case "language":
            return any(set(one.languages) & set(several) for one in people)
        case "reachable_by":
            return any(
                kind in several and status in ("valid", "unverified") for one in people for kind, status in one.points
            )
        case "mark":
            return any(kind in several and expires > TODAY for one in people for kind, expires in one.marks)
        case "disability_declared":
            return _holds(home, {"mark": "disability_declared"}) == value
        case "floor_without_lift":
            return home.floor is not None and home.floor >= value["min"] and home.lift is False
    raise AssertionError(name)
