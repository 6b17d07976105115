"""A caller's day in a real browser: three calls, and everything that goes wrong on a Monday morning."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.browser.town import build

from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.queries import check_invariants, ledger
from bienveille.services.outreach.models import Report

pytestmark = pytest.mark.django_db(transaction=True)
NEXT = "button:has-text('Enregistrer et suivant')"
PAUSE = "button[name=then][value=pause]"
TAKE = "button:has-text('Prendre l’appel suivant')"


@pytest.fixture
def town(live_server):
    return build()


def take(page):
    page.goto("/")
    page.click(TAKE)
    page.wait_for_selector("#appel")


def choose(page, name, value):
    """Presses the whole line, as people do; opens what is folded first."""
    page.evaluate(
        "([name, value]) => { const box = document.querySelector(`[name='${name}'][value='${value}']`);"
        "const folded = box.closest('details'); if (folded) folded.open = true; }",
        [name, value],
    )
    page.locator(f"label.bv-choice:has([name='{name}'][value='{value}'])").click()


def talk(page, note="Ne descend plus faire les courses."):
    choose(page, "outcome", "reached")
    choose(page, "q_good_moment", "yes")
    choose(page, "q_agrees", "yes")
    choose(page, "grade", "orange")
    choose(page, "needs", "meals")
    page.fill("[name=note]", note)


def save(page, button=NEXT):
    before = page.inner_text("h1")
    page.click(button)
    page.wait_for_function("before => document.querySelector('h1')?.innerText !== before", arg=before)


def test_three_calls_and_the_manager_sees_the_figures_move(visit, town):
    manager = visit(town.director)
    manager.goto(f"/campagnes/{town.campaign.pk}/")
    assert "Aucun ménage n’a encore été joint" in manager.inner_text("main")

    page = visit(town.caller)
    take(page)
    assert page.inner_text("h1") == "Mme Odette Marchandeau"
    talk(page)
    page.check("[name=agreed]")
    save(page)
    assert page.inner_text("h1") == "Mme Yvette Lascombe"
    choose(page, "outcome", "no_answer")
    assert not page.is_visible("[name=grade]")
    save(page)
    choose(page, "outcome", "call_later")
    page.fill("[name=call_back_on]", (timezone.localdate() + timedelta(days=3)).isoformat())
    save(page, PAUSE)
    assert "3\u00a0appels, 1\u00a0ménage joint" in page.inner_text("main")

    report = Report.objects.select_related("response").get()
    assert (report.grade, report.needs) == ("orange", ["meals"])
    assert report.response.answers["agrees"] == "yes"
    counted = ledger(town.campaign.queue)
    assert (counted.reached, counted.waiting, counted.adds_up) == (1, 7, True)
    # The page the manager had open changes in place.
    manager.wait_for_function(
        "() => document.querySelector('#chiffres').innerText.includes('Un ménage sur dix a été joint')", timeout=20_000
    )
    assert page.faults == manager.faults == []
    assert check_invariants(town.campaign.queue) == []


def test_double_click_saves_once(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    page.dblclick(NEXT)
    page.wait_for_function("() => document.querySelector('h1').innerText !== 'Mme Odette Marchandeau'")
    assert Attempt.objects.count() == 1
    assert ledger(town.campaign.queue).reserved == 1


def test_back_button_after_saving_does_no_harm(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    save(page)
    page.go_back()
    page.wait_for_selector("#appel")
    # The page is asked again, and shows who is in hand now.
    assert page.inner_text("h1") == "Mme Yvette Lascombe"
    assert Attempt.objects.count() == 1


def test_two_tabs_the_second_keeps_its_words(visit, town):
    page = visit(town.caller)
    take(page)
    other = page.context.new_page()
    other.goto(page.url)
    assert other.inner_text("h1") == page.inner_text("h1")
    talk(other, "Aimerait un appel le soir.")
    talk(page)
    save(page)
    save(other)
    assert "n’est plus entre vos mains" in other.inner_text("main")
    assert other.input_value("textarea[readonly]") == "Aimerait un appel le soir."
    other.click(TAKE)
    other.wait_for_selector("#appel")
    assert other.inner_text("h1") == "Mme Yvette Lascombe"
    assert Attempt.objects.count() == 1


def test_lost_connection_loses_nothing(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    page.context.set_offline(True)
    page.click(NEXT)
    page.wait_for_selector("[data-bv-offline] button")
    assert "Connexion perdue" in page.inner_text("[data-bv-offline]")
    page.context.set_offline(False)
    page.click("text=Essayer de nouveau")
    page.wait_for_function("() => document.querySelector('h1').innerText === 'Mme Yvette Lascombe'")
    assert Report.objects.get().note == "Ne descend plus faire les courses."


def test_session_over_then_back_with_the_draft(visit, town):
    from django.contrib.sessions.models import Session
    from tests.accounts.factories import PASSWORD

    page = visit(town.caller)
    take(page)
    talk(page)
    page.wait_for_timeout(600)  # a draft is kept 0.4 s after the last key
    Session.objects.all().delete()
    page.click(NEXT)
    page.wait_for_url("**/connexion/**")
    page.fill("[name=login]", town.caller.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button:not([type=button])")
    page.wait_for_selector("#appel")
    assert page.inner_text("h1") == "Mme Odette Marchandeau"
    assert page.input_value("[name=note]") == "Ne descend plus faire les courses."
    assert page.is_checked("[name=grade][value=orange]")
    save(page)
    assert Report.objects.count() == 1


def test_undo_brings_back_the_household_and_the_words(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    save(page)
    page.click("button:has-text('Annuler')")
    page.wait_for_function("() => document.querySelector('h1').innerText === 'Mme Odette Marchandeau'")
    assert page.input_value("[name=note]") == "Ne descend plus faire les courses."
    choose(page, "grade", "yellow")
    choose(page, "next", "weekly")
    save(page)
    assert Report.objects.get(attempt__undone_at=None).grade == "yellow"
    assert PlannedCall.objects.get().weekly
    assert check_invariants(town.campaign.queue) == []


def test_keyboard_alone(visit, town):
    page = visit(town.caller)
    take(page)
    page.keyboard.press("Alt+1")
    assert page.is_checked("[name=outcome][value=reached]")
    page.keyboard.press("Alt+o")
    assert page.is_checked("[name=grade][value=orange]")
    page.keyboard.press("Alt+2")
    page.click("text=Raccourcis du clavier")
    assert "Ctrl + Entrée" in page.inner_text(".bv-shortcuts")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelector('h1').innerText === 'Mme Yvette Lascombe'")
    assert Attempt.objects.get().outcome == "no_answer"


def test_without_javascript(visit, town):
    page = visit(town.caller, java_script_enabled=False)
    page.goto("/")
    page.click(TAKE)
    page.check("[name=outcome][value=reached]")
    page.check("[name=q_good_moment][value=yes]")
    page.check("[name=q_agrees][value=yes]")
    page.check("[name=grade][value=green]")
    page.fill("[name=note]", "Va bien, malgré son cancer.")
    page.click(NEXT)
    assert "Garder ma phrase, avec relecture" in page.inner_text("main")
    assert page.input_value("[name=note]") == "Va bien, malgré son cancer."
    page.check("[name=keep_note]")
    page.click(NEXT)
    assert page.inner_text("h1") == "Mme Yvette Lascombe"
    assert Report.objects.get().note_kept_despite_guard
    assert Contact.objects.filter(reserved_by=town.caller).count() == 1


def test_emergency_numbers_stay_in_sight(visit, town):
    page = visit(town.caller, viewport={"width": 360, "height": 780})
    take(page)
    page.locator("[name=note]").scroll_into_view_if_needed()
    assert page.locator(".bv-sos a", has_text="3114").bounding_box()["y"] >= 0
    assert page.locator(".bv-sos a", has_text="15").first.bounding_box()["y"] < 200
