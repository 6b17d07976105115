"""How long what must end is kept: the direction reads it, who covers everything sets it, nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import AuditEntry, Landlord
from bienveille.register.tenants.models import Household
from bienveille.register.tenants.operations import erase_departed
from bienveille.register.tenants.queries import kept_months

pytestmark = pytest.mark.django_db
PAGE, SET = "/conservation/", "/conservation/regler/"


@pytest.fixture(autouse=True)
def _landlord(db):
    if not Landlord.objects.exists():
        Landlord.objects.create(name="Habitat des Deux Rives")


def departed(days):
    """A couple that left so many days ago."""
    on = timezone.localdate() - timedelta(days=days)
    made = HouseholdFactory(age=82, alone=False)
    made.leases.update(exit=on)
    made.people.update(left_on=on, erp_fingerprint=None)
    Household.objects.filter(pk=made.pk).update(closed_on=on, dwelling=None, created_at="2015-01-01T00:00Z")


def signed(*roles):
    client = Client()
    client.force_login(UserFactory(roles=list(roles)))
    return client


class TestKeeping:
    def test_the_usual_periods_are_shown_then_those_that_were_set(self):
        client = signed(Role.DIRECTOR)
        assert "12 mois" in client.get(PAGE).content.decode()
        sent = client.post(SET, {"departed": "18", "calls": "3"}, follow=True)
        assert "18 mois" in sent.content.decode()
        assert kept_months() == {"departed": 18, "calls": 3}
        line = AuditEntry.objects.filter(action=AuditAction.ACCOUNT_CHANGED).latest("pk")
        assert line.detail["after"] == {"departed": 18, "calls": 3}

    @pytest.mark.parametrize("typed", ["0", "37", "", "un an", "-3", "1.5"])
    def test_out_of_bounds_nothing_changes_and_what_was_typed_stays(self, typed):
        answer = signed(Role.DIRECTOR).post(SET, {"departed": typed, "calls": "6"})
        assert answer.status_code == 422
        assert kept_months() == {"departed": 12, "calls": 6}

    def test_the_director_of_one_agency_reads_and_does_not_set(self):
        client = signed((Role.DIRECTOR, AgencyFactory()))
        assert "Régler les durées" not in client.get(PAGE).content.decode()
        assert client.post(SET, {"departed": "1", "calls": "1"}).status_code == 403
        assert kept_months()["departed"] == 12

    @pytest.mark.parametrize("role", [Role.AGENCY_MANAGER, Role.SOCIAL_WORKER, Role.CALLER, Role.COMMUNICATION])
    def test_nobody_else_opens_it(self, role):
        client = signed(role)
        assert client.get(PAGE).status_code == 403
        assert client.post(SET, {"departed": "1", "calls": "1"}).status_code == 403

    def test_a_fresh_proof_is_asked_before(self, settings):
        settings.PROOF_LASTS = 900
        client = signed(Role.DIRECTOR)
        answer = client.post(SET, {"departed": "1", "calls": "1"})
        assert answer["Location"].startswith("/connexion/confirmer/")
        assert kept_months()["departed"] == 12

    def test_who_shortens_a_period_is_told_first_how_many_it_erases(self):
        departed(days=250)
        departed(days=400)  # erased tonight whatever is set
        client = signed(Role.DIRECTOR)
        asked = client.post(SET, {"departed": "6", "calls": "6"})
        page = asked.content.decode().replace("\xa0", " ")
        assert "2 personnes parties</b> de plus" in page
        assert "ménage" not in page.partition("Ce qui sera effacé")[2].partition("C’est un plafond")[0]
        assert kept_months()["departed"] == 12
        done = client.post(SET, {"departed": "6", "calls": "6", "told": "1"}, follow=True)
        assert "Les durées sont réglées" in done.content.decode()
        assert kept_months()["departed"] == 6
        assert erase_departed(today=timezone.localdate() + timedelta(days=1)).people == 4

    def test_nothing_is_asked_when_nothing_more_is_erased(self):
        departed(days=100)
        client = signed(Role.DIRECTOR)
        assert client.post(SET, {"departed": "6", "calls": "1"}).status_code == 302
        assert client.post(SET, {"departed": "36", "calls": "6"}).status_code == 302
        assert kept_months() == {"departed": 36, "calls": 6}
