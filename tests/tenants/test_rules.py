"""Ages, presence, who may be called, how long a mark holds. No database."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.register.tenants import rules
from bienveille.register.tenants.choices import MarkKind

TODAY = date(2026, 11, 21)
days = st.dates(date(1904, 1, 1), date(2100, 12, 31))


@dataclass
class Someone:
    title: str = ""
    left_on: date | None = None
    deceased: bool = False
    opposed_on: date | None = None
    protected_address: bool = False


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(1944, 11, 21), TODAY, 82),
        (date(1944, 11, 22), TODAY, 81),
        (date(2026, 11, 21), TODAY, 0),
        (date(2026, 11, 22), TODAY, None),
        (None, TODAY, None),
        (date(1948, 2, 29), date(2026, 2, 28), 77),
        (date(1948, 2, 29), date(2026, 3, 1), 78),
        (date(1948, 2, 29), date(2028, 2, 29), 80),
    ],
)
def test_age_in_full_years(birth, on, age):
    assert rules.age_on(birth, on) == age


@given(birth=days, on=days, age=st.integers(0, 130))
def test_latest_birth_agrees_with_age(birth, on, age):
    if birth <= on:
        assert (birth <= rules.latest_birth(age, on)) == (rules.age_on(birth, on) >= age)


@pytest.mark.parametrize(("age", "words"), [(82, "82\u00a0ans"), (1, "1\u00a0an"), (0, "moins d’un an"), (None, "")])
def test_age_in_french(age, words):
    assert rules.age_words(age) == words


@pytest.mark.parametrize(
    ("person", "present", "eligible"),
    [
        (Someone(), True, True),
        (Someone(left_on=TODAY), False, False),
        (Someone(left_on=TODAY + timedelta(1)), True, True),
        (Someone(deceased=True), False, False),
        (Someone(opposed_on=TODAY), True, False),
        (Someone(protected_address=True), True, True),
    ],
)
def test_who_is_there_and_may_be_called(person, present, eligible):
    assert rules.is_present(person, TODAY) is present
    assert rules.is_eligible(person, TODAY) is eligible


@pytest.mark.parametrize(
    ("people", "called", "alone"),
    [
        ([], False, False),
        ([Someone()], True, True),
        ([Someone(), Someone(opposed_on=TODAY)], True, False),
        ([Someone(opposed_on=TODAY)], False, True),
        ([Someone(), Someone(deceased=True)], True, True),
        ([Someone(), Someone(protected_address=True)], False, False),
        ([Someone(), Someone(protected_address=True, left_on=TODAY)], True, True),
    ],
)
def test_households(people, called, alone):
    assert rules.may_be_called(people, TODAY) is called
    assert rules.lives_alone(people, TODAY) is alone


def test_alone_is_said_with_the_gender_of_the_title():
    assert rules.alone_words(Someone(title="mrs")) == "vit seule"
    assert rules.alone_words(Someone(title="mr")) == "vit seul"


@pytest.mark.parametrize("kind", MarkKind.values)
def test_every_mark_ends_within_two_years(kind):
    assert timedelta(days=180) < rules.mark_expiry(kind, TODAY) - TODAY <= timedelta(days=rules.LONGEST_MARK_DAYS)


class TestWhoReadsMarks:
    """Roles × kinds, as data: nobody writes what they may not read, and what is sensitive goes to few."""

    EVERYBODY = {"administrator", "director", "agency_manager", "social_worker"}

    @pytest.mark.parametrize("kind", MarkKind.values)
    def test_each_kind_has_readers_among_whom_its_writers(self, kind):
        assert set(rules.MARK_WRITERS[kind]) <= set(rules.MARK_READERS[kind])
        assert rules.MARK_WRITERS[kind]
        assert rules.readers_words(kind)
        assert rules.lasting_words(kind) in ("six mois", "un an", "deux ans")

    @pytest.mark.parametrize("kind", sorted(set(MarkKind.values) - rules.SENSITIVE_MARKS))
    def test_plain_kinds_are_read_by_who_follows_and_who_calls(self, kind):
        assert self.EVERYBODY | {"caller"} <= set(rules.MARK_READERS[kind])

    def test_a_disability_is_read_by_few_and_written_by_fewer(self):
        kind = MarkKind.DISABILITY_DECLARED
        assert set(rules.MARK_READERS[kind]) == {"director", "agency_manager", "social_worker"}
        assert set(rules.MARK_WRITERS[kind]) == {"director", "social_worker"}

    @pytest.mark.parametrize(
        ("roles", "count"), [((), 0), (("communication", "partner", "tenant"), 0), (("building_manager",), 4),
                             (("caller",), 8), (("caller", "social_worker"), 9)],
    )  # fmt: skip
    def test_kinds_by_roles(self, roles, count):
        assert len(rules.readable_marks(roles)) == count
        assert rules.writable_marks(roles) <= rules.readable_marks(roles)
