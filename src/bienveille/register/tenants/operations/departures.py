"""Those who left are erased some time after: their rows and all that hangs from them; dates of leases stay for figures.

What other packages keep of a household stands above this one: the setting ERASING names, for each, what holds an
erasure back and what lets a household go. It is asked about a batch at once, never about one household.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django.utils.timezone import localdate

from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Landlord, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.models import Household, Person
from bienveille.register.tenants.queries.departures import HAS_LEFT, IS_DEPARTED, SAME_PEOPLE, kept_months
from bienveille.register.tenants.rules import KEPT, months_ago

#: Households, or people, erased in one transaction.
BATCH = 500


class OutOfBounds(Refusal):
    message = "Cette durée n’est pas possible."

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Going:
    """Who is about to be erased: whole households, with their people; or people of households that stay."""

    households: list[UUID]
    people: list[UUID]
    today: date


@dataclass(frozen=True, slots=True)
class Erasing:
    """What one package does when people are erased. `held`: which households or people wait, and in which words."""

    words: str
    held: Callable[[Going], set[UUID]]
    let_go: Callable[[Going], None]


@dataclass(slots=True)
class Erased:
    """What one run did: households and people erased, and why others wait, in words, with how many."""

    households: int
    people: int
    waiting: Counter[str]


_DEPARTED = f"""
SELECT h.id FROM tenants_household h WHERE h.id > %(after)s AND {IS_DEPARTED} ORDER BY h.id LIMIT %(batch)s
"""
# Taken before anything is erased: an import that says meanwhile that a lease runs again is waited for, then believed.
_HELD_STILL = (
    "SELECT FROM tenants_household WHERE id = ANY (%(households)s) ORDER BY id FOR UPDATE",
    "SELECT FROM tenants_lease WHERE household_id = ANY (%(households)s) ORDER BY id FOR UPDATE",
)
_RUNS_AGAIN = """
SELECT DISTINCT household_id FROM tenants_lease
WHERE household_id = ANY (%(households)s) AND (exit IS NULL OR exit >= %(before)s)
"""
_LEFT = f"""
SELECT p.id, p.household_id FROM tenants_person p WHERE p.id > %(after)s AND {HAS_LEFT} ORDER BY p.id LIMIT %(batch)s
"""
# Leases of the same people in one home stay known as such: figures tell a renewal from a move by that. The first of
# them gives its key, which says nothing of anybody.
_KEEP_LIKENESS = f"""
WITH alike AS (
    SELECT x.household_id, o.id, o.same_people
    FROM tenants_lease x
    JOIN tenants_lease o ON o.dwelling_id = x.dwelling_id AND o.kind = 'housing' AND (o.id = x.id OR {SAME_PEOPLE})
    WHERE x.household_id = ANY (%(households)s) AND x.kind = 'housing'
      AND EXISTS (SELECT FROM tenants_person p WHERE p.household_id = x.household_id)),
first AS (
    SELECT household_id, coalesce(min(same_people::text), min(id::text))::uuid AS key FROM alike GROUP BY household_id)
UPDATE tenants_lease l SET same_people = said.key
FROM (SELECT a.id, min(f.key::text)::uuid AS key FROM alike a JOIN first f USING (household_id) GROUP BY a.id) said
WHERE l.id = said.id AND l.same_people IS NULL
"""
_EMPTY_LEASES = """
UPDATE tenants_lease l SET household_id = NULL, erased_on = %(today)s, number = tenants_erased_number(number),
       erp_people = 0, dwelling_code = coalesce((SELECT d.code FROM housing_dwelling d WHERE d.id = l.dwelling_id), '')
WHERE household_id = ANY (%(households)s)
"""
_NAME = """left(concat_ws(' ', CASE p.title WHEN 'mrs' THEN 'Mme' WHEN 'mr' THEN 'M.' END,
       NULLIF(p.first_name, ''), p.last_name), 250)"""
_NAMED_AFTER = f"""
SELECT DISTINCT h.id FROM tenants_household h JOIN tenants_person p ON p.household_id = h.id
WHERE p.id = ANY (%(people)s) AND h.name = {_NAME}
"""
_RENAME = f"""
UPDATE tenants_household h SET name = coalesce((
    SELECT {_NAME} FROM tenants_person p WHERE p.household_id = h.id
    ORDER BY p.left_on IS NULL AND NOT p.deceased DESC, p.merged_into_id IS NULL DESC,
             CASE p.role WHEN 'holder' THEN 0 WHEN 'co_holder' THEN 1 ELSE 2 END, p.id LIMIT 1), 'Ménage')
WHERE h.id = ANY (%(households)s)
"""


@job(queue="tenants")
def purge_departed() -> int:
    """Erase each night the people who left long enough ago, with all that is kept of them. How many people."""
    return erase_departed(today=localdate()).people


def erase_departed(*, today: date) -> Erased:
    """Erase households, then people of others, that left long enough ago, but for those that something holds back.

    Each batch is one transaction. The audit keeps numbers, never whose.
    """
    before = months_ago(today, kept_months()["departed"])
    done = Erased(0, 0, Counter())
    for rows in _batches(_DEPARTED, before):
        with transaction.atomic():
            homes = _still_gone([household for (household,) in rows], before)
            people = dict(Person.objects.filter(household__in=homes).values_list("pk", "household_id"))
            why = held_back(Going(homes, list(people), today))
            waits = {people.get(one, one): words for one, words in why.items()}
            done.waiting.update(words[0] for words in waits.values())
            going = Going(
                [one for one in homes if one not in waits],
                [one for one, home in people.items() if home not in waits],
                today,
            )
            erase_households(going)
            done.households += len(going.households)
            done.people += len(going.people)
    for rows in _batches(_LEFT, before):
        with transaction.atomic():
            why = held_back(Going([], [person for person, _ in rows], today))
            done.waiting.update(words[0] for words in why.values())
            free = {person: home for person, home in rows if person not in why}
            erase_people(Going([], list(free), today), households=set(free.values()))
            done.people += len(free)
    if done.people or done.households:
        record_audit(
            actor=None,
            action=AuditAction.PERSON_CHANGED,
            subject_type="tenants.Household",
            reason="Personnes parties, effacées à leur terme",
            detail={"change": "departed_erased", "households": done.households, "people": done.people},
        )
    return done


def _still_gone(households: list[UUID], before: date) -> list[UUID]:
    """Those of these households whose leases are all over, once nobody changes them any more (3 queries)."""
    named: dict[str, Any] = {"households": households, "before": before}
    with connection.cursor() as cursor:
        for statement in _HELD_STILL:
            cursor.execute(statement, named)
        cursor.execute(_RUNS_AGAIN, named)
        running = {household for (household,) in cursor.fetchall()}
    return [one for one in households if one not in running]


def erase_households(going: Going) -> None:
    """Erase whole households: what other packages keep of them first, then their rows; their leases become anonymous.

    The caller has asked what holds them back, in the same transaction.
    """
    if not going.households:
        return
    for part in parts():
        part.let_go(going)
    named: dict[str, Any] = {"households": going.households, "today": going.today}
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_LIKENESS, named)
        cursor.execute(_EMPTY_LEASES, named)
    Household.objects.filter(pk__in=going.households).delete()


def erase_people(going: Going, *, households: Collection[UUID]) -> None:
    """Erase people of households that stay; a household that bore their name bears that of who is left."""
    if not going.people:
        return
    for part in parts():
        part.let_go(going)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_LIKENESS, {"households": list(households)})
        cursor.execute(_NAMED_AFTER, {"people": going.people})
        named = [household for (household,) in cursor.fetchall()]
        Person.objects.filter(pk__in=going.people).delete()
        cursor.execute(_RENAME, {"households": named})


def parts() -> tuple[Erasing, ...]:
    """The setting ERASING: what each package above does when people are erased."""
    found: tuple[Erasing, ...] = import_string(settings.ERASING)
    return found


def held_back(going: Going) -> dict[UUID, list[str]]:
    """Why each household or person waits, in words; who is not there may be erased (a few queries a package)."""
    why: dict[UUID, list[str]] = {}
    for part in parts():
        for one in part.held(going):
            why.setdefault(one, []).append(part.words)
    return why


@transaction.atomic
def set_kept(*, actor: User, months: dict[str, int]) -> None:
    """Say how long what must end is kept, in months (keys: `rules.KEPT`). Refuses what is out of bounds."""
    for name, period in KEPT.items():
        if not period.least <= months[name] <= period.most:
            raise OutOfBounds(f"Choisissez entre {period.least} et {period.most} mois.", field=name)
    landlord = Landlord.objects.select_for_update().get()
    former = kept_months()
    if months == former:
        return
    landlord.settings = {**landlord.settings, "kept": months}
    landlord.save(update_fields=["settings"])
    detail = {"did": "kept_months", "before": former, "after": months}
    record_audit(actor=actor, action=AuditAction.ACCOUNT_CHANGED, subject=landlord, detail=detail)


def _batches(statement: str, before: date) -> Iterator[list[tuple[UUID, ...]]]:
    """The rows of a statement, so many at a time, each once: those that wait are passed by."""
    after = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"after": after, "before": before, "batch": BATCH})
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield rows
