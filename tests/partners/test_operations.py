"""Partners kept by hand: what is typed, what is refused, what is closed and forgotten."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.housing.factories import CommuneFactory, ResidenceFactory
from tests.partners.factories import ServiceFactory, StructureFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.partners import operations
from bienveille.register.partners.choices import Extent
from bienveille.register.partners.models import Service, Structure
from bienveille.register.partners.operations import CannotKeepPartner, NotOurs, PartnerFacts, ServiceFacts

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
LATER = TODAY + timedelta(days=3)
PARTNER = PartnerFacts(nom="Les Voisins du Parc", commune="villeurbanne", telephone="+33472000001", notes="Le matin.")
VISITS = ServiceFacts(nom="Visites", description="Une visite chaque semaine", needs=["company"])


@pytest.fixture(autouse=True)
def _communes():
    CommuneFactory(lyon_1=True)
    CommuneFactory()


@pytest.fixture
def actor():
    return UserFactory()


@pytest.fixture
def partner(actor):
    return operations.create_partner(actor=actor, partner=PARTNER, service=VISITS, today=TODAY)


def said():
    return [entry.detail["change"] for entry in AuditEntry.objects.order_by("at", "id")]


class TestCreate:
    def test_a_partner_and_what_it_does(self, partner):
        assert (partner.own, partner.source, partner.commune, partner.code_insee) == (
            True, "own", "Villeurbanne", "69266",
        )  # fmt: skip
        service = partner.services.get()
        assert (service.needs, service.zone_eligibilite, service.date_maj) == (["company"], ["69266"], TODAY)
        assert said() == ["created"]
        assert AuditEntry.objects.get().subject_id == Structure.objects.get().key

    @pytest.mark.parametrize(
        ("extent", "communes", "zone"),
        [
            (Extent.COMMUNE, "", ["69266"]),
            (Extent.EPCI, "", ["200046977"]),
            (Extent.DEPARTMENT, "", ["69"]),
            (Extent.COUNTRY, "", ["france"]),
            (Extent.CHOSEN, "Lyon 1er arrondissement ;\n 69266", ["69266", "69381"]),
            (Extent.CHOSEN, "69001", ["69123", "69381"]),
            (Extent.CHOSEN, "Villeurbanne (69266), Lyon (69123)", ["69123", "69266"]),
        ],
    )
    def test_how_far_it_goes(self, actor, extent, communes, zone):
        facts = replace(VISITS, extent=extent, communes=communes)
        partner = operations.create_partner(actor=actor, partner=PARTNER, service=facts, today=TODAY)
        assert partner.services.get().zone_eligibilite == zone

    @pytest.mark.parametrize(
        ("changes", "service", "field"),
        [
            ({"commune": "Nulle-Part"}, {}, "commune"),
            ({"commune": ""}, {}, "commune"),
            ({}, {"extent": Extent.CHOSEN, "communes": " ,"}, "communes"),
            ({}, {"extent": Extent.CHOSEN, "communes": "Villeurbanne, Nulle-Part"}, "communes"),
            ({}, {"needs": []}, "needs"),
        ],
    )
    def test_what_cannot_be_kept_names_its_field(self, actor, changes, service, field):
        with pytest.raises(CannotKeepPartner) as refusal:
            operations.create_partner(
                actor=actor, partner=replace(PARTNER, **changes), service=replace(VISITS, **service), today=TODAY
            )
        assert refusal.value.field == field
        assert not Structure.objects.exists()

    def test_a_commune_without_epci(self, actor):
        CommuneFactory(code="29155", name="Ouessant", department="29", epci="")
        with pytest.raises(CannotKeepPartner, match="Ouessant"):
            operations.create_partner(
                actor=actor,
                partner=replace(PARTNER, commune="Ouessant"),
                service=replace(VISITS, extent=Extent.EPCI),
                today=TODAY,
            )

    def test_a_name_that_is_several_communes_is_that_of_our_homes_or_refused(self, actor):
        near = CommuneFactory(code="69199", name="Saint-Fons", department="69")
        CommuneFactory(code="24408", name="Saint Fons", department="24")
        facts = replace(PARTNER, commune="saint-fons")
        with pytest.raises(CannotKeepPartner, match=r"24408 Saint Fons, 69199"):
            operations.create_partner(actor=actor, partner=facts, service=VISITS, today=TODAY)
        ResidenceFactory(commune=near)
        made = operations.create_partner(actor=actor, partner=facts, service=VISITS, today=TODAY)
        assert made.code_insee == "69199"

    def test_twice_the_same_is_refused(self, actor, partner):
        with pytest.raises(CannotKeepPartner, match="déjà"):
            operations.create_partner(
                actor=actor, partner=replace(PARTNER, nom="LES VOISINS du parc"), service=VISITS, today=TODAY
            )


class TestChange:
    def test_a_correction_makes_the_card_fresh_and_names_fields_only(self, actor, partner):
        operations.change_partner(
            actor=actor, structure=partner, partner=replace(PARTNER, telephone="3977"), today=LATER
        )
        partner.refresh_from_db()
        assert (partner.telephone, partner.date_maj) == ("3977", LATER)
        assert AuditEntry.objects.last().detail == {"change": "corrected", "fields": ["telephone"]}

    def test_confirmed_today_with_what_it_still_does(self, actor, partner):
        ended = ServiceFactory(structure=partner, ended_on=TODAY, date_maj=TODAY)
        operations.confirm_partner(actor=actor, structure=partner, today=LATER)
        partner.refresh_from_db(), ended.refresh_from_db()
        assert (partner.date_maj, ended.date_maj) == (LATER, TODAY)
        assert partner.services.get(nom="Visites").date_maj == LATER

    def test_closed_then_open_again_each_said_once(self, actor, partner):
        for _ in range(2):
            operations.close_partner(actor=actor, structure=partner, today=TODAY)
        with pytest.raises(CannotKeepPartner, match="fermé"):
            operations.confirm_partner(actor=actor, structure=partner, today=LATER)
        for _ in range(2):
            operations.reopen_partner(actor=actor, structure=partner)
        partner.refresh_from_db()
        assert partner.ended_on is None
        assert said() == ["created", "closed", "reopened"]

    def test_services_are_added_corrected_closed_opened_again(self, actor, partner):
        meals = replace(VISITS, nom="Repas", needs=["meals", "meals", "shopping"])
        added = operations.add_service(actor=actor, structure=partner, service=meals, today=TODAY)
        assert added.needs == ["meals", "shopping"]
        with pytest.raises(CannotKeepPartner, match="déjà"):
            operations.add_service(actor=actor, structure=partner, service=meals, today=TODAY)
        with pytest.raises(CannotKeepPartner, match="déjà"):
            operations.change_service(actor=actor, service=added, facts=replace(meals, nom="visites"), today=LATER)
        operations.change_service(actor=actor, service=added, facts=replace(meals, frais="payant"), today=LATER)
        for _ in range(2):
            operations.close_service(actor=actor, service=added, today=LATER)
        added.refresh_from_db()
        assert (added.frais, added.date_maj, added.ended_on) == ("payant", LATER, LATER)
        for _ in range(2):
            operations.reopen_service(actor=actor, service=added)
        assert said()[1:] == ["service_added", "service_corrected", "service_closed", "service_reopened"]

    def test_a_card_of_a_directory_takes_notes_and_nothing_else(self, actor):
        service = ServiceFactory()
        operations.write_notes(actor=actor, structure=service.structure, notes="Demander l’accueil.")
        operations.write_notes(actor=actor, structure=service.structure, notes="Demander l’accueil.")
        assert said() == ["notes"]
        for refused in (
            lambda: operations.change_partner(actor=actor, structure=service.structure, partner=PARTNER, today=TODAY),
            lambda: operations.confirm_partner(actor=actor, structure=service.structure, today=TODAY),
            lambda: operations.close_partner(actor=actor, structure=service.structure, today=TODAY),
            lambda: operations.reopen_partner(actor=actor, structure=service.structure),
            lambda: operations.add_service(actor=actor, structure=service.structure, service=VISITS, today=TODAY),
            lambda: operations.change_service(actor=actor, service=service, facts=VISITS, today=TODAY),
            lambda: operations.close_service(actor=actor, service=service, today=TODAY),
            lambda: operations.reopen_service(actor=actor, service=service),
        ):
            with pytest.raises(NotOurs):
                refused()


class TestForget:
    def test_people_of_partners_closed_a_year_ago_are_forgotten(self):
        old = {"ended_on": TODAY - timedelta(days=365), "telephone": "1", "courriel": "a@b.example"}
        closed = StructureFactory(notes="Voir Mme Essai", **old)
        by_structure = ServiceFactory(structure=closed, contact_nom_prenom="Essai")
        ended = ServiceFactory(contact_nom_prenom="Essai", **old)
        young = ServiceFactory(contact_nom_prenom="Essai", ended_on=TODAY - timedelta(days=364))
        assert operations.forget_people(today=TODAY) == 3
        assert operations.forget_people(today=TODAY) == 0
        closed.refresh_from_db()
        assert (closed.notes, closed.telephone, closed.courriel) == ("", "", "")
        names = dict(Service.objects.values_list("pk", "contact_nom_prenom"))
        assert names == {by_structure.pk: "", ended.pk: "", young.pk: "Essai"}
        assert said() == ["forgotten"]
