"""A coordinator in a real Chromium: an audience, a campaign, households withdrawn and put back; each page with axe."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.town import build
from tests.outreach.factories import call

from bienveille.engines.audiences.models import Audience
from bienveille.engines.dispatch.models import Contact, PlannedCall
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.services.outreach.models import Campaign, Report

pytestmark = pytest.mark.django_db(transaction=True)
SAVE_AUDIENCE = "button[value=save]"
NEXT_STEP = "button[value=next]"


@pytest.fixture
def town(live_server):
    return build()


def ask(page, criterion: str, place: str = "") -> None:
    """Adds one question to a group of the rule, with the button that works without script too."""
    page.select_option(f"[name='n{place}:new']", criterion)
    page.click(f"button[value='add:{place}']")


def compose(page) -> None:
    """People of 75 and more, who live alone or on a high floor without lift."""
    ask(page, "age")
    page.wait_for_selector("[name='n0:min']")
    page.click("button[value='group:']")
    page.wait_for_selector("[name='n1:new']")
    ask(page, "lives_alone", "1")
    page.wait_for_selector("[name='n1-0:value']")
    ask(page, "floor_without_lift", "1")
    page.wait_for_selector("[name='n1-1:min']")


def prepare(page, check=lambda name: None) -> None:
    """From the name to the last page, each step looked at."""
    page.goto("/campagnes/nouvelle/")
    check("campagne-nouvelle")
    page.fill("[name=name]", "Grand froid 2027")
    page.click("button:has-text('Créer le brouillon')")
    page.wait_for_url("**/preparer/qui/")
    page.select_option("[name=audience]", label="Aînés")
    page.click("button[value=add]")
    page.wait_for_selector("text=Retirer Aînés")
    check("campagne-qui")
    for step in ("vagues", "questions", "appelants", "heures", "regles", "verifier"):
        page.click(NEXT_STEP)
        page.wait_for_url(f"**/preparer/{step}/")
        check(f"campagne-{step}")


def test_from_the_audience_to_a_withdrawal_undone(visit, town):
    page = visit(town.director)
    page.goto("/publics/nouveau/")
    compose(page)
    page.wait_for_selector("#combien >> text=8\u00a0ménages")
    assert "vivant seuls" in page.inner_text("#phrase")
    page.fill("[name='n0:min']", "78")
    page.locator("[name='n0:min']").blur()
    page.wait_for_selector("#combien >> text=4\u00a0ménages")  # counted while it is typed
    page.fill("[name=name]", "Aînés")
    page.select_option("[name=purpose]", "wellbeing")
    page.click(SAVE_AUDIENCE)
    page.wait_for_url("**/publics/")
    assert Audience.objects.get().rule["all"][0] == {"age": {"min": 78}}
    prepare(page)
    page.click("button:has-text('Ouvrir la campagne')")
    page.wait_for_selector("text=La campagne est ouverte")
    campaign = Campaign.objects.select_related("queue").get(name="Grand froid 2027")
    assert ledger(campaign.queue).as_dict()["waiting"] == 4
    page.click("text=Voir les ménages")
    page.wait_for_url("**/menages/")
    page.check("[aria-label='Choisir Mme Odette Marchandeau']")
    page.check("[aria-label='Choisir M. Lucien Pradeau']")
    page.click("button[value=withdraw]")
    page.wait_for_selector("text=Retirer ces ménages")
    page.fill("[name=motive]", "En vacances chez leur fille")
    page.click("main button:has-text('Retirer de la campagne')")
    page.wait_for_selector("text=2\u00a0ménages retirés de la campagne")
    assert ledger(campaign.queue).withdrawn == 2
    page.click("main button:has-text('Annuler')")
    page.wait_for_selector("text=2\u00a0ménages remis dans la campagne")
    assert ledger(campaign.queue).withdrawn == 0
    assert check_invariants(campaign.queue) == []
    assert page.faults == []


def test_the_same_without_javascript(visit, town):
    page = visit(town.director, java_script_enabled=False)
    page.goto("/publics/nouveau/")
    compose(page)
    assert "8\u00a0ménages" in page.inner_text("#combien")
    page.fill("[name=name]", "Aînés")
    page.select_option("[name=purpose]", "wellbeing")
    page.click(SAVE_AUDIENCE)
    prepare(page)
    page.click("button:has-text('Ouvrir la campagne')")
    campaign = Campaign.objects.select_related("queue").get(name="Grand froid 2027")
    assert ledger(campaign.queue).waiting == 8
    page.goto(f"/campagnes/{campaign.pk}/menages/")
    page.check("[aria-label='Choisir Mme Odette Marchandeau']")
    page.click("button[value=withdraw]")
    page.fill("[name=motive]", "En vacances")
    page.click("main button:has-text('Retirer de la campagne')")
    page.click("main button:has-text('Annuler')")
    assert ledger(campaign.queue).as_dict()["waiting"] == 8


def test_each_page_is_accessible(visit, town):
    page = visit(town.director)
    page.goto("/publics/")
    axe.check(page, "publics-vide")
    page.goto("/publics/nouveau/")
    compose(page)
    ask(page, "language")
    page.wait_for_selector("[name='n2:q']")
    page.click("button[value='negate:2']")
    page.wait_for_selector("text=Ne plus exclure")
    axe.check(page, "public")
    page.fill("[name=name]", "Aînés")
    page.click(SAVE_AUDIENCE)
    page.wait_for_selector("[data-bv-errors]")
    page.faults.clear()  # the browser logs the 422 as an error
    axe.check(page, "public-422")
    page.click("button[value='remove:2']")
    page.wait_for_function("() => !document.querySelector('#n2')")
    page.select_option("[name=purpose]", "wellbeing")
    page.click(SAVE_AUDIENCE)
    page.wait_for_url("**/publics/")
    axe.check(page, "publics")
    page.goto(f"/publics/{Audience.objects.get().pk}/supprimer/")
    axe.check(page, "public-supprimer")
    prepare(page, lambda name: axe.check(page, name))
    draft = Campaign.objects.get(name="Grand froid 2027")
    for path, name in [("", "brouillon"), ("supprimer/", "supprimer"), ("preparer/qui/1/", "vague")]:
        page.goto(f"/campagnes/{draft.pk}/{path}")
        axe.check(page, f"campagne-{name}")


def test_pages_of_a_running_campaign_are_accessible(visit, town):
    now = timezone.now()
    call(town.campaign, town.caller, "reached", now=now, grade="red", note="Fatiguée par son cancer.", keep_note=True)
    call(town.campaign, town.caller, "reached", now=now, grade="orange", weekly=True)
    PlannedCall.objects.update(due_on=timezone.localdate() - timedelta(days=2))
    page = visit(town.director)
    home = f"/campagnes/{town.campaign.pk}/"
    report = Report.objects.exclude(note="").get()
    for path, name in [
        (home, "suivi"),
        (f"{home}menages/", "menages"),
        (f"{home}menages/?state=refused", "menages-aucun"),
        (f"{home}appelants/", "appelants"),
        (f"/phrases/{report.pk}/relire/", "phrase"),
    ]:
        page.goto(path)
        axe.check(page, name)
    reached = Contact.objects.filter(queue=town.campaign.queue, state="reached").first()
    page.goto(f"{home}menages/")
    page.check(f"#c-{reached.pk}")
    page.click("button[value=reassign]")
    page.wait_for_url("**/agir/")
    axe.check(page, "menages-confier")
