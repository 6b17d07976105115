"""A situation handed to a partner on a phone: chosen, said, sent, opened by the partner, answered; each page with axe."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.cases.factories import make_case
from tests.cases.referral_factories import code_sent, secret_sent
from tests.housing.factories import AgencyFactory
from tests.partners.factories import ServiceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import PartnerReferral
from bienveille.engines.cases.operations import take_case

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_case_to_the_partners_last_word(visit):
    lyon, now = AgencyFactory(name="Agence de Lyon"), timezone.now()
    worker = UserFactory(first_name="Samira", last_name="Kessel", roles=[("social_worker", lyon)])
    people = [{"age": 84, "last_name": "Marchandeau", "first_name": "Odette", "phone": True}]
    household = HouseholdFactory(agency=lyon, people=people)
    case = make_case("orange", household=household, needs=("meals",), now=now)
    take_case(actor=worker, case_id=case.pk, now=now)
    ServiceFactory(zone_eligibilite=["france"], courriel="repas@ccas.example")
    page = visit(worker, viewport=NARROW)
    page.goto(reverse("workspace:case", args=[case.pk]))
    page.click("a:has-text('Orienter vers un partenaire')")
    axe.check(page, "orientation-choisir")
    page.click("a:has-text('Choisir') >> nth=0")
    page.fill("[name=asked]", "Des repas livrés.")
    axe.check(page, "orientation-preparer")
    page.click("button:has-text('Continuer')")
    page.wait_for_selector("text=Demandez-lui d’abord")
    axe.check(page, "orientation-a-lire")
    page.locator("label:has([name=agreement][value=consent])").click()
    page.click("button:has-text('Enregistrer la réponse')")
    page.click("button:has-text('Envoyer au partenaire')")
    page.wait_for_selector("text=Le lien part vers")
    assert page.faults == []

    partner = visit(viewport=NARROW)
    partner.goto(f"/demande/{secret_sent(PartnerReferral.objects.get(), now)}/")
    axe.check(partner, "partenaire-lien")
    partner.click("button:has-text('Recevoir le code')")
    partner.wait_for_selector("text=Un code vient de partir")
    axe.check(partner, "partenaire-code")
    partner.fill("[name=code]", code_sent(timezone.now()))
    partner.click("button:has-text('Lire la demande')")
    partner.wait_for_selector("text=Odette Marchandeau")
    axe.check(partner, "partenaire-demande")
    partner.click("button:has-text('J’ai bien reçu')")
    partner.wait_for_selector("text=Vous l’avez bien reçue")
    partner.locator("label:has([name=answer][value=helped])").click()
    partner.click("button:has-text('et c’est terminé')")
    partner.wait_for_selector("text=Merci pour votre aide")
    partner.go_back()
    partner.wait_for_selector("text=Cette page n’est plus disponible")
    partner.faults.clear()  # the page that is over answers 404, which the browser reports
    axe.check(partner, "partenaire-fini")
    assert PartnerReferral.objects.get().state == "closed"
