"""Lists of the week in a real Chromium: made and confirmed, taken away as a file, filled in, brought back; with axe."""

import pytest
from django.utils import timezone
from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.browser.town import build
from tests.outreach.test_offline import called, filled, opened

from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.dispatch.queries import check_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(live_server):
    town = build()
    town.caller.hours_per_week = 3
    town.caller.save()
    return town


def test_an_offline_list_goes_and_comes_back(visit, town, tmp_path):
    boss = visit(town.director)
    boss.goto(f"/campagnes/{town.campaign.pk}/listes/")
    boss.check("input[name=week][value=next]")
    boss.click("button:has-text('Proposer des listes')")
    boss.wait_for_selector("text=8 ménages ont un appelant")
    axe.check(boss, "listes-proposition")
    boss.click("button:has-text('Confirmer ces listes')")
    boss.wait_for_selector("text=Les listes sont en place")
    boss.click("a:has-text('Voir chaque ménage')")
    boss.wait_for_selector("text=Les ménages des listes")
    axe.check(boss, "listes-menages")
    assert Contact.objects.filter(kept_for=town.caller).count() == 8

    phone = visit(town.caller, viewport=NARROW, accept_downloads=True)
    phone.goto("/appels/ma-semaine/")
    phone.wait_for_selector("text=8 ménages à appeler")
    axe.check(phone, "ma-semaine")
    with phone.expect_download() as waiting:
        phone.click("a:has-text('Télécharger le tableur')")
    table, places = opened(waiting.value.path().read_bytes(), tmp_path)
    rows = [{name: str(cells[place]) for name, place in places.items()} for _, cells in table.rows()]
    day = timezone.localdate().strftime("%d/%m/%Y")
    answers = [
        called(rows[0], called_on=day, called_at="", grade="Jaune", need="Compagnie", note="Aime parler."),
        called(rows[1], "Pas de réponse", called_on=day, called_at=""),
        called(rows[2], called_on=day, called_at="", grade="mauve"),
    ]
    file = {"name": "ma liste.xlsx", "mimeType": "application/octet-stream", "buffer": filled(answers).getvalue()}

    phone.click("a:has-text('Déposer une liste remplie')")
    axe.check(phone, "listes-remplies")
    phone.set_input_files("input[type=file]", file)
    phone.click("button:has-text('Vérifier ces listes')")
    phone.wait_for_selector("text=2 appels seront enregistrés")
    assert phone.locator("text=mauve").count()
    axe.check(phone, "listes-apercu")
    assert not Attempt.objects.exists()
    phone.click("button:has-text('Enregistrer les appels')")
    phone.wait_for_selector("text=2 appels enregistrés")
    assert Attempt.objects.count() == 2

    phone.goto("/appels/listes-remplies/")
    phone.set_input_files("input[type=file]", file)
    phone.click("button:has-text('Vérifier ces listes')")
    phone.wait_for_selector("text=2 déjà enregistrés")
    assert Attempt.objects.count() == 2
    assert check_invariants(town.campaign.queue) == []
    assert phone.faults == boss.faults == []
