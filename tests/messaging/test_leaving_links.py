"""Under a message: how to have no more of them; and what a server says of an address is remembered."""

import pytest
from tests.messaging.factories import MONDAY, started
from tests.messaging.providers import Counting
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.channels import Outcome, Verdict
from bienveille.engines.messaging.operations import sending
from bienveille.register.tenants.models import ContactPoint

pytestmark = pytest.mark.django_db


def sent(mailing, provider, channel="email"):
    sending.send_batch(mailing_id=mailing and mailing.pk, channel=channel, sender=provider, now=MONDAY)
    return provider.got


@pytest.fixture(autouse=True)
def _known_address(settings):
    settings.PUBLIC_URL = "https://exemple.fr"


def test_a_mailing_says_how_to_leave_in_its_header_and_in_its_words():
    HouseholdFactory(email=True)

    [one] = sent(started(channels=["email"]), Counting())

    assert one.unsubscribe.startswith("https://exemple.fr/messages/arret/")
    assert one.unsubscribe in one.text
    assert f'href="{one.unsubscribe}"' in one.html


def test_an_urgent_one_does_not():
    HouseholdFactory(email=True)

    [one] = sent(started(channels=["email"], urgent=True), Counting())

    assert one.unsubscribe == ""


def test_an_answer_to_somebody_does_not():
    household = HouseholdFactory(email=True)
    sending.post_one(channel="email", to="a@exemple.fr", subject="Re", body="Bonjour", household_id=household.pk)

    [one] = sent(None, Counting())

    assert (one.unsubscribe, one.text) == ("", "Bonjour")


@pytest.mark.parametrize(("detail", "status"), [("550 5.1.1", "wrong"), ("550 5.2.2", "valid"), ("550", "valid")])
def test_an_address_that_nobody_has_is_marked_when_the_server_says_so(detail, status):
    HouseholdFactory(email=True)

    class Refusing(Counting):
        def send(self, batch):
            for one in batch:
                yield Verdict(one.key, Outcome.REFUSED, detail=detail)

    sent(started(channels=["email"]), Refusing())

    assert ContactPoint.objects.get(kind="email").status == status
