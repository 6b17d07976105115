"""Figures, search and the accessibility page in a real browser: axe, charts under the strict policy, paper, no script."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.accounts.factories import PASSWORD
from tests.browser import axe
from tests.browser.town import build
from tests.outreach.factories import call, make_campaign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    town = build()
    outcomes = ["reached"] * 4 + ["no_answer", "wrong_number", "refused"]
    for rank, outcome in enumerate(outcomes):
        spoken = outcome == "reached"
        call(
            town.campaign,
            town.caller,
            outcome,
            now=timezone.now() + timedelta(days=rank),
            grade=["green", "yellow", "orange", "red"][rank] if spoken else "",
            needs=("meals", "heating", "company")[: rank + 1] if spoken else (),
        )
    return town


def test_figures(visit, town):
    page = visit(town.director)
    page.goto(f"/campagnes/{town.campaign.pk}/chiffres/")
    page.wait_for_selector("[data-bv-plot] svg")
    assert page.locator("[data-bv-plot] svg").count() == 3
    axe.check(page, "chiffres")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.click("#agences-tri-target")
    page.wait_for_selector("th[aria-sort=descending] #agences-tri-target")
    page.click("#services-tri-name")
    page.wait_for_selector("th[aria-sort=ascending] #services-tri-name")
    assert "agences-tri=-target" in page.url  # each table keeps the order of the other
    assert page.faults == []
    with page.expect_download() as got:
        page.click(".bv-head-actions >> text=Excel")
    assert got.value.suggested_filename.startswith("chiffres-grand-froid-2026-")


def test_figures_on_paper(visit, town):
    page = visit(town.director, color_scheme="dark")
    page.goto(f"/campagnes/{town.campaign.pk}/chiffres/")
    page.wait_for_selector("[data-bv-plot] svg")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('details.bv-same')].every((same) => same.open)")
    for gone in (".bv-bar", ".bv-foot", ".bv-head-actions", ".bv-help"):
        assert not page.is_visible(gone)
    # Paper is white whatever the screen was, and so are the charts: their colours are those of the page.
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    bar = page.locator("section[aria-labelledby=par-agence] svg [fill='var(--bv-st-reached)']").first
    assert bar.evaluate("one => getComputedStyle(one).fill") == "rgb(14, 85, 102)"


def test_figures_without_a_script(visit, town):
    page = visit(None, java_script_enabled=False)
    page.goto("/connexion/")
    page.fill("[name=login]", town.director.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button:not([type=button])")
    page.goto(f"/campagnes/{town.campaign.pk}/chiffres/")
    assert page.locator("details.bv-same[open] table").count() == 2
    assert not page.is_visible("text=Imprimer")
    page.click("#agences-tri-target")
    assert page.get_attribute("th:has(#agences-tri-target)", "aria-sort") == "descending"
    page.fill("#chercher", "mar")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche/?q=mar")
    assert page.is_visible("text=Mme Odette Marchandeau")


def test_before_the_first_call(visit, live_server):
    town = build()
    page = visit(town.director)
    page.goto(f"/campagnes/{town.campaign.pk}/chiffres/")
    axe.check(page, "chiffres-debut")


def test_search(visit, town):
    make_campaign(opened=False, name="Marche de printemps")
    page = visit(town.director)
    page.keyboard.press("/")
    page.keyboard.type("mar")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche/?q=mar")
    for found in ("Mme Odette Marchandeau", "Marche de printemps"):
        assert page.is_visible(f"text={found}")
    axe.check(page, "recherche")
    page.goto("/recherche/?q=zzz")
    axe.check(page, "recherche-vide")
    page.goto("/recherche/?q=cam")
    assert page.is_visible("main >> text=Campagnes")


def test_accessibility_page_and_what_it_keeps(visit, town):
    page = visit()
    page.goto("/accessibilite/")
    axe.check(page, "accessibilite")
    page.click("main button[value=dark]")
    page.wait_for_function("document.documentElement.dataset.bsTheme === 'dark'")
    page.wait_for_timeout(300)
    page.reload()
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    page.click("text=Désactiver la touche /")
    page.wait_for_selector("text=La touche / ne fait rien.")
