"""Who gets a mailing, by which channel; what is written down; who may let it leave."""

from datetime import timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.messaging.factories import EVERYWHERE, MONDAY, make_mailing, make_version, started
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, PersonFactory

from bienveille.engines.messaging.models import Delivery, Mailing, Text
from bienveille.engines.messaging.operations import mailings
from bienveille.engines.messaging.operations.stops import allow_channel, stop_channel
from bienveille.engines.messaging.queries import recipients

pytestmark = pytest.mark.django_db


def way(mailing, household):
    """Channel, address and state of the one delivery of a household."""
    row = Delivery.objects.get(mailing=mailing, household=household)
    return row.channel, row.to, row.state


class TestRecipients:
    def test_the_first_channel_that_reaches(self):
        by_mail = HouseholdFactory(email=True, phone=True)
        by_sms = HouseholdFactory(phone=True)
        by_letter = HouseholdFactory()
        mailing = started()
        assert [way(mailing, one)[0] for one in (by_mail, by_sms, by_letter)] == ["email", "sms", "letter"]
        assert mailing.target == 3
        assert sum(recipients.states(mailing).values()) == 3

    def test_all_channels_at_once(self):
        household = HouseholdFactory(email=True, phone=True)
        mailing = started(reach="all")
        found = Delivery.objects.filter(mailing=mailing, household=household).order_by("rung")
        assert [one.channel for one in found] == ["email", "sms", "letter"]

    def test_whom_nothing_reaches_is_counted(self):
        HouseholdFactory(email=True)
        alone = HouseholdFactory()
        mailing = started(channels=["email", "sms"])
        assert way(mailing, alone) == ("", "", "unreachable")
        assert mailing.target == 2

    def test_a_landline_takes_no_sms(self):
        household = HouseholdFactory()
        ContactPointFactory(person=household.people.get(), value="+33199001234")
        assert way(started(channels=["sms", "letter"]), household)[0] == "letter"

    def test_a_relatives_number_and_a_wrong_one_are_not_used(self):
        household = HouseholdFactory()
        ContactPointFactory(person=household.people.get(), whose="sa fille")
        ContactPointFactory(person=household.people.get(), status="wrong")
        assert way(started(channels=["sms", "letter"]), household)[0] == "letter"

    def test_one_sms_for_a_number_shared_by_two_households(self):
        one, two = HouseholdFactory(), HouseholdFactory()
        for household in (one, two):
            ContactPointFactory(person=household.people.get(), value="+33639980001")
        mailing = started(channels=["sms"])
        assert sorted(way(mailing, household)[2] for household in (one, two)) == ["covered", "waiting"]
        assert Delivery.objects.get(mailing=mailing, covered_by__state="waiting").state == "covered"

    def test_nobody_dead_opposed_protected_or_gone(self):
        for trait in ("dead", "opposed", "gone", "protected"):
            HouseholdFactory(email=True, **{trait: True})
        kept = HouseholdFactory(email=True)
        mailing = started()
        assert list(Delivery.objects.values_list("household_id", flat=True)) == [kept.pk]
        assert mailing.left_out == {"deceased": 1, "protected": 1, "opposed": 1}

    def test_the_one_who_opposed_is_not_the_one_written_to(self):
        household = HouseholdFactory(email=True, opposed=True)
        other = PersonFactory(household=household, role="co_holder", email=True)
        assert Delivery.objects.filter(mailing=started(), person=other).count() == 1

    def test_stop_on_one_channel_leaves_the_others(self):
        household = HouseholdFactory(phone=True, email=True)
        number = household.people.get().contact_points.get(kind="phone").value
        stop_channel(channel="sms", value=number, way="answer")
        assert way(started(channels=["sms", "email"]), household)[0] == "email"
        allow_channel(actor=UserFactory(), channel="sms", value=number, reason="Le redemande")
        assert way(started(channels=["sms", "email"]), household)[0] == "sms"

    def test_preview_tells_what_will_be_written(self):
        HouseholdFactory(email=True)
        HouseholdFactory(phone=True)
        HouseholdFactory()
        draft = make_mailing(channels=["email", "sms"])
        seen = recipients.preview(draft, today=MONDAY.date(), scope=EVERYWHERE)
        assert (seen.households, seen.channels, seen.unreachable) == (3, {"email": 1, "sms": 1}, 1)
        assert not Delivery.objects.exists()

    def test_two_mailings_do_not_follow_each_other_closely(self):
        household = HouseholdFactory(email=True)
        first = started()
        Delivery.objects.filter(mailing=first).update(state="sent", sent_at=MONDAY)
        second = started(now=MONDAY + timedelta(hours=3))
        assert Delivery.objects.get(mailing=second, household=household).not_before == MONDAY + timedelta(days=2)
        urgent = started(now=MONDAY + timedelta(hours=4), urgent=True)
        assert Delivery.objects.get(mailing=urgent, household=household).not_before is None

    def test_preparing_twice_adds_nothing(self):
        HouseholdFactory(email=True)
        mailing = started()
        assert recipients.prepare(mailing, now=MONDAY, today=MONDAY.date(), scope=EVERYWHERE) == 0

    @pytest.mark.parametrize("many", [3, 12])
    def test_one_statement_whatever_the_number(self, many, django_assert_num_queries):
        HouseholdFactory.create_batch(many, email=True)
        mailing = make_mailing()
        with django_assert_num_queries(1):
            assert recipients.prepare(mailing, now=MONDAY, today=MONDAY.date(), scope=EVERYWHERE) == many


class TestFallBack:
    def test_the_next_channel_after_a_refusal(self):
        household = HouseholdFactory(email=True, phone=True)
        mailing = started()
        for expected in ("email", "sms", "letter"):
            last = Delivery.objects.get(mailing=mailing, superseded=False)
            assert (last.channel, last.household_id) == (expected, household.pk)
            Delivery.objects.filter(pk=last.pk).update(state="bounced")
            recipients.fall_back(mailing, today=MONDAY.date())
        assert Delivery.objects.filter(mailing=mailing).count() == 3
        assert sum(recipients.states(mailing).values()) == mailing.target

    def test_who_shared_the_number_falls_back_too(self):
        one, two = HouseholdFactory(), HouseholdFactory()
        for household in (one, two):
            ContactPointFactory(person=household.people.get(), value="+33639980001")
        mailing = started(channels=["sms", "letter"])
        Delivery.objects.filter(mailing=mailing, state="waiting").update(state="bounced")
        recipients.fall_back(mailing, today=MONDAY.date())
        alive = Delivery.objects.filter(mailing=mailing, superseded=False)
        assert [row.channel for row in alive] == ["letter", "letter"]

    def test_nothing_after_the_last_channel(self):
        HouseholdFactory()
        mailing = started(channels=["letter"])
        Delivery.objects.filter(mailing=mailing).update(state="bounced")
        assert recipients.fall_back(mailing, today=MONDAY.date()) == 0


class TestLifecycle:
    def test_a_second_person_reads_a_large_one(self, monkeypatch):
        monkeypatch.setattr(mailings, "approved_above", lambda: 1)
        HouseholdFactory.create_batch(2, email=True)
        mailing = make_mailing()
        author = mailing.created_by
        with pytest.raises(mailings.NeedsSecondPerson):
            mailings.settle(actor=author, mailing_id=mailing.pk, scope=EVERYWHERE)
        mailings.ask_approval(actor=author, mailing_id=mailing.pk)
        with pytest.raises(mailings.OneselfIsNotSecond):
            mailings.approve(actor=author, mailing_id=mailing.pk)
        mailings.approve(actor=UserFactory(), mailing_id=mailing.pk)
        assert mailings.start(actor=author, mailing_id=mailing.pk, scope=EVERYWHERE).state == "sending"

    def test_an_audience_that_grew_needs_the_second_person_after_all(self, monkeypatch):
        monkeypatch.setattr(mailings, "approved_above", lambda: 1)
        HouseholdFactory(email=True)
        mailing = make_mailing()
        mailings.settle(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE)
        HouseholdFactory(email=True)
        with pytest.raises(mailings.NeedsSecondPerson):
            mailings.start(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE)
        assert not Delivery.objects.exists()

    def test_what_was_read_does_not_change(self):
        mailing = make_mailing()
        mailings.ask_approval(actor=mailing.created_by, mailing_id=mailing.pk)
        with pytest.raises(mailings.CannotSend):
            mailings.change_mailing(
                actor=mailing.created_by, mailing_id=mailing.pk, name="Autre", purpose="wellbeing",
                version_id=mailing.version_id, audience={"all": []}, channels=["email"],
            )  # fmt: skip

    def test_nobody_to_write_to(self):
        mailing = make_mailing()
        mailings.settle(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE)
        with pytest.raises(mailings.NobodyToWrite):
            mailings.start(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE)

    def test_stopping_cancels_what_waits_and_the_sum_stays(self):
        HouseholdFactory.create_batch(3, email=True)
        mailing = started()
        first = Delivery.objects.filter(mailing=mailing).first()
        Delivery.objects.filter(pk=first.pk).update(state="sent", sent_at=MONDAY)
        mailings.stop(actor=UserFactory(), mailing_id=mailing.pk, reason="Erreur d’heure")
        counts = recipients.states(mailing)
        assert (counts["sent"], counts["cancelled"], sum(counts.values())) == (1, 2, mailing.target)

    def test_a_planned_one_starts_once_and_for_the_same_agencies(self):
        HouseholdFactory(email=True)
        mailing = make_mailing()
        mailings.settle(actor=mailing.created_by, mailing_id=mailing.pk, scope=EVERYWHERE)
        Mailing.objects.filter(pk=mailing.pk).update(planned_at=MONDAY)
        assert mailings.start_due(now=MONDAY - timedelta(seconds=1)) == 0
        assert [mailings.start_due(now=MONDAY) for _ in range(2)] == [1, 0]

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"name": " "}, "nom"),
            ({"purpose": "selling"}, "finalité"),
            ({"channels": []}, "moyen"),
            ({"channels": ["poster"]}, "moyen"),
        ],
    )
    def test_what_cannot_be_a_mailing_is_refused(self, changes, says):
        with pytest.raises(mailings.InvalidMailing, match=says):
            make_mailing(**changes)

    def test_a_text_without_words_for_a_channel_is_refused(self):
        version = make_version()
        Text.objects.filter(version=version, channel="sms").delete()
        with pytest.raises(mailings.InvalidMailing, match="SMS"):
            make_mailing(version_id=version.pk, channels=["email", "sms"])
