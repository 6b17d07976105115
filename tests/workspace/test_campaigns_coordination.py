"""Leading a campaign on screen: the list of households, several at once, callers, what waits for a decision."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.dispatch.models import Contact, Lane, PlannedCall
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import CampaignCaller, Referral, Report

pytestmark = pytest.mark.django_db


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def campaign(lyon):
    other = AgencyFactory(code="STE", name="Agence de Saint-Étienne")
    for rank, name in enumerate(["Marchandeau", "Pradeau", "Lascombe", "Ferrat"]):
        agency = lyon if rank < 2 else other
        HouseholdFactory(agency=agency, people=[{"age": 85 - rank, "last_name": name, "phone": True}])
    return make_campaign(now=timezone.now())


@pytest.fixture
def caller():
    return UserFactory(first_name="Josiane", last_name="Tellier", roles=["caller"])


@pytest.fixture
def director():
    return UserFactory(roles=["director"])


@pytest.fixture
def as_director(client, director):
    client.force_login(director)
    return client


def body(response) -> str:
    if not response.streaming:
        return response.content.decode()
    text = b"".join(response).decode(errors="replace")
    for close in response._resource_closers:  # closing the answer itself would close the connection of the test
        close()
    return text


def url(name: str, campaign, *more) -> str:
    return reverse(f"workspace:{name}", args=[campaign.pk, *more])


def rows(html: str) -> list[str]:
    return re.findall(r'<th scope="row" class="bv-two bv-first"><a [^>]*>([^<]*)</a>', html)


def keys(campaign, *names: str) -> list[str]:
    found = Contact.objects.filter(queue=campaign.queue, household__people__last_name__in=names)
    return [str(key) for key in found.values_list("pk", flat=True)]


class TestList:
    def test_everybody_then_filtered(self, as_director, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), grade="orange")
        call(campaign, caller, "no_answer", now=timezone.now())
        assert len(rows(body(as_director.get(url("contacts", campaign))))) == 4
        wave = campaign.waves.get()
        for query, count in [
            ("state=reached", 1), ("state=waiting", 3), ("grade=orange", 1), ("grade=red", 0), ("q=marchan", 1),
            (f"caller={caller.pk}", 2), (f"wave={wave.rank}", 4), ("state=nonsense&agency=x&wave=z", 4),
            ("tri=-last", 4), ("tri=due", 4), ("tri=agency", 4), ("tri=wave", 4), ("tri=state", 4), ("page=9", 4),
        ]:  # fmt: skip
            assert len(rows(body(as_director.get(f"{url('contacts', campaign)}?{query}")))) == count, query

    def test_an_agency_manager_sees_their_agencies_only(self, client, campaign, lyon):
        client.force_login(UserFactory(roles=[("agency_manager", lyon)]))
        html = body(client.get(url("contacts", campaign)))
        assert len(rows(html)) == 2
        assert "Ferrat" not in html
        response = client.get(f"{url('contacts', campaign)}?export=csv")
        assert "Ferrat" not in body(response)
        chosen = keys(campaign, "Ferrat")
        client.post(url("contacts_act", campaign), {"contact": chosen, "do": "withdraw", "confirm": "1", "motive": "x"})
        assert ledger(campaign.queue).withdrawn == 0

    def test_reading_and_exporting_are_audited(self, as_director, campaign, director):
        as_director.get(url("contacts", campaign))
        assert AuditEntry.objects.get(action="household.listed").detail == {"found": 4}
        response = as_director.get(f"{url('contacts', campaign)}?export=csv&state=waiting")
        text = body(response)
        assert "Marchandeau" in text
        entry = AuditEntry.objects.get(action="data.exported")
        assert (entry.actor_id, entry.detail["format"]) == (director.pk, "csv")
        assert body(as_director.get(f"{url('contacts', campaign)}?export=xlsx")).startswith("PK")

    def test_callers_and_drafts_have_none(self, client, campaign, caller, director):
        client.force_login(caller)
        assert client.get(url("contacts", campaign)).status_code == 403
        client.force_login(director)
        assert client.get(url("contacts", make_campaign(opened=False))).status_code == 404

    @pytest.mark.parametrize("size", [3, 40])
    def test_costs_the_same_whatever_its_size(self, as_director, caller, size):
        for _ in range(size):
            HouseholdFactory(age=80, phone=True)
        campaign = make_campaign(now=timezone.now())
        for _ in range(size // 2):
            call(campaign, caller, "reached", now=timezone.now(), weekly=True, grade="green")
        as_director.get(url("contacts", campaign))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            html = body(as_director.get(url("contacts", campaign)))
        assert len(rows(html)) == size
        assert len(captured) <= 16, [one["sql"][:90] for one in captured.captured_queries]


class TestWithdraw:
    def test_confirmed_then_undone(self, as_director, campaign):
        chosen = keys(campaign, "Marchandeau", "Ferrat")
        act = url("contacts_act", campaign)
        html = body(as_director.post(act, {"contact": chosen, "do": "withdraw", "back": "state=waiting"}))
        assert "Retirer ces ménages" in html
        assert ledger(campaign.queue).withdrawn == 0
        typed = {"contact": chosen, "do": "withdraw", "confirm": "1", "back": "state=waiting"}
        assert as_director.post(act, {**typed, "motive": ""}).status_code == 422
        assert as_director.post(act, {**typed, "motive": "a un cancer"}).status_code == 422
        response = as_director.post(act, {**typed, "motive": "en voyage"}, follow=True)
        assert response.redirect_chain[0][0].endswith("?state=waiting")
        assert "2\u00a0ménages retirés de la campagne" in body(response)
        assert ledger(campaign.queue).withdrawn == 2
        response = as_director.post(url("contacts_undo", campaign), follow=True)
        assert "2\u00a0ménages remis dans la campagne" in body(response)
        assert ledger(campaign.queue).withdrawn == 0
        assert "plus rien à annuler" in body(as_director.post(url("contacts_undo", campaign), follow=True))
        assert check_invariants(campaign.queue) == []

    def test_who_is_in_hand_stays_and_it_is_said(self, as_director, campaign, caller):
        operations.take_next(campaign=campaign, caller=caller, now=timezone.now())
        everybody = [str(key) for key in Contact.objects.values_list("pk", flat=True)]
        typed = {"contact": everybody, "do": "withdraw", "confirm": "1", "motive": "en voyage"}
        response = as_director.post(url("contacts_act", campaign), typed, follow=True)
        assert "3\u00a0ménages retirés" in body(response)
        assert "1\u00a0autre est resté comme il était" in body(response)

    def test_nobody_chosen(self, as_director, campaign):
        response = as_director.post(url("contacts_act", campaign), {"do": "withdraw", "contact": ["x"]}, follow=True)
        assert "Aucun ménage n’est choisi" in body(response)

    def test_one_is_put_back_later(self, as_director, campaign, director):
        (key,) = keys(campaign, "Pradeau")
        operations.withdraw_contacts(campaign=campaign, actor=director, contact_ids=[key], motive="en voyage")
        assert "Remettre" in body(as_director.get(url("contacts", campaign)))
        response = as_director.post(url("put_contact_back", campaign, key), follow=True)
        assert "à la place qu’il avait" in body(response)
        assert ledger(campaign.queue).withdrawn == 0


class TestReassign:
    def test_to_another_and_back(self, as_director, campaign, caller):
        other = UserFactory(first_name="Karim", last_name="Ouadah", roles=["caller"])
        for _ in range(2):
            call(campaign, caller, "reached", now=timezone.now(), weekly=True)
        everybody = [str(key) for key in Contact.objects.values_list("pk", flat=True)]
        act = url("contacts_act", campaign)
        typed = {"contact": everybody, "do": "reassign"}
        assert "Karim Ouadah" in body(as_director.post(act, typed))
        assert as_director.post(act, {**typed, "confirm": "1"}).status_code == 422
        stranger = {**typed, "confirm": "1", "caller": str(UserFactory().pk)}
        assert "n’appelle pas dans cette campagne" in body(as_director.post(act, stranger))
        response = as_director.post(act, {**typed, "confirm": "1", "caller": str(other.pk)}, follow=True)
        assert "2\u00a0appels promis confiés à Karim O." in body(response)
        assert set(PlannedCall.objects.values_list("caller_id", flat=True)) == {other.pk}
        as_director.post(url("contacts_undo", campaign))
        assert set(PlannedCall.objects.values_list("caller_id", flat=True)) == {caller.pk}


class TestFree:
    def test_held_too_long(self, as_director, campaign, caller):
        operations.take_next(campaign=campaign, caller=caller, now=timezone.now() - timedelta(hours=2))
        html = body(as_director.get(f"{url('contacts', campaign)}?state=reserved"))
        assert "Réservation dépassée" in html
        held = re.search(r'name="held" value="([^"]*)"', html)[1]
        response = as_director.post(url("free_contact", campaign), {"held": held}, follow=True)
        assert "La réservation est libérée" in body(response)
        assert ledger(campaign.queue).reserved == 0
        assert "déjà changé" in body(as_director.post(url("free_contact", campaign), {"held": held}, follow=True))
        assert as_director.post(url("free_contact", campaign), {"held": "x"}).status_code == 404


class TestCallers:
    def test_board(self, as_director, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), weekly=True)
        operations.take_next(campaign=campaign, caller=caller, now=timezone.now())
        html = body(as_director.get(url("campaign_callers", campaign)))
        assert "Josiane Tellier" in html
        assert "En appel depuis" in html
        assert "Tous les appelants peuvent appeler" in html
        assert "Josiane" in body(as_director.get(f"{url('campaign_callers', campaign)}?export=csv"))

    def test_by_name_add_remove_undo(self, as_director, campaign, caller):
        change = url("change_callers", campaign)
        as_director.post(change, {"do": "named"})
        assert set(CampaignCaller.objects.values_list("user_id", flat=True)) == {caller.pk}
        guest = UserFactory(first_name="Solange", last_name="Ndiaye")
        assert "Solange Ndiaye" in body(as_director.get(f"{url('campaign_callers', campaign)}?q=ndia"))
        assert "appelle désormais" in body(as_director.post(change, {"do": f"add:{guest.pk}"}, follow=True))
        assert "n’appelle plus" in body(as_director.post(change, {"do": f"remove:{guest.pk}"}, follow=True))
        assert set(CampaignCaller.objects.values_list("user_id", flat=True)) == {caller.pk}
        as_director.post(change, {"do": "everybody"})
        campaign.refresh_from_db()
        assert campaign.all_callers

    def test_somebody_in_a_call_is_not_taken_off(self, as_director, campaign, caller):
        as_director.post(url("change_callers", campaign), {"do": "named"})
        operations.take_next(campaign=campaign, caller=caller, now=timezone.now())
        response = as_director.post(url("change_callers", campaign), {"do": f"remove:{caller.pk}"}, follow=True)
        assert "a un ménage entre les mains" in body(response)
        assert CampaignCaller.objects.count() == 1

    def test_an_agency_does_not_change_the_callers_of_somebody_elses_campaign(self, client, campaign, lyon):
        client.force_login(UserFactory(roles=[("agency_manager", lyon)]))
        assert client.get(url("campaign_callers", campaign)).status_code == 200
        assert client.post(url("change_callers", campaign), {"do": "named"}).status_code == 403

    @pytest.mark.parametrize("size", [2, 25])
    def test_one_query_whatever_their_number(self, campaign, size, django_assert_num_queries):
        from bienveille.faces.workspace.views.leading import midnight
        from bienveille.services.outreach.queries import callers_board

        for _ in range(size):
            UserFactory(roles=["caller"])
        with django_assert_num_queries(1):
            assert len(callers_board(campaign, midnight(timezone.now()))) == size


class TestDecisions:
    def test_situation_taken_and_left(self, as_director, campaign, caller, director):
        call(campaign, caller, "reached", now=timezone.now(), grade="red")
        page = url("campaign", campaign)
        html = body(as_director.get(page))
        assert "Ce qui attend une décision" in html
        referral = Referral.objects.get()
        take = reverse("workspace:take_referral", args=[referral.pk])
        response = as_director.post(take, follow=True)
        assert "Vous avez pris en charge" in body(response)
        assert "Prendre en charge" not in body(as_director.get(page))
        assert Case.objects.get(pk=referral.case_id).owner_id == director.pk
        as_director.post(take, {"do": "leave"})
        assert "Prendre en charge" in body(as_director.get(page))

    def test_taken_by_somebody_else_meanwhile(self, as_director, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), grade="orange")
        referral = Referral.objects.get()
        operations.take_referral(actor=UserFactory(), referral_id=referral.pk, now=timezone.now())
        response = as_director.post(reverse("workspace:take_referral", args=[referral.pk]), follow=True)
        assert "déjà pris cette situation" in body(response)

    def test_overdue_promise_note_and_language(self, as_director, campaign, caller):
        note = "Fatiguée par son cancer."
        call(campaign, caller, "reached", now=timezone.now(), weekly=True, note=note, keep_note=True)
        PlannedCall.objects.update(due_on=timezone.localdate() - timedelta(days=3))
        Lane.objects.filter(contacts__state="waiting").update(language="ar")
        html = body(as_director.get(url("campaign", campaign)))
        for words in ("Rappel promis par Josiane T.", "Une phrase à relire", "parlent arabe, et aucun appelant"):
            assert words in html, words
        report = Report.objects.get()
        read = reverse("workspace:read_note", args=[report.pk])
        assert note in body(as_director.get(read))
        as_director.post(read, {"do": "erase"})
        report.refresh_from_db()
        assert (report.note, report.read_again_at is None) == ("", False)
        assert "Une phrase à relire" not in body(as_director.get(url("campaign", campaign)))

    def test_other_agencies_situations_are_not_theirs(self, client, campaign, caller, lyon):
        for _ in range(4):
            call(campaign, caller, "reached", now=timezone.now(), grade="orange")
        client.force_login(UserFactory(roles=[("agency_manager", lyon)]))
        assert body(client.get(url("campaign", campaign))).count("Prendre en charge") == 2
        far = Referral.objects.exclude(attempt__contact__lane__agency=lyon).first()
        assert client.post(reverse("workspace:take_referral", args=[far.pk])).status_code == 404
        client.force_login(caller)
        assert "Ce qui attend une décision" not in body(client.get(url("campaign", campaign)))

    def test_who_calls_now_comes_alone_to_htmx(self, as_director, campaign, caller):
        operations.take_next(campaign=campaign, caller=caller, now=timezone.now())
        page = f"{url('campaign', campaign)}?partie=appelants"
        html = body(as_director.get(page, headers={"HX-Request": "true"}))
        assert "Une personne appelle en ce moment" in html
        assert "<html" not in html

    @pytest.mark.parametrize("size", [2, 12])
    def test_the_page_costs_the_same_whatever_waits(self, as_director, caller, size):
        for _ in range(size):
            HouseholdFactory(age=80, phone=True)
        campaign = make_campaign(now=timezone.now())
        for _ in range(size):
            call(campaign, caller, "reached", now=timezone.now(), grade="orange", weekly=True)
        PlannedCall.objects.update(due_on=timezone.localdate() - timedelta(days=3))
        as_director.get(url("campaign", campaign))
        with CaptureQueriesContext(connection) as captured:
            as_director.get(url("campaign", campaign))
        assert len(captured) <= 22, len(captured)
