"""The coordinator's board in a real browser: a call made elsewhere appears by itself; wall and report with axe."""

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.town import build
from tests.outreach.factories import call

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    return build()


def test_a_call_made_elsewhere_appears(visit, town):
    page = visit(town.director)
    page.goto(f"/campagnes/{town.campaign.pk}/suivi/")
    page.wait_for_selector("text=Aucun ménage n’a encore été joint")
    page.wait_for_selector("text=Aucune situation n’attend")
    call(town.campaign, town.caller, "reached", now=timezone.now(), grade="red", needs=("meals",))
    page.wait_for_selector("text=Une situation attend quelqu’un", timeout=20_000)
    page.wait_for_selector("#equipe >> text=Josiane Tellier", timeout=20_000)
    assert "Un ménage sur dix a été joint" in page.inner_text("#tableau")
    axe.check(page, "suivi")
    page.click("#tableau button:has-text('Prendre en charge')")
    page.wait_for_selector("text=Vous avez pris en charge")
    assert page.url.endswith("/suivi/")
    page.goto(f"/campagnes/{town.campaign.pk}/mur/")
    assert "Tellier" not in page.inner_text("body")
    axe.check(page, "mur")
    page.goto(f"/campagnes/{town.campaign.pk}/bilan/")
    axe.check(page, "bilan")
    page.goto(f"/campagnes/{town.campaign.pk}/refaire/")
    axe.check(page, "refaire")
    assert page.faults == []


def test_without_a_script(visit, town):
    page = visit(town.director, java_script_enabled=False)
    page.goto(f"/campagnes/{town.campaign.pk}/suivi/")
    call(town.campaign, town.caller, "reached", now=timezone.now())
    page.click("main a:has-text('Actualiser')")
    assert "Un ménage sur dix a été joint" in page.inner_text("#tableau")
    page.goto("/campagnes/nouvelle/")
    page.locator("li", has_text="Grand froid").locator("button").first.click()
    page.wait_for_url("**/preparer/verifier/")
