"""Search by name and the page of a household: what they find, hide, and cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.housing.factories import AgencyFactory, ResidenceFactory
from tests.tenants.factories import (
    TODAY,
    ContactPointFactory,
    HouseholdFactory,
    LeaseFactory,
    MarkFactory,
    RelativeFactory,
)

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants import queries
from bienveille.register.tenants.models import Household, Person

pytestmark = pytest.mark.django_db
EVERYWHERE = Scope(everything=True)


def names(text, **options):
    return [found.name for found in queries.find_people(text, TODAY, **{"scope": EVERYWHERE, **options})]


def sql_of(run):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        run()
    return [query["sql"] for query in captured.captured_queries]


class TestSearch:
    @pytest.fixture(autouse=True)
    def _people(self):
        self.residence = ResidenceFactory(agency=AgencyFactory(lyon=True), name="Résidence Joly")
        self.household = HouseholdFactory(residence=self.residence, age=82, last_name="Lefèvre", first_name="Éléonore")
        HouseholdFactory(last_name="D’Arc-Œillet", first_name="Jean-François", title="mr")

    @pytest.mark.parametrize("text", ["lefevre eleo", "élé lef", "LEFÈVRE", "Éléonore", "  lefevre  ", "lef-ele"])
    def test_found_without_accents_or_order(self, text):
        assert names(text) == ["Mme Éléonore Lefèvre"]

    @pytest.mark.parametrize("text", ["darc", "arc jean", "oeillet francois", "d’arc"])
    def test_apostrophes_hyphens_and_ligatures(self, text):
        assert names(text) == ([] if text == "darc" else ["M. Jean-François D’Arc-Œillet"])

    @pytest.mark.parametrize("text", ["", " ", "'", "&|!:*", "fevre", "lefevre jean"])
    def test_found_nobody(self, text):
        assert names(text) == []

    def test_a_line_says_where(self):
        (found,) = queries.find_people("lefevre", TODAY, scope=EVERYWHERE)
        assert (found.age, found.agency, found.residence, found.commune) == (
            82,
            "Agence de Lyon",
            "Résidence Joly",
            "Villeurbanne",
        )
        assert found.household_id == self.household.pk
        assert not found.gone

    def test_a_protected_address_hides_the_home_of_the_whole_household(self):
        HouseholdFactory(people=[{"last_name": "Cachée"}, {"last_name": "Autre", "protected": True}])
        (found,) = queries.find_people("cachee", TODAY, scope=EVERYWHERE)
        assert (found.agency, found.residence, found.commune, found.protected) == ("", "", "", True)
        (found,) = queries.find_people("cachee", TODAY, scope=EVERYWHERE, hide_protected=False)
        assert found.residence

    def test_scope(self):
        assert names("lef", scope=Scope()) == []
        assert names("lef", scope=Scope(agencies=frozenset({self.residence.agency_id}))) == ["Mme Éléonore Lefèvre"]
        assert names("arc", scope=Scope(agencies=frozenset({self.residence.agency_id}))) == []
        assert names("lef", scope=Scope(), residences=[self.residence.pk]) == ["Mme Éléonore Lefèvre"]

    def test_those_who_left_come_last(self):
        HouseholdFactory(closed=True, last_name="Abbé", first_name="Zoé")
        HouseholdFactory(last_name="Abbé", first_name="Zoé")
        found = queries.find_people("abbe", TODAY, scope=EVERYWHERE)
        assert [line.gone for line in found] == [False, True]

    def test_one_query_whatever_the_number(self, snapshot):
        one = sql_of(lambda: names("lef"))
        HouseholdFactory.create_batch(5, last_name="Lefort")
        assert sql_of(lambda: names("lef")) == one
        assert len(one) == 1
        assert one[0] == snapshot


def test_the_search_reads_the_index_of_words():
    """Among many people; a sequential scan would grow with the landlord."""
    household = HouseholdFactory()
    Person.objects.bulk_create(
        Person(household=household, last_name=f"Nom{n}", first_name=f"Prénom{n}") for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tenants_person")
        (search,) = sql_of(lambda: names("nom1234 pre"))
        cursor.execute(f"EXPLAIN {search}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "person_words" in plan


class TestHouseholdRecord:
    def loaded(self, household):
        return Household.objects.select_related("dwelling__building__residence").get(pk=household.pk)

    def test_people_numbers_relatives_and_marks(self):
        household = HouseholdFactory(
            people=[
                {"first_name": "Ami", "role": "occupant", "age": 40},
                {"first_name": "Élé", "role": "holder", "age": 82},
                {"first_name": "Paul", "gone": True},
            ]
        )
        holder = household.people.get(first_name="Élé")
        wrong = ContactPointFactory(person=holder, status="wrong")
        good = ContactPointFactory(person=holder)
        relative = RelativeFactory(person=holder)
        mark = MarkFactory(person=holder)
        MarkFactory(person=holder, expired=True, kind="widowed")
        old = LeaseFactory(household=household, entry=None)
        record = queries.household_record(self.loaded(household), TODAY)
        assert [one.person.first_name for one in record.residents] == ["Élé", "Ami"]
        assert [one.person.first_name for one in record.former] == ["Paul"]
        first = record.residents[0]
        assert (first.age, first.age_words) == (82, "82\u00a0ans")
        assert (first.contact_points, first.relatives, first.marks) == ([good, wrong], [relative], [mark])
        assert record.leases[-1] == old
        assert len(record.leases) == 2
        assert not record.alone
        assert not record.protected

    def test_protected_when_somebody_there_is(self):
        household = HouseholdFactory(people=[{}, {"protected": True}])
        assert queries.household_record(self.loaded(household), TODAY).protected
        assert queries.is_protected(household.pk, TODAY)
        household = HouseholdFactory(people=[{}, {"protected": True, "gone": True}])
        assert not queries.household_record(self.loaded(household), TODAY).protected
        assert not queries.is_protected(household.pk, TODAY)

    def test_five_queries_whatever_the_household(self, snapshot):
        small = self.loaded(HouseholdFactory(phone=True))
        large = self.loaded(HouseholdFactory(people=[{"phone": True, "email": True}] * 4))
        few = sql_of(lambda: queries.household_record(small, TODAY))
        many = sql_of(lambda: queries.household_record(large, TODAY))
        assert len(few) == len(many) == 5
        assert [sql.split(" WHERE ")[0] for sql in many] == snapshot
