"""The search of the bar: each kind by the rights over it, people audited, nothing typed listed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.housing.factories import ResidenceFactory
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import ResidenceManager

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


def search(client, text, user) -> str:
    client.force_login(user)
    return client.get(reverse("workspace:search"), {"q": text}).content.decode()


class TestPeople:
    def test_are_found_as_on_their_page_and_audited(self, client, here):
        household = HouseholdFactory(agency=here, first_name="Éléonore", last_name="Lefèvre")
        user = UserFactory(roles=[("social_worker", here)])
        html = search(client, "lefevre éléo", user)
        assert "Mme Éléonore Lefèvre" in html
        assert reverse("workspace:household", args=[household.pk]) in html
        entry = AuditEntry.objects.get(action="household.listed")
        assert (entry.actor_id, entry.reason, entry.detail) == (user.pk, "Recherche générale", {"found": 1})

    def test_only_in_ones_agencies(self, client, here):
        HouseholdFactory(agency=AgencyFactory(saint_etienne=True), last_name="Ailleurs")
        assert "Rien de ce nom" in search(client, "ailleurs", UserFactory(roles=[("agency_manager", here)]))

    @pytest.mark.parametrize("role", ["caller", "building_manager", "communication", "partner", "tenant"])
    def test_not_for_those_who_see_no_list(self, client, here, role):
        HouseholdFactory(agency=here, last_name="Lefèvre")
        html = search(client, "lefevre", UserFactory(roles=[role]))
        assert "Lefèvre" not in html
        assert not AuditEntry.objects.filter(action="household.listed").exists()

    def test_a_protected_address_is_hidden(self, client, here):
        HouseholdFactory(agency=here, protected=True, last_name="Cachée")
        assert "Adresse protégée" in search(client, "cachee", UserFactory(roles=[("social_worker", here)]))

    def test_many_lead_to_the_whole_list(self, client, here):
        for rank in range(12):
            HouseholdFactory(agency=here, last_name=f"Dupré{rank}")
        html = search(client, "dupre", UserFactory(roles=["director"]))
        assert html.count('bv-all"><a href="/locataires/') == 10
        assert "Plus de 10\u00a0personnes" in html
        assert 'href="/locataires/?q=dupre"' in html


class TestResidences:
    def test_for_who_covers_them(self, client, here):
        ResidenceFactory(agency=here, name="Résidence Les Ormes", address="3 rue Haute")
        assert "3 rue Haute" in search(client, "ormes", UserFactory(roles=[("agency_manager", here)]))
        assert "3 rue Haute" not in search(client, "ormes", UserFactory(roles=["caller"]))

    def test_for_who_looks_after_them(self, client, here):
        one = ResidenceFactory(agency=here, name="Résidence Les Ormes", address="3 rue Haute")
        user = UserFactory(roles=["building_manager"])
        assert "3 rue Haute" not in search(client, "ormes", user)
        ResidenceManager.objects.create(residence=one, user=user)
        assert "3 rue Haute" in search(client, "ormes", user)


class TestCampaigns:
    def test_those_that_one_manages_or_calls_for(self, client, here):
        HouseholdFactory(agency=here, age=82, phone=True)
        make_campaign(now=timezone.now(), name="Grand froid 2026")
        make_campaign(opened=False, name="Grand chaud 2027")
        managed = search(client, "gra", UserFactory(roles=["director"]))
        assert "Grand froid 2026" in managed
        assert "Grand chaud 2027" in managed
        called = search(client, "gra", UserFactory(roles=["caller"]))
        assert "Grand froid 2026" in called
        assert "Grand chaud 2027" not in called
        assert "Grand froid" not in search(client, "gra", UserFactory(roles=["social_worker"]))


class TestPage:
    def test_pages_of_the_menu(self, client):
        html = search(client, "util", UserFactory(roles=["administrator"]))
        main = html[html.index("<main") :]
        assert 'href="/utilisateurs/"' in main
        assert 'href="/utilisateurs/"' not in (lambda h: h[h.index("<main") :])(
            search(client, "util", UserFactory(roles=["caller"]))
        )

    @pytest.mark.parametrize("text", ["", " ", "!!", "\x00"])
    def test_nothing_typed_lists_nothing(self, client, here, text):
        HouseholdFactory(agency=here)
        html = search(client, text, UserFactory(roles=["director"]))
        assert "<table" not in html
        assert not AuditEntry.objects.exclude(action__startswith="session").filter(action="household.listed").exists()

    def test_what_is_typed_is_never_html(self, client):
        assert "<b>x" not in search(client, '"><b>x', UserFactory(roles=["director"]))

    def test_each_page_has_the_field_and_its_key_can_be_turned_off(self, client):
        user = UserFactory(roles=["director"])
        assert 'id="chercher" placeholder="Rechercher" maxlength="100" autocomplete="off" data-bv-slash' in search(
            client, "", user
        )
        client.cookies["slash"] = "off"
        assert "data-bv-slash" not in search(client, "", user)

    def test_as_many_queries_whatever_is_found(self, client, here):
        user = UserFactory(roles=["director"])

        def cost():
            with CaptureQueriesContext(
                connection,
            ) as captured:
                search(client, "dupre", user)
            return len(captured)

        HouseholdFactory(agency=here, last_name="Dupré")
        make_campaign(opened=False, name="Dupré")
        cost()
        few = cost()
        for _ in range(5):
            HouseholdFactory(agency=here, last_name="Dupré")
            make_campaign(opened=False, name="Dupré")
            ResidenceFactory(agency=here, name="Dupré")
        assert cost() == few
