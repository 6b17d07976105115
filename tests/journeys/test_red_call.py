"""From a red call in the night to a closed case: each deadline, alert, answer and line of the audit, on one clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases import operations
from bienveille.engines.cases.models import Alert, Case, CaseAction
from bienveille.engines.cases.queries import case_of_source
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import Referral
from bienveille.services.outreach.operations import take_back_call
from bienveille.services.outreach.queries import figures

pytestmark = pytest.mark.django_db

#: Friday 25 December 2026, ten in the morning in Paris: a day off, then a week-end.
CHRISTMAS = datetime(2026, 12, 25, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_from_a_red_call_to_its_closure():
    lyon = AgencyFactory(name="Agence de Lyon")
    manager = UserFactory(first_name="Rosa", roles=[("agency_manager", lyon)])
    worker = UserFactory(first_name="Samira", roles=[("social_worker", lyon)])
    caller = UserFactory(first_name="Josiane", roles=["caller"])
    household = HouseholdFactory(agency=lyon, age=84, phone=True)
    operations.add_turns(
        actor=manager,
        agency=lyon,
        user=worker,
        rank=1,
        spans=[(CHRISTMAS - timedelta(hours=16), CHRISTMAS + timedelta(days=3))],
    )
    campaign = make_campaign(now=CHRISTMAS - timedelta(days=3))

    # The call: one case, taken within 15 real minutes, closed within 40 hours of offices that open on Monday.
    saved = call(campaign, caller, "reached", now=CHRISTMAS, grade="red", needs=("heating",), agreed=True)
    case = Case.objects.get()
    assert (case.household_id, case.agency_id, case.state, case.grade) == (household.pk, lyon.pk, "new", "red")
    assert (case.take_before, case.pk) == (CHRISTMAS + 15 * MINUTE, case_of_source(saved.attempt.pk))
    assert case.close_before == datetime(2027, 1, 4, 16, tzinfo=UTC)  # 1 January is off too
    assert Referral.objects.get().case_id == case.pk
    assert figures(campaign)["referrals"] == 1

    # The ladder: who is on duty, then the manager; each minute it is looked at, nobody is told twice.
    for minute in range(20):
        operations.advance_ladders(now=CHRISTMAS + minute * MINUTE)
    mails = Alert.objects.filter(channel="email").order_by("created_at")
    assert list(mails.values_list("user_id", "created_at")) == [
        (worker.pk, CHRISTMAS),
        (manager.pk, CHRISTMAS + 15 * MINUTE),
    ]
    for alert in mails:
        operations.write_to(alert_id=alert.pk, now=alert.created_at)
    assert [sent.to for sent in mail.outbox] == [[worker.email], [manager.email]]
    assert not any(household.name in sent.subject + sent.body for sent in mail.outbox)

    # The answer, late by five minutes: kept for the figures, and nobody is told any more.
    operations.see_case(actor=worker, case_id=case.pk, now=CHRISTMAS + 19 * MINUTE)
    operations.take_case(actor=worker, case_id=case.pk, now=CHRISTMAS + 20 * MINUTE)
    proof = Alert.objects.get(user=worker, channel="email")
    assert (proof.sent_at, proof.seen_at, proof.acknowledged_at) == (
        CHRISTMAS,
        CHRISTMAS + 19 * MINUTE,
        CHRISTMAS + 20 * MINUTE,
    )
    assert operations.advance_ladders(now=CHRISTMAS + timedelta(days=1)) == 0
    assert CaseAction.objects.get(kind="signalled").answered_at == CHRISTMAS + 20 * MINUTE

    # What is done, a relay, the end.
    def note(done: operations.Done, days: int) -> None:
        now = CHRISTMAS + timedelta(days=days)
        operations.note_action(actor=worker, case_id=case.pk, done=done, revision=None, now=now)

    note(operations.Done("visit", "Chauffage d’appoint prêté", "Rappeler l’entreprise", date(2026, 12, 28)), 1)
    monday = CHRISTMAS + timedelta(days=4)
    assert operations.make_digests(now=CHRISTMAS + timedelta(days=1)) == 0  # a Saturday
    assert operations.make_digests(now=monday) == 1  # Tuesday: the step of Monday is late
    operations.hand_over(actor=worker, case_id=case.pk, to=manager, words="", revision=None, now=monday)
    operations.close_case(
        actor=manager, case_id=case.pk, outcome="helped", words="Radiateur changé", revision=None, now=monday
    )
    case.refresh_from_db()
    assert (case.state, case.outcome, case.closed_by_id) == ("closed", "helped", manager.pk)
    assert case.expires_on == date(2027, 12, 29)

    told = CaseAction.objects.filter(case=case).order_by("revision", "pk").values_list("kind", "by_id")
    assert list(told) == [
        ("signalled", caller.pk),
        ("taken", worker.pk),
        ("visit", worker.pk),
        ("handed", worker.pk),
        ("closed", manager.pk),
    ]
    audited = AuditEntry.objects.filter(action="case.changed", subject_id=household.pk).order_by("pk")
    assert list(audited.values_list("detail__case", "actor_id")) == [
        ("opened", caller.pk),
        ("taken", worker.pk),
        ("noted", worker.pk),
        ("handed", worker.pk),
        ("closed", manager.pk),
    ]
    assert operations.erase_cases(today=date(2027, 12, 30)) == 1
    assert Referral.objects.get().case_id is None
    assert figures(campaign)["referrals"] == 1


def test_a_red_call_taken_back_alerts_nobody_any_more():
    HouseholdFactory(age=84, phone=True)
    UserFactory(roles=["director"])
    campaign, caller = make_campaign(now=CHRISTMAS), UserFactory(roles=["caller"])
    saved = call(campaign, caller, "reached", now=CHRISTMAS, grade="red")
    take_back_call(campaign=campaign, caller=caller, attempt_id=saved.attempt.pk, now=CHRISTMAS + MINUTE)
    case = Case.objects.get()
    assert (case.state, case.outcome) == ("closed", "undone")
    assert operations.advance_ladders(now=CHRISTMAS + 2 * MINUTE) == 0
