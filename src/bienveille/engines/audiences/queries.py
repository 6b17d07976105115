"""Audiences as SQL: whom a rule designates, how many, where, and some of them. A rule is always one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from bienveille.engines.audiences.models import Audience
from bienveille.engines.audiences.rules import (
    All,
    AllNames,
    Any_,
    Criteria,
    InvalidRule,
    Leaf,
    Not,
    Rule,
    codes_of,
    read_rule,
    sentence,
)
from bienveille.ground.lib.criteria import NOT_OPPOSED, Condition, Criterion, Over
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.criteria import PRESENT
from bienveille.register.tenants.models import Household

EVERYWHERE = Scope(everything=True)

#: Columns that the query can give beside `household_id`: they cost almost nothing when asked here.
_COLUMNS = {
    "dwelling_id": "d.id",
    "residence_id": "r.id",
    "agency_id": "r.agency_id",
    "oldest_birth": "f.oldest_birth",
    "people": "f.people",
}
_HOME = """
JOIN housing_dwelling d ON d.id = h.dwelling_id
JOIN housing_building b ON b.id = d.building_id
JOIN housing_residence r ON r.id = b.residence_id"""


@dataclass(frozen=True)
class Compiled:
    """One SELECT to embed: `SELECT … FROM ({sql}) a JOIN …` with its parameters in order."""

    sql: str
    params: tuple[Any, ...]


@dataclass(frozen=True)
class AgencyCount:
    code: str
    name: str
    households: int


@dataclass(frozen=True)
class Count:
    """How many households, and where; agencies without any are left out."""

    households: int
    by_agency: list[AgencyCount]


@dataclass(frozen=True)
class Designated:
    """One household of an audience, as a list shows it; `oldest_birth` is of those who may be called."""

    household_id: UUID
    name: str
    agency: str
    residence: str
    oldest_birth: date | None
    people: int

    @property
    def display_name(self) -> str:
        return Household(name=self.name).display_name


@cache
def criteria() -> Criteria:
    """Every criterion that the packages declare, as assembled by the module that AUDIENCE_CRITERIA names."""
    return import_string(settings.AUDIENCE_CRITERIA)


@cache
def purposes() -> dict[str, str]:
    """What households may be chosen for, value and label, as assembled by the module that AUDIENCE_PURPOSES names."""
    return dict(import_string(settings.AUDIENCE_PURPOSES))


def check(document: object) -> Rule:
    """The rule of a document, refused in French when a word, value or code is unknown (1 query per kind of code)."""
    rule = read_rule(document, criteria())
    _names(rule, strict=True)
    return rule


def describe(document: object) -> str:
    """The rule as a French sentence without a full stop (1 query per kind of code)."""
    rule = read_rule(document, criteria())
    return sentence(rule, _names(rule))


def _names(rule: Rule, *, strict: bool = False) -> AllNames:
    names = {}
    for name, (criterion, codes) in codes_of(rule).items():
        assert criterion.known is not None
        names[name] = criterion.known(codes)
        missing = sorted(codes - set(names[name]))
        if strict and missing:
            raise InvalidRule(criterion.unknown.format(code=missing[0]))
    return names


class _Assembly:
    """Walks a rule once: collects flags over people, notes whether homes are needed, and writes the WHERE.

    `opposed_too` forgets oppositions, to count whom they leave out.
    """

    def __init__(self, on: date, *, opposed_too: bool = False) -> None:
        self.on = on
        self.kept = "TRUE" if opposed_too else NOT_OPPOSED
        self.flags: list[str] = []
        self.flag_params: list[Any] = []
        self.params: list[Any] = []
        self.home = False
        self._seen: dict[tuple[str, str], str] = {}

    def where(self, rule: Rule) -> str:
        match rule:
            case Leaf(criterion, value):
                return self._leaf(criterion.condition(value, self.on))
            case Not(part):
                return f"NOT {self.where(part)}"
            case All(parts):
                return self._joined(parts, " AND ", "TRUE")
            case Any_(parts):
                return self._joined(parts, " OR ", "FALSE")

    def _joined(self, parts: tuple[Rule, ...], word: str, nothing: str) -> str:
        if not parts:
            return nothing
        return "(" + word.join(self.where(part) for part in parts) + ")"

    def _leaf(self, condition: Condition) -> str:
        match condition.over:
            case Over.HOUSEHOLD:
                self.params += condition.params
                return f"({condition.sql.replace(NOT_OPPOSED, self.kept)})"
            case Over.HOME:
                self.home = True
                self.params += condition.params
                return f"(({condition.sql}) IS TRUE)"
            case Over.PERSON:
                return self._flag(condition, f"bool_or({self.kept} AND {condition.sql}) IS TRUE")
            case Over.PEOPLE:
                return self._flag(condition, condition.sql)

    def _flag(self, condition: Condition, sql: str) -> str:
        key = (sql, repr(condition.params))
        if key not in self._seen:
            self._seen[key] = f"f.flag{len(self._seen)}"
            self.flags.append(f"{sql} AS flag{len(self._seen) - 1}")
            self.flag_params += condition.params
        return self._seen[key]


def compile_rule(
    rule: Rule,
    on: date,
    *,
    scope: Scope = EVERYWHERE,
    columns: Iterable[str] = (),
) -> Compiled:
    """The query that designates the households of a rule on a day: `household_id`, then the columns asked for.

    Never in: a household that is closed, where nobody may be called, or where somebody present has a protected
    address. `scope` keeps the agencies that somebody covers. `columns`: dwelling_id, residence_id, agency_id,
    oldest_birth (of those who may be called), people (who live there).

    People are read once, in the order of the covering index `person_care`, and summed up by household; what is true
    of a home is read from one join; anything else is a semi-join.
    """
    columns = list(columns)
    assembly = _Assembly(on)
    where = [assembly.where(rule)]
    _within(scope, assembly, where)
    summary = list(assembly.flags)
    if "oldest_birth" in columns:
        summary.append("min(p.birth_date) FILTER (WHERE p.opposed_on IS NULL) AS oldest_birth")
    if "people" in columns:
        summary.append("count(*) AS people")
    home = assembly.home or bool({"dwelling_id", "residence_id", "agency_id"} & set(columns))
    selected = ", ".join(["h.id AS household_id", *(f"{_COLUMNS[name]} AS {name}" for name in columns)])
    people = ", ".join(["p.household_id", *summary])
    sql = f"""SELECT {selected}
FROM (
    SELECT {people}
    FROM tenants_person p
    WHERE {PRESENT}
    GROUP BY p.household_id
    HAVING bool_or(p.opposed_on IS NULL) AND NOT bool_or(p.protected_address)
) f
JOIN tenants_household h ON h.id = f.household_id{_HOME if home else ""}
WHERE h.closed_on IS NULL AND {" AND ".join(where)}"""
    return Compiled(sql, (*assembly.flag_params, on, *assembly.params))


def _within(scope: Scope, assembly: _Assembly, where: list[str]) -> None:
    if not scope.everything:
        assembly.home = True
        where.append(
            "r.agency_id IN (SELECT id FROM accounts_agency WHERE id = ANY(%s::uuid[]) OR company_id = ANY(%s::uuid[]))"
        )
        assembly.params += [list(scope.agencies), list(scope.companies)]


@dataclass(frozen=True)
class LeftOut:
    """Households that answer a rule but are never called, each counted once: dead, else protected, else opposed."""

    deceased: int = 0
    protected: int = 0
    opposed: int = 0

    @property
    def total(self) -> int:
        return self.deceased + self.protected + self.opposed


def left_out(rule: Rule, on: date, *, scope: Scope = EVERYWHERE) -> LeftOut:
    """How many households a rule would hold if nobody were dead, protected or opposed, by reason (1 query).

    A question that looks at other tables (a phone, a language, a mark) finds nothing for a household where everybody
    died: those are counted by age, home and composition only.
    """
    assembly = _Assembly(on, opposed_too=True)
    where = [assembly.where(rule)]
    _within(scope, assembly, where)
    flags = "".join(f", {flag}" for flag in assembly.flags)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT f.reason, count(*) FROM (
                    SELECT p.household_id{flags},
                           CASE WHEN bool_and(p.deceased) THEN 'deceased'
                                WHEN bool_or(p.protected_address) THEN 'protected' ELSE 'opposed' END AS reason
                    FROM tenants_person p
                    WHERE (p.left_on IS NULL OR p.left_on > %s) AND (NOT p.deceased OR NOT EXISTS (
                        SELECT 1 FROM tenants_person q
                        WHERE q.household_id = p.household_id AND {PRESENT.replace("p.", "q.")}))
                    GROUP BY p.household_id
                    HAVING bool_and(p.deceased) OR bool_or(p.protected_address) OR NOT bool_or({NOT_OPPOSED})
                ) f
                JOIN tenants_household h ON h.id = f.household_id{_HOME if assembly.home else ""}
                WHERE h.closed_on IS NULL AND {" AND ".join(where)}
                GROUP BY f.reason""",
            (*assembly.flag_params, on, on, *assembly.params),
        )
        return LeftOut(**dict(cursor.fetchall()))


def count(rule: Rule, on: date, *, scope: Scope = EVERYWHERE) -> Count:
    """Figures beside the rule being written: households, in all and by agency (1 query)."""
    compiled = compile_rule(rule, on, scope=scope, columns=["agency_id"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT g.code, g.name, n.households
                FROM (SELECT agency_id, count(*) AS households FROM ({compiled.sql}) a GROUP BY agency_id) n
                JOIN accounts_agency g ON g.id = n.agency_id
                ORDER BY g.name, g.code""",
            compiled.params,
        )
        by_agency = [AgencyCount(*row) for row in cursor.fetchall()]
    return Count(sum(agency.households for agency in by_agency), by_agency)


def sample(rule: Rule, on: date, *, limit: int, scope: Scope = EVERYWHERE) -> list[Designated]:
    """Some households of the rule, the oldest people first, for whoever writes it (1 query).

    The view that shows them writes the audit row (`household.listed`).
    """
    compiled = compile_rule(rule, on, scope=scope, columns=["residence_id", "oldest_birth", "people"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.household_id, h.name, g.name, r.name, a.oldest_birth, a.people
                FROM (SELECT * FROM ({compiled.sql}) s ORDER BY oldest_birth NULLS LAST, household_id LIMIT %s) a
                JOIN tenants_household h ON h.id = a.household_id
                JOIN housing_residence r ON r.id = a.residence_id
                JOIN accounts_agency g ON g.id = r.agency_id
                ORDER BY a.oldest_birth NULLS LAST, a.household_id""",
            (*compiled.params, limit),
        )
        return [Designated(*row) for row in cursor.fetchall()]


def saved_audiences() -> list[Audience]:
    """Saved audiences by name, with who made them (1 query)."""
    return list(Audience.objects.select_related("created_by").order_by("name"))


@dataclass(frozen=True)
class Listed:
    """A saved audience as its list shows it."""

    audience: Audience
    purpose: str
    sentence: str


def listed_audiences() -> list[Listed]:
    """Saved audiences by name, with who made them and their sentence (1 query, and 1 per kind of code they name).

    One that no longer means anything, because a criterion is gone, says so instead of breaking the list.
    """
    found = saved_audiences()
    rules: dict[UUID, Rule] = {}
    wanted: dict[str, tuple[Criterion, set[str]]] = {}
    for audience in found:
        try:
            rules[audience.pk] = read_rule(audience.rule, criteria())
        except InvalidRule:
            continue
        for name, (criterion, codes) in codes_of(rules[audience.pk]).items():
            wanted.setdefault(name, (criterion, set()))[1].update(codes)
    names = {name: one.known(codes) for name, (one, codes) in wanted.items() if one.known is not None}
    return [
        Listed(
            one, one.purpose, sentence(rules[one.pk], names) if one.pk in rules else "Cette règle n’est plus comprise"
        )
        for one in found
    ]
