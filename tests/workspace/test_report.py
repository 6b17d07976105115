"""The report of a campaign: what is published says nobody, what is printed is exact, words of health are refused."""

import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.architecture.json_schema import faults
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import CampaignLesson
from bienveille.services.outreach.rules import FLOOR, open_figures, quiet_parts

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = CONTRACTS / "report.schema.json"
EXAMPLE = json.loads((CONTRACTS / "report.example.json").read_text(encoding="utf-8"))
STATES = ("waiting", "reserved", "reached", "refused", "unreachable", "withdrawn")


class TestQuiet:
    @given(st.lists(st.integers(0, 60), min_size=1, max_size=6))
    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    def test_no_small_number_can_be_found_again(self, numbers):
        """Knowing the sum, nobody finds what is kept quiet: nothing is hidden, or two parts at least, or all of it."""
        parts = {str(rank): number for rank, number in enumerate(numbers)}
        told = quiet_parts(parts, summed=True)
        assert all(number is None or number == 0 or number >= FLOOR for number in told.values())
        hidden = [key for key, number in told.items() if number is None]
        left = [key for key, number in told.items() if number]
        assert len(hidden) != 1 or not left
        assert all(parts[key] == number for key, number in told.items() if number is not None)

    def test_parts_without_a_sum_keep_their_neighbours(self):
        assert quiet_parts({"meals": 4, "heating": 30}, summed=False) == {"meals": None, "heating": 30}

    @given(st.lists(st.integers(0, 40), min_size=6, max_size=6))
    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
    def test_one_table_does_not_tell_what_another_hides(self, numbers):
        ledger = dict(zip(STATES, numbers, strict=True))
        ledger["target"] = sum(numbers)
        group = {
            "targeted": ledger["target"], "called": sum(numbers[2:]), "outgoing_calls": sum(numbers[2:]) * 2,
            "reached": ledger["reached"], "refused": ledger["refused"], "weekly_recurring": 3, "referrals": 12,
            "reached_share": 0.5, "grades": {"green": ledger["reached"]}, "needs": {"meals": 9},
            "unreachable": {"no_answer": ledger["unreachable"], "wrong_number": 0},
        }  # fmt: skip
        figures = {**group, "by_agency": {"A": group}, "by_service": {}}
        told = open_figures(figures, ledger, [("2027-01-04", sum(numbers[2:]) * 2, ledger["reached"])])
        for state, elsewhere in (("reached", "reached"), ("refused", "refused"), ("target", "targeted")):
            if told["ledger"][state] is None:
                assert told["figures"][elsewhere] is None
                assert told["by_agency"]["A"][elsewhere] is None
        if told["ledger"]["unreachable"] is None:
            assert set(told["unreachable"].values()) == {None}
        if told["figures"]["reached"] is None:
            assert told["figures"]["reached_share"] is None
            assert told["weeks"][0]["reached"] is None


def test_a_small_number_has_not_the_shape():
    assert faults(EXAMPLE, SCHEMA) == []
    assert faults({**EXAMPLE, "needs": {"meals": 4}}, SCHEMA)


@pytest.fixture
def campaign(db):
    for agency, count in [(AgencyFactory(lyon=True), 12), (AgencyFactory(saint_etienne=True), 3)]:
        for _ in range(count):
            HouseholdFactory(agency=agency, age=82, phone=True)
    made = make_campaign(now=timezone.now(), name="Grand froid")
    caller = UserFactory(roles=["caller"], first_name="Josiane", last_name="Tellier", service="Service social")
    for rank in range(13):
        spoken = {"grade": "green", "needs": ("meals",), "note": "Aime son jardin."} if rank else {"grade": "red"}
        call(made, caller, "reached", now=timezone.now(), **spoken)
    return made


@pytest.fixture
def director(client):
    client.user = UserFactory(roles=["director"])
    client.force_login(client.user)
    return client


def address(campaign, name="campaign_report"):
    return reverse(f"workspace:{name}", args=[campaign.pk])


@pytest.mark.django_db
class TestReport:
    def test_open_file(self, director, campaign):
        response = director.get(address(campaign, "campaign_report_json"))
        told = json.loads(response.content)
        assert faults(told, SCHEMA) == []
        assert told["ledger"]["reached"] is None  # two wait: told apart, 13 would give them back
        assert told["figures"]["called"] == 13
        assert told["needs"] == {"meals": 12}
        assert "Tellier" not in response.content.decode()
        assert "jardin" not in response.content.decode()
        assert AuditEntry.objects.filter(reason="Bilan de la campagne").exists()

    def test_pdf_is_tagged_and_named(self, director, campaign):
        response = director.get(address(campaign, "campaign_report_pdf"))
        assert response.content.startswith(b"%PDF-")
        assert b"pdfuaid" in response.content
        assert "bilan-grand-froid" in response["Content-Disposition"]

    def test_words_of_who_led_it(self, director, campaign):
        text = "Appeler avant midi.\n\nPrévoir plus d’appelants à Lyon."
        assert director.post(address(campaign), {"text": text}).status_code == 302
        assert CampaignLesson.objects.get().text == text
        assert "Prévoir plus d’appelants" in director.get(address(campaign)).content.decode()
        director.post(address(campaign), {"text": text})
        assert AuditEntry.objects.filter(detail__what="lesson").count() == 1

    @pytest.mark.parametrize(
        "text", ["Mme X est dépressive.", "Rappeler au 06 39 98 00 01", "Écrire à odette@courriel.example"]
    )
    def test_words_about_somebody_are_refused_and_kept_on_the_page(self, director, campaign, text):
        response = director.post(address(campaign), {"text": text})
        assert response.status_code == 422
        assert text in response.content.decode()
        assert not CampaignLesson.objects.exists()

    def test_same_queries_whatever_the_calls(self, director, campaign, django_assert_max_num_queries):
        with django_assert_max_num_queries(16):
            director.get(address(campaign))

    def test_a_draft_has_none(self, director, campaign):
        draft = make_campaign(opened=False, name="Brouillon")
        assert director.get(address(draft)).status_code == 404
