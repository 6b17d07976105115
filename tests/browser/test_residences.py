"""Residences in a real browser: each page seen by axe, the map by its keys, and by its list without a script."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.town import build
from tests.housing.factories import ResidenceFactory
from tests.neighbourhood.factories import make_relay
from tests.outreach.factories import call
from tests.tenants.factories import HouseholdFactory

from bienveille.register.housing.models import Residence
from bienveille.register.housing.operations import start_watch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    """The town with its two residences placed, one under watch, one relay."""
    made = build()
    today = timezone.localdate()
    for rank, residence in enumerate(Residence.objects.order_by("name")):
        residence.latitude, residence.longitude = 45.76 + rank / 50, 4.83 + rank / 50
        residence.save()
    made.elms = Residence.objects.select_related("agency").get(name="Résidence Les Tilleuls")
    start_watch(actor=None, residence=made.elms, reason="Ascenseur en panne", started_on=today, today=today)
    made.helper = HouseholdFactory(residence=made.elms, age=60, first_name="Aïcha", last_name="Benali")
    make_relay(made.helper, agreed_on=today, until=today + timedelta(days=90), limits="Pas le soir")
    return made


def test_every_page(visit, town):
    call(town.campaign, town.caller, "reached", now=timezone.now())
    page = visit(town.director)
    person = town.households[2].people.get()
    for path, name in [
        ("/residences/", "residences"),
        ("/residences/sous-veille/", "residences-sous-veille"),
        (f"/residences/{town.elms.pk}/", "residence"),
        (f"/residences/{town.elms.pk}/veille/", "veille-fin"),
        (f"/residences/{town.elms.pk}/relais/", "relais-choix"),
        (f"/residences/{town.elms.pk}/relais/{person.pk}/", "relais"),
    ]:
        page.goto(path)
        axe.check(page, name)


def test_the_map_by_its_keys(visit, town):
    ResidenceFactory(agency=town.elms.agency, name="Résidence du Lac", latitude=45.9, longitude=4.9)
    page = visit(town.director)
    page.goto("/residences/carte/")
    page.wait_for_selector(".leaflet-marker-icon")
    axe.check(page, "carte")
    marks = page.locator(".leaflet-marker-icon")
    assert marks.count() == 3
    words = marks.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert any("Les Tilleuls" in one and "sous veille" in one and "75" in one for one in words)
    page.locator(".leaflet-marker-icon[aria-label*='Les Tilleuls']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup a:focus")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/residences/{town.elms.pk}/")
    assert page.faults == []


def test_near_places_are_one_mark_until_one_comes_nearer(visit, town):
    agency = town.elms.agency
    for name, latitude in (("Résidence du Nord", 49.0), ("Résidence Voisine", 49.002)):
        ResidenceFactory(agency=agency, name=name, latitude=latitude, longitude=2.3)
    page = visit(town.director)
    page.goto("/residences/carte/")
    several = page.locator(".leaflet-marker-icon[aria-label*='2\u00a0résidences proches']")
    several.first.wait_for()
    axe.check(page, "carte-groupes")
    north = page.locator(".leaflet-marker-icon").first
    north.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-marker-icon:not([aria-label*='proches'])")
    assert page.evaluate("() => document.activeElement.matches('.bv-map')")


def test_filtering_the_list_filters_the_map(visit, town):
    page = visit(town.director)
    page.goto("/residences/carte/")
    page.wait_for_selector(".leaflet-marker-icon")
    page.select_option("[name=watched]", "yes")
    page.wait_for_function("() => document.querySelectorAll('.leaflet-marker-icon').length === 1")
    assert page.faults == []


def test_without_a_script_the_list_stays(visit, town):
    page = visit(town.director, java_script_enabled=False)
    page.goto("/residences/carte/")
    assert not page.is_visible("[data-bv-map]")
    assert page.is_visible("main a:has-text('Résidence Les Tilleuls')")


def test_a_watch_ended_by_mistake_is_taken_back(visit, town):
    page = visit(town.director)
    page.goto(f"/residences/{town.elms.pk}/")
    page.click("a:has-text('Terminer la veille')")
    page.click("button:has-text('Terminer la veille')")
    page.wait_for_selector("text=est terminée")
    page.click("button:has-text('Annuler')")
    page.wait_for_selector("text=C’est annulé")
    assert Residence.objects.get(pk=town.elms.pk).watched


def test_a_relay_is_noted_and_stops(visit, town):
    page = visit(town.social_worker)
    page.goto(f"/residences/{town.elms.pk}/")
    page.click("a:has-text('Noter un relais')")
    page.click("main a:has-text('Choisir') >> nth=0")
    page.fill("[name=role]", "Prend des nouvelles des voisins")
    page.click("button:has-text('Noter ce relais')")
    page.wait_for_selector("text=Prend des nouvelles des voisins")
    page.click("button:has-text('N’est plus relais') >> nth=0")
    page.wait_for_selector("text=n’est plus relais")
