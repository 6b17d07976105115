"""A situation on a phone and on a desk: seen on the first page, taken, followed, closed; every page passes axe."""

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.cases.factories import make_case
from tests.housing.factories import AgencyFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_first_page_to_its_closure(visit):
    lyon = AgencyFactory(name="Agence de Lyon")
    worker = UserFactory(first_name="Samira", last_name="Kessel", roles=[("social_worker", lyon)])
    people = [{"age": 84, "last_name": "Marchandeau", "first_name": "Odette", "phone": True}]
    household = HouseholdFactory(agency=lyon, people=people)
    make_case("red", household=household, needs=("heating", "shopping"), now=timezone.now())
    page = visit(worker, viewport=NARROW)
    page.wait_for_selector("text=Une urgence attend quelqu’un")
    page.click("main a:has-text('Prendre en charge')")
    axe.check(page, "mes-situations")
    page.click("a:has-text('Chauffage, courses')")
    page.wait_for_selector("text=À prendre en charge, reste")
    axe.check(page, "situation-a-prendre")
    page.click("main button:has-text('Prendre en charge')")
    page.wait_for_selector("text=Vous avez pris cette situation en charge")
    page.set_viewport_size({"width": 1280, "height": 900})
    axe.check(page, "situation-suivie")
    page.click("a:has-text('Noter une action')")
    page.locator("label:has([name=kind][value=visit])").click()
    page.fill("[name=words]", "Soigne son cancer")
    page.click("button:has-text('Enregistrer')")
    page.wait_for_selector("text=Garder ces mots tels quels")
    page.faults.clear()  # a refused form answers 422, which the browser reports
    axe.check(page, "situation-mots-a-revoir")
    page.fill("[name=words]", "Chauffage d’appoint prêté")
    page.fill("[name=next_step]", "Rappeler l’entreprise")
    page.click("button:has-text('Enregistrer')")
    page.wait_for_selector("li:has-text('Chauffage d’appoint prêté')")
    page.click("a:has-text('Clore')")
    page.locator("label:has([name=outcome][value=helped])").click()
    axe.check(page, "situation-clore")
    page.click("button:has-text('Clore la situation')")
    page.wait_for_selector("text=La situation est close")
    assert Case.objects.get().outcome == "helped"
    for path, name in (("/situations/toutes/?state=closed", "situations"), ("/situations/astreintes/", "astreintes")):
        page.goto(path)
        axe.check(page, name)
    page.goto(f"/locataires/{household.pk}/situation/")
    axe.check(page, "situation-signaler")
    assert page.faults == []
