"""What two named readers do on a phone and on a desk, what the others see; every page passes axe; « Quitter vite »."""

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.cases.factories import make_case
from tests.housing.factories import AgencyFactory, BuildingFactory, CommuneFactory, DwellingFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import name_readers
from bienveille.register.housing.models import Watch
from bienveille.services.letting.models import Rehousing
from bienveille.services.neighbourhood.models import Heard
from bienveille.services.neighbourhood.operations import propose_watches

pytestmark = pytest.mark.django_db(transaction=True)
WIDE = {"width": 1280, "height": 900}


def test_from_a_cry_to_a_home_out_of_reach(visit):
    lyon = AgencyFactory(name="Agence de Lyon")
    reader, other = (UserFactory(roles=[(role, lyon)]) for role in ("social_worker", "agency_manager"))
    boss = UserFactory(roles=["director"])
    name_readers(actor=boss, agency=lyon, first=reader, second=other, now=timezone.now())
    residence = ResidenceFactory(agency=lyon, name="Les Tilleuls")
    building = BuildingFactory(residence=residence, code="A")
    homes = [
        HouseholdFactory(dwelling=DwellingFactory(building=building, staircase="2", door=str(rank)), age=80, phone=True)
        for rank in range(10)
    ]
    for home in homes[:5]:
        make_case("orange", household=home, now=timezone.now())
    propose_watches(today=timezone.localdate())
    far = ResidenceFactory(agency=AgencyFactory(), name="Le Clos", commune=CommuneFactory(saint_etienne=True))
    DwellingFactory(building=BuildingFactory(residence=far), type="t2", floor=0)

    page = visit(reader, viewport=NARROW)
    page.goto(f"/residences/{residence.pk}/bruit/")
    page.select_option("[name=dwelling]", str(homes[9].dwelling_id))
    page.locator("label:has([name=kind][value=cry])").click()
    axe.check(page, "signaler-un-cri")
    page.click("button:has-text('Transmettre')")
    page.wait_for_selector("text=Deux personnes nommées regardent")
    assert Heard.objects.count() == 1
    page.goto("/situations/entendu/")
    axe.check(page, "entendu")
    page.click("a:has-text('Regarder')")
    axe.check(page, "entendu-logement")
    page.click("button:has-text('Ouvrir une situation')")
    page.wait_for_selector("text=Qui peut lire")
    axe.check(page, "situation-confidentielle")
    page.click("a:has-text('Chercher un logement')")
    page.click("button:has-text('Chercher un logement')")
    page.wait_for_selector("text=Le Clos")
    page.set_viewport_size(WIDE)
    axe.check(page, "relogement")
    page.click("button:has-text('Réserver')")
    page.wait_for_selector("h1:has-text('Un logement est réservé')")
    axe.check(page, "relogement-reserve")
    assert Rehousing.objects.get().state == "held"
    case = Case.objects.get(kind="confidential")
    for path, name in (
        (f"/situations/{case.pk}/lecture/", "passer-sa-place"),
        (f"/situations/{case.pk}/adresse/{homes[9].people.get().pk}/", "adresse"),
        (f"/locataires/{homes[0].pk}/confidence/", "transmettre"),
    ):
        page.goto(path)
        axe.check(page, name)
    assert page.faults == []

    page = visit(other, viewport=NARROW)
    page.goto("/residences/sous-veille/")
    axe.check(page, "veilles-proposees")
    page.click("a:has-text('Répondre')")
    axe.check(page, "veille-a-decider")
    page.click("button:has-text('Mettre sous veille')")
    page.wait_for_selector("h1:has-text('est sous veille')")
    axe.check(page, "veille")
    page.fill("[name=seen]", "Boîtes aux lettres pleines au 2.")
    page.click("button:has-text('Noter la visite')")
    page.wait_for_selector("li:has-text('Boîtes aux lettres pleines')")
    assert Watch.objects.get().until
    assert page.faults == []

    page = visit(boss, viewport=WIDE)
    page.goto("/situations/lecture/")
    axe.check(page, "lecture")
    page.goto("/aide/")
    page.route("**/quitter/", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Ailleurs</p>"))
    page.click("a:has-text('Quitter vite')")
    page.wait_for_selector("text=Ailleurs")
    page.go_back()
    assert "/aide/" not in page.url  # its place in the history was taken
