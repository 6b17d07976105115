"""The inbox in a real browser: the list, a message, answered; and the page that stops e-mails, both looked at by axe."""

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.town import build

from bienveille.engines.messaging.channels.news import Reply
from bienveille.engines.messaging.models import Delivery
from bienveille.engines.messaging.operations.inbox import receive
from bienveille.engines.messaging.operations.unsubscribing import stop_token

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_is_read_and_answered(visit, live_server):
    town = build()
    receive(reply=Reply("sms", "+33639980001", "36180", "Plus de chauffage depuis hier"), now=timezone.now())
    page = visit(town.director)

    page.goto("/messages/recus/")
    axe.check(page, "boite")
    page.click("tbody th a")
    page.wait_for_selector("text=Plus de chauffage depuis hier")
    axe.check(page, "message-recu")
    page.fill("textarea[name=body]", "Un technicien passe ce soir.")
    page.click("text=Envoyer la réponse")
    page.wait_for_selector("text=Votre réponse part")

    sent = Delivery.objects.create(channel="email", to="a@exemple.fr", body="x", state="sent", sent_at=timezone.now())
    alone = visit()
    alone.goto(f"/messages/arret/{stop_token(sent.pk)}/")
    axe.check(alone, "arret")
    alone.click("text=Ne plus m’envoyer d’e-mails")
    alone.wait_for_selector("text=C’est enregistré")
