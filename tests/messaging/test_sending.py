"""Messages leave once, whatever the provider answers and whoever dies in the middle."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from tests.accounts.factories import UserFactory
from tests.messaging.factories import MONDAY, make_version, started
from tests.messaging.providers import Counting
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.channels import Outcome
from bienveille.engines.messaging.models import Delivery, Mailing, Text
from bienveille.engines.messaging.operations import mailings, sending
from bienveille.engines.messaging.operations.stops import stop_channel
from bienveille.engines.messaging.queries import recipients
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


def send_all(mailing, provider, channel="email", now=MONDAY):
    while sending.send_batch(mailing_id=mailing.pk, channel=channel, sender=provider, now=now)[0]:
        pass
    return recipients.states(mailing)


class TestOnce:
    def test_everybody_once(self):
        HouseholdFactory.create_batch(25, email=True)
        mailing, provider = started(), Counting()
        counts = send_all(mailing, provider)
        assert counts["sent"] == 25
        assert set(provider.seen.values()) == {1}
        assert len(provider.seen) == 25

    def test_a_rollback_leaves_nothing(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
            sending.post_one(channel="email", to="a@courriel.example", subject="Bonjour", body="…")
            raise ZeroDivisionError
        assert not Delivery.objects.exists()

    def test_refused_is_never_tried_again(self):
        HouseholdFactory(email=True)
        mailing, provider = started(channels=["email"]), Counting(answer=lambda one: Outcome.REFUSED)
        assert send_all(mailing, provider)["refused"] == 1
        assert send_all(mailing, provider, now=MONDAY + timedelta(days=1))["refused"] == 1
        assert set(provider.seen.values()) == {1}

    def test_later_is_tried_again_after_a_while(self):
        HouseholdFactory(email=True)
        mailing, provider = started(), Counting(answer=lambda one: Outcome.LATER)
        assert send_all(mailing, provider)["waiting"] == 1
        assert set(provider.seen.values()) == {1}
        provider.answer = lambda one: Outcome.SENT
        assert send_all(mailing, provider, now=MONDAY + timedelta(minutes=1))["sent"] == 1

    def test_a_sender_that_breaks_leaves_doubts_and_no_second_message(self):
        HouseholdFactory.create_batch(6, email=True)
        mailing, provider = started(), Counting(breaks_after=2)
        counts = send_all(mailing, provider)
        assert (counts["sent"], counts["unknown"]) == (2, 4)
        provider.breaks_after = None
        assert send_all(mailing, provider, now=MONDAY + timedelta(days=1))["unknown"] == 4
        assert set(provider.seen.values()) == {1}

    def test_with_keys_a_doubt_is_tried_again_with_the_same_key(self):
        HouseholdFactory.create_batch(6, email=True)
        mailing, provider = started(), Counting(breaks_after=2, honours_keys=True)
        send_all(mailing, provider)
        provider.breaks_after = None
        assert send_all(mailing, provider, now=MONDAY + timedelta(minutes=5))["sent"] == 6
        assert len(provider.seen) == 6


class TestWords:
    def test_each_household_has_its_own(self):
        for name in ("Delacroix", "Benali"):
            HouseholdFactory(email=True, last_name=name)
        version = make_version(email="Bonjour {{ civilité et nom }}, l’eau est coupée.")
        provider = Counting()
        send_all(started(version_id=version.pk, channels=["email"]), provider)
        assert sorted(one.text for one in provider.got) == [
            "Bonjour Mme Benali, l’eau est coupée.", "Bonjour Mme Delacroix, l’eau est coupée.",
        ]  # fmt: skip
        assert all("Bonjour Mme" in one.html for one in provider.got)

    def test_in_their_language_when_there_is_one(self):
        HouseholdFactory(email=True, languages=["en"])
        HouseholdFactory(email=True, languages=["tr"])
        version = make_version()
        Text.objects.create(version=version, channel="email", language="en", subject="Water", body="No water Monday.")
        provider = Counting()
        send_all(started(version_id=version.pk), provider)
        assert sorted(one.language for one in provider.got) == ["en", "fr"]

    def test_a_hole_in_the_text_keeps_it_here_and_the_next_channel_is_tried(self):
        HouseholdFactory(email=True)
        version = make_version(email="Appelez le {{ numéro d’astreinte }}.")
        mailing, provider = started(version_id=version.pk, channels=["email", "letter"]), Counting()
        send_all(mailing, provider)
        row = Delivery.objects.get(mailing=mailing)
        assert (row.state, row.reason, row.detail, provider.got) == ("stopped", "empty", "numéro d’astreinte", [])
        sending.look_after(now=MONDAY)
        assert Delivery.objects.get(mailing=mailing, superseded=False).channel == "letter"


class TestLeases:
    def taken(self, *, honours_keys):
        """A mailing of four whose first batch was taken by a worker that died."""
        HouseholdFactory.create_batch(4, email=True)
        mailing, provider = started(), Counting(honours_keys=honours_keys)
        token = uuid4()
        sending._take(mailing_id=mailing.pk, channel="email", sender=provider, token=token, now=MONDAY)
        return mailing, provider, token

    def test_nothing_moves_before_the_lease_ends(self):
        mailing, _, _ = self.taken(honours_keys=False)
        assert sending.settle_late(now=MONDAY + timedelta(seconds=30)) == 0
        assert recipients.states(mailing)["sending"] == 4

    def test_without_keys_they_become_doubts(self):
        mailing, provider, _ = self.taken(honours_keys=False)
        assert sending.settle_late(now=MONDAY + timedelta(minutes=1)) == 4
        assert recipients.states(mailing)["unknown"] == 4
        send_all(mailing, provider, now=MONDAY + timedelta(minutes=2))
        assert provider.got == []

    def test_with_keys_they_leave_again(self):
        mailing, provider, _ = self.taken(honours_keys=True)
        sending.settle_late(now=MONDAY + timedelta(minutes=1))
        assert send_all(mailing, provider, now=MONDAY + timedelta(minutes=2))["sent"] == 4

    def test_a_worker_that_wakes_up_settles_its_own_doubts(self):
        mailing, _, token = self.taken(honours_keys=False)
        sending.settle_late(now=MONDAY + timedelta(minutes=1))
        rows = [(one, "sent", "", None, "p", "") for one in Delivery.objects.values_list("pk", flat=True)]
        sending._record(rows, token=uuid4(), at=MONDAY)
        assert recipients.states(mailing)["unknown"] == 4
        sending._record(rows, token=token, at=MONDAY)
        assert recipients.states(mailing)["sent"] == 4

    def test_a_person_settles_a_doubt(self):
        mailing, provider, _ = self.taken(honours_keys=False)
        sending.settle_late(now=MONDAY + timedelta(minutes=1))
        first, second, *_ = Delivery.objects.filter(mailing=mailing)
        actor = UserFactory()
        sending.reconcile(actor=actor, delivery_id=first.pk, left=True, reason="Le fournisseur l’a")
        sending.reconcile(actor=actor, delivery_id=second.pk, left=False, reason="Le fournisseur ne l’a pas")
        with pytest.raises(sending.NotInDoubt):
            sending.reconcile(actor=actor, delivery_id=first.pk, left=False, reason="Encore")
        counts = send_all(mailing, provider)
        assert (counts["sent"], counts["unknown"]) == (2, 2)
        assert list(provider.seen) == [second.pk]


class TestLastMoment:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"deceased": True}, "deceased"),
            ({"opposed_on": MONDAY.date()}, "opposed"),
            ({"protected_address": True}, "protected"),
            ({"left_on": MONDAY.date()}, "left"),
        ],
    )
    def test_what_happened_since_is_seen(self, change, reason):
        household = HouseholdFactory(email=True)
        mailing, provider = started(), Counting()
        Person.objects.filter(household=household).update(**change)
        send_all(mailing, provider)
        row = Delivery.objects.get(mailing=mailing)
        assert (row.state, row.reason, provider.got) == ("stopped", reason, [])

    def test_stop_is_honoured_between_two_batches(self):
        HouseholdFactory.create_batch(4, email=True)
        mailing, provider = started(), Counting(batch=2)
        sending.send_batch(mailing_id=mailing.pk, channel="email", sender=provider, now=MONDAY)
        left = Delivery.objects.filter(mailing=mailing, state="waiting").first()
        stop_channel(channel="email", value=left.to, way="link")
        send_all(mailing, provider)
        left.refresh_from_db()
        assert (left.state, left.reason) == ("stopped", "stop")
        assert len(provider.got) == 3

    def test_a_pause_holds_and_an_sms_waits_for_the_day(self):
        HouseholdFactory(phone=True)
        mailing, provider = started(), Counting()
        assert send_all(mailing, provider, channel="sms", now=MONDAY.replace(hour=22))["waiting"] == 1
        mailings.pause(actor=UserFactory(), mailing_id=mailing.pk)
        assert send_all(mailing, provider, channel="sms")["waiting"] == 1
        mailings.resume(actor=UserFactory(), mailing_id=mailing.pk)
        assert send_all(mailing, provider, channel="sms")["sent"] == 1


class TestWatch:
    def test_other_channels_then_the_end(self):
        HouseholdFactory(email=True, phone=True)
        mailing = started(channels=["email", "sms"])
        send_all(mailing, Counting(answer=lambda one: Outcome.REFUSED))
        sending.look_after(now=MONDAY)
        send_all(mailing, Counting(), channel="sms")
        sending.look_after(now=MONDAY)
        mailing.refresh_from_db()
        assert (mailing.state, mailing.figures["sent"], sum(mailing.figures.values())) == ("done", 1, mailing.target)

    def test_letters_in_waiting_keep_it_open(self):
        HouseholdFactory()
        mailing = started()
        sending.look_after(now=MONDAY)
        mailing.refresh_from_db()
        assert mailing.state == "sending"

    def test_messages_go_after_a_year_and_counts_stay(self):
        HouseholdFactory(email=True)
        mailing = started()
        send_all(mailing, Counting())
        sending.look_after(now=MONDAY)
        Mailing.objects.update(ended_at=MONDAY - timedelta(days=400))
        assert sending.purge_deliveries() == 1
        mailing.refresh_from_db()
        assert mailing.figures["sent"] == 1
