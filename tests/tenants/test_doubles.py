"""People who may be inscribed twice: which pairs are suggested, to whom, and at which cost."""

from datetime import date

import pytest
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import NOW
from tests.tenants.factories import TODAY, ContactPointFactory, HouseholdFactory

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.operations import merge_people, say_apart, take_back_apart, undo_merge
from bienveille.register.tenants.queries import possible_doubles
from bienveille.register.tenants.rules import near_names, version_of

EVERYTHING = Scope(everything=True)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("lefevre eleonore", "lefevre eleonore", True),
        ("lefevre eleonore", "lefebvre eleonore", True),
        ("lefevre eleonore", "eleonore lefevre", True),
        ("lefevre", "lefevre eleonore", True),
        ("lefevre eleonore", "lefevre marcel", False),
        ("da silva maria", "da silva maria joao", True),
        ("", "lefevre", False),
    ],
)
def test_near_names(one, other, near):
    assert near_names(one, other) is near
    assert near_names(other, one) is near


def test_a_version_changes_with_what_it_covers():
    class Row:
        pk, value, whose = "k", "1", ""

    before = version_of(Row, ("value", "whose"))
    assert before == version_of(Row, ("value", "whose"))
    Row.whose = "1"
    Row.value = ""
    assert version_of(Row, ("value", "whose")) != before


def pairs(household=None, scope=EVERYTHING):
    found = possible_doubles(scope, TODAY, household_id=household.pk if household else None).pairs
    return [(double.first.last_name, double.second.last_name, double.why) for double in found]


@pytest.mark.django_db
class TestSuggested:
    @pytest.fixture
    def here(self):
        return AgencyFactory(lyon=True)

    @pytest.fixture
    def household(self, here):
        return HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")

    def both(self, household):
        """The list and the page of a household say the same."""
        assert pairs() == pairs(household)
        return pairs()

    def test_same_birth_date_and_near_names(self, here, household):
        HouseholdFactory(agency=here, age=82, first_name="Eleonore", last_name="Lefebvre")
        HouseholdFactory(agency=here, age=82, first_name="Marcel", last_name="Lefèvre")
        HouseholdFactory(agency=here, age=81, first_name="Éléonore", last_name="Lefèvre")
        assert self.both(household) == [("Lefèvre", "Lefebvre", "même date de naissance, noms proches")]

    def test_same_number_and_near_names(self, here, household):
        other = HouseholdFactory(agency=here, age=45, first_name="Eleonore", last_name="Lefèvre")
        daughter = HouseholdFactory(agency=here, age=50, first_name="Nadia", last_name="Benali")
        for home in (household, other, daughter):
            ContactPointFactory(person=home.people.get(), value="+33465710142")
        assert self.both(household) == [("Lefèvre", "Lefèvre", "même numéro, noms proches")]

    @pytest.mark.parametrize("change", [{"deceased": True}, {"left_on": date(2026, 1, 1)}, {"birth_date": None}])
    def test_not_those_who_left_or_died(self, here, household, change):
        other = HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")
        assert len(self.both(household)) == 1
        other.people.update(**change)
        assert self.both(household) == []

    def test_under_one_roof_the_birth_date_alone(self, household):
        """A family shares its numbers and its name; not its birth dates."""
        person = household.people.get()
        other = household.people.create(last_name="Lefevre", first_name="Eleonore", birth_date=person.birth_date)
        for one in (person, other):
            ContactPointFactory(person=one, value="+33465710142")
        assert [why for *_, why in self.both(household)] == ["même date de naissance, même numéro, noms proches"]
        household.people.filter(pk=other.pk).update(birth_date=date(1980, 1, 1))
        assert self.both(household) == []

    def test_not_those_merged(self, here, household):
        other = HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre").people.get()
        facts = {"actor": UserFactory(), "now": NOW, "today": date(2027, 1, 1)}
        merge = merge_people(kept=household.people.get(), gone=other, **facts)
        assert other.left_on is None, "closed later than the day of this list: the merge alone hides it"
        assert self.both(household) == []
        undo_merge(actor=UserFactory(), merge=merge, now=NOW)
        assert len(self.both(household)) == 1

    def test_within_one_s_agencies(self, here, household):
        HouseholdFactory(agency=AgencyFactory(saint_etienne=True), age=82, first_name="Éléonore", last_name="Lefèvre")
        assert len(pairs()) == 1
        assert pairs(scope=Scope(agencies=frozenset({here.pk}))) == []
        assert pairs(household, scope=Scope(agencies=frozenset({here.pk}))) == []

    def test_not_those_told_apart(self, here, household):
        other = HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")
        actor, first, second = UserFactory(), household.people.get(), other.people.get()
        for _ in range(2):
            say_apart(actor=actor, first=second, second=first, now=NOW)
        assert self.both(household) == []
        take_back_apart(actor=actor, first=first, second=second)
        assert len(self.both(household)) == 1

    def test_one_query_whatever_their_number(self, here, household, django_assert_num_queries):
        for _ in range(3):
            HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")
        with django_assert_num_queries(1):
            assert len(pairs()) == 6
        with django_assert_num_queries(1):
            assert len(pairs(household)) == 3

    def test_page_after_page_shows_each_pair_once(self, here, household, monkeypatch):
        """Whatever begins a page: a group of one birth date, or of one number, may be cut in two."""
        monkeypatch.setattr("bienveille.register.tenants.queries.doubles.PER_PAGE", 2)
        for _ in range(3):
            HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")
        for age in (41, 42, 43):
            home = HouseholdFactory(agency=here, age=age, first_name="Samira", last_name="Benali")
            ContactPointFactory(person=home.people.get(), value="+33465710142")
        after, met, pages = "", [], 0
        while True:
            page = possible_doubles(EVERYTHING, TODAY, after=after)
            met += [(double.first.pk, double.second.pk) for double in page.pairs]
            pages, after = pages + 1, page.after
            assert len(page.pairs) <= 2
            if not after:
                break
        assert len(met) == len(set(met)) == 6 + 3
        assert pages == 5

    @pytest.mark.parametrize("after", ["x", "naissance.1.2.3", "numero", "naissance" + ".x" * 3])
    def test_a_place_that_is_none_is_the_beginning(self, household, here, after):
        HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")
        assert len(possible_doubles(EVERYTHING, TODAY, after=after).pairs) == 1

    def test_a_household_is_looked_up_by_the_indexes(self, household):
        """Its page opens as fast among a million people: nobody is read one after the other."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            pairs(household)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off")
            cursor.execute("SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute("EXPLAIN " + captured[0]["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "person_birth" in plan
        assert "Seq Scan on tenants_person" not in plan
