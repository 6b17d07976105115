"""A death, with tact: nobody asks for them again, who lives on keeps their place, a person decides what follows."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import MONDAY, call, make_campaign
from tests.tenants.factories import HouseholdFactory, RelativeFactory

from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.queries import contact_in_hand, ledger
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import operations as tenants
from bienveille.register.tenants.models import Household, Person
from bienveille.services.outreach import operations
from bienveille.services.outreach.queries import call_sheet, promised_calls

pytestmark = pytest.mark.django_db
TODAY = MONDAY.date()


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def actor(here):
    return UserFactory(roles=[("social_worker", here)])


@pytest.fixture
def alone(here):
    return HouseholdFactory(agency=here, age=82, phone=True, first_name="Odette", last_name="Marchandeau")


@pytest.fixture
def couple(here):
    return HouseholdFactory(agency=here, people=[
        {"title": "mr", "first_name": "Lucien", "last_name": "Pradeau", "age": 84, "phone": True},
        {"title": "mrs", "first_name": "Yvette", "last_name": "Pradeau", "age": 81, "phone": True, "role": "co_holder"},
    ])  # fmt: skip


def dies(actor, person, on=None):
    return operations.report_death(actor=actor, person=person, today=TODAY, on=on)


class TestWhoLivedAlone:
    def test_leaves_the_campaigns_with_that_reason_and_the_sum_holds(self, actor, alone):
        HouseholdFactory(age=80, phone=True)
        campaign = make_campaign()
        after = dies(actor, alone.people.get())
        assert (after.somebody_left, after.campaigns) == (False, 1)
        contact = Contact.objects.get(household=alone)
        assert (contact.state, contact.reason, contact.token) == ("withdrawn", "deceased", None)
        found = ledger(campaign.queue)
        assert (found.waiting, found.withdrawn) == (1, 1)
        assert AuditEntry.objects.filter(action="contact.changed", reason="Décès", subject_id=alone.pk).count() == 1

    def test_comes_back_in_its_place_when_it_was_wrong(self, actor, alone):
        campaign = make_campaign()
        call(campaign, UserFactory(roles=["caller"]), "no_answer")
        before = Contact.objects.get(household=alone)
        assert before.not_before is not None
        dies(actor, alone.people.get())
        assert operations.take_back_death(actor=actor, person=alone.people.get(), reason="Une homonyme") == 1
        now = Contact.objects.get(household=alone)
        assert (now.state, now.reason, now.not_before, now.resume_at) == ("waiting", "", before.not_before, None)
        assert not alone.people.get().deceased

    def test_in_a_caller_s_hands_it_is_left_to_them(self, actor, alone):
        campaign, caller = make_campaign(), UserFactory(roles=["caller"])
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        assert dies(actor, alone.people.get()).campaigns == 0
        assert Contact.objects.get(household=alone).state == "reserved"

    def test_a_closed_campaign_keeps_its_ledger(self, actor, alone):
        campaign = make_campaign()
        operations.close_campaign(campaign_id=campaign.pk, actor=None, now=MONDAY)
        assert dies(actor, alone.people.get()).campaigns == 0
        assert Contact.objects.get().reason == "closed"

    def test_a_promised_call_is_no_longer_made_and_comes_back_with_them(self, actor, alone):
        campaign, caller = make_campaign(), UserFactory(roles=["caller"])
        call(campaign, caller, "reached", call_back_on=TODAY + timedelta(days=3), weekly=True)
        week = TODAY + timedelta(days=7)
        assert len(promised_calls(caller, week)) == 1
        dies(actor, alone.people.get())
        assert promised_calls(caller, week) == []
        operations.take_back_death(actor=actor, person=alone.people.get(), reason="Vivante")
        assert len(promised_calls(caller, week)) == 1
        assert PlannedCall.objects.get().state == "planned"

    def test_said_twice_is_done_once(self, actor, alone):
        make_campaign()
        dies(actor, alone.people.get())
        assert dies(actor, alone.people.get()).campaigns == 0
        assert AuditEntry.objects.filter(action="contact.changed").count() == 1


class TestWhereOthersLiveOn:
    def test_the_household_keeps_its_place_its_name_follows_and_the_caller_is_told(self, actor, couple):
        campaign, caller = make_campaign(), UserFactory(roles=["caller"])
        lucien, yvette = couple.people.order_by("birth_date")
        after = dies(actor, lucien, on=TODAY - timedelta(days=10))
        assert (after.somebody_left, after.campaigns) == (True, 0)
        assert Household.objects.get().name == "Mme Yvette Pradeau"
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        sheet = call_sheet(contact_in_hand(campaign.queue_id, caller), MONDAY)
        assert [person.name for person in sheet.people] == ["Mme Yvette Pradeau"]
        assert sheet.losses == (("M. Lucien Pradeau", TODAY - timedelta(days=10)),)
        assert {line.number for line in sheet.phones} == set(yvette.contact_points.values_list("value", flat=True))
        operations.take_back_death(actor=actor, person=lucien, reason="Vivant")
        assert Household.objects.get().name == "M. Lucien Pradeau"

    @pytest.mark.parametrize(
        ("facts", "told"),
        [({"deceased_on": None}, 1), ({"deceased_on": date(2024, 1, 1)}, 0), ({"opposed_on": date(2025, 1, 1)}, 0)],
    )
    def test_told_for_a_year_and_never_of_who_was_opposed(self, couple, facts, told):
        campaign, caller = make_campaign(), UserFactory(roles=["caller"])
        couple.people.filter(first_name="Lucien").update(deceased=True, **facts)
        operations.take_next(campaign=campaign, caller=caller, now=MONDAY)
        assert len(call_sheet(contact_in_hand(campaign.queue_id, caller), MONDAY).losses) == told

    def test_a_name_that_was_not_theirs_stays(self, actor, couple):
        Household.objects.update(name="Foyer Pradeau")
        dies(actor, couple.people.get(first_name="Lucien"))
        assert Household.objects.get().name == "Foyer Pradeau"

    def test_who_is_left_now_lives_alone(self, client, actor, couple):
        client.force_login(actor)
        client.post(url("death", couple.people.get(first_name="Lucien")), {"on": ""})
        html = body(client.get(url("household", couple)))
        assert "Mme Yvette Pradeau reste dans le foyer" in html


class TestOnScreen:
    @pytest.fixture
    def screen(self, client, actor):
        client.force_login(actor)
        return client

    def test_what_follows_is_said_calmly_and_left_to_people(self, screen, alone):
        person = alone.people.get()
        RelativeFactory(person=person, name="Hélène Rey")
        make_campaign()
        page = body(screen.get(url("death", person)))
        assert "Aucun courrier ne part tout seul" in page
        done = body(screen.post(url("death", person), {"on": timezone.localdate().isoformat()}, follow=True))
        assert "Le foyer quitte 1\u00a0campagne" in done
        assert "Après un décès" in done
        assert "Hélène Rey (sa fille)" in done
        assert "Un responsable vérifie le décès" in done

    def test_three_months_later_the_page_is_quiet(self, screen, actor, alone, monkeypatch):
        tenants.report_deceased(actor=actor, person=alone.people.get(), today=timezone.localdate())
        Person.objects.update(deceased_on=date(2020, 1, 1))
        assert "Après un décès" in body(screen.get(url("household", alone))), "noted today, whenever it was"
        monkeypatch.setattr("bienveille.faces.workspace.queries.AFTER_A_DEATH", timedelta(0))
        assert "Après un décès" not in body(screen.get(url("household", alone)))

    def test_a_death_to_come_is_refused_with_what_was_typed(self, screen, alone):
        day = (timezone.localdate() + timedelta(days=2)).isoformat()
        response = screen.post(url("death", alone.people.get()), {"on": day})
        assert response.status_code == 422
        assert day in body(response)
