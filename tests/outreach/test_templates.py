"""Campaigns ready to be prepared: each can be made and opened as it is; last year's comes back a year later."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory, PersonFactory

from bienveille.engines.audiences.queries import EVERYWHERE, check
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.register.tenants.models import Person
from bienveille.services.outreach import operations
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import campaign_document, campaign_templates, changes_since
from bienveille.services.outreach.rules import a_year_later, dated, read_document

TEMPLATES = campaign_templates()


def whole(campaign_id):
    """A campaign as the views load it."""
    return Campaign.objects.select_related("queue", "questionnaire__questionnaire").get(pk=campaign_id)


TODAY = MONDAY.date()


def test_the_six_of_them_in_order():
    assert [one.slug for one in TEMPLATES] == ["heat-wave", "cold", "epidemic", "power-lift", "works", "isolation"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.slug)
class TestTemplates:
    def test_is_a_whole_document(self, template):
        parsed, errors = read_document(dated(template, TODAY, "senior-welfare"))
        assert errors == {}
        assert parsed.starts_on == TODAY
        assert (parsed.ends_on - parsed.starts_on).days == template.days - 1
        assert "{" not in parsed.name
        for wave in parsed.waves:
            assert check(dict(wave.audience))

    def test_says_what_it_does_in_two_sentences(self, template):
        assert template.summary.count(".") == 2
        assert template.summary.endswith(".")

    @pytest.mark.django_db
    def test_can_be_prepared_and_opened(self, template):
        ensure_built_in(now=MONDAY)
        agency = AgencyFactory(lyon=True)
        for _ in range(2):
            HouseholdFactory(agency=agency, age=84, phone=True)
        draft = operations.create_from_template(slug=template.slug, actor=None, today=TODAY)
        assert draft.state == CampaignState.DRAFT
        assert operations.open_campaign(campaign_id=draft.pk, actor=None, now=MONDAY) == 2


class TestAYearLater:
    DOCUMENT = {"name": "Grand froid 2026", "rules": {"starts_on": "2026-01-12", "ends_on": "2026-01-30"}}

    def test_days_and_name(self):
        moved = a_year_later(self.DOCUMENT, date(2026, 11, 22))
        assert moved["name"] == "Grand froid 2027"
        assert moved["rules"] == {"starts_on": "2027-01-12", "ends_on": "2027-02-01"}  # the 30th is a Saturday

    def test_an_older_one_comes_back_to_this_year(self):
        old = {**self.DOCUMENT, "name": "Grand froid 2024", "rules": {"starts_on": "2024-02-29"}}
        moved = a_year_later(old, date(2026, 11, 22))
        assert moved["rules"]["starts_on"] == "2027-03-01"  # the 28th of February is a Sunday
        assert moved["name"] == "Grand froid 2027"

    def test_without_days_nor_year(self):
        moved = a_year_later({"name": "Nos aînés", "rules": {"max_attempts": 4}}, date(2026, 11, 22))
        assert moved == {"name": "Nos aînés 2026", "rules": {"max_attempts": 4}}


@pytest.mark.django_db
class TestDuplicate:
    @pytest.fixture
    def source(self):
        agency = AgencyFactory(lyon=True)
        self.households = [HouseholdFactory(agency=agency, age=82, phone=True) for _ in range(5)]
        made = make_campaign(
            now=timezone.now() - timedelta(days=300),
            name="Grand froid 2025",
            rules={"starts_on": "2025-12-01", "ends_on": "2025-12-19"},
        )
        Person.objects.filter(household=self.households[0]).update(left_on=timezone.localdate() - timedelta(days=3))
        Person.objects.filter(household=self.households[1]).update(birth_date=date(1970, 1, 1))
        for _ in range(3):
            HouseholdFactory(agency=agency, age=90, phone=True)
        return whole(made.pk)

    def test_what_has_changed(self, source):
        found = changes_since(source, timezone.localdate(), scope=EVERYWHERE)
        assert (found.then, found.gone, found.no_longer, found.newcomers) == (5, 1, 1, 3)
        assert found.prospect.callable == 6

    def test_same_queries_whatever_the_households(self, source, django_assert_num_queries):
        for extra in (0, 4):
            for _ in range(extra):
                PersonFactory(household=self.households[2])
            with django_assert_num_queries(3):
                changes_since(source, timezone.localdate(), scope=EVERYWHERE)

    def test_page_then_draft(self, source, client):
        director = UserFactory(roles=["director"])
        client.force_login(director)
        url = reverse("workspace:duplicate_campaign", args=[source.pk])
        page = client.get(url).content.decode()
        assert "n’habite plus là" in page
        assert "du 1er\u00a0décembre" in page.replace("<sup>er</sup>", "er")
        response = client.post(url)
        draft = whole(Campaign.objects.get(state=CampaignState.DRAFT).pk)
        assert response.url == reverse("workspace:draft_check", args=[draft.pk])
        assert campaign_document(draft)["waves"] == campaign_document(source)["waves"]
        assert draft.starts_on > timezone.localdate()

    def test_offered_first(self, source, client):
        client.force_login(UserFactory(roles=["director"]))
        operations.close_campaign(campaign_id=source.pk, actor=None, now=timezone.now())
        page = client.get(reverse("workspace:new_campaign")).content.decode()
        assert page.index("Partir d’un modèle") < page.index("Refaire une campagne") < page.index("Partir de zéro")
        assert "Grand froid 2025" in page
        assert all(one.title in page for one in TEMPLATES if "’" not in one.title)

    def test_a_closed_account_is_left_out(self, source):
        callers = [UserFactory(roles=["caller"]), UserFactory(roles=["caller"])]
        source.all_callers = False
        source.save()
        for one in callers:
            operations.add_caller(campaign_id=source.pk, actor=callers[0], user=one)
        callers[1].is_active = False
        callers[1].save()
        draft = operations.duplicate_campaign(campaign=source, actor=callers[0], today=timezone.localdate())
        assert campaign_document(whole(draft.pk))["callers"] == {"emails": [callers[0].email]}


@pytest.mark.django_db
def test_unknown_template(client):
    client.force_login(UserFactory(roles=["director"]))
    response = client.post(reverse("workspace:campaign_from_template"), {"template": "nothing"})
    assert response.url == reverse("workspace:new_campaign")
    assert not Campaign.objects.exists()


@pytest.mark.django_db
def test_from_a_template(client):
    ensure_built_in(now=MONDAY)
    client.force_login(UserFactory(roles=["director"]))
    response = client.post(reverse("workspace:campaign_from_template"), {"template": "heat-wave"})
    draft = whole(Campaign.objects.get().pk)
    assert response.url == reverse("workspace:draft_check", args=[draft.pk])
    assert draft.purpose == "heat_wave"
    assert draft.questionnaire.questionnaire.slug == "heat-wave"
