"""Which services are offered to somebody who lives in a commune, and who stands in the directory."""

from datetime import date, timedelta

import pytest
from tests.housing.factories import CommuneFactory, ResidenceFactory
from tests.partners.factories import ServiceFactory, StructureFactory

from bienveille.register.partners.queries import (
    area_of_code,
    best_services,
    communes_served,
    directory,
    find_communes,
    places_in_words,
    services_by_structure,
    services_offered,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
COMPANY = {"thematiques": ["remobilisation--lien-social"], "type": "accompagnement"}


@pytest.fixture(autouse=True)
def _communes():
    CommuneFactory(lyon_1=True)
    CommuneFactory()


def meals(code, **options):
    answers = best_services(area_of_code(code), on=TODAY, needs=["meals"], **options)["meals"]
    return [offer.service.nom for offer in answers.best]


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
    assert meals("69381") == (["Repas"] if offered else [])


@pytest.mark.parametrize(("code_insee", "offered"), [("69381", True), ("69123", True), ("69266", False), ("", False)])
def test_without_zone_the_service_of_that_very_commune(code_insee, offered):
    ServiceFactory(nom="Repas", zone_eligibilite=[], code_insee=code_insee)
    assert meals("69381") == (["Repas"] if offered else [])


def test_the_whole_city_is_not_offered_what_is_for_one_arrondissement():
    ServiceFactory(zone_eligibilite=["69381"], code_insee="69381")
    assert meals("69123") == []


def test_a_commune_that_the_register_does_not_know():
    ServiceFactory(nom="Ici", zone_eligibilite=["01001"])
    ServiceFactory(nom="Partout", zone_eligibilite=["france"])
    ServiceFactory(nom="Ailleurs", zone_eligibilite=["69"])
    assert meals("01001") == ["Ici", "Partout"]


def test_the_nearest_coverage_first_then_the_freshest():
    old, new = date(2026, 1, 1), date(2026, 11, 1)
    for name, zone, day in [
        ("France", ["france"], new), ("Rhône", ["69"], new), ("Métropole vieille", ["200046977"], old),
        ("Métropole", ["200046977", "69"], new), ("Commune vieille", ["69266"], old), ("Commune", ["69266"], new),
    ]:  # fmt: skip
        ServiceFactory(nom=name, zone_eligibilite=zone, date_maj=day)
    ranked = ["Commune", "Commune vieille", "Métropole", "Métropole vieille", "Rhône", "France"]
    assert meals("69266", per_need=10) == ranked
    assert [one.nom for one in services_offered(area_of_code("69266"), on=TODAY, need="meals")] == ranked
    answers = best_services(area_of_code("69266"), on=TODAY, needs=["meals"])["meals"]
    assert [(offer.nearness, offer.where) for offer in answers.best][::2] == [
        (0, "Pour la commune"), (1, "Pour l’intercommunalité"),
    ]  # fmt: skip
    assert (answers.total, answers.more) == (6, 3)


def test_each_need_has_its_own_best_ones_said_by_codes_or_by_hand():
    both = ServiceFactory(nom="Repas et visites", needs=["company"])
    ServiceFactory(nom="Visites", **COMPANY)
    ServiceFactory(nom="Atelier cuisine", type="atelier", thematiques=["equipement-et-alimentation--alimentation"])
    found = best_services(area_of_code("69266"), on=TODAY)
    names = {need: [offer.service.nom for offer in answers.best] for need, answers in found.items() if answers.best}
    assert names == {
        "meals": ["Repas et visites"], "shopping": ["Repas et visites"], "home_help": ["Repas et visites"],
        "company": ["Repas et visites", "Visites"],
    }  # fmt: skip
    assert found["lift"].match.by_landlord
    assert found["meals"].best[0].phone == both.telephone


def test_what_is_closed_or_gone_is_not_offered():
    ServiceFactory(nom="Fermé", ended_on=TODAY)
    ServiceFactory(nom="Disparu", structure=StructureFactory(ended_on=TODAY))
    assert meals("69266") == []
    assert not services_offered(area_of_code("69266"), on=TODAY).exists()


def test_a_card_of_more_than_two_years_is_said_to_be_old():
    ServiceFactory(date_maj=TODAY - timedelta(days=731))
    ServiceFactory(date_maj=TODAY - timedelta(days=700))
    answers = best_services(area_of_code("69266"), on=TODAY, needs=["meals"])["meals"]
    assert [offer.is_stale for offer in answers.best] == [False, True]


@pytest.mark.parametrize("many", [1, 12])
def test_as_many_queries_whatever_the_number(django_assert_num_queries, many):
    for _ in range(many):
        ServiceFactory(), ServiceFactory(**COMPANY)
    area = area_of_code("69266")
    with django_assert_num_queries(2):
        found = best_services(area, on=TODAY, per_need=50)
        assert [offer.service.structure.nom for offer in found["meals"].best]
    with django_assert_num_queries(1):
        assert len(services_offered(area, on=TODAY)) == 2 * many
    with django_assert_num_queries(2):
        shown = list(directory(on=TODAY, need="meals", area=area))
        assert len(shown) == len(services_by_structure(shown)) == many


class TestDirectory:
    def names(self, **asked):
        return sorted(one.nom for one in directory(on=TODAY, **asked))

    @pytest.fixture(autouse=True)
    def _cards(self):
        ccas = StructureFactory(nom="CCAS de Villeurbanne")
        ServiceFactory(structure=ccas, nom="Portage de repas")
        ServiceFactory(structure=ccas, nom="Ancien portage", ended_on=TODAY)
        own = StructureFactory(
            id="own--1", own=True, nom="Les Voisins du Parc", commune="Lyon", date_maj=date(2024, 1, 1)
        )
        ServiceFactory(structure=own, nom="Visites", zone_eligibilite=["69"], needs=["lift"], **COMPANY)
        StructureFactory(nom="Fermée", ended_on=TODAY)

    def test_words_of_the_name_the_commune_or_what_it_does(self):
        assert self.names(text="voisins") == self.names(text="lyon") == ["Les Voisins du Parc"]
        assert self.names(text="porta rep") == ["CCAS de Villeurbanne"]
        assert self.names(text="?") == []

    def test_need_place_hand_and_age(self):
        assert self.names(need="company") == self.names(need="lift") == ["Les Voisins du Parc"]
        assert self.names(area=area_of_code("69381")) == ["Les Voisins du Parc"]
        assert self.names(area=area_of_code("69266"), need="meals") == ["CCAS de Villeurbanne"]
        assert self.names(own=True) == self.names(older_than=date(2025, 1, 1)) == ["Les Voisins du Parc"]
        assert self.names(own=False) == ["CCAS de Villeurbanne"]

    def test_the_closed_apart_and_what_each_offers(self):
        assert self.names(ended=True) == ["Fermée"]
        assert {one.nom: one.offers for one in directory(on=TODAY)} == {
            "CCAS de Villeurbanne": ["Portage de repas"], "Les Voisins du Parc": ["Visites"],
        }  # fmt: skip


def test_communes_by_code_postal_code_or_name():
    found = find_communes(["69266", "69001", "villeurbanne", "Ailleurs"])
    codes = {name: [one.code for one in communes] for name, communes in found.items()}
    assert codes == {
        "69266": ["69266"], "69001": ["69123", "69381"], "villeurbanne": ["69266"], "Ailleurs": [],
    }  # fmt: skip


def test_places_where_the_landlord_has_homes_and_names_of_coverages():
    ResidenceFactory(commune=CommuneFactory(lyon_1=True))
    assert communes_served() == [("69123", "Lyon"), ("69381", "Lyon 1er Arrondissement")]
    words = places_in_words(["69266", "69", "france", "200046977"], {"69": "Rhône"})
    assert words == {"69266": "Villeurbanne", "69": "Rhône", "france": "Toute la France", "200046977": "200046977"}
