"""A campaign written step by step: its document comes back as it went in, drafts only, one change at a time."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import document, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.audiences.queries import EVERYWHERE
from bienveille.engines.questionnaires.operations import ensure_built_in
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import campaign_document, prospect
from bienveille.services.outreach.rules import read_document, working_days, workload


class TestDocument:
    def test_new_rules_are_read(self):
        rules = {"keep_answers_days": 90, "starts_on": "2026-11-23", "ends_on": date(2026, 12, 4)}
        parsed, errors = read_document(document(rules=rules))
        assert errors == {}
        assert (parsed.keep_answers_days, parsed.starts_on, parsed.ends_on) == (
            90, date(2026, 11, 23), date(2026, 12, 4),
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("rules", "field"),
        [
            ({"keep_answers_days": 0}, "rules.keep_answers_days"),
            ({"keep_answers_days": 2000}, "rules.keep_answers_days"),
            ({"starts_on": "demain"}, "rules.starts_on"),
            ({"starts_on": 3}, "rules.starts_on"),
            ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "rules.ends_on"),
        ],
    )
    def test_wrong_rules_are_refused_by_field(self, rules, field):
        assert field in read_document(document(rules=rules))[1]

    def test_only_a_draft_may_lack_waves_and_callers(self):
        lacking = document(waves=[], callers={"emails": []})
        assert set(read_document(lacking)[1]) == {"waves", "callers"}
        assert read_document(lacking, unfinished=True)[1] == {}


class TestWorkload:
    def test_rounded_up(self):
        work = workload(10, 3, date(2026, 11, 23), date(2026, 11, 27))
        assert (work.each, work.days, work.each_day) == (4, 5, 1)
        assert workload(10, 0, None, None) == workload(10, 0, date(2026, 11, 23), None)
        assert workload(10, 2, date(2026, 11, 21), date(2026, 11, 22)).each_day is None  # a week-end

    @given(start=st.dates(date(2020, 1, 1), date(2030, 1, 1)), length=st.integers(0, 60))
    def test_working_days_are_those_of_the_calendar(self, start, length):
        from datetime import timedelta

        end = start + timedelta(days=length)
        assert working_days(start, end) == sum((start + timedelta(days=n)).weekday() < 5 for n in range(length + 1))


@pytest.mark.django_db
class TestOperations:
    def test_the_document_comes_back_as_it_went_in(self):
        caller = UserFactory(roles=["caller"])
        whole = document(
            callers={"emails": [caller.email]},
            rules={"max_attempts": 3, "lease_minutes": 20, "keep_answers_days": 90, "starts_on": "2026-11-23"},
        )
        whole["waves"][0]["priority"] = ["alone_first", "oldest_first"]
        campaign = make_campaign(opened=False, **whole)
        campaign = Campaign.objects.select_related("queue", "questionnaire__questionnaire").get(pk=campaign.pk)
        assert campaign_document(campaign) == whole

    def test_one_heading_at_a_time_and_the_same_again_changes_nothing(self):
        actor = UserFactory(roles=["director"])
        campaign = make_campaign(opened=False)
        for _ in range(2):
            operations.change_draft(campaign_id=campaign.pk, changes={"name": "Autre"}, actor=actor)
        campaign.refresh_from_db()
        assert (campaign.name, campaign.waves.count()) == ("Autre", 1)
        prepared = AuditEntry.objects.filter(action="campaign.changed", detail__what="prepared")
        assert [entry.detail["headings"] for entry in prepared] == [["name"]]

    def test_a_wrong_heading_is_refused_and_nothing_is_kept(self):
        campaign = make_campaign(opened=False)
        with pytest.raises(operations.InvalidDocument):
            operations.change_draft(campaign_id=campaign.pk, changes={"questionnaire": "x"}, actor=None)
        with pytest.raises(operations.InvalidDocument):
            operations.change_draft(campaign_id=campaign.pk, changes={"other": 1}, actor=None)
        assert campaign.waves.count() == 1

    def test_the_api_and_the_command_still_want_waves(self):
        ensure_built_in(now=MONDAY)
        with pytest.raises(operations.InvalidDocument):
            operations.create_campaign(document=document(waves=[]), actor=None)


@pytest.mark.django_db
class TestProspect:
    def test_says_what_opening_will_do(self):
        lyon, other = AgencyFactory(name="Agence de Lyon"), AgencyFactory(name="Agence du Sud")
        HouseholdFactory(agency=lyon, age=90, phone=True)
        HouseholdFactory(agency=lyon, age=80)
        HouseholdFactory(agency=other, people=[{"age": 77, "phone": True, "languages": ["ar"]}])
        HouseholdFactory(agency=other, people=[{"age": 77, "phone": True, "opposed": True}])
        waves = [
            {"name": "85", "audience": {"all": [{"age": {"min": 85}}]}, "priority": ["oldest_first"]},
            {"name": "75", "audience": {"all": [{"age": {"min": 75}}]}, "priority": ["oldest_first"]},
        ]
        found = prospect(waves, MONDAY.date(), scope=EVERYWHERE)
        assert [(wave.asked, wave.kept, wave.earlier) for wave in found.waves] == [(1, 1, 0), (3, 2, 1)]
        assert (found.households, found.without_phone, found.callable) == (3, 1, 2)
        assert found.languages == {"ar": 1}
        assert dict(found.agencies.values()) == {"Agence de Lyon": 1, "Agence du Sud": 1}
        campaign = make_campaign(waves=waves)
        assert campaign.queue.target == found.households
        assert campaign.queue.contacts.filter(state="unreachable").count() == found.without_phone

    def test_within_the_agencies_covered(self):
        here = AgencyFactory()
        HouseholdFactory(agency=here, age=90, phone=True)
        HouseholdFactory(age=90, phone=True)
        waves = [{"name": "tous", "audience": {"all": []}, "priority": []}]
        assert prospect(waves, MONDAY.date(), scope=Scope(agencies=frozenset({here.pk}))).households == 1
        assert prospect([], MONDAY.date(), scope=EVERYWHERE).households == 0
