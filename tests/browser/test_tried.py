"""Those who do not answer, in a real Chromium: a visit asked, made on a phone with the keyboard, and its worry seen."""

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.browser.town import build
from tests.housing.factories import ResidenceManagerFactory
from tests.outreach.factories import call

from bienveille.engines.dispatch.models import Contact

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    return build(rules={"max_attempts": 1})


def test_a_door_is_knocked_at_and_the_coordinator_knows_at_once(visit, town):
    call(town.campaign, town.caller, "no_answer", now=timezone.now())
    silent = Contact.objects.select_related("household__dwelling__building").get(state="unreachable")
    residence_id = silent.household.dwelling.building.residence_id
    ResidenceManagerFactory(user=town.building_manager, residence_id=residence_id)

    desk = visit(town.director)
    desk.goto(f"/campagnes/{town.campaign.pk}/sans-reponse/")
    axe.check(desk, "sans-reponse")
    desk.click(f"main a:has-text('{silent.household.display_name}')")
    desk.wait_for_selector("text=Son rang, et pourquoi")
    axe.check(desk, "demarches-menage")
    desk.check("input[name=kind][value=visit]")
    desk.fill("[name=say]", "Sonnez deux fois")
    desk.click("button:has-text('Prévoir cette démarche')")
    desk.wait_for_selector("text=Démarches prévues")

    phone = visit(town.building_manager, viewport=NARROW)
    phone.goto("/visites/")
    axe.check(phone, "visites")
    phone.focus("main a:has-text('Y aller')")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("text=Sonnez deux fois")
    axe.check(phone, "visite")
    phone.focus("input[value=seen_well]")
    for _ in range(5):
        phone.keyboard.press("ArrowDown")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("h1:has-text('appelez d’abord les secours')")
    axe.check(phone, "inquiet")

    desk.goto("/")
    desk.wait_for_selector("text=Quelqu’un s’inquiète")
    axe.check(desk, "accueil-inquietude")
    desk.click("button:has-text('Je m’en occupe')")
    desk.wait_for_selector("text=Vous suivez la situation")
    assert desk.faults == []
    assert phone.faults == []
