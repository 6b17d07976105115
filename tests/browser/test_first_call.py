"""A volunteer's first day on a phone, with the keyboard alone: charter, training, first call, a breath after it."""

import pytest
from tests.accounts.factories import UserFactory
from tests.browser.axe import violations, wider_than_its_window
from tests.browser.conftest import NARROW
from tests.browser.town import build

from bienveille.services.outreach.models import DebriefRequest

pytestmark = pytest.mark.django_db(transaction=True)
#: More steps than any page has places to stop at.
FAR = 120


@pytest.fixture
def town(live_server):
    return build()


def wrong_on(page) -> list[str]:
    """What axe finds, what sticks out, what the console says: once, as the page stands."""
    return [*violations(page), *wider_than_its_window(page), *page.faults]


def focused(page) -> str:
    """What the focus stands on: its words, or those of its label, and its value."""
    return page.evaluate(
        """() => { const one = document.activeElement; if (one === document.body) return "";
            const label = one.labels && one.labels.length ? one.labels[0].innerText : "";
            return [one.innerText || "", label, one.name || "", one.value || ""].join("|"); }"""
    )


def tab_to(page, words: str) -> None:
    """Tab until the focus stands on these words."""
    for _ in range(FAR):
        if words in focused(page):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches « {words} » on {page.url}")


def press(page, words: str) -> None:
    tab_to(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def pick(page, name: str, value: str) -> None:
    """Tab to a group of radio buttons, then the arrows to the answer."""
    for _ in range(FAR):
        if page.evaluate("name => document.activeElement.name === name", name):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(12):
        if page.evaluate(
            "([name, value]) => document.querySelector(`[name=${name}][value=${value}]`).checked", [name, value]
        ):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrows never reach {value}")


def answer(page, value: str) -> None:
    pick(page, "answer", value)
    press(page, "Répondre")


def test_from_the_charter_to_somebody_to_talk_to_with_the_keyboard_alone(visit, town):
    beginner = UserFactory(
        first_name="Bastien", last_name="Début", agency=town.caller.agency, roles=["caller"], trained=False
    )
    page = visit(beginner, viewport=NARROW)
    press(page, "Prendre l’appel suivant")
    assert page.inner_text("h1") == "Avant votre premier appel"
    assert wrong_on(page) == []
    tab_to(page, "J’ai lu la charte")
    page.keyboard.press("Space")
    press(page, "Accepter et continuer")
    answer(page, "explain")
    assert "Pas tout à fait" in page.inner_text("main")
    page.faults.clear()  # the browser tells of the 422 that the wrong answer is
    assert wrong_on(page) == []
    answer(page, "again")
    answer(page, "need")
    answer(page, "number")
    assert page.inner_text("h1") == "Vous êtes prêt pour les appels"
    press(page, "Aller à ma journée")
    press(page, "Prendre l’appel suivant")
    assert page.inner_text("h1") == "Mme Odette Marchandeau"
    pick(page, "outcome", "reached")
    pick(page, "q_good_moment", "yes")
    pick(page, "q_agrees", "yes")
    pick(page, "grade", "red")
    press(page, "Enregistrer et suivant")
    assert page.inner_text("h1") == "Comment allez-vous\u00a0?"
    assert wrong_on(page) == []
    press(page, "J’aimerais en parler")
    assert wrong_on(page) == []
    press(page, "Demander à parler")
    asked = DebriefRequest.objects.get()
    assert (asked.asked_by_id, asked.attempt_id is not None) == (beginner.pk, True)
    page.goto("/appels/mon-rythme/")
    assert wrong_on(page) == []


def test_pages_of_coordination_and_of_the_link(visit, town):
    page = visit(town.director)
    page.goto("/volontaires/nouveau/")
    assert wrong_on(page) == []
    page.fill("[name=name]", "Grand froid")
    page.check("[name=public]")
    page.fill("[name=email_domain]", "bailleur.example")
    page.click("button:has-text('Ouvrir l’appel')")
    assert wrong_on(page) == []
    link = page.locator("#contenu a[href*='/aider/']").get_attribute("href")
    outside = visit()
    outside.goto(link)
    assert wrong_on(outside) == []
    page.goto("/appels-reguliers/")
    assert wrong_on(page) == []
