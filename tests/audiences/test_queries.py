"""Rules against the database: the same verdict as a naive reading, counts, samples, scope, names."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.audiences.strategies import EVERY_QUESTION, designated, documents, large_register, registers, store
from tests.housing.factories import AgencyFactory, ResidenceFactory
from tests.tenants.factories import TODAY, HouseholdFactory

from bienveille.engines.audiences import queries
from bienveille.engines.audiences.rules import InvalidRule
from bienveille.register.accounts.rules import Scope

pytestmark = pytest.mark.django_db

EVERYBODY = {"all": []}


def ids(document, on=TODAY, **options):
    compiled = queries.compile_rule(queries.read_rule(document, queries.criteria()), on, **options)
    with connection.cursor() as cursor:
        cursor.execute(compiled.sql, compiled.params)
        rows = cursor.fetchall()
    assert len(rows) == len({row[0] for row in rows}), "a household came twice"
    return {row[0] for row in rows}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(register=registers, rules=st.lists(documents, min_size=1, max_size=4))
def test_sql_says_what_a_naive_reading_says(register, rules):
    with transaction.atomic():
        store(register)
        everybody = ids(EVERYBODY)
        assert everybody == designated(register, EVERYBODY)
        for rule in rules:
            found = ids(rule)
            assert found == designated(register, rule), rule
            others = ids({"not": rule})
            assert found | others == everybody
            assert not found & others
        transaction.set_rollback(True)


def test_every_criterion_says_what_a_naive_reading_says():
    register = large_register(300, seed=7)
    store(register)
    everybody = ids(EVERYBODY)
    assert everybody == designated(register, EVERYBODY)
    assert 100 < len(everybody) < 250
    for rule in EVERY_QUESTION:
        found, left_out = ids(rule), ids({"not": rule})
        assert found == designated(register, rule), rule
        assert left_out == everybody - found, rule
        assert found or "residence" in rule, rule


class TestNeverIn:
    """Whatever the rule, these households are out."""

    @pytest.mark.parametrize(
        "people",
        [
            [],
            [{"opposed": True}],
            [{"dead": True}],
            [{"gone": True}],
            [{}, {"protected": True}],
            [{}, {"protected": True, "opposed": True}],
        ],
        ids=["nobody", "opposed", "dead", "gone", "protected", "protected and opposed"],
    )
    def test_out(self, people):
        HouseholdFactory(people=people)
        assert ids(EVERYBODY) == set()
        assert ids({"not": {"lives_alone": True}}) == set()

    def test_closed(self):
        HouseholdFactory(closed=True)
        assert ids(EVERYBODY) == set()

    @pytest.mark.parametrize(
        "people",
        [
            [{"opposed": True}, {}],
            [{"dead": True, "protected": True}, {}],
            [{"gone": True, "protected": True}, {}],
        ],
        ids=["one of two opposed", "the dead one was protected", "the one who left was protected"],
    )
    def test_in(self, people):
        household = HouseholdFactory(people=people)
        assert ids(EVERYBODY) == {household.pk}


def test_somebody_who_leaves_later_is_still_there():
    household = HouseholdFactory(people=[{"left_on": date(2026, 12, 1)}])
    assert ids(EVERYBODY, on=date(2026, 11, 30)) == {household.pk}
    assert ids(EVERYBODY, on=date(2026, 12, 1)) == set()


def test_count_in_all_and_by_agency(django_assert_num_queries):
    lyon, steph = AgencyFactory(lyon=True), AgencyFactory(saint_etienne=True)
    HouseholdFactory.create_batch(2, agency=lyon, age=80)
    HouseholdFactory(agency=lyon, age=40)
    HouseholdFactory(agency=steph, age=80)
    rule = queries.check({"age": {"min": 75}})
    with django_assert_num_queries(1):
        count = queries.count(rule, TODAY)
    assert count.households == 3
    assert [(a.code, a.name, a.households) for a in count.by_agency] == [
        ("LYO", "Agence de Lyon", 2),
        ("STE", "Agence de Saint-Étienne", 1),
    ]
    assert queries.count(queries.check({"age": {"min": 99}}), TODAY).households == 0


def test_scope_keeps_the_agencies_that_somebody_covers():
    lyon, steph = AgencyFactory(lyon=True), AgencyFactory(saint_etienne=True)
    inside, outside = HouseholdFactory(agency=lyon), HouseholdFactory(agency=steph)
    assert ids(EVERYBODY, scope=Scope(agencies=frozenset({lyon.pk}))) == {inside.pk}
    assert ids(EVERYBODY, scope=Scope(companies=frozenset({lyon.company_id}))) == {inside.pk, outside.pk}
    assert ids(EVERYBODY, scope=Scope()) == set()
    assert ids({"not": {"agency": "LYO"}}, scope=Scope(agencies=frozenset({lyon.pk}))) == set()


def test_sample_gives_the_oldest_first(django_assert_num_queries):
    residence = ResidenceFactory(agency=AgencyFactory(lyon=True), name="Résidence Joly")
    HouseholdFactory(residence=residence, age=None, name="Âge inconnu")
    HouseholdFactory(residence=residence, age=76, name="Mme Benali")
    HouseholdFactory(
        residence=residence, name="Mme Morel", people=[{"age": 50}, {"age": 91}, {"age": 95, "opposed": True}]
    )
    rule = queries.check(EVERYBODY)
    with django_assert_num_queries(1):
        found = queries.sample(rule, TODAY, limit=2)
    assert [(one.name, one.people, one.oldest_birth.year) for one in found] == [
        ("Mme Morel", 3, 1935),
        ("Mme Benali", 1, 1950),
    ]
    assert (found[0].agency, found[0].residence) == ("Agence de Lyon", "Résidence Joly")
    assert [one.name for one in queries.sample(rule, TODAY, limit=9)][-1] == "Âge inconnu"


def test_columns_are_those_of_the_home_and_of_the_people():
    residence = ResidenceFactory()
    household = HouseholdFactory(residence=residence, people=[{"age": 80}, {"age": 90, "opposed": True}])
    names = ["dwelling_id", "residence_id", "agency_id", "oldest_birth", "people"]
    compiled = queries.compile_rule(queries.check({"age": {"min": 75}}), TODAY, columns=names)
    with connection.cursor() as cursor:
        cursor.execute(compiled.sql, compiled.params)
        assert [column.name for column in cursor.description] == ["household_id", *names]
        assert cursor.fetchall() == [
            (household.pk, household.dwelling_id, residence.pk, residence.agency_id, date(1946, 6, 15), 2)
        ]


class TestNames:
    def test_a_rule_is_described_with_the_names_of_the_register(self, django_assert_num_queries):
        AgencyFactory(lyon=True)
        with django_assert_num_queries(1):
            words = queries.describe({"any": [{"agency": "LYO"}, {"agency": "GONE"}]})
        assert words == "Ménages soit de l’agence de Lyon, soit de l’agence GONE"

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({"agency": "XXX"}, "L’agence «\u00a0XXX\u00a0» n’existe pas."),
            ({"not": {"residence": "9999"}}, "La résidence «\u00a09999\u00a0» n’existe pas."),
            ({"commune": "00000"}, "Aucune commune ne porte le code INSEE «\u00a000000\u00a0»."),
            ({"in_campaign": str(uuid4())}, "Aucune campagne"),
        ],
    )
    def test_an_unknown_code_is_refused(self, document, message):
        with pytest.raises(InvalidRule) as refusal:
            queries.check(document)
        assert message in str(refusal.value)
