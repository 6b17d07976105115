"""The page of moves: its period, its agencies, its files; and the territories of its tables."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.letting.factories import LONG_AGO, town

from bienveille.register.accounts.models import AuditEntry
from bienveille.services.letting.models import TerritoryDepartment

pytestmark = pytest.mark.django_db
N = "\u00a0"


@pytest.fixture
def last_year():
    return timezone.localdate().year - 1


@pytest.fixture
def towns(last_year):
    """Of last year: six entries and three exits in Lyon, one entry in Saint-Étienne, where a home is vacant."""
    lyon, stetienne = town(AgencyFactory(lyon=True), "69"), town(AgencyFactory(saint_etienne=True), "42")
    for rank, home in enumerate(lyon.new_homes(10)):
        day = date(last_year, 1 + rank, 12)
        if rank < 6:
            lyon.let(
                home,
                LONG_AGO if rank < 3 else date(last_year - 3, 1, 1),
                day if rank < 3 else LONG_AGO.replace(year=last_year - 1),
            )
            lyon.let(home, day + timedelta(days=10), name="MOREL")
        else:
            lyon.let(home, LONG_AGO)
    home, empty = stetienne.new_homes(2)
    stetienne.let(home, date(last_year, 6, 1))
    stetienne.let(empty, LONG_AGO, date(last_year - 2, 1, 1))
    stetienne.let(home, None, date(last_year - 4, 1, 1))
    lyon.save()
    stetienne.save()
    return lyon, stetienne


@pytest.fixture
def director(client):
    client.user = UserFactory(roles=["director"], first_name="Nadia", last_name="Ferhat")
    client.force_login(client.user)
    return client


def page(client, **query) -> str:
    response = client.get(reverse("workspace:moves", query=query))
    assert response.status_code == 200
    return response.content.decode()


def cells(html, table, name):
    body = html[html.index(f'id="{table}"') :].split("</table>")[0]
    row = body[body.index(f">{name}</th>") :].split("</tr>")[0]
    return [cell.split(">", 1)[1].split("<")[0] for cell in row.split("<td ")[1:]]


class TestPage:
    def test_says_the_fact_and_each_line(self, director, towns, last_year):
        html = page(director, periode=str(last_year))
        assert f"<h1>7{N}entrées, 3{N}sorties</h1>" in html
        assert f"Année {last_year}. Tout le patrimoine" in html
        assert cells(html, "agences", "Agence de Lyon") == ["6", "1", "3", "0", "10", f"60,00{N}%"]
        assert cells(html, "agences", "Ensemble") == ["7", "1", "3", "0", "12", f"58,33{N}%"]
        assert cells(html, "vacance", "Agence de Saint-Étienne") == ["2", "1", f"50,00{N}%", "1", f"50,00{N}%", "0"]
        assert cells(html, "mois", f"juin {last_year}") == ["2", "0", "2"]
        assert "data-bv-chart" in html

    def test_what_is_left_out_or_doubtful_is_said(self, director, towns, last_year):
        assert f"1{N}bail sans date d’entrée." in page(director, periode=str(last_year))
        assert "La plus ancienne sortie connue" not in page(director, periode=str(last_year))

    def test_a_period_before_the_oldest_exit_is_said(self, director, towns, last_year):
        """Exports often hold the leases ended lately and no other."""
        words = f"La plus ancienne sortie connue est du 1<sup>er</sup>{N}janvier {last_year - 4}"
        html = page(director, periode="mois", du=f"{last_year - 5}-01", au=f"{last_year - 1}-12")
        assert words in html or words.replace("<sup>er</sup>", "er") in html

    def test_definitions_are_shown_with_their_source(self, director, towns):
        html = page(director)
        assert "n’est ni une entrée ni une sortie" in html
        assert html.count("Non vérifié") == 4
        assert "depuis le 01/01/2000" in html

    def test_part_of_a_year_is_said(self, director, towns, last_year):
        html = page(director, periode="mois", du=f"{last_year}-01", au=f"{last_year}-03")
        assert f"Janvier {last_year} à mars {last_year}" in html
        assert f"sur la période, soit 100,00{N}% par an au même rythme" in html

    def test_one_agency(self, director, towns, last_year):
        html = page(director, periode=str(last_year), agence="STE")
        assert f"<h1>1{N}entrée, 0{N}sortie</h1>" in html
        assert "Agence de Lyon</th>" not in html
        assert f"Année {last_year}. Agence de Saint-Étienne" in html

    def test_a_manager_sees_their_agency(self, client, towns, last_year):
        client.force_login(UserFactory(roles=[("agency_manager", towns[1].agency)]))
        html = page(client, periode=str(last_year), agence="LYO")  # not theirs: quietly left aside
        assert f"<h1>1{N}entrée, 0{N}sortie</h1>" in html
        assert "Agence de Lyon" not in html
        assert "territoires/" not in html

    @pytest.mark.parametrize("role", ["social_worker", "caller", "communication", "building_manager", None])
    def test_nobody_else(self, client, role):
        client.force_login(UserFactory(roles=[role] if role else []))
        assert client.get(reverse("workspace:moves")).status_code == 403

    def test_before_any_import(self, director):
        html = page(director)
        assert f"<h1>0{N}entrée, 0{N}sortie</h1>" in html
        assert "aucun logement à compter" in html

    def test_an_address_that_means_nothing_still_opens(self, director, towns):
        page(director, periode="x" * 500, du="\x00", agence="'", **{"agences-tri": "zzz"})

    def test_tables_sort_and_keep_the_period(self, director, towns, last_year):
        html = page(director, periode=str(last_year), **{"agences-tri": "-entries"})
        table = html[html.index('id="agences"') :].split("</table>")[0]
        assert 'aria-sort="descending"' in table
        assert f"periode={last_year}" in table

    def test_as_many_queries_whatever_the_number_of_leases(self, director, towns, last_year):
        def cost() -> int:
            with CaptureQueriesContext(connection) as seen:
                page(director, periode=str(last_year))
            return len(seen)

        cost()
        few = cost()
        for home in towns[0].new_homes(20):
            towns[0].let(home, date(last_year, 5, 5), name="BENALI")
        towns[0].save()
        assert cost() == few


class TestFiles:
    def test_a_sheet_for_each_table(self, director, towns, last_year):
        response = director.get(reverse("workspace:moves", query={"periode": str(last_year), "export": "xlsx"}))
        book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
        assert book.sheet_names == ["Par agence", "Par territoire", "Par mois", "Vacance", "Définitions"]
        rows = book.get_sheet_by_name("Par agence").to_python()
        assert rows[0][0] == "Entrées, sorties, rotation et vacance"
        lyon = next(row for row in rows if row[0] == "Agence de Lyon")
        assert (lyon[1], lyon[3], lyon[6]) == (6.0, 3.0, 0.6)
        definitions = book.get_sheet_by_name("Définitions").to_python()
        assert any(row[0] == "Rotation" and row[3] == "Non vérifié" for row in definitions)
        assert AuditEntry.objects.filter(action="data.exported").count() == 1

    def test_csv_has_every_figure_on_a_line(self, director, towns, last_year):
        response = director.get(reverse("workspace:moves", query={"periode": str(last_year), "export": "csv"}))
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text), delimiter=";"))
        assert ["Par agence", "Agence de Lyon", "Entrées", "6"] in rows
        assert ["Par mois", f"juin {last_year}", "Entrées", "2"] in rows

    def test_links_keep_the_period(self, director, towns):
        assert 'href="?periode=2024&amp;export=xlsx"' in page(director, periode="2024")
        assert 'href="?export=csv"' in page(director)


class TestTerritories:
    url = "/chiffres/mouvements/territoires/"

    def test_departments_are_counted_together(self, director, towns, last_year):
        response = director.post(self.url, {"name": "Loire et Rhône", "departments": ["42", "69"]})
        assert response.status_code == 302
        assert cells(page(director, periode=str(last_year)), "territoires", "Loire et Rhône")[0] == "7"

    def test_separated_then_put_back(self, director, towns):
        director.post(self.url, {"name": "Loire : l’est", "departments": ["42"]})
        html = director.post(self.url, {"remove": "Loire : l’est"}, follow=True).content.decode()
        assert not TerritoryDepartment.objects.exists()
        assert 'value="Loire : l’est:42"' in html
        director.post(self.url, {"put_back": "Loire : l’est:42"})
        assert TerritoryDepartment.objects.get().territory == "Loire : l’est"

    @pytest.mark.parametrize(
        "sent",
        [
            {"name": "", "departments": ["42"]},
            {"name": "A"},
            {"name": "A", "departments": ["38"]},
            {"put_back": "A:99"},
        ],
    )
    def test_refused_with_what_was_typed(self, director, towns, sent):
        response = director.post(self.url, sent)
        assert response.status_code == 422
        assert not TerritoryDepartment.objects.exists()

    def test_a_department_of_another_territory(self, director, towns):
        TerritoryDepartment.objects.create(department="42", territory="Forez")
        response = director.post(self.url, {"name": "Autre", "departments": ["42"]})
        assert response.status_code == 422
        assert f"Loire est déjà dans le territoire «{N}Forez{N}»." in response.content.decode()

    def test_only_who_covers_everything(self, client, towns):
        for roles in (["agency_manager"], [("director", towns[0].agency)]):
            client.force_login(UserFactory(roles=roles))
            assert client.get(self.url).status_code == 403
