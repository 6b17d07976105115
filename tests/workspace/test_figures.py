"""The figures page: the same numbers as everywhere, for those who see the campaign, on screen and in files."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.queries import ledger
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.queries import figures

pytestmark = pytest.mark.django_db
N = "\u00a0"


@pytest.fixture
def campaign():
    for agency, count in [(AgencyFactory(lyon=True), 4), (AgencyFactory(saint_etienne=True), 2)]:
        for _ in range(count):
            HouseholdFactory(agency=agency, age=82, phone=True)
    return make_campaign(now=timezone.now() - timedelta(days=20), name="=Grand froid")


@pytest.fixture
def caller(campaign):
    return UserFactory(roles=["caller"], service="Service social")


@pytest.fixture
def called(campaign, caller):
    outcomes = ["reached", "reached", "refused", "wrong_number"]
    for rank, outcome in enumerate(outcomes):
        spoken = {"grade": "yellow", "needs": ("meals",)} if outcome == "reached" else {}
        call(campaign, caller, outcome, now=timezone.now() - timedelta(days=16 - 5 * rank), **spoken)
    return campaign


@pytest.fixture
def director(client):
    client.user = UserFactory(roles=["director"], first_name="Nadia", last_name="Ferhat")
    client.force_login(client.user)
    return client


def address(campaign, **query):
    return reverse("workspace:campaign_figures", args=[campaign.pk], query=query)


def page(client, campaign, **query) -> str:
    response = client.get(address(campaign, **query))
    assert response.status_code == 200
    return response.content.decode()


class TestPage:
    def test_says_the_fact_and_the_same_numbers(self, director, called):
        html = page(director, called)
        numbers = figures(called)
        assert "<h1>Trois ménages sur dix ont été joints</h1>" in html
        for value in (numbers["called"], numbers["outgoing_calls"], numbers["reached"]):
            assert f"<dd>{value}</dd>" in html
        assert "Service social" in html
        assert "Repas" in html or "repas" in html
        assert html.count("data-bv-chart") == 3

    def test_the_sum_leads_to_the_lists_of_households(self, director, called):
        html = page(director, called)
        lists = reverse("workspace:contacts", args=[called.pk])
        assert f'href="{lists}?state=reached"' in html
        assert f'href="{lists}?state=reserved"' not in html  # nobody there

    def test_weeks_are_told_in_a_table_too(self, director, called):
        html = page(director, called)
        table = html[html.index('id="par-semaine-chiffres"') :].split("</table>")[0]
        cells = [int(cell) for cell in re.findall(r'data-label="Appels">(\d+)', table)]
        assert sum(cells) == 4

    def test_agencies_sort(self, director, called):
        html = page(director, called, **{"agences-tri": "-target"})
        table = html[html.index('id="agences"') :].split("</table>")[0]
        assert re.findall(r'<th scope="row" class="bv-all">(.*?)</th>', table) == [
            "Agence de Lyon",
            "Agence de Saint-Étienne",
            "Total",
        ]
        assert 'aria-sort="descending"' in table
        assert re.findall(r'data-label="Cible">(\d+)', table) == ["4", "2", "6"]

    def test_definitions_are_shown(self, director, called):
        assert "Ceux pour qui au moins un appel est enregistré." in page(director, called)

    def test_before_the_first_call(self, director, campaign):
        html = page(director, campaign)
        assert "Aucun appel n’a encore été passé" in html
        assert "export=xlsx" not in html
        assert "bv-ledger-bar" in html

    def test_a_draft_has_none(self, director):
        draft = make_campaign(opened=False)
        assert director.get(address(draft))["Location"] == reverse("workspace:campaign", args=[draft.pk])

    def test_its_callers_see_it_without_the_lists(self, client, called, caller):
        client.force_login(caller)
        html = page(client, called)
        assert "/menages/" not in html

    @pytest.mark.parametrize("role", ["social_worker", "communication", "building_manager", None])
    def test_nobody_else(self, client, called, role):
        client.force_login(UserFactory(roles=[role] if role else []))
        assert client.get(address(called)).status_code == 404
        assert client.get(address(called, export="csv")).status_code == 404

    def test_as_many_queries_whatever_its_size(self, director, campaign, caller):
        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                page(director, campaign)
            return len(captured)

        call(campaign, caller, "reached", now=timezone.now())
        cost()
        few = cost()
        for rank in range(4):
            call(campaign, UserFactory(roles=["caller"], service=f"Service {rank}"), "reached", now=timezone.now())
        assert cost() == few


class TestFiles:
    def sheets(self, director, campaign) -> CalamineWorkbook:
        response = director.get(address(campaign, export="xlsx"))
        content = io.BytesIO(b"".join(response.streaming_content))
        return CalamineWorkbook.from_filelike(content)

    def test_one_sheet_for_each_part_with_the_same_numbers(self, director, called):
        book = self.sheets(director, called)
        assert book.sheet_names == [
            "Chiffres clés", "Compte", "Par semaine", "Par agence", "Par service", "Niveaux", "Besoins", "Injoignables",
            "Définitions",
        ]  # fmt: skip
        key = dict(row[:2] for row in book.get_sheet_by_name("Chiffres clés").to_python()[5:])
        numbers = figures(called)
        assert key["Appels sortants"] == numbers["outgoing_calls"]
        assert key["Ménages joints"] == numbers["reached"]
        account = dict(row[:2] for row in book.get_sheet_by_name("Compte").to_python()[5:])
        assert account.pop("Cible") == sum(account.values()) == ledger(called.queue).target
        weeks = book.get_sheet_by_name("Par semaine").to_python()[5:]
        assert sum(row[2] for row in weeks) == numbers["outgoing_calls"]
        assert book.get_sheet_by_name("Par agence").to_python()[4][0] == "Agence"

    def test_csv_has_every_figure_on_a_line(self, director, called):
        response = director.get(address(called, export="csv"))
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text), delimiter=";"))
        assert rows[0][0] == f"Chiffres de la campagne «{N}=Grand froid{N}»"
        assert "Nadia Ferhat" in rows[1][0]
        assert rows[4] == ["Partie", "Ligne", "Mesure", "Valeur"]
        assert ["Compte", "Joint", "Ménages", "2"] in rows
        assert ["Par agence", "Agence de Lyon", "Cible", "4"] in rows

    def test_taking_them_away_is_audited(self, director, called):
        self.sheets(director, called)
        entry = AuditEntry.objects.get(action="data.exported")
        assert (entry.actor_id, entry.subject_id, entry.detail) == (director.user.pk, called.pk, {"kind": "xlsx"})

    def test_another_kind_is_the_page(self, director, called):
        assert "<h1>" in page(director, called, export="exe")
