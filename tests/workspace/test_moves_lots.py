"""Lots on screen: the list, a lot with its differences, its homes added and taken back, its steps, its audience."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.housing.factories import BuildingFactory, DwellingFactory, ResidenceFactory
from tests.letting.factories import StockLotFactory, StockLotHomeFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.audiences.models import Audience
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.letting.models import StockLot, StockLotStep

pytestmark = pytest.mark.django_db
N = "\u00a0"
PUBLISHED = {"announced": 339, "announced_full": 138, "announced_co_owned": 97, "announced_managed": 121}


@pytest.fixture
def director(client):
    client.user = UserFactory(roles=["director"], first_name="Nadia", last_name="Ferhat")
    client.force_login(client.user)
    return client


@pytest.fixture
def lot():
    return StockLotFactory(name="Val d’Ambre", agency=AgencyFactory(lyon=True), **PUBLISHED)


def url(name, lot, *more, **query):
    return reverse(f"workspace:{name}", args=[lot.pk, *more], query=query)


def page(client, lot, **query):
    response = client.get(url("stock_lot", lot, **query))
    assert response.status_code == 200
    return response.content.decode()


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


class TestList:
    def test_lots_of_ones_agencies(self, client, lot):
        StockLotFactory(name="Autre lot", agency=AgencyFactory(saint_etienne=True))
        client.force_login(UserFactory(roles=[("agency_manager", lot.agency)]))
        html = client.get("/reprises/").content.decode()
        assert "Val d’Ambre" in html
        assert "Autre lot" not in html
        assert "0 sur 12" in html

    def test_nothing_yet(self, director):
        assert "Aucun lot pour l’instant" in director.get("/reprises/").content.decode()

    def test_filtered_and_taken_away(self, director, lot):
        StockLotFactory(name="Les Cèdres", direction="sold")
        html = director.get("/reprises/?direction=sold").content.decode()
        assert "Les Cèdres" in html
        assert "Val d’Ambre" not in html
        assert director.get("/reprises/?export=csv").status_code == 200

    def test_as_many_queries_whatever_their_number(self, director, lot):
        def cost():
            with CaptureQueriesContext(connection) as seen:
                director.get("/reprises/")
            return len(seen)

        cost()
        few = cost()
        for _ in range(8):
            StockLotHomeFactory(lot=StockLotFactory())
        assert cost() == few


class TestAnnounce:
    sent = {"direction": "taken_over", "name": "Val d’Ambre", "effective_on": "2027-01-01", "agency": "", **PUBLISHED}

    def test_then_its_homes(self, director):
        response = director.post("/reprises/nouveau/", self.sent)
        made = StockLot.objects.get()
        assert response["Location"] == url("stock_lot_homes", made)
        assert (made.announced, made.announced_managed, made.effective_on) == (339, 121, date(2027, 1, 1))

    @pytest.mark.parametrize(
        "wrong", [{"name": ""}, {"effective_on": "31/02/2027"}, {"announced": "-3"}, {"announced": "beaucoup"},
                  {"agency": "XXX"}, {"direction": "lost"}, {"announced_full": "1000001"}],
    )  # fmt: skip
    def test_wrong_and_kept(self, director, wrong):
        response = director.post("/reprises/nouveau/", {**self.sent, **wrong})
        assert response.status_code == 422
        assert "à corriger, rien n’est perdu" in response.content.decode()
        assert not StockLot.objects.exists()

    def test_a_name_taken_is_said(self, director, lot):
        response = director.post("/reprises/nouveau/", self.sent)
        assert response.status_code == 422
        assert "Un autre lot porte déjà ce nom" in response.content.decode()

    def test_a_manager_announces_for_their_agency(self, client, lot):
        client.force_login(UserFactory(roles=[("agency_manager", lot.agency)]))
        sent = {**self.sent, "name": "Autre"}
        assert client.post("/reprises/nouveau/", sent).status_code == 422
        assert client.post("/reprises/nouveau/", {**sent, "agency": "LYO"}).status_code == 302

    def test_corrected(self, director, lot):
        html = director.get(url("correct_stock_lot", lot)).content.decode()
        assert 'value="339"' in html
        sent = {**self.sent, "agency": "LYO", "announced": "340"}
        assert director.post(url("correct_stock_lot", lot), sent)["Location"] == url("stock_lot", lot)
        lot.refresh_from_db()
        assert (lot.announced, lot.direction) == (340, "taken_over")


class TestLot:
    def test_both_totals_and_their_difference(self, director, lot):
        html = page(director, lot)
        assert "Les parts annoncées font 356, soit 17 de plus que le total annoncé de 339." in html
        table = html[html.index('id="annonce"') :].split("</table>")[0]
        for value in ("138", "97", "121", "356", "339", "−339"):
            assert f">{value}</td>" in table
        assert f"<h1>Val d’Ambre{N}: 0{N}logement trouvé sur 339</h1>" in html
        assert "Ce lot n’a pas encore de logement" in html

    def test_homes_tenants_and_codes_to_come(self, director, lot):
        household = HouseholdFactory(phone=True, dwelling=DwellingFactory(code="A-1", ownership="full"))
        StockLotHomeFactory(lot=lot, dwelling=household.dwelling)
        StockLotHomeFactory(lot=lot, dwelling=None, code="PAS-ENCORE")
        html = page(director, lot)
        assert "Codes que le registre ne connaît pas" in html
        assert "Sans courriel" in html
        assert household.name not in html  # nobody is named here
        assert f"1{N}logement est rattaché à une autre agence." in html
        only = page(director, lot, state="unknown")
        rows = only[only.index('id="logements"') :].split("</table>")[0]
        assert "PAS-ENCORE" in rows
        assert "A-1" not in rows

    def test_its_homes_leave_as_a_file(self, director, lot):
        StockLotHomeFactory(lot=lot, dwelling=DwellingFactory(code="A-1", ownership="co_owned"))
        response = director.get(url("stock_lot", lot, export="xlsx"))
        book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
        rows = book.get_sheet_by_index(0).to_python()
        assert [rows[-1][0], rows[-1][3], rows[-1][4]] == ["A-1", "Copropriété", "Sans locataire connu"]
        assert AuditEntry.objects.filter(action="data.exported", subject_id=lot.pk).exists()

    def test_a_sale_says_what_becomes_of_its_homes(self, director):
        lot = StockLotFactory(direction="sold", announced=None)
        html = page(director, lot)
        assert "ces logements ne comptent plus dans les chiffres du parc" in html
        assert "Fermer les baux dans le logiciel de gestion" in html

    def test_another_agency_s(self, client, lot):
        client.force_login(UserFactory(roles=[("agency_manager", AgencyFactory(saint_etienne=True))]))
        for name in ("stock_lot", "correct_stock_lot", "stock_lot_homes", "delete_stock_lot"):
            assert client.get(url(name, lot)).status_code == 404
        for name in ("stock_lot_step", "stock_lot_audience", "remove_stock_lot_home"):
            assert client.post(url(name, lot)).status_code == 404

    def test_as_many_queries_whatever_its_size(self, director, lot):
        def cost():
            with CaptureQueriesContext(connection) as seen:
                page(director, lot)
            return len(seen)

        def grow():
            StockLotHomeFactory(lot=lot, dwelling=HouseholdFactory(phone=True).dwelling)
            StockLotHomeFactory(lot=lot, dwelling=None, code=f"X-{StockLot.objects.count()}-{lot.homes.count()}")

        grow()
        cost()
        few = cost()
        for _ in range(6):
            grow()
        assert cost() == few


class TestHomes:
    def test_pasted_then_taken_back(self, director, lot):
        DwellingFactory(code="A-1")
        response = director.post(url("stock_lot_homes", lot), {"codes": "A-1\nA-2"}, follow=True)
        assert "2\u00a0logements ajoutés, dont un code que le registre ne connaît pas encore." in said(response)
        batch = lot.homes.first().batch
        assert url("remove_stock_lot_batch", lot, batch) in response.content.decode()
        assert (
            "Retirer ces logements du lot" in director.get(url("remove_stock_lot_batch", lot, batch)).content.decode()
        )
        assert lot.homes.count() == 2
        director.post(url("remove_stock_lot_batch", lot, batch))
        assert not lot.homes.exists()
        again = director.post(url("remove_stock_lot_batch", lot, batch), follow=True)
        assert "ne sont plus dans ce lot" in said(again)

    def test_a_file(self, director, lot):
        file = SimpleUploadedFile("codes.csv", b"CODE\nA-1\nA-2\n")
        director.post(url("stock_lot_homes", lot), {"codes": "", "file": file})
        assert sorted(lot.homes.values_list("code", flat=True)) == ["A-1", "A-2"]

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({"codes": " "}, "Collez au moins un code"),
            ({"codes": " ; "}, "Aucun code de logement n’a été trouvé"),
            ({"do": "buildings", "building": ["x"]}, "Aucun code de logement n’a été trouvé"),
            ({"do": "buildings"}, "Aucun code de logement n’a été trouvé"),
        ],
    )
    def test_nothing_given(self, director, lot, sent, words):
        response = director.post(url("stock_lot_homes", lot), sent)
        assert response.status_code == 422
        assert words in response.content.decode()

    def test_whole_buildings(self, director, lot):
        residence = ResidenceFactory(name="Résidence du Parc")
        for code, count in (("A", 3), ("B", 2)):
            building = BuildingFactory(residence=residence, code=code)
            for _ in range(count):
                DwellingFactory(building=building)
        html = director.get(url("stock_lot_homes", lot, q="du parc")).content.decode()
        assert "Résidence du Parc, bâtiment A" in html
        assert f"3{N}logements" in html
        chosen = residence.buildings.get(code="A")
        director.post(url("stock_lot_homes", lot), {"do": "buildings", "building": [chosen.pk]})
        assert lot.homes.count() == 3

    def test_one_taken_out_and_put_back(self, director, lot):
        home = StockLotHomeFactory(lot=lot)
        response = director.post(url("remove_stock_lot_home", lot), {"home": home.pk}, follow=True)
        assert f"Le logement {home.code} n’est plus dans ce lot." in said(response)
        director.post(url("stock_lot_homes", lot), {"codes": home.code})  # the button of the message
        assert [one.code for one in lot.homes.all()] == [home.code]
        director.post(url("remove_stock_lot_home", lot), {"home": "x"})
        assert lot.homes.count() == 1


class TestSteps:
    def test_done_and_not_after_all(self, director, lot):
        director.post(url("stock_lot_step", lot), {"done": "keys"})
        html = page(director, lot)
        assert "1 sur 12 étapes faites" in html
        assert "Nadia Ferhat" in html
        director.post(url("stock_lot_step", lot), {"undone": "keys"})
        assert not StockLotStep.objects.exists()

    def test_a_step_that_does_not_exist(self, director, lot):
        response = director.post(url("stock_lot_step", lot), {"done": "zzz"}, follow=True)
        assert "pas dans la liste" in said(response)

    def test_what_is_late_is_said(self, director, lot):
        StockLot.objects.update(effective_on=timezone.localdate() + timedelta(days=40))
        assert f"2{N}étapes en retard" in page(director, lot)


class TestAudience:
    def test_created_then_dropped(self, director, lot):
        StockLotHomeFactory(lot=lot, dwelling=HouseholdFactory().dwelling)
        response = director.post(url("stock_lot_audience", lot), {"do": "create"}, follow=True)
        audience = Audience.objects.get()
        assert f"Le public «{N}Accueil des locataires, Val d’Ambre{N}» est prêt." in said(response)
        assert reverse("audiences:audience", args=[audience.pk]) in response.content.decode()
        assert f"{reverse('workspace:new_mailing')}?public={audience.pk}" in response.content.decode()
        html = director.get(reverse("audiences:audience", args=[audience.pk])).content.decode()
        assert f"du lot «{N}Val d’Ambre{N}»" in html
        refused = director.post(url("delete_stock_lot", lot))
        assert refused.status_code == 409
        director.post(url("stock_lot_audience", lot), {"do": "drop"})
        assert not Audience.objects.exists()
        assert director.post(url("delete_stock_lot", lot))["Location"] == "/reprises/"
        assert not StockLot.objects.exists()

    def test_a_name_taken_is_said(self, director, lot):
        Audience.objects.create(name="Accueil des locataires, Val d’Ambre", rule={"all": []}, purpose="wellbeing")
        response = director.post(url("stock_lot_audience", lot), {"do": "create"}, follow=True)
        assert "Un autre public porte déjà ce nom" in said(response)
