"""Every screen for every role it has: no accessibility violation at 360 and 1280 px, light and dark."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.test_calls import NEXT, TAKE, choose, save, take, talk
from tests.browser.town import build
from tests.outreach.factories import call, make_campaign

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    return build()


def test_homes(visit, town):
    for name in ["caller", "director", "social_worker", "administrator", "communication"]:
        page = visit(getattr(town, name))
        axe.check(page, f"accueil-{name}")


def test_caller_screens(visit, town):
    call(town.campaign, town.caller, "reached", now=timezone.now(), call_back_on=timezone.localdate(), note="Va mieux.")
    page = visit(town.caller)
    for path, name in [("/appels/", "appeler"), ("/appels/promis/", "rappels"), ("/aide/", "aide")]:
        page.goto(path)
        axe.check(page, name)
    page.goto(f"/campagnes/{town.campaign.pk}/")
    axe.check(page, "campagne-appelant")


def test_call_page(visit, town):
    page = visit(town.caller)
    take(page)
    axe.check(page, "appel")
    talk(page, "Fatiguée par son cancer.")
    choose(page, "next", "weekly")
    axe.check(page, "appel-rempli")
    page.click(NEXT)
    page.wait_for_selector("[data-bv-errors]")
    page.faults.clear()  # the browser logs the 422 as an error
    axe.check(page, "appel-422")
    page.check("[name=keep_note]")
    save(page)
    axe.check(page, "appel-suivant")


def test_out_of_date_page(visit, town):
    page = visit(town.caller)
    take(page)
    other = page.context.new_page()
    other.faults = []
    other.goto(page.url)
    talk(other)
    choose(page, "outcome", "no_answer")
    save(page)
    save(other)
    axe.check(other, "appel-409")


def test_nobody_to_call(visit, town):
    for _ in town.households:
        call(town.campaign, town.caller, "no_answer", now=timezone.now())
    page = visit(town.caller)
    page.goto(f"/appels/{town.campaign.pk}/")
    axe.check(page, "aucun-en-main")
    page.click(TAKE)
    page.wait_for_url("**/?demande=1")
    axe.check(page, "personne")


def test_manager_screens(visit, town):
    outcomes = ["reached"] * 5 + ["no_answer", "wrong_number"]
    for rank, outcome in enumerate(outcomes):
        spoken = outcome == "reached"
        call(
            town.campaign,
            town.caller,
            outcome,
            now=timezone.now() - timedelta(minutes=rank),
            grade=["green", "yellow", "orange", "red", "green"][rank] if spoken else "",
            needs=("meals", "heating")[: rank + 1] if spoken else (),
            weekly=rank == 1,
        )
    draft = make_campaign(opened=False, name="Canicule 2027")
    page = visit(town.director)
    for path, name in [
        ("/", "accueil-campagne"),
        ("/campagnes/", "campagnes"),
        (f"/campagnes/{town.campaign.pk}/", "campagne"),
        (f"/campagnes/{town.campaign.pk}/pause/", "campagne-pause"),
        (f"/campagnes/{town.campaign.pk}/fermer/", "campagne-fermer"),
        (f"/campagnes/{draft.pk}/", "campagne-brouillon"),
        (f"/campagnes/{draft.pk}/ouvrir/", "campagne-ouvrir"),
        ("/locataires/?q=mar", "locataires"),
        (f"/locataires/{town.households[0].pk}/", "foyer"),
    ]:
        page.goto(path)
        axe.check(page, name)
