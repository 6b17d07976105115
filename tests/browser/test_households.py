"""The household's page and its corrections in a real browser: seen by axe, on paper, and when two people write."""

from datetime import timedelta

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.test_calls import choose, save, take, talk
from tests.browser.town import build
from tests.outreach.factories import call
from tests.tenants.factories import ContactPointFactory, HouseholdFactory

from bienveille.register.tenants.models import Person
from bienveille.services.outreach.operations import report_death

pytestmark = pytest.mark.django_db(transaction=True)
CORRECTIONS = ["", "opposition/", "deces/", "depart/", "adresse/", "joindre/", "reperes/", "proches/", "acces/"]


@pytest.fixture
def town(live_server):
    return build()


def test_the_caller_s_day(visit, town):
    today = timezone.localdate()
    for day, weekly in ((today, False), (today + timedelta(days=2), True), (today, True)):
        call(town.campaign, town.caller, "reached", now=timezone.now(), call_back_on=day, weekly=weekly,
             call_back_when="14:30", note="Va mieux.", grade="orange")  # fmt: skip
    page = visit(town.caller)
    page.goto("/appels/")
    assert "Comment allez-vous" in page.inner_text("main")
    axe.check(page, "ma-journee")
    page.click("a:has-text('Arrêter') >> nth=0")
    axe.check(page, "arreter-chaque-semaine")
    choose(page, "reason", "caller_unable")
    page.click("button:has-text('Arrêter cet appel')")
    page.wait_for_selector("text=est arrêté pour vous")
    page.fill("[name=until]", (today + timedelta(days=7)).isoformat())
    page.click("button:has-text('Faire une pause')")
    page.wait_for_selector("text=Bonne pause")
    axe.check(page, "ma-journee-en-pause")
    manager = visit(town.director)
    assert "Ces appels promis attendent quelqu’un" in manager.inner_text("main")
    axe.check(manager, "accueil-relais")


def test_a_promised_hour_is_typed_in_the_call(visit, town):
    page = visit(town.caller)
    take(page)
    talk(page)
    assert not page.is_visible("[name=call_back_when]")
    choose(page, "next", "weekly")
    page.select_option("[name=call_back_when]", "14:30")
    save(page)
    page.goto("/appels/")
    assert "vers 14\u00a0h\u00a030" in page.inner_text("main")


def test_every_page_of_a_household(visit, town):
    household = town.households[0]
    person = household.people.get()
    ContactPointFactory(person=person, status="wrong")
    twin = HouseholdFactory(residence=household.dwelling.building.residence, people=[
        {"title": "mrs", "first_name": "Odete", "last_name": "Marchandeau", "birth_date": person.birth_date}
    ]).people.get()  # fmt: skip
    Person.objects.filter(pk=person.pk).update(erp_key="B1|marchandeau odette", file_said={"first_name": "ODETE"})
    alone = town.households[3].people.get()
    report_death(actor=town.director, person=alone, today=timezone.localdate())
    call(town.campaign, town.caller, "reached", now=timezone.now(), weekly=True, grade="red", note="A froid.")
    page = visit(town.director)
    page.goto(f"/locataires/{household.pk}/")
    page.click("summary:has-text('Corriger ou compléter')")
    axe.check(page, "foyer-complet")
    for place in CORRECTIONS:
        page.goto(f"/locataires/personnes/{person.pk}/{place}")
        axe.check(page, f"corriger-{place.strip('/') or 'personne'}")
    for path, name in [
        (f"/locataires/{household.pk}/consultations/", "consultations"),
        (f"/locataires/{household.pk}/personne/", "ajouter-personne"),
        ("/locataires/nouveau/", "ajouter-foyer"),
        ("/locataires/a-comparer/", "semblables"),
        (f"/locataires/a-comparer/{person.pk}/{twin.pk}/reunir/", "reunir"),
        (f"/locataires/{town.households[3].pk}/", "apres-un-deces"),
        ("/corrections/", "corrections"),
        ("/locataires/", "locataires-vide"),
        ("/locataires/?q=personne-de-ce-nom", "locataires-aucun"),
        ("/locataires/?age=75", "locataires-liste"),
    ]:
        page.goto(path)
        axe.check(page, name)


def test_two_rows_are_made_one_and_two_again(visit, town):
    person = town.households[0].people.get()
    home = town.households[0].dwelling.building.residence
    twin = HouseholdFactory(residence=home, people=[
        {"title": "mrs", "first_name": "Odete", "last_name": "Marchandeau", "birth_date": person.birth_date}
    ]).people.get()  # fmt: skip
    page = visit(town.director)
    page.goto("/locataires/a-comparer/")
    page.click("a:has-text('Comparer')")
    assert "Même date de naissance, noms proches" in page.inner_text("main")
    page.click("button:has-text('Réunir ces deux fiches')")
    page.wait_for_selector("text=Les deux fiches sont réunies")
    axe.check(page, "foyer-reuni")
    page.click("a:has-text('Défaire')")
    axe.check(page, "defaire")
    page.click("button:has-text('Défaire la réunion')")
    page.wait_for_selector("text=chacun leur fiche")
    assert Person.objects.filter(pk__in=[person.pk, twin.pk], merged_into=None, left_on=None).count() == 2


def test_two_people_write_and_nothing_is_lost(visit, town):
    person = town.households[0].people.get()
    first, second = visit(town.director), visit(town.social_worker)
    for page in (first, second):
        page.goto(f"/locataires/personnes/{person.pk}/")
    first.fill("[name=last_name]", "Marchandot")
    second.fill("[name=first_name]", "Odile")
    first.click("button:has-text('Enregistrer la correction')")
    first.wait_for_selector("text=La correction est enregistrée")
    second.click("button:has-text('Enregistrer la correction')")
    second.wait_for_selector("text=Quelqu’un a modifié cette fiche")
    assert "Marchandot" in second.inner_text("main")
    assert second.input_value("[name=first_name]") == "Odile"
    second.faults.clear()  # the browser logs the 409 as an error
    axe.check(second, "corriger-409")
    second.fill("[name=last_name]", "Marchandot")
    second.click("button:has-text('Enregistrer la correction')")
    second.wait_for_selector("text=La correction est enregistrée")
    person = Person.objects.get(pk=person.pk)
    assert (person.first_name, person.last_name) == ("Odile", "Marchandot")


def test_on_paper_only_what_is_known(visit, town):
    page = visit(town.director)
    page.goto(f"/locataires/{town.households[0].pk}/")
    page.emulate_media(media="print")
    assert page.is_visible("text=Résidence Les Tilleuls >> nth=0")
    for gone in (".bv-bar", "summary:has-text('Corriger ou compléter')", "a:has-text('Ajouter une personne')"):
        assert not page.is_visible(f"{gone} >> nth=0"), gone
