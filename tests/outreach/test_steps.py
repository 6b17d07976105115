"""Those who do not answer: what is tried, what it gives, who may see it, and a campaign closed with its reasons."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import ResidenceManagerFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory, RelativeFactory

from bienveille.engines.dispatch.choices import StepKind, StepResult
from bienveille.engines.dispatch.models import Contact, Explanation, Step
from bienveille.engines.dispatch.operations import steps as dispatch_steps
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.engines.dispatch.queries.steps import asked_of
from bienveille.engines.dispatch.rules.steps import RESULTS, after_step
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach import operations
from bienveille.services.outreach.access import get_step_for
from bienveille.services.outreach.operations.steps import CannotAskThem, Unexplained, ask_for_step, close_explained
from bienveille.services.outreach.queries.steps import (
    SilentFilters,
    contact_with_home,
    silent_contacts,
    stages_of,
    tried_for,
    unexplained_groups,
    worries_for,
)
from bienveille.services.outreach.rules.steps import Known, proposals, tried_words

EVERYWHERE = Scope(everything=True)
LATER = MONDAY + timedelta(hours=2)


class TestRules:
    def test_every_result_of_every_step_has_a_meaning(self):
        assert set(RESULTS) == set(StepKind.values)
        for results in RESULTS.values():
            for result in results:
                after_step(result)
        assert after_step(StepResult.SEEN_WELL).state == "reached"
        assert after_step(StepResult.ABSENT) is None

    def test_the_lightest_untried_step_is_advised_and_the_social_centre_is_last(self):
        known = Known("no_answer", relatives=1, managers=("Thierry Gardien",), commune="Oullins",
                      ended=(("other_number", "nothing_found"),))  # fmt: skip
        offered = proposals(known)
        assert [one.kind for one in offered] == ["other_number", "relative", "visit", "letter", "social_centre"]
        assert [one.kind for one in offered if one.next] == ["relative"]
        assert [one.kind for one in offered if one.tried] == ["other_number"]
        assert "Thierry Gardien" in offered[2].why
        assert offered[-1].why.endswith("d’Oullins.")

    def test_without_a_relative_none_is_called_and_what_is_planned_is_not_offered_again(self):
        offered = proposals(Known("no_phone", planned=("visit",)))
        assert [one.kind for one in offered] == ["other_number", "letter", "social_centre"]
        assert not any(one.next for one in offered)

    def test_what_was_tried_is_one_line(self):
        words = tried_words(["no_answer", "voicemail", "no_answer"], ["visit:absent"])
        assert words == "2\u00a0appels sans réponse, 1\u00a0message laissé\u00a0; visite\u00a0: absente"
        assert tried_words([], []) == ""


@pytest.fixture
def manager():
    return UserFactory(roles=["director"])


@pytest.fixture
def keeper():
    return UserFactory(roles=["building_manager"], first_name="Thierry", last_name="Gardien")


@pytest.fixture
def campaign(keeper):
    """Two households that nobody reached: no answer at the only try, no number; one still waits."""
    HouseholdFactory(name="Mme Sans réponse", age=90, phone=True)
    HouseholdFactory(name="Mme Sans numéro", age=85)
    HouseholdFactory(name="Mme En attente", age=80, phone=True)
    made = make_campaign(rules={"max_attempts": 1})
    call(made, UserFactory(roles=["caller"]), "no_answer")
    silent = the(made, "Mme Sans réponse")
    ResidenceManagerFactory(user=keeper, residence=silent.household.dwelling.building.residence)
    return made


def the(campaign, name):
    return contact_with_home(campaign, EVERYWHERE, Contact.objects.get(household__name=name, queue=campaign.queue).pk)


@pytest.fixture
def silent(campaign):
    return the(campaign, "Mme Sans réponse")


@pytest.fixture
def visit(silent, manager, keeper):
    return ask_for_step(
        actor=manager, contact=silent, kind="visit", doer_id=keeper.pk, due_on=date(2026, 11, 24), say="", now=LATER
    )


def end(step, actor, result, now=LATER):
    return dispatch_steps.end_step(actor=actor, step_id=step.pk, result=result, now=now)


@pytest.mark.django_db
class TestAsk:
    def test_the_one_who_looks_after_the_residence_is_asked_first(self, silent, visit, keeper):
        assert visit.assigned_to == keeper
        assert [step.pk for step in asked_of(keeper)] == [visit.pk]
        assert tried_for(silent).known.managers == ("Thierry Gardien",)

    def test_refusals(self, campaign, silent, visit, manager, keeper):
        def ask(contact=silent, **changes):
            given = {"kind": "letter", "doer_id": manager.pk, "due_on": date(2026, 11, 24), "say": "", **changes}
            return ask_for_step(actor=manager, contact=contact, now=LATER, **given)

        with pytest.raises(CannotAskThem):
            ask(doer_id=UserFactory(roles=["building_manager"]).pk)
        with pytest.raises(CannotAskThem, match="passé"):
            ask(due_on=date(2026, 11, 1))
        with pytest.raises(dispatch_steps.CannotPlanStep, match="déjà prévue"):
            ask(kind="visit", doer_id=keeper.pk)
        with pytest.raises(dispatch_steps.CannotPlanStep, match="n’est pas sans réponse"):
            ask(contact=the(campaign, "Mme En attente"))
        with pytest.raises(dispatch_steps.UnfitWords):
            ask(say="Elle a un cancer")

    def test_a_step_given_up_may_be_asked_again(self, silent, visit, manager, keeper):
        dispatch_steps.cancel_step(actor=manager, step_id=visit.pk)
        dispatch_steps.cancel_step(actor=manager, step_id=visit.pk)
        assert asked_of(keeper) == []
        ask_for_step(actor=manager, contact=silent, kind="visit", doer_id=keeper.pk, due_on=date(2026, 11, 25), say="",
                     now=LATER)  # fmt: skip
        with pytest.raises(dispatch_steps.CannotEndStep):
            end(visit, keeper, "absent")


@pytest.mark.django_db
class TestEnd:
    @pytest.mark.parametrize(
        ("result", "state", "reason"),
        [("seen_well", "reached", ""), ("refused", "refused", ""), ("moved", "withdrawn", "moved"),
         ("absent", "unreachable", "no_answer"), ("worried", "unreachable", "no_answer"), ("call_back", "waiting", "")],
    )  # fmt: skip
    def test_what_a_visit_gives(self, campaign, silent, visit, keeper, result, state, reason):
        end(visit, keeper, result)
        silent.refresh_from_db()
        assert (silent.state, silent.reason) == (state, reason)
        assert check_invariants(campaign.queue) == []
        dispatch_steps.take_back_step(actor=keeper, step_id=visit.pk, now=LATER + timedelta(minutes=5))
        silent.refresh_from_db()
        assert (silent.state, silent.reason) == ("unreachable", "no_answer")
        assert [step.pk for step in asked_of(keeper)] == [visit.pk]

    def test_whom_a_visitor_says_to_call_back_is_called(self, campaign, silent, visit, keeper):
        end(visit, keeper, "call_back")
        caller = UserFactory(roles=["caller"])
        handed = operations.take_next(campaign=campaign, caller=caller, now=LATER)
        assert handed.contact_id == silent.pk
        with pytest.raises(dispatch_steps.CannotTakeBackStep):
            dispatch_steps.take_back_step(actor=keeper, step_id=visit.pk, now=LATER)

    def test_twice_unfit_or_too_late_is_refused(self, visit, keeper):
        with pytest.raises(dispatch_steps.CannotEndStep):
            end(visit, keeper, "left")
        end(visit, keeper, "absent")
        with pytest.raises(dispatch_steps.CannotEndStep):
            end(visit, keeper, "seen_well")
        with pytest.raises(dispatch_steps.CannotTakeBackStep):
            dispatch_steps.take_back_step(actor=keeper, step_id=visit.pk, now=LATER + timedelta(minutes=31))
        with pytest.raises(dispatch_steps.CannotTakeBackStep):
            dispatch_steps.take_back_step(actor=UserFactory(), step_id=visit.pk, now=LATER)

    def test_a_number_is_found_once_it_is_written_down(self, campaign, manager):
        contact = the(campaign, "Mme Sans numéro")
        step = ask_for_step(actor=manager, contact=contact, kind="other_number", doer_id=manager.pk,
                            due_on=date(2026, 11, 24), say="", now=LATER)  # fmt: skip
        with pytest.raises(dispatch_steps.CannotEndStep, match="Écrivez d’abord"):
            end(step, manager, "number_found")

    def test_a_worry_waits_for_a_coordinator_of_the_agency(self, visit, keeper, manager):
        end(visit, keeper, "worried")
        assert [one.pk for one in worries_for(EVERYWHERE)] == [visit.pk]
        assert worries_for(Scope()) == []
        dispatch_steps.see_worry(actor=manager, step_id=visit.pk, now=LATER)
        assert worries_for(EVERYWHERE) == []


@pytest.mark.django_db
class TestAccess:
    def test_who_may_open_a_visit(self, visit, keeper, manager):
        assert get_step_for(keeper, visit.pk) == visit
        assert get_step_for(manager, visit.pk) == visit
        for stranger in (UserFactory(roles=["building_manager"]), UserFactory(roles=["caller"]), UserFactory()):
            with pytest.raises(Http404):
                get_step_for(stranger, visit.pk)

    def test_a_protected_address_is_shown_to_no_visitor(self, silent, visit, keeper, manager):
        silent.household.people.update(protected_address=True)
        assert asked_of(keeper) == []
        assert get_step_for(manager, visit.pk) == visit
        with pytest.raises(Http404):
            get_step_for(keeper, visit.pk)


@pytest.mark.django_db
class TestList:
    def test_stages_go_from_nothing_to_an_explanation(self, campaign, silent, manager, keeper):
        assert stages_of(campaign, EVERYWHERE) == {"todo": 2, "under_way": 0, "explained": 0}
        step = ask_for_step(actor=manager, contact=silent, kind="social_centre", doer_id=manager.pk,
                            due_on=date(2026, 11, 24), say="", now=LATER)  # fmt: skip
        assert stages_of(campaign, EVERYWHERE)["under_way"] == 1
        end(step, manager, "told")
        dispatch_steps.explain(
            actor=manager, contact_ids=[the(campaign, "Mme Sans numéro").pk], words="Partie chez sa fille", now=LATER
        )
        assert stages_of(campaign, EVERYWHERE) == {"todo": 0, "under_way": 0, "explained": 2}
        rows = {one.household.name: one for one in silent_contacts(campaign, EVERYWHERE, SilentFilters())}
        row = rows["Mme Sans réponse"]
        assert (row.outcomes, row.steps_done) == (["no_answer"], ["social_centre:told"])
        assert rows["Mme Sans numéro"].words == "Partie chez sa fille"

    def test_one_query_whatever_the_number(self, campaign):
        for count in (2, 12):
            for _ in range(count):
                HouseholdFactory(age=88)
            other = make_campaign(name=f"n{count}")
            with CaptureQueriesContext(connection) as queries:
                list(silent_contacts(other, EVERYWHERE, SilentFilters(stage="todo", reason="no_phone")))
            assert len(queries) == 1

    def test_the_page_of_a_contact_costs_four_queries(self, silent, visit):
        RelativeFactory(person=silent.household.people.get())
        with CaptureQueriesContext(connection) as queries:
            tried = tried_for(silent)
        assert len(queries) == 4
        assert tried.known.relatives == 1
        assert [one.pk for one in tried.planned] == [visit.pk]


@pytest.mark.django_db
class TestClose:
    def close(self, campaign, actor, **reasons):
        return close_explained(campaign_id=campaign.pk, actor=actor, reasons=reasons, now=LATER)

    def test_each_group_is_asked_for_its_reason(self, campaign, manager, visit):
        assert {one.key: one.count for one in unexplained_groups(campaign)} == {
            "waiting": 1, "no_answer": 1, "no_phone": 1,
        }  # fmt: skip
        with pytest.raises(Unexplained) as refusal:
            self.close(campaign, manager, waiting="Fin du plan canicule")
        assert set(refusal.value.errors) == {"no_answer", "no_phone"}
        assert ledger(campaign.queue).waiting == 1
        closed = self.close(
            campaign, manager, waiting="Fin du plan", no_answer="Courrier laissé à tous", no_phone="CCAS"
        )
        assert closed.state == "closed"
        assert unexplained_groups(closed) == []
        said = {
            one.contact.household.name: one.words for one in Explanation.objects.select_related("contact__household")
        }
        assert said["Mme En attente"] == "Fin du plan"
        assert said["Mme Sans numéro"] == "CCAS"
        assert Step.objects.get(pk=visit.pk).state == "cancelled"
        counted = ledger(closed.queue)
        assert counted.adds_up

    def test_an_own_explanation_is_kept(self, campaign, silent, manager):
        dispatch_steps.explain(actor=manager, contact_ids=[silent.pk], words="Hospitalité de sa sœur", now=LATER)
        self.close(campaign, manager, waiting="Fin", no_phone="Sans téléphone")
        assert Explanation.objects.get(contact=silent).words == "Hospitalité de sa sœur"

    def test_words_of_health_are_refused(self, campaign, manager):
        with pytest.raises(Unexplained):
            self.close(campaign, manager, waiting="Fin", no_answer="Ils ont un cancer", no_phone="x")
