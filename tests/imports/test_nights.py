"""Two hundred nightly imports, with changes in the landlord's software and people's corrections in between.

After each night the register is compared, row by row, with what `night_oracle` worked out; triggers tell which rows
were touched. A failure prints the night and all that changed that day; the seed makes it happen again.
"""

from random import Random
from typing import Any

import pytest
from benchmarks.touches import REGISTER, Touches, counting
from django.db import connection, transaction
from tests.accounts.factories import UserFactory
from tests.imports.factories import TODAY
from tests.imports.night_hands import Hands
from tests.imports.night_landlord import DAY, Landlord
from tests.imports.night_oracle import Night, Oracle, Somebody

from bienveille.register.imports.operations import call, import_files
from bienveille.register.tenants.models import ContactPoint, Household, Lease, Mark, Person

pytestmark = pytest.mark.django_db

NIGHTS = 200
SEED = 4
KEPT = ("deceased", "deceased_on", "opposed_on", "protected_address", "best_time")
FACTS = ("title", "last_name", "first_name", "birth_date", "role", "marital_status", "languages")


class Nights:
    """One landlord, its register and what it must say."""

    def __init__(self, folder: Any, seed: int) -> None:
        chance = Random(seed)
        self.folder, self.today = folder, TODAY
        self.landlord, self.oracle = Landlord(chance, TODAY), Oracle()
        self.hands = Hands(chance, UserFactory(roles=["director"]), self.oracle, self.landlord)
        self.lines = self.landlord.lines()
        self.held = 0

    def import_tonight(self) -> dict[str, Any]:
        paths = [self.landlord.write(self.folder, self.lines)]
        if self.landlord.new_homes:
            paths.insert(0, self.landlord.write_homes(self.folder))
        report = import_files(paths=paths, today=self.today, org="Habitat des Trois Rivières")
        assert report.figures["after"] == call._counts(self.today), "what was added up is not what there is"
        self.landlord.new_homes = False
        return report.as_dict()["files"][-1]

    def a_day_passes(self) -> None:
        self.today += DAY
        self.landlord.work(self.today)
        self.hands.work(self.today)
        self.lines = self.landlord.lines()

    # ---- what must hold ----------------------------------------------------------------------------------------------

    def check_report(self, file: dict[str, Any], night: Night) -> None:
        assert [(reject["row"], reject["reason"]) for reject in file["rejects"]] == night.rejects
        assert file["records"] == len(self.lines) == file["accepted"] + file["rejected"]
        assert file["rejected"] == len(night.rejects)
        self.held += night.held
        counts = {name: file.get(name, 0) for name in ("created", "updated", "closed", "unchanged", "absent", "held")}
        assert counts == {name: getattr(night, name) for name in counts}

    def check_register(self) -> None:
        self._meet()
        assert _leases() == {
            lease.number: (lease.kind, lease.home, lease.entry, lease.exit, lease.household and lease.household.pk)
            for lease in self.oracle.leases.values()
        }
        assert _households() == {one.pk: (one.home, one.closed_on) for one in self.oracle.households}
        expected = {
            one.pk: (
                one.household.pk,
                {name: one.facts[name] for name in FACTS},
                one.left_on,
                one.file_said,
                {name: one.kept[name] for name in KEPT} | {"merged_into": one.merged_into and one.merged_into.pk},
                sorted((*key, point.status, point.source) for key, point in one.points.items()),
                sorted(one.marks.items()),
            )
            for one in self.oracle.people
        }
        found = _people()
        for pk, facts in expected.items():
            assert found.get(pk) == facts
        assert found.keys() == expected.keys()
        running = {
            lease.household.pk for lease in self.oracle.leases.values() if lease.runs(self.today) and lease.household
        }
        by_hand = {one.pk for one in self.oracle.households} - {
            lease.household.pk for lease in self.oracle.leases.values() if lease.household
        }
        open_ = set(Household.objects.filter(closed_on=None).values_list("pk", flat=True))
        assert open_ == running | by_hand, "a household is open as long as its lease runs"
        self._check_names()

    def _check_names(self) -> None:
        """A household that nobody here touched bears the name of somebody who lives there."""
        names = dict(Household.objects.values_list("pk", "name"))
        for household in self.oracle.households:
            here = [one for one in household.people if one.left_on is None]
            if (
                household.closed_on is None
                and here
                and not any(id(one) in self.hands.touched for one in household.people)
            ):
                called = {f"{one.facts['first_name']} {one.facts['last_name']}" for one in here}
                assert names[household.pk].removeprefix("Mme ").removeprefix("M. ") in called

    def _meet(self) -> None:
        """New rows of the register get their place in the oracle: households by their lease, people by their facts."""
        leases = dict(Lease.objects.values_list("number", "household_id"))
        for lease in self.oracle.leases.values():
            if lease.household and lease.household.pk is None:
                lease.household.pk = leases.get(lease.number)
        met = {one.pk for one in self.oracle.people}
        strangers = {
            (household, last, first, birth): pk
            for pk, household, last, first, birth in Person.objects.values_list(
                "pk", "household_id", "last_name", "first_name", "birth_date"
            )
            if pk not in met
        }
        for one in self.oracle.people:
            if one.pk is None:
                facts = one.facts
                who = (one.household.pk, facts["last_name"], facts["first_name"], facts["birth_date"])
                assert who in strangers, f"{who} is not in the register"
                one.pk = strangers.pop(who)
        assert not strangers, "people whom no file names and nobody added"


def _leases() -> dict[str, Any]:
    facts = ("number", "kind", "dwelling_code", "entry", "exit", "household_id")
    return {number: tuple(rest) for number, *rest in Lease.objects.values_list(*facts)}


def _households() -> dict[Any, Any]:
    return {
        pk: (code, closed) for pk, code, closed in Household.objects.values_list("pk", "dwelling__code", "closed_on")
    }


def _people() -> dict[Any, Any]:
    points: dict[Any, list[Any]] = {}
    for person, *facts in ContactPoint.objects.values_list("person_id", "kind", "value", "status", "source"):
        points.setdefault(person, []).append(tuple(facts))
    marks: dict[Any, list[Any]] = {}
    for person, kind, end in Mark.objects.values_list("person_id", "kind", "expires_on"):
        marks.setdefault(person, []).append((kind, end))
    return {
        row["pk"]: (
            row["household_id"],
            {name: row[name] for name in FACTS},
            row["left_on"],
            row["file_said"],
            {name: row[name] for name in (*KEPT, "merged_into")},
            sorted(points.get(row["pk"], [])),
            sorted(marks.get(row["pk"], [])),
        )
        for row in Person.objects.values("pk", "household_id", *FACTS, "left_on", "file_said", "merged_into", *KEPT)
    }


def contents() -> dict[tuple[str, str], str]:
    """Every row of the register as PostgreSQL writes it, by table and key."""
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{table}', t.id::text, t::text FROM {table} t" for table in REGISTER)
        )
        return {(table, key): text for table, key, text in cursor.fetchall()}


@pytest.fixture(scope="module")
def lived(tmp_path_factory, django_db_setup, django_db_blocker):
    """Two hundred nights, checked one by one; what is left of them is undone with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        nights = Nights(tmp_path_factory.mktemp("nights"), SEED)
        with counting() as touches:
            for night in range(NIGHTS):
                _live(nights, night, touches)
            yield nights
        transaction.set_rollback(True)


def _live(nights: Nights, night: int, touches: Touches) -> None:
    if night:
        nights.a_day_passes()
    before = contents()
    touches.look()
    told = nights.oracle.night(nights.lines, nights.today)
    try:
        nights.check_report(nights.import_tonight(), told)
        nights.check_register()
        touched, after = touches.look(), contents()
        assert not [place for place, done in touched if done == "delete"]
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert changed == {(place, key) for (place, _), keys in touched.items() for key in keys}, "touched for nothing"
        if night % 5 == 0:
            again = nights.import_tonight()
            assert (again["created"], again["updated"], again["closed"]) == (0, 0, 0)
            assert touches.look() == {}, "the same file twice"
    except AssertionError as error:
        day = "\n".join([*nights.landlord.did, *nights.hands.did])
        raise AssertionError(f"seed {SEED}, night {night}, {nights.today}\n{day}\n{error}") from error


def test_two_hundred_nights(lived):
    """They were checked while they were lived; something of everything must have happened."""
    people = lived.oracle.people
    assert len(people) > 200
    assert (
        {one.kept["deceased"] for one in people} == {one.kept["protected_address"] for one in people} == {True, False}
    )
    statuses = {(point.status, point.source) for one in people for point in one.points.values()}
    assert statuses >= {(status, "erp") for status in ("valid", "unverified", "wrong", "stop")} | {("valid", "staff")}
    assert any(one.file_said for one in people)
    assert any(one.lease is None for one in people)
    assert max(one.rank for one in people) > 1
    assert any(lease.kind == "parking" and lease.household for lease in lived.oracle.leases.values())
    assert any(one.closed_on for one in lived.oracle.households)
    assert lived.held > 0
    merges = lived.oracle.merges
    assert {joined.undone for joined in merges} == {True, False}
    assert lived.oracle.apart


def test_reading_everything_again_changes_nobody_but_who_had_left(lived):
    """What was skipped night after night, read at last: only somebody said to have left, whom the file lists, is back."""
    with transaction.atomic():
        before = _people()
        Lease.objects.update(erp_signature=None)
        Person.objects.update(erp_fingerprint=None)
        file = lived.import_tonight()
        after = _people()
        back = {pk for pk in before if _by_file(before[pk]) != _by_file(after[pk])}
        said_gone = {one.pk for one in lived.oracle.people if one.left_on and (one.said or _elsewhere(lived, one))}
        assert {pk: (before[pk], after[pk]) for pk in back - said_gone} == {}
        assert (file["created"], file["closed"]) == (0, 0)
        assert before.keys() == after.keys()
        transaction.set_rollback(True)


def test_the_last_file_alone_gives_the_same_people(lived):
    """Who lives where does not depend on the nights before, but for what people said meanwhile."""
    refused = {line.lease for line in lived.lines if line.fault}
    wanted = {line.lease for line in lived.lines} - refused
    said_gone = {one.pk for one in lived.oracle.people if one.left_on and (one.said or one.kept["deceased"])}
    with transaction.atomic():
        # who lives where another row says is listed under the key of that row, which is merged into theirs
        others = {one.pk for one in lived.oracle.people if lived.oracle.stands(one, lived.today)}
        leases, people = _leases(), _listed(Person.objects.filter(left_on=None).exclude(pk__in=others), wanted)
        back = _listed(Person.objects.filter(pk__in=said_gone), wanted)
        Lease.objects.all().delete()
        Person.objects.all().delete()
        lived.import_tonight()
        alone, fresh = _leases(), _listed(Person.objects.filter(left_on=None), wanted)
        transaction.set_rollback(True)
    assert {number: leases[number][:4] for number in wanted} == {number: alone[number][:4] for number in wanted}
    assert people - fresh == set()
    assert fresh - people <= back


def _elsewhere(lived: Nights, one: Somebody) -> bool:
    """Whether the file lists them by a row that was merged into theirs."""
    return bool(lived.oracle.rows_for(one, lived.today))


def _by_file(facts: tuple[Any, ...]) -> list[Any]:
    """Without the preferred hour, of which no file says anything."""
    return [{**fact, "best_time": None} if isinstance(fact, dict) else fact for fact in facts]


def _listed(people: Any, leases: set[str]) -> set[str]:
    """The keys of those whom the file lists in these leases; homonyms share one."""
    keys = {key.split("#")[0] for key in people.exclude(erp_key=None).values_list("erp_key", flat=True)}
    return {key for key in keys if key.split("|")[0] in leases}
