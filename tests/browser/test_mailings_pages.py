"""A text written and counted while it is typed, a mailing prepared, read by a second person, started, reported."""

import pytest
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.housing.factories import ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.models import Line, Mailing
from bienveille.engines.messaging.operations.mailings import ask_approval
from bienveille.register.accounts.models import Landlord

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_a_ready_text_to_the_report(visit):
    Landlord.objects.create(name="Habitat du Val", kind="oph")
    Line.objects.create(kind="office", number="+33199000001")
    place = ResidenceFactory(name="Les Lilas")
    HouseholdFactory(residence=place, people=[{"last_name": "Rey", "phone": True}])
    HouseholdFactory(residence=place, people=[{"last_name": "Luce"}])
    writer, director = UserFactory(roles=["communication"]), UserFactory(roles=["director"])

    page = visit(writer)
    page.goto("/textes/prets/heat-wave/")
    page.click("button:has-text('Copier ce texte')")
    page.wait_for_selector("text=Le texte est copié")
    axe.check(page, "texte")
    page.click("a[href$='/sms-fr/']")
    page.fill("textarea", "{{ bailleur }} : bonjour {{ civilité et nom }}, ça va ?")
    page.wait_for_selector("#mesure :text('« ç »')")
    axe.check(page, "texte-variante")
    page.click("button:has-text('Enregistrer le texte')")
    page.wait_for_selector("text=Le texte est enregistré")
    page.goto(page.url.replace("sms-fr/", "apercu/?variante=sms-fr"))
    page.wait_for_selector("text=Mme Rey")
    axe.check(page, "texte-apercu")

    page.goto("/envois/nouveau/")
    page.fill("[name=name]", "Canicule")
    page.select_option("[name=text]", index=1)
    page.select_option("[name=audience]", "tous")
    page.select_option("[name=purpose]", "heat_wave")
    page.locator("label:has([name=channels][value=sms])").click()
    axe.check(page, "envoi-ecrire")
    page.click("button:has-text('Enregistrer et voir')")
    page.wait_for_selector("text=Ce qui partirait")
    axe.check(page, "envoi-apercu")

    mailing = Mailing.objects.get()
    ask_approval(actor=writer, mailing_id=mailing.pk)
    page = visit(director)
    page.goto(f"/envois/{mailing.pk}/")
    page.click("button:has-text('Donner mon accord')")
    page.wait_for_selector("text=Votre accord est donné")
    page.click("a:has-text('Lancer l’envoi')")
    page.wait_for_selector("h1:has-text('Lancer cet envoi')")
    axe.check(page, "envoi-lancer")
    page.click("button:has-text('Lancer l’envoi')")
    page.wait_for_selector("h2:has-text('Où en est chaque message')")
    axe.check(page, "envoi-bilan")
    page.click("a:has-text('Foyers non joints')")
    page.wait_for_selector("text=Luce")
    axe.check(page, "envoi-restes")
    assert mailing.deliveries.count() == 2
    assert page.faults == []
