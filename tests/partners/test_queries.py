"""Which services are offered to somebody who lives in a commune."""

import pytest
from tests.housing.factories import CommuneFactory
from tests.partners.factories import ServiceFactory

from bienveille.register.partners.queries import services_for_commune

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _communes():
    CommuneFactory(lyon_1=True)
    CommuneFactory()


def names(code, *thematiques):
    return [service.nom for service in services_for_commune(code, thematiques)]


@pytest.mark.parametrize(
    ("zone", "offered"),
    [
        (["69381"], True),
        (["69123"], True),
        (["200046977"], True),
        (["69"], True),
        (["france"], True),
        (["69266", "69381"], True),
        (["69266"], False),
        (["42"], False),
        (["244200770"], False),
    ],
)
def test_the_zone_holds_the_commune_or_what_is_around_it(zone, offered):
    ServiceFactory(nom="Repas", zone_eligibilite=zone, code_insee="69266")
    assert names("69381") == (["Repas"] if offered else [])


@pytest.mark.parametrize(("code_insee", "offered"), [("69381", True), ("69123", True), ("69266", False), ("", False)])
def test_without_zone_the_service_of_that_very_commune(code_insee, offered):
    ServiceFactory(nom="Repas", zone_eligibilite=[], code_insee=code_insee)
    assert names("69381") == (["Repas"] if offered else [])


def test_the_whole_city_is_not_offered_what_is_for_one_arrondissement():
    ServiceFactory(zone_eligibilite=["69381"], code_insee="69381")
    assert names("69123") == []


def test_a_commune_that_the_register_does_not_know():
    ServiceFactory(nom="Ici", zone_eligibilite=["01001"])
    ServiceFactory(nom="Partout", zone_eligibilite=["france"])
    ServiceFactory(nom="Ailleurs", zone_eligibilite=["69"])
    assert names("01001") == ["Ici", "Partout"]


def test_any_of_the_thematiques_the_nearest_first(django_assert_num_queries):
    far = {"zone_eligibilite": ["69"], "code_insee": "69123"}
    ServiceFactory(nom="A lointain", thematiques=["remobilisation--lien-social"], **far)
    ServiceFactory(nom="B proche", thematiques=["sante--acces-aux-soins"], zone_eligibilite=["69266"])
    ServiceFactory(nom="C autre", thematiques=["numerique--se-former"], zone_eligibilite=["69266"])
    with django_assert_num_queries(1):
        found = services_for_commune("69266", ["remobilisation--lien-social", "sante--acces-aux-soins"])
        assert [service.structure.nom for service in found]
    assert [service.nom for service in found] == ["B proche", "A lointain"]


def test_a_zone_elsewhere_counts_more_than_an_office_here():
    ServiceFactory(zone_eligibilite=["42"], code_insee="69381")
    assert names("69381") == []
