"""Finding a residence: by the start of its words, within what one covers."""

import pytest
from tests.accounts.factories import AgencyFactory
from tests.housing.factories import BuildingFactory, DwellingFactory, ResidenceFactory

from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.queries import find_residences

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(everything=True)


def names(text, scope=EVERYTHING, **options):
    return [one.name for one in find_residences(text, scope=scope, **options)]


@pytest.fixture
def elms():
    return ResidenceFactory(agency=AgencyFactory(lyon=True), name="Résidence Les Ormes", code="ORM-1")


@pytest.mark.parametrize("text", ["ormes", "les orm", "ORMES residence", "orm 1"])
def test_by_the_start_of_its_words_or_its_code(elms, text):
    assert names(text) == ["Résidence Les Ormes"]


@pytest.mark.parametrize("text", ["", "  ", "!", "rmes", "ormes parc"])
def test_nothing_else(elms, text):
    assert names(text) == []


def test_within_ones_agencies_or_residences(elms):
    away = AgencyFactory(saint_etienne=True)
    assert names("ormes", Scope(agencies=frozenset([away.pk]))) == []
    assert names("ormes", Scope(agencies=frozenset([elms.agency_id]))) == ["Résidence Les Ormes"]
    assert names("ormes", Scope(companies=frozenset([elms.agency.company_id]))) == ["Résidence Les Ormes"]
    assert names("ormes", Scope()) == []
    assert names("ormes", Scope(), residences=frozenset([elms.pk])) == ["Résidence Les Ormes"]


@pytest.mark.parametrize("count", [2, 6])
def test_one_query_with_its_homes(elms, count, django_assert_num_queries):
    for rank in range(count):
        building = BuildingFactory(residence=elms if rank == 0 else ResidenceFactory(agency=elms.agency, name="Ormes"))
        DwellingFactory.create_batch(2, building=building)
    with django_assert_num_queries(1):
        found = find_residences("ormes", scope=EVERYTHING)
        assert {(one.name, one.homes) for one in found} == {("Résidence Les Ormes", 2), ("Ormes", 2)}
        assert found[0].agency.name
    assert len(find_residences("ormes", scope=EVERYTHING, limit=1)) == 1
