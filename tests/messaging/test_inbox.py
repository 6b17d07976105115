"""The shared inbox: whose a message is, who may read it, what is done with it; nothing is left alone."""

from datetime import timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.messaging.factories import MONDAY
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, PersonFactory

from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.models import Delivery, InboundMessage, Stop
from bienveille.engines.messaging.operations import inbox
from bienveille.engines.messaging.queries.inbox import InboxFilters, inbox_list
from bienveille.engines.messaging.rules.receipts import Fate, Receipt
from bienveille.register.accounts.operations import grant_role
from bienveille.register.accounts.rules import Scope

pytestmark = pytest.mark.django_db
NUMBER = "+33639980001"


def said(text="D’accord", sender=NUMBER, **changed):
    return inbox.receive(reply=Reply("sms", sender, "36180", text, **changed), now=changed.pop("now", MONDAY))


def living(value=NUMBER, kind="phone"):
    household = HouseholdFactory()
    person = PersonFactory(household=household)
    ContactPointFactory(person=person, value=value, kind=kind)
    return household


def agency_of(household):
    return household.dwelling.building.residence.agency


class TestArrival:
    @pytest.mark.parametrize("sender", [NUMBER, "33639980001", "0033639980001", "06 39 98 00 01", "0639980001"])
    def test_a_number_tells_the_household(self, sender):
        household = living()

        message = said(sender=sender)

        assert (message.sender, message.match, message.household_id) == (NUMBER, "one", household.pk)
        assert message.agency_id == agency_of(household).pk

    def test_two_households_and_none(self):
        living(), living()

        several, nobody = said(), said(sender="+33639980002")

        assert (several.match, several.household_id, several.agency_id) == ("several", None, None)
        assert (nobody.match, nobody.agency_id) == ("none", None)

    def test_an_address_in_any_letters(self):
        household = living("jeanne@exemple.fr", "email")

        message = inbox.receive(reply=Reply("email", "Jeanne@Exemple.FR ", "", "Bonjour", "<1@x>", "Fuite"), now=MONDAY)

        assert (message.household_id, message.subject) == (household.pk, "Fuite")

    def test_brought_twice_it_is_kept_once(self):
        assert said(name="m1") is not None
        assert said(name="m1") is None
        assert said("Sans nom") is not None
        assert said("Sans nom") is None
        assert InboundMessage.objects.count() == 2

    def test_the_parts_of_a_long_sms_are_one_message_in_any_order(self):
        said("monde", part=(7, 3, 3))
        said("Bon", part=(7, 3, 1))
        said("jour ", part=(7, 3, 2))
        said("jour ", part=(7, 3, 2))

        [message] = InboundMessage.objects.all()
        assert message.text == "Bonjour monde"

    def test_stop_is_applied_to_that_number_and_that_channel_at_once(self):
        message = said("STOP svp")

        [stop] = Stop.objects.all()
        assert (stop.channel, stop.value, stop.way) == ("sms", NUMBER, "answer")
        assert message.asks_to_stop

    def test_stop_in_a_mail_by_its_subject_or_its_words(self):
        for rank, (subject, text) in enumerate([("STOP", "x"), ("Re : Coupure", "Stop"), ("Re : Coupure", "Merci")]):
            inbox.receive(reply=Reply("email", f"a{rank}@exemple.fr", "", text, str(rank), subject), now=MONDAY)

        assert set(Stop.objects.values_list("value", flat=True)) == {"a0@exemple.fr", "a1@exemple.fr"}

    def test_news_of_both_kinds_have_one_door(self):
        held = Delivery.objects.create(
            channel="sms", to=NUMBER, body="x", state="sent", provider_id="m1", sent_at=MONDAY
        )

        inbox.take_news(channel="sms", news=Receipt(Fate.DELIVERED, provider_id="m1"), now=MONDAY)
        inbox.take_news(channel="sms", news=Reply("sms", NUMBER, "", "Oui"), now=MONDAY)

        held.refresh_from_db()
        assert (held.state, InboundMessage.objects.count()) == ("delivered", 1)


class TestWork:
    def test_answered_by_the_same_channel_it_is_done(self):
        household, actor = living(), UserFactory()

        message = inbox.answer(actor=actor, message=said(), body="Nous vous rappelons demain.", now=MONDAY)

        assert (message.state, message.done_by, message.assigned_to) == ("done", actor, actor)
        assert (message.answer.channel, message.answer.to, message.answer.household_id) == ("sms", NUMBER, household.pk)
        with pytest.raises(inbox.NotThere):
            inbox.answer(actor=actor, message=message, body="Encore", now=MONDAY)

    def test_who_asked_to_stop_is_not_written_to(self):
        said("STOP")
        message = said("Vous m’appelez quand ?")

        with pytest.raises(inbox.CannotAnswer, match="ne plus recevoir"):
            inbox.answer(actor=UserFactory(), message=message, body="Demain", now=MONDAY)
        assert Delivery.objects.count() == 0

    def test_a_name_is_not_answered(self):
        with pytest.raises(inbox.CannotAnswer):
            inbox.answer(actor=UserFactory(), message=said(sender="BANQUE"), body="Bonjour", now=MONDAY)

    def test_given_to_the_team_only(self):
        household = living()
        message, stranger, colleague = said(), UserFactory(), UserFactory()
        grant_role(actor=None, user=colleague, role="social_worker", agency=agency_of(household))

        with pytest.raises(inbox.NotOfTheTeam):
            inbox.assign(actor=colleague, message=message, to=stranger, now=MONDAY)
        assert inbox.assign(actor=colleague, message=message, to=colleague, now=MONDAY).assigned_at == MONDAY
        assert inbox.assign(actor=colleague, message=message, to=None, now=MONDAY).assigned_at is None

    def test_attached_to_a_household_its_agency_sees_it(self):
        message, household = said(), living("+33639980009")

        inbox.attach(actor=UserFactory(), message=message, household=household)

        scope = Scope(agencies=frozenset({agency_of(household).pk}))
        assert [one.match for one in inbox_list(scope, UserFactory(), InboxFilters())] == ["chosen"]

    def test_done_and_opened_again(self):
        message = inbox.finish(actor=UserFactory(), message=said(), now=MONDAY)

        assert inbox.reopen(actor=UserFactory(), message=message).done_at is None


class TestScope:
    def test_an_agency_sees_its_own_and_strangers_are_for_who_covers_everything(self):
        household = living()
        living("+33639980002")
        said()
        said(sender="+33639980002")
        said(sender="+33639980003")

        scope = Scope(agencies=frozenset({agency_of(household).pk}))
        assert [one.sender for one in inbox_list(scope, UserFactory(), InboxFilters())] == [NUMBER]
        assert inbox_list(Scope(everything=True), UserFactory(), InboxFilters()).count() == 3
        assert inbox_list(Scope(), UserFactory(), InboxFilters()).count() == 0


class TestNothingIsLeftAlone:
    def test_after_a_day_managers_are_told_once(self):
        household = living()
        manager, director = UserFactory(), UserFactory()
        grant_role(actor=None, user=manager, role="agency_manager", agency=agency_of(household))
        grant_role(actor=None, user=director, role="director")
        said()
        said(sender="+33639980005")

        assert inbox.tell_left_alone(now=MONDAY + timedelta(hours=23)) == 0
        assert inbox.tell_left_alone(now=MONDAY + timedelta(hours=25)) == 2
        assert inbox.tell_left_alone(now=MONDAY + timedelta(hours=26)) == 0

        sent = {one.to: one for one in Delivery.objects.all()}
        assert sent.keys() == {manager.email, director.email}
        assert agency_of(household).name in sent[manager.email].body
        assert NUMBER not in sent[manager.email].body

    def test_what_somebody_took_is_told_to_nobody(self):
        director = UserFactory()
        grant_role(actor=None, user=director, role="director")
        inbox.assign(actor=director, message=said(), to=director, now=MONDAY)

        assert inbox.tell_left_alone(now=MONDAY + timedelta(days=3)) == 0

    def test_after_a_year_they_are_erased(self):
        message = said()
        InboundMessage.objects.filter(pk=message.pk).update(received_at=MONDAY - timedelta(days=400))

        assert inbox.purge_inbox() == 1
