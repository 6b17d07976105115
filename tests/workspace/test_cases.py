"""Situations on screen: the list, the page of one, what is done there, one's day, the rota."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Alert, Case, CaseAbsence, CaseAction, DutyTurn
from bienveille.engines.cases.operations import advance_ladders, take_case
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def worker(lyon):
    return UserFactory(first_name="Samira", last_name="Relais", roles=[("social_worker", lyon)])


@pytest.fixture
def manager(lyon):
    return UserFactory(first_name="Rosa", last_name="Responsable", roles=[("agency_manager", lyon)])


@pytest.fixture
def screen(client, worker):
    client.force_login(worker)
    return client


@pytest.fixture
def case(lyon):
    return make_case("red", agency=lyon, needs=("meals", "heating"), now=timezone.now())


def url(name, case):
    return reverse(f"workspace:{name}", args=[case.pk])


def text(response):
    return response.content.decode()


class TestPage:
    def test_who_why_by_when_and_the_reading_is_audited(self, screen, worker, case):
        page = text(screen.get(url("case", case)))
        for words in ("Repas, chauffage", case.household.display_name, "Agence de Lyon", "À prendre en charge", "15"):
            assert words in page
        assert 'href="tel:15"' in page  # the numbers, above everything
        read = AuditEntry.objects.filter(action="household.read", actor=worker)
        assert list(read.values_list("subject_id", flat=True)) == [case.household_id]

    def test_ones_alert_is_seen(self, screen, worker, case):
        advance_ladders(now=timezone.now())
        Alert.objects.update(user=worker)
        screen.get(url("case", case))
        assert not Alert.objects.filter(seen_at=None).exists()

    def test_the_note_of_the_call_is_shown_while_it_is_kept(self, screen, lyon):
        HouseholdFactory(agency=lyon, age=82, phone=True)
        campaign = make_campaign(now=timezone.now())
        caller = UserFactory(roles=["caller"])
        call(campaign, caller, "reached", now=timezone.now(), grade="orange", note="A froid la nuit", agreed=True)
        page = text(screen.get(url("case", Case.objects.get())))
        assert "A froid la nuit" in page
        assert "accepte qu’un partenaire la rappelle" in page

    def test_a_protected_address_is_not_shown(self, screen, lyon):
        made = make_case("orange", household=HouseholdFactory(agency=lyon, protected=True), now=timezone.now())
        page = text(screen.get(url("case", made)))
        assert made.household.dwelling.building.residence.name not in page
        assert "Adresse protégée" in page

    def test_another_agency_has_nothing_there(self, client, case):
        client.force_login(UserFactory(roles=[("director", AgencyFactory())]))
        for name in ("case", "act_case", "close_case"):
            assert client.get(url(name, case)).status_code == 404
        assert client.post(url("take_case", case)).status_code == 404

    def test_a_confidential_one_is_read_by_those_named_alone(self, client, case):
        boss = UserFactory(roles=["director"])
        Case.objects.update(kind="confidential")
        client.force_login(boss)
        assert client.get(url("case", case)).status_code == 404
        assert case.household.display_name not in text(client.get(reverse("workspace:cases")))
        case.readers.add(boss)
        assert client.get(url("case", case)).status_code == 200


class TestDoing:
    def test_taken_then_undone(self, screen, worker, case):
        page = text(screen.post(url("take_case", case), follow=True))
        assert "Vous avez pris cette situation en charge" in page
        assert Case.objects.get().owner_id == worker.pk
        screen.post(url("take_case", case), {"do": "leave"})
        assert Case.objects.get().state == "new"

    def test_an_action_and_its_next_step(self, screen, worker, case):
        take_case(actor=worker, case_id=case.pk, now=timezone.now())
        typed = {"kind": "call", "words": "Elle va mieux", "next_step": "Relancer le CCAS", "next_step_on": ""}
        page = text(screen.post(url("act_case", case), typed, follow=True))
        assert "Elle va mieux" in page
        assert "Relancer le CCAS" in page

    def test_words_about_health_are_shown_again_then_kept_if_one_insists(self, screen, case):
        typed = {"kind": "note", "words": "Soigne son cancer"}
        response = screen.post(url("act_case", case), typed)
        assert response.status_code == 422
        assert "Soigne son cancer" in text(response)
        assert "Garder ces mots" in text(response)
        assert not CaseAction.objects.filter(kind="note").exists()
        screen.post(url("act_case", case), typed | {"keep": "on"})
        assert CaseAction.objects.get(kind="note").kept_despite_guard

    def test_a_concurrent_change_is_told_and_what_was_typed_stays(self, screen, worker, manager, case):
        read = case.revision
        take_case(actor=manager, case_id=case.pk, now=timezone.now())
        typed = {"kind": "visit", "words": "Porte close", "revision": read}
        response = screen.post(url("act_case", case), typed)
        assert response.status_code == 409
        assert "Prise en charge, par Rosa Responsable" in text(response)
        assert "Porte close" in text(response)
        again = typed | {"revision": Case.objects.get().revision}
        assert f'value="{again["revision"]}"' in text(response)
        assert screen.post(url("act_case", case), again).status_code == 302

    def test_passed_on_closed_and_opened_again(self, screen, worker, manager, case):
        take_case(actor=worker, case_id=case.pk, now=timezone.now())
        assert "Rosa Responsable" in text(screen.get(url("hand_over_case", case)))
        screen.post(url("hand_over_case", case), {"to": str(manager.pk), "words": "Aime le matin"})
        assert Case.objects.get().owner_id == manager.pk
        assert screen.get(url("close_case", case)).status_code == 403
        screen.force_login(manager)
        assert screen.post(url("close_case", case), {}).status_code == 422
        page = text(screen.post(url("close_case", case), {"outcome": "helped"}, follow=True))
        assert "Le besoin est couvert" in page
        assert screen.get(url("act_case", case)).status_code == 403
        screen.post(url("reopen_case", case), {"words": "Encore froid"})
        assert Case.objects.get().state == "followed"

    def test_signalled_from_the_page_of_a_household(self, screen, lyon):
        household = HouseholdFactory(agency=lyon)
        new = reverse("workspace:new_case", args=[household.pk])
        assert screen.post(new, {}).status_code == 422
        screen.post(new, {"grade": "orange", "needs": ["rent"], "words": "Ouvre plus son courrier"})
        made = Case.objects.get()
        assert (made.household_id, made.grade, made.needs) == (household.pk, "orange", ["rent"])
        assert "Loyer, budget" in text(screen.get(reverse("workspace:household", args=[household.pk])))


class TestLists:
    def test_filters(self, screen, worker, lyon):
        red = make_case("red", agency=lyon, needs=("meals",), now=timezone.now() - timedelta(hours=1))
        take_case(actor=worker, case_id=make_case("orange", agency=lyon, now=timezone.now()).pk, now=timezone.now())
        make_case("orange", now=timezone.now())  # elsewhere
        for query, count in (
            ("", 2), ("grade=red", 1), ("need=meals", 1), ("mine=me", 1), ("overdue=yes", 1), ("state=closed", 0),
            (f"agency={lyon.pk}", 2), ("state=new", 1),
        ):  # fmt: skip
            response = screen.get(reverse("workspace:cases") + f"?{query}")
            assert len(response.context["rows"]) == count, query
        assert red.household.display_name in text(screen.get(reverse("workspace:cases") + "?overdue=yes"))

    @pytest.mark.parametrize("name", ["cases", "my_cases"])
    def test_queries_do_not_follow_the_rows(self, screen, worker, lyon, name):
        def asked() -> int:
            with CaptureQueriesContext(
                connection,
            ) as found:
                screen.get(reverse(f"workspace:{name}"))
            return len(found)

        for _ in range(2):
            make_case("orange", agency=lyon, now=timezone.now())
        asked()
        few = asked()
        for _ in range(4):
            make_case("orange", agency=lyon, now=timezone.now())
        assert asked() == few

    def test_ones_day_and_who_follows_how_much(self, client, worker, manager, lyon):
        now = timezone.now()
        take_case(actor=worker, case_id=make_case("orange", agency=lyon, now=now).pk, now=now)
        waiting = make_case("red", agency=lyon, now=now)
        client.force_login(manager)
        page = text(client.get(reverse("workspace:my_cases")))
        assert "1 situation attend quelqu’un".replace("1 ", "1\u00a0") in page
        assert waiting.household.display_name in page
        assert "Samira Relais" in page
        client.force_login(worker)
        assert "Qui suit combien" not in text(client.get(reverse("workspace:my_cases")))

    def test_who_stands_in_sees_the_cases_of_who_is_away(self, client, worker, manager, lyon):
        now, today = timezone.now(), timezone.localdate()
        made = make_case("orange", agency=lyon, now=now - timedelta(days=60))
        take_case(actor=manager, case_id=made.pk, now=now - timedelta(days=60))
        client.force_login(worker)
        assert made.household.display_name not in text(client.get(reverse("workspace:my_cases")))
        CaseAbsence.objects.create(user=manager, starts_on=today, ends_on=today, substitute=worker)
        assert made.household.display_name in text(client.get(reverse("workspace:my_cases")))


class TestDuty:
    def test_a_turn_and_an_absence(self, client, worker, manager, lyon):
        client.force_login(manager)
        page = reverse("workspace:duty")
        turn = {
            "do": "turn", "tour-agency": str(lyon.pk), "tour-user": str(worker.pk), "tour-kind": "week",
            "tour-day": timezone.localdate().isoformat(), "tour-rank": "1",
        }  # fmt: skip
        assert "Samira Relais est d’astreinte" in text(client.post(page, turn, follow=True))
        again = client.post(page, turn)
        assert again.status_code == 422
        assert "déjà d’astreinte" in text(again)
        client.post(reverse("workspace:remove_duty", args=[DutyTurn.objects.get().pk]))
        assert not DutyTurn.objects.exists()
        client.force_login(worker)
        assert client.post(page, turn).status_code == 200
        away = {
            "do": "absence", "absence-away": str(worker.pk), "absence-starts_on": timezone.localdate().isoformat(),
            "absence-ends_on": timezone.localdate().isoformat(), "absence-substitute": str(manager.pk),
        }  # fmt: skip
        assert "Rosa Responsable remplace" in text(client.post(page, away, follow=True))
        client.post(reverse("workspace:remove_absence", args=[CaseAbsence.objects.get().pk]))
        assert not CaseAbsence.objects.exists()

    def test_a_turn_of_another_agency_is_not_mine(self, client, manager, worker):
        turn = DutyTurn.objects.create(
            user=worker, starts_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=1)
        )
        client.force_login(manager)
        assert client.post(reverse("workspace:remove_duty", args=[turn.pk])).status_code == 404


class TestHistory:
    """What was done in a case is in the household's history, for those who follow it."""

    def history(self, client, household):
        page = text(client.get(reverse("workspace:household", args=[household.pk])))
        return page[page.index("bv-timeline") :]

    def test_what_was_done_and_by_whom(self, screen, worker, case):
        take_case(actor=worker, case_id=case.pk, now=timezone.now())
        screen.post(url("act_case", case), {"kind": "visit", "words": "Radiateur purgé", "next_step": ""})
        told = self.history(screen, case.household)
        for words in (
            "Situation signalée",
            "Situation\u00a0: prise en charge",
            "Situation\u00a0: visite",
            "Radiateur purgé",
        ):
            assert words in told

    def test_nothing_for_who_does_not_follow_its_agency_nor_of_a_confidential_one(self, screen, worker, case):
        Case.objects.update(kind="confidential")
        case.readers.add(worker)
        assert "Situation signalée" not in self.history(screen, case.household)
        Case.objects.update(kind="welfare", agency=AgencyFactory())
        assert "Situation signalée" not in self.history(screen, case.household)
