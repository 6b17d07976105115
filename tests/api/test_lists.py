"""Lists of the API: who sees what, page after page, always in the same number of queries."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.api.programs import Api
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.audiences.operations import save_audience
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import CampaignCaller

pytestmark = pytest.mark.django_db


def follow(program, path):
    """Every row of a list, page after page, and how many pages there were."""
    rows, pages = [], 0
    while path:
        answer = program.get(path)
        assert answer.status_code == 200, answer.content
        rows += answer.json()["items"]
        pages += 1
        path = (answer.json()["next"] or "").removeprefix("/api/v1")
        assert pages < 50
    return rows, pages


def queries_of(program, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert program.get(path).status_code == 200
    return len(captured)


class TestCampaigns:
    def test_a_manager_sees_all_a_caller_those_where_they_call(self, manager, caller, campaign):
        named = make_campaign(opened=False, name="Nommés", callers={"emails": [caller.user.email]})
        other = make_campaign(opened=False, name="Autres", callers={"emails": [manager.user.email]})
        stranger = Api(UserFactory(roles=["communication"]))
        assert [one["id"] for one in manager.get("/campaigns").json()["items"]] == [
            str(other.pk), str(named.pk), str(campaign.pk),
        ]  # fmt: skip
        assert [one["id"] for one in caller.get("/campaigns").json()["items"]] == [str(named.pk), str(campaign.pk)]
        assert stranger.get("/campaigns").json() == {"items": [], "next": None}
        # What a list shows can be opened, and nothing else.
        for program in (manager, caller, stranger):
            shown = {one["id"] for one in program.get("/campaigns").json()["items"]}
            opened = {
                str(one.pk)
                for one in (campaign, named, other)
                if program.get(f"/campaigns/{one.pk}").status_code == 200
            }
            assert shown == opened

    def test_somebody_named_without_the_role_sees_theirs(self, manager):
        volunteer = Api(UserFactory(roles=["communication"]))
        made = make_campaign(opened=False, callers={"emails": [volunteer.user.email]})
        assert [one["id"] for one in volunteer.get("/campaigns").json()["items"]] == [str(made.pk)]

    def test_a_line_says_where_its_households_stand(self, manager, campaign):
        (line,) = manager.get("/campaigns").json()["items"]
        assert line["ledger"] == {
            "target": 3, "waiting": 3, "reserved": 0, "reached": 0, "refused": 0, "unreachable": 0, "withdrawn": 0,
        }  # fmt: skip
        assert (line["state"], line["questionnaire"]) == ("open", "senior-welfare")

    def test_pages_hold_everything_once(self, manager, campaign):
        made = [campaign, *(make_campaign(opened=False, name=f"Campagne {n}") for n in range(6))]
        rows, pages = follow(manager, "/campaigns?limit=3")
        assert [row["id"] for row in rows] == [str(one.pk) for one in reversed(made)]
        assert pages == 3
        rows, _ = follow(manager, "/campaigns?limit=2&state=draft")
        assert len(rows) == 6

    def test_as_many_queries_for_one_as_for_seven(self, manager, campaign):
        once = queries_of(manager, "/campaigns")
        for n in range(6):
            make_campaign(opened=False, name=f"Campagne {n}")
        assert queries_of(manager, "/campaigns") == once

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "after=1", "after=%00", "state=lost"])
    def test_a_wrong_question_is_a_problem(self, manager, campaign, query):
        answer = manager.get(f"/campaigns?{query}")
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        assert list(answer.json()["errors"]) == [query.split("=")[0]]

    def test_detail(self, manager, caller, campaign):
        shown = manager.get(f"/campaigns/{campaign.pk}").json()
        assert shown["waves"] == [
            {"name": "75 ans et plus", "audience": {"all": [{"age": {"min": 75}}]}, "priority": ["oldest_first"]}
        ]
        assert (shown["callers"], shown["rules"]) == (
            {"all": True, "named": None}, {"max_attempts": 5, "lease_minutes": 30},
        )  # fmt: skip
        assert (shown["may_change"], shown["may_call"]) == (True, False)
        shown = caller.get(f"/campaigns/{campaign.pk}").json()
        assert (shown["may_change"], shown["may_call"]) == (False, True)

    def test_named_callers_are_counted_not_named(self, manager, caller):
        made = make_campaign(opened=False, callers={"emails": [caller.user.email]})
        answer = manager.get(f"/campaigns/{made.pk}")
        assert answer.json()["callers"] == {"all": False, "named": CampaignCaller.objects.count()}
        assert caller.user.email not in answer.content.decode()


class TestPauseAndResume:
    def test_a_paused_campaign_hands_out_nobody(self, manager, caller, campaign):
        assert manager.post(f"/campaigns/{campaign.pk}/pause").json() == {"state": "paused"}
        assert manager.post(f"/campaigns/{campaign.pk}/pause").json() == {"state": "paused"}
        assert caller.post(f"/campaigns/{campaign.pk}/next").status_code == 204
        assert manager.post(f"/campaigns/{campaign.pk}/resume").json() == {"state": "open"}
        assert caller.post(f"/campaigns/{campaign.pk}/next").status_code == 200

    def test_not_before_it_is_open_nor_once_closed(self, manager, campaign):
        draft = make_campaign(opened=False, name="Brouillon")
        assert manager.post(f"/campaigns/{draft.pk}/pause").status_code == 409
        assert manager.post(f"/campaigns/{campaign.pk}/close").json() == {"state": "closed"}
        assert manager.post(f"/campaigns/{campaign.pk}/close").status_code == 409
        assert manager.post(f"/campaigns/{campaign.pk}/resume").status_code == 409

    def test_not_by_a_caller(self, caller, campaign):
        for word in ("pause", "resume", "close"):
            assert caller.post(f"/campaigns/{campaign.pk}/{word}").status_code == 404


class TestContacts:
    def test_a_manager_reads_the_households_of_their_agencies_and_it_is_audited(self, manager):
        north, south = AgencyFactory(code="NOR"), AgencyFactory(code="SUD")
        mine = HouseholdFactory(age=90, phone=True, agency=north)
        HouseholdFactory(age=80, phone=True, agency=south)
        made = make_campaign(now=now())
        local = Api(UserFactory(roles=[("agency_manager", north)]))
        (row,) = local.get(f"/campaigns/{made.pk}/contacts").json()["items"]
        contact = Contact.objects.get(household=mine)
        assert row == {
            "id": str(contact.pk), "household": {"id": str(mine.pk), "name": mine.name}, "agency": "NOR",
            "state": "waiting", "reason": "", "attempts": 0, "not_before": None,
        }  # fmt: skip
        entry = AuditEntry.objects.get(action="household.listed")
        assert (entry.actor_id, entry.channel, entry.detail) == (local.user.pk, "api", {"found": 1})
        assert made.name in entry.reason
        assert len(manager.get(f"/campaigns/{made.pk}/contacts").json()["items"]) == 2
        assert len(manager.get(f"/campaigns/{made.pk}/contacts?agency=SUD").json()["items"]) == 1
        assert manager.get(f"/campaigns/{made.pk}/contacts?agency=%00").status_code == 422
        assert local.get(f"/campaigns/{made.pk}/contacts?agency=SUD").json()["items"] == []

    def test_callers_get_no_list(self, caller, campaign):
        assert caller.get(f"/campaigns/{campaign.pk}/contacts").status_code == 403
        stranger = Api(UserFactory(roles=["communication"]))
        assert stranger.get(f"/campaigns/{campaign.pk}/contacts").status_code == 404

    def test_by_state_and_by_pages_in_as_many_queries(self, manager, campaign):
        worker = UserFactory(roles=["caller"])
        path = f"/campaigns/{campaign.pk}/contacts"
        once = queries_of(manager, f"{path}?limit=1")
        call(campaign, worker, "reached", now())
        rows, pages = follow(manager, f"{path}?limit=1")
        assert len({row["id"] for row in rows}) == pages == 3
        assert [row["attempts"] for row in manager.get(f"{path}?state=reached").json()["items"]] == [1]
        assert queries_of(manager, path) == once


class TestPlannedCalls:
    def test_mine_the_oldest_first_by_pages(self, caller, campaign):
        today = localdate()
        for days in (9, 2, 2):
            call(campaign, caller.user, "reached", now(), call_back_on=today + timedelta(days=days))
        rows, pages = follow(caller, "/planned-calls?limit=1")
        assert pages == 3
        assert [row["due_on"] for row in rows] == [(today + timedelta(days=days)).isoformat() for days in (2, 2, 9)]
        assert {row["id"] for row in rows} == {str(pk) for pk in PlannedCall.objects.values_list("pk", flat=True)}
        assert {row["campaign"] for row in rows} == {str(campaign.pk)}
        assert len(caller.get(f"/planned-calls?until={today + timedelta(days=3)}").json()["items"]) == 2
        other = Api(UserFactory(roles=["caller"]))
        assert other.get("/planned-calls").json()["items"] == []

    def test_as_many_queries_for_one_as_for_three(self, caller, campaign):
        counts = []
        for days in (9, 2, 2):
            call(campaign, caller.user, "reached", now(), call_back_on=localdate() + timedelta(days=days))
            counts.append(queries_of(caller, "/planned-calls"))
        assert len(set(counts)) == 1

    @pytest.mark.parametrize("after", ["x", "2026-02-30_0193a6f0-8b00-7f2a-9a10-1e2d3c4b5a69"])
    def test_a_place_that_no_page_gave(self, caller, after):
        answer = caller.get(f"/planned-calls?after={after}")
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["after"])


class TestPreparing:
    def test_me(self):
        agency = AgencyFactory(code="NOR")
        program = Api(UserFactory(roles=["caller", ("agency_manager", agency)], languages=["fr", "ar"]))
        assert program.get("/me").json() == {
            "id": str(program.user.pk), "name": program.user.display_name, "languages": ["fr", "ar"],
            "roles": [
                {"role": "agency_manager", "company": None, "agency": "NOR"},
                {"role": "caller", "company": None, "agency": None},
            ],
        }  # fmt: skip

    def test_saved_audiences_for_managers(self, manager, caller):
        for name in ("Seuls", "Âgés", "Étages"):
            save_audience(actor=manager.user, name=name, rule={"lives_alone": True}, purpose="Prendre des nouvelles")
        rows, pages = follow(manager, "/audiences?limit=2")
        assert ([row["name"] for row in rows], pages) == (["Seuls", "Âgés", "Étages"], 2)
        assert rows[0]["rule"] == {"lives_alone": True}
        assert caller.get("/audiences").status_code == 403

    def test_an_audience_is_counted_in_ones_agencies(self, manager, caller):
        north, south = AgencyFactory(code="NOR", name="Nord"), AgencyFactory(code="SUD", name="Sud")
        for agency in (north, north, south):
            HouseholdFactory(age=90, agency=agency)
        body = {"audience": {"age": {"min": 75}}}
        counted = manager.post("/audiences/count", body).json()
        assert counted["households"] == 3
        assert counted["sentence"].startswith("Ménages")
        local = Api(UserFactory(roles=[("agency_manager", south)]))
        assert local.post("/audiences/count", body).json()["by_agency"] == [
            {"code": "SUD", "name": "Sud", "households": 1}
        ]
        assert caller.post("/audiences/count", body).status_code == 403
        wrong = manager.post("/audiences/count", {"audience": {"taille": 3}})
        assert wrong.status_code == 422
        assert "taille" in wrong.json()["detail"]

    def test_questionnaires(self, caller):
        ensure_built_in(now=now())
        lines = caller.get("/questionnaires").json()["items"]
        assert "senior-welfare" in [line["slug"] for line in lines]
        shown = caller.get("/questionnaires/senior-welfare").json()
        assert shown["questionnaire"]["sections"]
        assert caller.get("/questionnaires/inconnu").status_code == 404

    def test_the_register_for_who_covers_everything(self, manager):
        HouseholdFactory(age=80, phone=True)
        figures = manager.get("/register").json()
        assert (figures["households"], figures["on"]) == (1, localdate().isoformat())
        assert figures["households_75+_all"] == 1
        assert manager.get("/register?on=2010-01-01").json()["households"] == 0
        assert manager.get(f"/register?on={date.max}").status_code == 200
        local = Api(UserFactory(roles=[("agency_manager", AgencyFactory())]))
        assert local.get("/register").status_code == 403
