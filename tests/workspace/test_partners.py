"""The directory, the page of a partner, what exists in a commune, on screen and on paper; partners kept by hand."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import CommuneFactory, ResidenceFactory
from tests.partners.factories import ServiceFactory, StructureFactory

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.partners.models import Service, Structure

pytestmark = pytest.mark.django_db

TYPED = {
    "nom": "Les Voisins du Parc", "commune": "Villeurbanne", "telephone": "04 65 71 01 31", "site_web": "voisins.example",
    "notes": "Le matin.", "s-nom": "Visites", "s-description": "Une visite chaque semaine", "s-needs": ["company"],
    "s-extent": "department",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _homes():
    ResidenceFactory(commune=CommuneFactory())


def signed_in(client, role):
    user = UserFactory(roles=[role])
    client.force_login(user)
    return user


@pytest.fixture
def keeper(client):
    return signed_in(client, Role.SOCIAL_WORKER)


def own_queries(client, address, *asked):
    """The page, and how many queries about the directory and its places it cost; the bar has its own."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address, *asked).text.replace("\u00a0", " ")
    about = [one["sql"] for one in queries if re.search(r'FROM "?(?:partners_|housing_)', one["sql"])]
    return page, len(about)


def fresh(one):
    one.refresh_from_db()
    return one


def address(name, *args):
    return reverse(f"workspace:{name}", args=args)


class TestDirectory:
    def test_nobody_yet_says_what_to_do(self, client, keeper):
        page = client.get(address("partners"))
        assert "Aucun partenaire encore" in page.text
        assert address("new_partner") in page.text

    @pytest.mark.parametrize("many", [1, 12])
    def test_as_many_queries_whatever_the_number(self, client, keeper, many):
        for _ in range(many):
            ServiceFactory()
        page, queries = own_queries(client, address("partners"), {"place": "69266", "need": "meals"})
        assert queries == 4  # places, area, count, page
        assert page.count("Portage de repas à domicile") == many
        assert address("commune_help", "69266") in page

    def test_filters_and_files(self, client, keeper):
        ServiceFactory(structure=StructureFactory(nom="CCAS", date_maj=date(2020, 1, 1)))
        StructureFactory(id="own--1", own=True, nom="Les Voisins", date_maj=timezone.localdate())
        listed = lambda **asked: client.get(address("partners"), asked).text  # noqa: E731
        assert "Les Voisins" not in listed(origin="directory")
        assert "CCAS" not in listed(origin="own")
        assert "Les Voisins" not in listed(age="24")
        assert "À vérifier" in listed(age="24")
        assert "Ceux qui aident" in listed(ended="yes")
        answer = client.get(address("partners"), {"export": "csv", "q": "ccas"})
        assert "Portage de repas à domicile" in b"".join(answer.streaming_content).decode("utf-8-sig")
        assert AuditEntry.objects.get(action="data.exported").detail == {"filters": ["q"]}

    def test_a_caller_reads_and_does_not_keep(self, client):
        signed_in(client, Role.CALLER)
        service = fresh(ServiceFactory())
        assert "Inscrire un partenaire" not in client.get(address("partners")).text
        page = client.get(address("partner", fresh(service.structure).key))
        assert page.status_code == 200
        assert "Écrire une note" not in page.text
        assert client.get(address("correct_partner", service.structure.key)).status_code == 403


class TestPartner:
    @pytest.mark.parametrize("many", [1, 9])
    def test_what_it_does_and_how_to_reach_it(self, client, keeper, many):
        structure = fresh(
            StructureFactory(horaires_accueil="Mo-Fr 08:30-12:00", notes="Demander l’accueil.", source="dora")
        )
        for rank in range(many):
            ServiceFactory(structure=structure, nom=f"Aide {rank}", zone_eligibilite=["69266", "69"])
        ServiceFactory(structure=structure, nom="Ancienne", ended_on=date(2026, 1, 1))
        page, queries = own_queries(client, address("partner", structure.key))
        assert queries == 3  # partner, services, communes
        for words in ("Du lundi au vendredi, 8 h 30 à 12 h", "Demander l’accueil.", "Repas", "Rhône et Villeurbanne",
                      "DORA, annuaire data·inclusion", "Centre d’action sociale", "Ancienne", "Écrire une note"):  # fmt: skip
            assert words in page
        assert "Ne plus le proposer" not in page

    def test_nobody_s_partner(self, client, keeper):
        assert client.get(address("partner", uuid4())).status_code == 404


class TestKeeping:
    def create(self, client, **changes):
        return client.post(address("new_partner"), {**TYPED, **changes})

    def test_a_partner_is_added_then_its_page_says_it(self, client, keeper):
        assert "Inscrire ce partenaire" in client.get(address("new_partner")).text
        answer = self.create(client)
        made = Structure.objects.get()
        assert answer["Location"] == address("partner", made.key)
        assert (made.telephone, made.site_web, made.notes) == ("+33465710131", "https://voisins.example", "Le matin.")
        assert made.services.get().zone_eligibilite == ["69"]
        page = client.get(answer["Location"]).text
        for words in ("est inscrit", "Tenu à la main", "C’est toujours vrai", "Compagnie"):
            assert words in page

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"nom": ""}, "Donnez le nom du partenaire."),
            ({"telephone": "voir le site"}, "Ce numéro n’est pas utilisable."),
            ({"courriel": "personne"}, "Écrivez une adresse complète"),
            ({"commune": "Nulle-Part"}, "n’est pas connue"),
            ({"s-needs": []}, "Cochez au moins un besoin."),
            ({"s-extent": "chosen", "s-communes": "Ici"}, "Communes inconnues"),
            ({"s-description": ""}, "Décrivez en une phrase"),
        ],
    )
    def test_what_is_wrong_is_said_and_the_rest_kept(self, client, keeper, changes, words):
        answer = self.create(client, **changes)
        assert answer.status_code == 422
        page = answer.text.replace("\u00a0", " ")
        assert page.count(words) == 2  # at the top and beside the field
        assert "Le matin." in page
        assert not Structure.objects.exists()

    def test_a_card_is_corrected_confirmed_closed_and_opened_again(self, client, keeper):
        self.create(client)
        made = Structure.objects.get()
        form = client.get(address("correct_partner", made.key)).text.replace("\u00a0", " ")
        assert "Villeurbanne (69266)" in form
        assert "04 65 71 01 31" in form
        typed = {**TYPED, "commune": "Villeurbanne (69266)", "telephone": "3977"}
        assert client.post(address("correct_partner", made.key), typed).status_code == 302
        Structure.objects.update(date_maj=date(2020, 1, 1))
        client.post(address("partner_state", made.key), {"do": "confirm"})
        assert (fresh(made).telephone, made.date_maj > date(2026, 1, 1)) == ("3977", True)
        page = client.post(address("partner_state", made.key), {"do": "close"}, follow=True).text
        assert "Ce partenaire n’est plus proposé" in page
        assert "Le rouvrir" in page
        assert "fermé" in client.post(address("partner_state", made.key), {"do": "confirm"}, follow=True).text
        client.post(address("partner_state", made.key), {"do": "reopen"})
        assert fresh(made).ended_on is None

    def test_services_are_added_corrected_closed_and_opened_again(self, client, keeper):
        self.create(client)
        made = Structure.objects.get()
        CommuneFactory(lyon_1=True)
        service = {key: value for key, value in TYPED.items() if key.startswith("s-")}
        wanted = {**service, "s-nom": "Repas", "s-extent": "chosen", "s-communes": "Villeurbanne, 69123"}
        assert client.post(address("new_partner_service", made.key), wanted).status_code == 302
        assert client.post(address("new_partner_service", made.key), wanted).status_code == 422
        meals = Service.objects.get(nom="Repas")
        form = client.get(address("correct_partner_service", meals.key)).text
        assert "Lyon (69123), Villeurbanne (69266)" in form
        wanted = {**service, "s-nom": "Repas chauds", "s-extent": "chosen",
                  "s-communes": "Lyon (69123), Villeurbanne (69266)"}  # fmt: skip
        assert client.post(address("correct_partner_service", meals.key), wanted).status_code == 302
        assert (fresh(meals).nom, meals.zone_eligibilite) == ("Repas chauds", ["69123", "69266"])
        page = client.post(address("partner_service_state", meals.key), {"do": "close"}, follow=True).text
        assert "Ce qu’il ne propose plus" in page
        client.post(address("partner_service_state", meals.key), {"do": "reopen"})
        assert fresh(meals).ended_on is None

    def test_a_card_of_a_directory_takes_a_note_alone(self, client, keeper):
        service = fresh(ServiceFactory())
        structure = fresh(service.structure)
        form = client.get(address("correct_partner", structure.key)).text
        assert 'name="notes"' in form
        assert 'name="nom"' not in form
        client.post(address("correct_partner", structure.key), {"notes": "Demander l’accueil.", "nom": "Autre"})
        assert (fresh(structure).notes, structure.nom) == ("Demander l’accueil.", service.structure.nom)
        for name, key in (("partner_state", structure.key), ("partner_service_state", service.key)):
            answer = client.post(address(name, key), {"do": "close"}, follow=True)
            assert "vient d’un annuaire" in answer.text
        typed = {key: value for key, value in TYPED.items() if key.startswith("s-")}
        assert client.post(address("new_partner_service", structure.key), typed).status_code == 422
        assert client.post(address("correct_partner_service", service.key), typed).status_code == 422
        assert fresh(service).ended_on is None


class TestCommune:
    @pytest.mark.parametrize("many", [1, 8])
    def test_need_by_need_the_nearest_first(self, client, keeper, many):
        for rank in range(many):
            ServiceFactory(nom=f"Repas {rank}", zone_eligibilite=["69"])
        ServiceFactory(nom="Repas d’ici", frais="gratuit", date_maj=timezone.localdate() - timedelta(days=800))
        page, queries = own_queries(client, address("commune_help", "69266"))
        assert queries == 3  # commune, the best, their cards
        assert page.index("Repas d’ici") < page.index("Repas 0")
        for words in ("Pour la commune. Gratuit.", "à vérifier", "Le bailleur s’en charge", "04 72 00 00 00"):
            assert words in page
        assert ("Voir les 9 services" in page) == (many == 8)

    def test_everything_that_answers_one_need(self, client, keeper):
        for rank in range(25):
            ServiceFactory(nom=f"Repas {rank:02d}")
        page = client.get(address("commune_help", "69266"), {"besoin": "meals", "page": "2"}).text
        assert "Repas 24" in page
        assert "Repas 00" not in page
        assert "Aucun service connu" in client.get(address("commune_help", "69266"), {"besoin": "company"}).text

    def test_a_commune_that_nobody_knows(self, client, keeper):
        assert client.get(address("commune_help", "99999")).status_code == 404

    def test_on_paper(self, client, keeper):
        ServiceFactory(structure=StructureFactory(notes="Pour les équipes"))
        answer = client.get(address("commune_sheet", "69266"))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-1.7")
