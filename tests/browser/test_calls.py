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
    choose(page, "grade", "yellow")
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
    assert (report.grade, report.needs) == ("yellow", ["meals"])
    assert report.response.given["agrees"] == "yes"
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
    # The page is asked again, and says who is in hand now.
    page.wait_for_selector("text=Mme Yvette Lascombe est entre vos mains")
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


def kept(page):
    """What this device holds until it is saved."""
    return page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('bv-outbox:'))")


def press(page, button=NEXT):
    page.locator(button).click(no_wait_after=True)


def test_lost_connection_keeps_what_was_typed_and_sends_it_once(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    page.context.set_offline(True)
    press(page)
    page.wait_for_selector("[data-bv-offline] button")
    assert "Connexion perdue. Votre saisie est gardée sur cet appareil." in page.inner_text("[data-bv-offline]")
    contact = Contact.objects.get(reserved_by=town.caller)
    assert kept(page) == [f"bv-outbox:{contact.pk}:{contact.token}"]
    assert "csrf" not in page.evaluate("name => localStorage.getItem(name)", kept(page)[0])
    page.keyboard.press("Control+Enter")  # a second press while it waits changes nothing
    page.context.set_offline(False)  # the browser says so, and the page sends by itself
    page.wait_for_function("() => document.querySelector('h1').innerText === 'Mme Yvette Lascombe'")
    assert Report.objects.get().note == "Ne descend plus faire les courses."
    assert Attempt.objects.count() == 1
    assert kept(page) == []
    assert "Enregistré à" in page.inner_text("main")


def test_an_answer_lost_on_the_way_saves_once(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    sent = []

    def swallow(route):
        """The server saves the call; its answer never arrives."""
        if route.request.method != "POST" or len(sent) >= 2:
            return route.continue_()
        sent.append(route.request.post_data)
        route.fetch(max_redirects=0)
        return route.abort("connectionreset")

    page.route(f"**/appels/{town.campaign.pk}/", swallow)
    press(page)
    page.wait_for_function("() => document.querySelector('h1').innerText === 'Mme Yvette Lascombe'", timeout=40_000)
    assert len(sent) == 2
    assert Attempt.objects.count() == 1
    assert Report.objects.count() == 1
    assert ledger(town.campaign.queue).reserved == 1
    assert kept(page) == []


def test_a_call_kept_by_a_closed_page_leaves_from_the_next_one(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    page.context.set_offline(True)
    press(page)
    page.wait_for_selector("[data-bv-offline] button")
    other = page.context.new_page()
    page.close(run_before_unload=False)
    other.context.set_offline(False)
    other.goto("/appels/")
    other.wait_for_function("() => document.querySelector('[data-bv-offline]').innerText.includes('Enregistré à')")
    assert Attempt.objects.count() == 1
    assert ledger(town.campaign.queue).reserved == 0, "nobody looks: the next household stays in the queue"
    assert kept(other) == []


def test_what_is_refused_after_the_connection_came_back_is_shown_with_its_words(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page, "Fatiguée par son cancer.")
    page.context.set_offline(True)
    press(page)
    page.wait_for_selector("[data-bv-offline] button")
    page.context.set_offline(False)
    page.wait_for_selector("[data-bv-errors]")
    assert page.input_value("[name=note]") == "Fatiguée par son cancer."
    assert page.is_checked("[name=grade][value=yellow]")
    assert kept(page) == []
    page.check("[name=keep_note]")
    save(page)
    assert Attempt.objects.count() == 1


def test_signing_out_leaves_nothing_on_the_device(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    page.route(f"**/appels/{town.campaign.pk}/", lambda route: route.abort())
    press(page)
    page.wait_for_selector("[data-bv-offline] button")
    assert kept(page)
    page.click("summary:has-text('Josiane')")
    page.click("button:has-text('Se déconnecter')")
    page.wait_for_url("**/connexion/**")
    assert kept(page) == []
    assert Attempt.objects.count() == 0


def test_somebody_else_on_the_same_device_finds_nothing(visit, town):
    page = visit(town.caller)
    page.evaluate(
        "() => localStorage.setItem('bv-outbox:a:b', JSON.stringify({user: 'other', until: Date.now() + 1e6, fields: []}))"
    )
    page.evaluate(
        "() => localStorage.setItem('bv-outbox:c:d', JSON.stringify({user: document.body.dataset.bvUser, until: 1}))"
    )
    page.goto("/appels/")
    assert kept(page) == []


def test_session_over_then_back_with_the_draft(visit, town):
    from tests.accounts.factories import PASSWORD

    from bienveille.register.accounts.models import OpenSession

    page = visit(town.caller)
    take(page)
    talk(page)
    page.wait_for_timeout(600)  # a draft is kept 0.4 s after the last key
    OpenSession.objects.all().delete()
    page.click(NEXT)
    page.wait_for_url("**/connexion/**")
    page.fill("[name=login]", town.caller.email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button:not([type=button])")
    page.wait_for_selector("#appel")
    assert page.inner_text("h1") == "Mme Odette Marchandeau"
    assert page.input_value("[name=note]") == "Ne descend plus faire les courses."
    assert page.is_checked("[name=grade][value=yellow]")
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
    page.keyboard.press("Alt+j")
    assert page.is_checked("[name=grade][value=yellow]")
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
