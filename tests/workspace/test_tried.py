"""Those who do not answer, on screen: the list and its file, a household's rank, a visit on a phone, closing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceManagerFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact, Explanation, Step
from bienveille.engines.dispatch.operations.steps import end_step, plan_step
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def campaign(lyon):
    for age, phone in ((90, True), (85, False), (80, True)):
        HouseholdFactory(agency=lyon, people=[{"age": age, "last_name": f"Marchandeau{age}", "phone": phone}])
    made = make_campaign(now=timezone.now(), rules={"max_attempts": 1})
    call(made, UserFactory(roles=["caller"]), "no_answer", now=timezone.now())
    return made


@pytest.fixture
def silent(campaign):
    contacts = Contact.objects.select_related("household__dwelling__building__residence", "lane__agency")
    return contacts.get(queue=campaign.queue, reason="no_answer")


@pytest.fixture
def keeper(silent):
    user = UserFactory(roles=["building_manager"])
    ResidenceManagerFactory(user=user, residence=silent.household.dwelling.building.residence)
    return user


@pytest.fixture
def director():
    return UserFactory(roles=["director"], last_name="Cap")


@pytest.fixture
def screen(client, director):
    client.force_login(director)
    return client


@pytest.fixture
def visit(silent, keeper, director):
    return plan_step(
        actor=director,
        contact_id=silent.pk,
        kind="visit",
        assigned_to=keeper,
        due_on=timezone.localdate(),
        say="Sonnez deux fois",
        now=timezone.now(),
    )


def body(response) -> str:
    return response.content.decode()


def url(name, *keys):
    return reverse(f"workspace:{name}", args=keys)


class TestList:
    def test_shows_what_was_tried_and_what_is_left(self, screen, campaign, visit):
        page = body(screen.get(url("silent", campaign.pk)))
        assert "2\u00a0ménages sans réponse à expliquer" in page
        assert "1\u00a0appel sans réponse" in page
        assert "Frapper à la porte" in page
        assert AuditEntry.objects.filter(action="household.listed").exists()

    def test_the_file_holds_everybody_with_their_reason(self, screen, campaign, visit, keeper):
        end_step(actor=keeper, step_id=visit.pk, result="absent", now=timezone.now())
        response = screen.get(url("silent", campaign.pk), {"state": "all", "export": "csv"})
        text = b"".join(response).decode("utf-8-sig")
        assert len([line for line in text.splitlines() if "Marchandeau" in line]) == 3
        assert "1\u00a0appel sans réponse\u00a0; visite\u00a0: absente" in text
        assert AuditEntry.objects.filter(action="data.exported").exists()

    def test_an_agency_sees_its_own(self, client, campaign):
        client.force_login(UserFactory(roles=[("agency_manager", AgencyFactory(code="STE"))]))
        assert "Marchandeau" not in body(client.get(url("silent", campaign.pk)))

    def test_queries_do_not_grow_with_the_rows(self, screen, lyon):
        def cost(households):
            for _ in range(households):
                HouseholdFactory(agency=lyon, age=90)
            made = make_campaign(name=f"n{households}", now=timezone.now())
            with CaptureQueriesContext(connection) as queries:
                screen.get(url("silent", made.pk))
            return len(queries)

        cost(1)
        assert cost(2) == cost(9)


class TestContact:
    def test_says_the_rank_and_the_order_that_gives_it(self, screen, campaign, silent):
        page = body(screen.get(url("tried_contact", campaign.pk, silent.pk)))
        assert "1<sup>er</sup> sur 3" in page
        assert "Les plus âgés d’abord" in page
        assert "l’ordre d’âge" in page

    def test_plans_a_visit_by_who_looks_after_the_residence(self, screen, campaign, silent, keeper):
        address = url("tried_contact", campaign.pk, silent.pk)
        form = screen.get(address).context["step_form"]
        assert form.initial["doer"] == str(keeper.pk)
        typed = {"do": "plan", "kind": "visit", "doer": keeper.pk, "due_on": timezone.localdate(), "say": "Sonnez"}
        assert screen.post(address, typed).status_code == 302
        assert Step.objects.get().assigned_to_id == keeper.pk
        again = screen.post(address, typed)
        assert again.status_code == 422  # already planned: no longer offered

    def test_keeps_an_explanation_and_refuses_words_of_health(self, screen, campaign, silent):
        address = url("tried_contact", campaign.pk, silent.pk)
        refused = screen.post(address, {"do": "explain", "words": "Elle a un cancer"})
        assert refused.status_code == 422
        assert "Elle a un cancer" in body(refused)
        assert screen.post(address, {"do": "explain", "words": "Chez sa fille"}).status_code == 302
        assert Explanation.objects.get().words == "Chez sa fille"

    def test_a_waiting_household_shows_no_form(self, screen, campaign):
        waiting = Contact.objects.get(queue=campaign.queue, state="waiting")
        page = body(screen.get(url("tried_contact", campaign.pk, waiting.pk)))
        assert "Prévoir cette démarche" not in page
        assert screen.post(url("tried_contact", campaign.pk, waiting.pk), {"do": "plan"}).status_code == 422

    def test_a_step_is_given_up(self, screen, campaign, silent, visit):
        screen.post(url("cancel_step", visit.pk))
        visit.refresh_from_db()
        assert visit.state == "cancelled"


class TestVisit:
    @pytest.fixture
    def phone(self, client, keeper):
        client.force_login(keeper)
        return client

    def test_shows_the_name_the_floor_what_to_say_and_nothing_else(self, phone, silent, visit):
        page = body(phone.get(url("visits")))
        assert silent.household.display_name in page
        assert "1\u00a0visite vous attend" in page
        page = body(phone.get(url("visit", visit.pk)))
        assert "Sonnez deux fois" in page
        assert "+336" not in page.split("<main")[1].split("</main>")[0]
        assert "90 ans" not in page

    def test_notes_how_it_went_and_takes_it_back(self, phone, silent, visit):
        assert phone.post(url("visit", visit.pk), {}).status_code == 422
        assert phone.post(url("visit", visit.pk), {"result": "seen_well"}).status_code == 302
        silent.refresh_from_db()
        assert silent.state == "reached"
        assert "Reprendre" in body(phone.get(url("visits")))
        assert phone.post(url("visit", visit.pk), {"result": "absent"}).status_code == 409
        phone.post(url("take_back_visit", visit.pk))
        silent.refresh_from_db()
        assert silent.state == "unreachable"

    def test_a_worry_gives_emergency_numbers_first_and_tells_the_coordinator(self, phone, client, visit, director):
        answer = phone.post(url("visit", visit.pk), {"result": "worried"}, follow=True)
        page = body(answer).split("<main")[1]
        assert page.index("15") < page.index("L’agence est prévenue")
        client.force_login(director)
        for name, keys in (("home", ()), ("worries", ())):
            assert "Quelqu’un s’inquiète" in body(client.get(url(name, *keys)))
        client.post(url("see_worry", visit.pk))
        assert "Quelqu’un s’inquiète" not in body(client.get(url("home")))

    def test_nobody_else_sees_it(self, client, visit):
        client.force_login(UserFactory(roles=["building_manager"]))
        assert client.get(url("visit", visit.pk)).status_code == 404
        assert client.post(url("take_back_visit", visit.pk)).status_code == 404
        assert client.get(url("worried", visit.pk)).status_code == 404


class TestChanges:
    def test_the_button_updates_and_says_what_changed(self, screen, campaign, lyon):
        HouseholdFactory(agency=lyon, age=95, phone=True)
        answer = screen.post(url("list_changes", campaign.pk), follow=True)
        assert "1\u00a0ménage entré" in body(answer)
        assert "rien n’a changé" in body(screen.post(url("list_changes", campaign.pk), follow=True))

    def test_only_who_may_change_it_updates(self, client, campaign, lyon):
        client.force_login(UserFactory(roles=[("agency_manager", lyon)]))
        assert client.get(url("list_changes", campaign.pk)).status_code == 200
        assert client.post(url("list_changes", campaign.pk)).status_code == 403


class TestClose:
    def test_asks_why_for_each_group_then_closes(self, screen, campaign):
        address = url("close_campaign", campaign.pk)
        assert "Encore à appeler\u00a0: 1" in body(screen.get(address))
        refused = screen.post(address, {"waiting": "Fin du plan"})
        assert refused.status_code == 422
        assert "Fin du plan" in body(refused)
        reasons = {"waiting": "Fin", "no_answer": "Courrier laissé", "no_phone": "Vus par le CCAS"}
        assert screen.post(address, reasons).status_code == 302
        campaign.refresh_from_db()
        assert campaign.state == "closed"
        assert screen.post(address, reasons).status_code == 409


def test_what_was_done_yesterday_is_no_longer_taken_back(client, visit, keeper):
    end_step(actor=keeper, step_id=visit.pk, result="absent", now=timezone.now() - timedelta(hours=1))
    client.force_login(keeper)
    assert "Reprendre" not in body(client.get(url("visits"))).split("<main")[1]
