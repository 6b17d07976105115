"""The screens: who gets in, what an error or an out-of-date page answers, what is kept, what a second click does."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.choices import ContactState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.queries import contact_in_hand, ledger
from bienveille.register.accounts.adapters import SESSION_SEEN
from bienveille.services.outreach.models import Campaign, Report

pytestmark = pytest.mark.django_db
REACHED = {
    "outcome": "reached",
    "q_good_moment": "yes",
    "q_agrees": "yes",
    "grade": "yellow",
    "needs": ["meals", "heating"],
    "next": "none",
    "note": "Ne descend plus faire les courses.",
}


@pytest.fixture
def campaign():
    for _ in range(4):
        HouseholdFactory(age=82, phone=True)
    return make_campaign(now=timezone.now())


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", roles=["caller"])


@pytest.fixture
def as_caller(client, caller):
    client.force_login(caller)
    return client


@pytest.fixture
def as_manager(client):
    client.force_login(UserFactory(roles=["director"]))
    return client


def page(campaign: Campaign) -> str:
    return reverse("workspace:call", args=[campaign.pk])


def take(client, campaign: Campaign) -> Contact:
    """Takes the next household and gives the contact in hand."""
    response = client.post(reverse("workspace:next_call", args=[campaign.pk]))
    assert response.status_code == 302
    return Contact.objects.select_related("household").get(queue_id=campaign.queue_id, reserved_by__isnull=False)


def hidden(client, campaign: Campaign) -> dict[str, str]:
    """The hidden fields of the page, as a browser sends them back."""
    html = client.get(page(campaign)).content.decode()
    form = html[html.index('id="appel"') :]
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', form)[1] for name in ("contact", "token", "idempotency_key")
    }


def body(response) -> str:
    return response.content.decode()


class TestHome:
    @pytest.mark.parametrize(
        ("roles", "words"),
        [
            (["caller"], "Aucune campagne ne vous attend"),
            (["director"], "Trois étapes jusqu’au premier appel"),
            (["social_worker"], "Retrouvez un locataire par son nom"),
            (["communication"], "Rien ne vous attend ici"),
            ([], "Rien ne vous attend ici"),
        ],
    )
    def test_each_role_has_something_to_read(self, client, roles, words):
        client.force_login(UserFactory(roles=roles))
        assert words in body(client.get("/"))

    def test_caller_has_one_button_per_open_campaign(self, as_caller, campaign):
        html = body(as_caller.get("/"))
        assert html.count("Prendre l’appel suivant") == 1
        assert "aucun appel pour l’instant" in html

    def test_manager_sees_the_ledger(self, as_manager, campaign):
        assert campaign.name in body(as_manager.get("/"))

    def test_a_new_landlord_is_led_to_its_first_call(self, as_manager):
        page = as_manager.get("/").content.decode()
        assert "Trois étapes" in page
        assert 'href="/imports/nouveau/"' in page
        assert 'href="/campagnes/nouvelle/"' not in page, "nobody is known yet"
        HouseholdFactory()
        page = as_manager.get("/").content.decode()
        assert 'href="/campagnes/nouvelle/"' in page
        assert 'href="/imports/nouveau/"' not in page

    def test_the_steps_end_with_the_first_opening(self, as_manager, campaign):
        assert "Trois étapes" not in as_manager.get("/").content.decode()

    def test_stranger_is_sent_to_sign_in(self, client):
        assert client.get("/").status_code == 302


class TestTaking:
    def test_get_never_takes(self, as_caller, campaign):
        assert as_caller.get(page(campaign)).status_code == 200
        assert ledger(campaign.queue).reserved == 0
        assert as_caller.get(reverse("workspace:next_call", args=[campaign.pk])).status_code == 405

    def test_button_takes_one_and_shows_it(self, as_caller, campaign):
        contact = take(as_caller, campaign)
        html = body(as_caller.get(page(campaign)))
        assert contact.household.name in html
        assert 'href="tel:+336' in html
        assert "Pourquoi cette personne" in html
        assert html.index("bv-sos") < html.index('id="appel"')

    def test_pressing_twice_takes_one(self, as_caller, campaign):
        take(as_caller, campaign)
        take(as_caller, campaign)
        assert ledger(campaign.queue).reserved == 1

    def test_nobody_left_says_what_happens_next(self, as_caller, campaign, caller):
        for _ in range(4):
            call(campaign, caller, "no_answer", now=timezone.now())
        response = as_caller.post(reverse("workspace:next_call", args=[campaign.pk]), follow=True)
        assert "Personne à appeler pour l’instant" in body(response)
        assert "4\u00a0ménages seront à rappeler plus tard" in body(response)

    def test_paused_campaign_says_so(self, as_caller, campaign):
        from bienveille.services.outreach.operations import pause_campaign

        pause_campaign(campaign_id=campaign.pk, actor=None, paused=True)
        response = as_caller.post(reverse("workspace:next_call", args=[campaign.pk]), follow=True)
        assert "en pause" in body(response)

    def test_giving_back(self, as_caller, campaign):
        contact = take(as_caller, campaign)
        url = reverse("workspace:give_back", args=[campaign.pk])
        as_caller.post(url, {"token": str(uuid4())})
        assert ledger(campaign.queue).reserved == 1
        as_caller.post(url, {"token": str(contact.token)})
        assert ledger(campaign.queue).reserved == 0

    def test_typing_keeps_a_long_call(self, as_caller, campaign):
        contact = take(as_caller, campaign)
        Contact.objects.filter(pk=contact.pk).update(lease_until=timezone.now() + timedelta(minutes=1))
        assert as_caller.post(reverse("workspace:keep", args=[campaign.pk])).status_code == 204
        contact.refresh_from_db()
        assert contact.lease_until > timezone.now() + timedelta(minutes=20)


class TestSaving:
    def test_saves_everything_and_takes_the_next(self, as_caller, campaign):
        contact = take(as_caller, campaign)
        response = as_caller.post(page(campaign), {**hidden(as_caller, campaign), **REACHED, "then": "next"})
        assert response.status_code == 302
        report = Report.objects.select_related("attempt", "response").get()
        assert report.attempt.contact_id == contact.pk
        assert (report.grade, report.needs, report.note) == ("yellow", ["meals", "heating"], REACHED["note"])
        assert report.response.given == {"good_moment": "yes", "agrees": "yes"}
        assert ledger(campaign.queue).reached == ledger(campaign.queue).reserved == 1
        html = body(as_caller.get(page(campaign)))
        assert f"<b>{contact.household.name}</b>, joint." in html
        assert "Annuler" in html

    def test_pause_takes_nobody(self, as_caller, campaign):
        take(as_caller, campaign)
        response = as_caller.post(page(campaign), {**hidden(as_caller, campaign), **REACHED, "then": "pause"})
        assert response.url == reverse("workspace:calls")
        assert ledger(campaign.queue).reserved == 0

    def test_promises(self, as_caller, campaign):
        take(as_caller, campaign)
        day = timezone.localdate() + timedelta(days=3)
        typed = {**REACHED, "next": "once", "call_back_on": day.strftime("%d/%m/%Y"), "then": "pause"}
        as_caller.post(page(campaign), {**hidden(as_caller, campaign), **typed})
        assert PlannedCall.objects.get().due_on == day
        assert "Dans la semaine" in body(as_caller.get(reverse("workspace:promised")))

    def test_no_answer_ignores_what_was_typed_for_a_conversation(self, as_caller, campaign):
        take(as_caller, campaign)
        typed = {"outcome": "no_answer", "next": "none", "call_back_on": "2026-01-01", "then": "pause"}
        assert as_caller.post(page(campaign), {**hidden(as_caller, campaign), **typed}).status_code == 302
        assert ledger(campaign.queue).waiting == 4

    def test_second_click_does_nothing_more(self, as_caller, campaign):
        take(as_caller, campaign)
        typed = {**hidden(as_caller, campaign), **REACHED, "then": "next"}
        first = as_caller.post(page(campaign), typed)
        second = as_caller.post(page(campaign), typed)
        assert first.status_code == second.status_code == 302
        assert Attempt.objects.count() == 1
        assert ledger(campaign.queue).reserved == 1

    def test_two_tabs_the_second_is_told_and_keeps_its_words(self, as_caller, campaign):
        take(as_caller, campaign)
        one, other = hidden(as_caller, campaign), hidden(as_caller, campaign)
        as_caller.post(page(campaign), {**one, **REACHED, "then": "next"})
        response = as_caller.post(page(campaign), {**other, **REACHED, "note": "Aimerait un appel le soir."})
        assert response.status_code == 409
        assert "Aimerait un appel le soir." in body(response)
        assert "Prendre l’appel suivant" in body(response)
        assert Attempt.objects.count() == 1

    def test_expired_but_given_to_nobody_is_still_saved(self, as_caller, campaign):
        contact = take(as_caller, campaign)
        typed = {**hidden(as_caller, campaign), **REACHED, "then": "pause"}
        Contact.objects.filter(pk=contact.pk).update(
            state=ContactState.WAITING, reserved_by=None, reserved_at=None, lease_until=None
        )
        wrong = as_caller.post(page(campaign), {**typed, "outcome": ""})
        assert wrong.status_code == 422
        assert as_caller.post(page(campaign), typed).status_code == 302
        assert ledger(campaign.queue).reached == 1


class TestErrors:
    def post(self, client, campaign, **typed):
        take(client, campaign)
        return client.post(page(campaign), {**hidden(client, campaign), **typed})

    def test_missing_outcome(self, as_caller, campaign):
        response = self.post(as_caller, campaign, note="Une phrase.", grade="green")
        assert response.status_code == 422
        html = body(response)
        assert "Dites comment l’appel s’est passé." in html[html.index("bv-errors") :]
        assert "Une phrase." in html
        assert Attempt.objects.count() == 0

    def test_required_question_of_the_guide(self, as_caller, campaign):
        response = self.post(as_caller, campaign, **{**REACHED, "q_agrees": ""})
        assert response.status_code == 422
        assert 'href="#id_q_agrees"' in body(response)

    def test_once_without_a_day(self, as_caller, campaign):
        response = self.post(as_caller, campaign, **{**REACHED, "next": "once"})
        assert response.status_code == 422
        assert "Choisissez le jour du rappel." in body(response)

    def test_day_gone_by(self, as_caller, campaign):
        response = self.post(as_caller, campaign, outcome="call_later", call_back_on="2020-01-01")
        assert response.status_code == 422
        assert "déjà passée" in body(response)

    def test_guard_warns_once_then_lets_pass(self, as_caller, campaign):
        typed = {**REACHED, "note": "Fatiguée par son cancer, ne sort plus."}
        response = self.post(as_caller, campaign, **typed)
        html = body(response)
        assert response.status_code == 422
        assert "cancer" in html
        assert "Garder ma phrase, avec relecture" in html
        again = as_caller.post(
            page(campaign), {**hidden(as_caller, campaign), **typed, "keep_note": "on", "then": "pause"}
        )
        assert again.status_code == 302
        assert Report.objects.get().note_kept_despite_guard

    @pytest.mark.parametrize("name", ["contact", "token"])
    def test_forged_form_is_told_that_it_is_out_of_date(self, as_caller, campaign, name):
        response = self.post(as_caller, campaign, **REACHED)
        assert response.status_code == 302
        take(as_caller, campaign)
        typed = {**hidden(as_caller, campaign), **REACHED, name: "pas-un-uuid"}
        assert as_caller.post(page(campaign), typed).status_code == 409


class TestUndo:
    def test_undo_brings_the_household_back_with_its_words(self, as_caller, campaign, caller):
        contact = take(as_caller, campaign)
        as_caller.post(page(campaign), {**hidden(as_caller, campaign), **REACHED, "then": "next"})
        attempt = Attempt.objects.get()
        response = as_caller.post(reverse("workspace:undo", args=[campaign.pk, attempt.pk]), follow=True)
        html = body(response)
        assert contact_in_hand(campaign.queue_id, caller).pk == contact.pk
        assert REACHED["note"] in html
        assert re.search(r'name="grade" value="yellow"[^>]*checked', html)
        assert re.search(r'name="q_agrees" value="yes"[^>]*checked', html)
        assert ledger(campaign.queue).reserved == 1

    def test_too_late(self, as_caller, campaign):
        take(as_caller, campaign)
        as_caller.post(page(campaign), {**hidden(as_caller, campaign), **REACHED, "then": "next"})
        Attempt.objects.update(at=timezone.now() - timedelta(minutes=31))
        held = Contact.objects.get(reserved_by__isnull=False).pk
        response = as_caller.post(reverse("workspace:undo", args=[campaign.pk, Attempt.objects.get().pk]))
        assert response.status_code == 409
        assert Contact.objects.get(reserved_by__isnull=False).pk == held
        assert "Annuler" not in body(as_caller.get(page(campaign)))


class TestPromised:
    @pytest.fixture
    def planned(self, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), call_back_on=timezone.localdate())
        return PlannedCall.objects.get()

    def test_bar_and_list_show_it(self, as_caller, planned):
        html = body(as_caller.get(reverse("workspace:promised")))
        assert "1\u00a0rappel vous attend" in html
        assert 'class="bv-count">1<' in html

    def test_start_it(self, as_caller, campaign, planned, caller):
        response = as_caller.post(reverse("workspace:start_promised", args=[planned.pk]))
        assert response.url == page(campaign)
        assert contact_in_hand(campaign.queue_id, caller).planned_call_id == planned.pk

    def test_not_while_another_is_in_hand(self, as_caller, campaign, planned, caller):
        PlannedCall.objects.update(due_on=timezone.localdate() + timedelta(days=2))
        take(as_caller, campaign)
        response = as_caller.post(reverse("workspace:start_promised", args=[planned.pk]))
        assert response.status_code == 409
        assert "déjà un appel en cours" in body(response)

    def test_somebody_else_cannot(self, client, planned):
        client.force_login(UserFactory(roles=["caller"]))
        response = client.post(reverse("workspace:start_promised", args=[planned.pk]))
        assert response.status_code == 409


class TestAccess:
    @pytest.mark.parametrize("name", ["call", "next_call", "give_back", "keep"])
    def test_who_does_not_call_sees_nothing(self, client, campaign, name):
        client.force_login(UserFactory(roles=["social_worker"]))
        url = reverse(f"workspace:{name}", args=[campaign.pk])
        assert (client.get(url) if name == "call" else client.post(url)).status_code == 404

    @pytest.mark.parametrize(
        ("role", "status"), [("director", 200), ("agency_manager", 200), ("caller", 200), ("social_worker", 404)]
    )
    def test_campaign_page(self, client, campaign, role, status):
        client.force_login(UserFactory(roles=[role]))
        response = client.get(reverse("workspace:campaign", args=[campaign.pk]))
        assert response.status_code == status
        if role == "caller":
            assert "Fermer la campagne" not in body(response)

    @pytest.mark.parametrize("name", ["open_campaign", "pause_campaign", "close_campaign"])
    def test_callers_change_no_campaign(self, as_caller, campaign, name):
        assert as_caller.post(reverse(f"workspace:{name}", args=[campaign.pk])).status_code == 404

    def test_callers_reach_no_register(self, as_caller):
        assert as_caller.get(reverse("workspace:people")).status_code == 403


class TestCampaigns:
    def test_title_says_the_fact(self, as_manager, campaign, caller):
        for outcome in ["reached", "reached", "no_answer"]:
            call(campaign, caller, outcome, now=timezone.now(), needs=("meals",) if outcome == "reached" else ())
        html = body(as_manager.get(reverse("workspace:campaign", args=[campaign.pk])))
        assert "Cinq ménages sur dix ont été joints" in html
        assert "Repas" in html

    def test_live_part_alone_and_only_when_it_moved(self, as_manager, campaign):
        url = reverse("workspace:campaign", args=[campaign.pk])
        part = body(as_manager.get(url, headers={"HX-Request": "true"}))
        assert part.lstrip().startswith("<div") or "<html" not in part
        seen = re.search(r"vu=([0-9a-f]+)", part)[1]
        assert as_manager.get(f"{url}?vu={seen}", headers={"HX-Request": "true"}).status_code == 204

    def test_what_refreshes_by_itself_is_no_sign_of_life(self, as_manager, campaign):
        session = as_manager.session
        session[SESSION_SEEN] = seen = int(timezone.now().timestamp()) - 120
        session.save()
        url = reverse("workspace:campaign", args=[campaign.pk])
        assert "X-Background" in body(as_manager.get(url, headers={"X-Background": "1"}))
        assert as_manager.session[SESSION_SEEN] == seen
        as_manager.get(url)
        assert as_manager.session[SESSION_SEEN] > seen

    def test_draft_says_who_will_be_called_then_opens(self, as_manager):
        HouseholdFactory(age=82, phone=True)
        draft = make_campaign(opened=False)
        html = body(as_manager.get(reverse("workspace:campaign", args=[draft.pk])))
        assert "75 ans" in html
        assert "1\u00a0ménage" in html
        url = reverse("workspace:open_campaign", args=[draft.pk])
        assert as_manager.get(url).status_code == 200
        response = as_manager.post(url, follow=True)
        assert "La campagne est ouverte" in body(response)
        assert as_manager.post(url).status_code == 409

    def test_empty_audience_is_refused_in_words(self, as_manager):
        draft = make_campaign(opened=False)
        response = as_manager.post(reverse("workspace:open_campaign", args=[draft.pk]))
        assert response.status_code == 409
        assert "Aucun ménage ne répond" in body(response)

    def test_pause_pressed_twice_pauses(self, as_manager, campaign):
        url = reverse("workspace:pause_campaign", args=[campaign.pk])
        for _ in range(2):
            as_manager.post(url, {"paused": "1"})
        campaign.refresh_from_db()
        assert campaign.state == "paused"
        as_manager.post(url, {"paused": "0"})
        campaign.refresh_from_db()
        assert campaign.state == "open"

    def test_close_says_what_happens_then_does_it(self, as_manager, campaign):
        url = reverse("workspace:close_campaign", args=[campaign.pk])
        html = body(as_manager.get(url))
        assert "ne se rouvre pas" in html
        assert "4\u00a0ménages en attente ne seront pas appelés" in html
        as_manager.post(url, {"waiting": "Fin du plan"})
        assert ledger(campaign.queue).withdrawn == 4

    def test_list_with_and_without(self, as_manager):
        url = reverse("workspace:campaigns")
        assert "Aucune campagne pour l’instant" in body(as_manager.get(url))
        make_campaign(opened=False)
        assert "En préparation" in body(as_manager.get(url))


def test_help_shows_numbers_and_those_to_check(as_caller):
    html = body(as_caller.get(reverse("workspace:help")))
    assert 'href="tel:3114"' in html
    assert "À vérifier" in html
