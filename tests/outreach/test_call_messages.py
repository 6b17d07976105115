"""Messages that follow a call: once, in time, to whom may be written to, and held back when they are no longer true."""

from datetime import date, timedelta

import pytest
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, PersonFactory

from bienveille.engines.messaging.choices import DeliveryState
from bienveille.engines.messaging.models import Delivery, Line
from bienveille.engines.messaging.queries.recipients import point_of
from bienveille.register.accounts.models import Landlord
from bienveille.register.tenants.models import Household, Person
from bienveille.services.outreach import operations
from bienveille.services.outreach.models import CallMessage
from bienveille.services.outreach.rules.after_calls import WAIT, agreed_words

pytestmark = pytest.mark.django_db
MOBILE = "+33639981234"


@pytest.fixture(autouse=True)
def ways_out(settings):
    settings.CHANNELS = {"sms": {"class": "never.built"}, "email": {"class": "never.built"}}
    Landlord.objects.update_or_create(defaults={"name": "Habitat"})


@pytest.fixture
def person():
    found = PersonFactory(household=HouseholdFactory(), birth_date=date(1940, 1, 1))
    ContactPointFactory(person=found, value=MOBILE)
    return found


@pytest.fixture
def caller():
    return UserFactory(roles=["caller"], first_name="Josiane", last_name="Morel")


@pytest.fixture
def campaign(person):
    return make_campaign(rules={"send_sms": True})


def test_a_missed_call_is_told_ten_minutes_later(campaign, caller, person):
    call(campaign, caller, "no_answer")
    sent = Delivery.objects.get()
    assert (sent.channel, sent.to, sent.household_id) == ("sms", MOBILE, person.household_id)
    assert sent.not_before == MONDAY + WAIT
    assert "Habitat a essayé de vous appeler" in sent.body
    assert "\u00a0" not in sent.body
    assert CallMessage.objects.get().delivery_id == sent.pk


def test_who_reads_it_over_a_shoulder_learns_nobody_s_name(campaign, caller, person):
    """A message stays on the screen of a telephone: neither whom it is for, nor what the call is about."""
    Person.objects.filter(pk=person.pk).update(last_name="Tournebriole", first_name="Zénaïdine")
    Household.objects.filter(pk=person.household_id).update(name="Mme Zénaïdine Tournebriole")
    call(campaign, caller, "no_answer")
    [sent] = Delivery.objects.all()
    assert not [word for word in ("Tournebriole", "Zénaïdine", campaign.name) if word in f"{sent.subject} {sent.body}"]


def test_not_where_the_campaign_leaves_it_to_callers(person, caller):
    call(make_campaign(), caller, "no_answer")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("outcome", ["voicemail", "wrong_number", "refused", "call_later"])
def test_not_when_words_were_left_or_somebody_spoke(campaign, caller, outcome):
    call(campaign, caller, outcome)
    assert not Delivery.objects.exists()


def test_not_without_a_provider(campaign, caller, settings):
    settings.CHANNELS = {}
    call(campaign, caller, "no_answer")
    assert not Delivery.objects.exists()


def test_nothing_reaches_a_protected_address_or_whoever_is_opposed(person):
    def found():
        return point_of(person.household_id, "sms", MONDAY.date())

    assert found() is not None
    Person.objects.filter(pk=person.pk).update(opposed_on=MONDAY.date())
    assert found() is None
    Person.objects.filter(pk=person.pk).update(opposed_on=None)
    PersonFactory(household=person.household, protected_address=True)  # somebody else who lives there
    assert found() is None


def test_not_to_a_number_that_said_stop(campaign, caller, person):
    person.contact_points.update(status="stop")
    ContactPointFactory(person=person, value="+33140506070")  # a landline: it is called, and takes no message
    call(campaign, caller, "no_answer")
    assert not Delivery.objects.exists()


def test_once_in_a_quiet_period(campaign, caller):
    call(campaign, caller, "no_answer")
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=MONDAY + timedelta(days=1))
    call(campaign, caller, "no_answer", now=MONDAY + timedelta(days=2))
    assert Delivery.objects.count() == 1
    call(campaign, caller, "no_answer", now=MONDAY + timedelta(days=5))
    assert Delivery.objects.count() == 2


def test_a_call_taken_back_takes_its_message_back(campaign, caller):
    saved = call(campaign, caller, "no_answer")
    operations.take_back_call(campaign=campaign, caller=caller, attempt_id=saved.attempt.pk, now=MONDAY)
    assert (Delivery.objects.get().state, Delivery.objects.get().reason) == ("stopped", "held")


def test_somebody_who_answers_after_all_is_not_told_that_nobody_did(campaign, caller):
    call(campaign, caller, "no_answer")
    call(campaign, caller, "reached", now=MONDAY + timedelta(days=2))  # the message waited: no provider answered
    assert Delivery.objects.get().state == DeliveryState.STOPPED


def test_late_at_night_it_waits_for_the_morning(campaign, caller):
    evening = MONDAY.replace(hour=20)
    call(campaign, caller, "no_answer", now=evening)
    assert Delivery.objects.get().not_before > evening + timedelta(hours=8)


def test_what_is_agreed_is_written_without_what_was_told(campaign, caller, person):
    Line.objects.create(kind="office", number="+33140506070")
    call(
        campaign, caller, "reached", grade="yellow", needs=("meals",), note="Ne mange plus.", agreed_by="sms",
        call_back_on=date(2026, 12, 3), call_back_when="afternoon",
    )  # fmt: skip
    words = Delivery.objects.get().body
    assert "nous vous rappellerons le jeudi 3 décembre 2026, l'après-midi" in words
    assert "01 40 50 60 70" in words
    assert "mange" not in words


def test_nothing_to_write_is_said_and_nothing_is_saved(campaign, caller):
    with pytest.raises(operations.InvalidReport) as refusal:
        call(campaign, caller, "reached", agreed_by="sms")
    assert list(refusal.value.errors) == ["agreed_by"]
    assert not campaign.queue.contacts.filter(state="reached").exists()


def test_nowhere_to_write_is_said(campaign, caller):
    with pytest.raises(operations.InvalidReport):
        call(campaign, caller, "reached", agreed_by="email", call_back_on=date(2026, 12, 3))


def test_words_of_what_is_agreed():
    said = agreed_words(landlord="", next_on=date(2026, 12, 3), when="14:30", weekly=True, office="")
    assert said.startswith("Bonjour, merci de notre échange. Comme convenu, nous vous rappellerons le jeudi")
    assert said.endswith("puis chaque semaine. Votre bailleur")
    assert agreed_words(landlord="Habitat", next_on=None, when="", weekly=False, office="") == ""
