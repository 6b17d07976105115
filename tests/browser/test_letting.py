"""Moves and lots of homes in a real browser: axe at both widths and themes, charts, what is undone by a button, no script."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.accounts.factories import PASSWORD
from tests.browser import axe
from tests.browser.town import build
from tests.letting.factories import StockLotFactory, StockLotHomeFactory
from tests.letting.factories import town as leases_of

from bienveille.services.letting.models import StockLot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    town = build()
    today = timezone.localdate()
    place = leases_of(town.agency_manager.agency, "42")
    for rank, home in enumerate(place.new_homes(6)):
        day = today.replace(day=1) - timedelta(days=40 * (rank + 1))
        place.let(home, day - timedelta(days=3000), day)
        if rank % 2:
            place.let(home, day + timedelta(days=20))
    place.save()
    town.lot = StockLotFactory(
        name="Reprise du Val d’Ambre", effective_on=today + timedelta(days=20), announced=339, announced_full=138,
        announced_co_owned=97, announced_managed=121,
    )  # fmt: skip
    for household in town.households[:3]:
        StockLotHomeFactory(lot=town.lot, dwelling=household.dwelling)
    StockLotHomeFactory(lot=town.lot, dwelling=None, code="PAS-ENCORE")
    return town


def test_moves(visit, town):
    page = visit(town.director)
    page.goto("/chiffres/mouvements/")
    page.wait_for_selector("[data-bv-plot] svg")
    axe.check(page, "mouvements")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not page.is_visible("#id_du")
    page.select_option("#id_periode", "mois")
    assert page.is_visible("#id_du")
    year = timezone.localdate().year - 1
    page.fill("#id_du", f"{year}-01")
    page.fill("#id_au", f"{year}-02")
    page.click("text=Afficher")
    page.wait_for_url(f"**du={year}-01**")
    assert page.is_visible(f"text=Janvier {year} à février {year}")
    page.click("#agences-tri-entries")
    page.wait_for_selector("th[aria-sort=descending] #agences-tri-entries")
    assert f"du={year}-01" in page.url
    with page.expect_download() as got:
        page.click(".bv-head-actions >> text=Excel")
    assert got.value.suggested_filename.startswith("entrees-et-sorties-")
    assert page.faults == []


def test_moves_on_paper(visit, town):
    page = visit(town.director, color_scheme="dark")
    page.goto("/chiffres/mouvements/")
    page.wait_for_selector("[data-bv-plot] svg")
    page.emulate_media(media="print")
    for gone in (".bv-bar", ".bv-head-actions", "form[role=search]", "text=Regrouper des départements"):
        assert not page.is_visible(gone)


def test_territories(visit, town):
    page = visit(town.director)
    page.goto("/chiffres/mouvements/")
    page.click("text=Regrouper des départements")
    axe.check(page, "territoires")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.fill("#id_name", "Loire-Rhône")
    for code in ("Loire (42)", "Rhône (69)"):
        page.click(f"label:has-text('{code}')")
    page.click("text=Enregistrer ce territoire")
    page.wait_for_selector("b:has-text('Loire-Rhône')")
    page.click("text=Séparer")
    page.click("text=Le remettre")
    page.wait_for_selector("b:has-text('Loire-Rhône')")


def test_lots(visit, town):
    page = visit(town.director)
    page.goto("/reprises/")
    axe.check(page, "lots")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.click("text=Reprise du Val d’Ambre")
    page.wait_for_selector("text=Les parts annoncées font 356, soit 17 de plus")
    axe.check(page, "lot")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.click("li:has-text('Visiter chaque hall') >> text=C’est fait")
    page.wait_for_selector("text=1 sur 12 étapes faites")
    page.click("button:has-text('Annuler')")
    page.wait_for_selector("text=0 sur 12 étapes faites")
    page.click("text=Créer ce public")
    page.wait_for_selector("a:has-text('Accueil des locataires, Reprise du Val d’Ambre')")
    page.click("text=Corriger")
    axe.check(page, "lot-corriger")
    assert page.faults == []


def test_homes_of_a_lot(visit, town):
    page = visit(town.director)
    page.goto(f"/reprises/{town.lot.pk}/logements/?q=tilleuls")
    axe.check(page, "lot-logements")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.fill("#id_codes", "A-1\nA-2")
    page.click("text=Ajouter ces codes")
    page.wait_for_selector("text=2 logements ajoutés")
    page.click("text=Annuler cet ajout")
    page.wait_for_selector("text=2 logements retirés du lot")
    assert town.lot.homes.count() == 4
    page.click("text=Ajouter des logements")
    page.set_input_files("#id_file", {"name": "codes.csv", "mimeType": "text/csv", "buffer": b"CODE\nB-1\nB-2\nB-3\n"})
    page.click("text=Ajouter ces codes")
    page.wait_for_selector("text=3 logements ajoutés")
    page.locator("text=Retirer cet ajout").first.click()
    axe.check(page, "lot-retirer")


def test_a_lot_without_a_script(visit, town):
    page = visit(None, java_script_enabled=False)
    page.goto("/connexion/")
    page.fill("[name=login]", town.director.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button:not([type=button])")
    page.goto("/reprises/nouveau/")
    page.click("text=Enregistrer et ajouter ses logements")
    assert page.is_visible("text=Donnez un nom au lot.")
    page.fill("#id_name", "Les Cèdres")
    page.fill("#id_effective_on", "2027-01-01")
    page.click("text=Enregistrer et ajouter ses logements")
    page.fill("#id_codes", "A-1")
    page.click("text=Ajouter ces codes")
    made = StockLot.objects.get(name="Les Cèdres")
    assert page.url.endswith(f"/reprises/{made.pk}/")
    assert page.is_visible("text=un code que le registre ne connaît pas encore")
    page.goto(f"/reprises/{made.pk}/supprimer/")
    page.click("main button")
    assert page.is_visible("text=est supprimé")
    page.goto("/chiffres/mouvements/?periode=mois")
    assert page.is_visible("#id_du")
