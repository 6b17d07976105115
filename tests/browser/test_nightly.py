"""Files that miss people, imports that nobody watches, callers who say when they can: in a browser, with axe."""

import pytest
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.browser.conftest import NARROW
from tests.imports.factories import Landlord, home
from tests.imports.test_staff import TEAM

from bienveille.register.accounts.models import User
from bienveille.register.imports.models import ImportAlert, ImportProfile, ImportRun
from bienveille.register.imports.operations import apply_run, check_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def landlord(live_server, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"
    made = Landlord(tmp_path)
    made.imports(homes=[home()], staff=TEAM)
    return made


@pytest.fixture
def director(landlord):
    return UserFactory(first_name="Nadia", last_name="Ferhat", roles=["director"])


def work(job):
    run = ImportRun.objects.filter(channel="web").latest("started_at")
    job(run_id=str(run.pk))


def test_a_file_that_misses_many_is_asked_about(visit, landlord, director):
    page = visit(director)
    page.goto("/imports/nouveau/")
    page.set_input_files("[name=exports]", landlord.path("équipe", TEAM[2:]))
    page.click("text=Vérifier ces fichiers")
    page.wait_for_selector("text=Le travail va commencer")
    work(check_run)
    page.wait_for_selector("h2:has-text('Absents de ce fichier')")
    assert "2\u00a0collaborateurs connus ne sont pas dans ce fichier." in page.inner_text("#vivant")
    assert not page.is_visible("text=Appliquer les 2")
    axe.check(page, "imports-absents")
    page.click("text=Non, il est partiel")
    page.click("text=Retenir et compter de nouveau")
    page.wait_for_selector("text=Le travail va commencer")
    work(check_run)
    page.wait_for_selector("text=Appliquer les 2")
    assert page.is_checked("text=Non, il est partiel")
    page.click("text=Appliquer les 2")
    page.wait_for_selector("h1:has-text('L’import s’applique')")
    work(apply_run)
    page.wait_for_selector("h1:has-text('Le registre est à jour')")
    assert User.objects.filter(imported=True, is_active=True).count() == 4
    assert page.faults == []


def test_what_is_being_read_is_given_up(visit, landlord, director):
    page = visit(director)
    page.goto("/imports/nouveau/")
    page.set_input_files("[name=exports]", landlord.path("équipe", TEAM))
    page.click("text=Vérifier ces fichiers")
    page.wait_for_selector("text=Le travail va commencer")
    page.click("text=Abandonner et effacer les fichiers")
    page.wait_for_selector("h1:has-text('Cet import est abandonné')")
    axe.check(page, "imports-abandon")
    assert page.faults == []


def test_being_told(visit, landlord, director):
    page = visit(director, viewport=NARROW)
    page.goto("/imports/")
    page.click("text=Être prévenu")
    axe.check(page, "imports-alertes")
    page.check("text=Me prévenir par message")
    page.fill("[name=silence_days]", "90")
    page.click("text=Enregistrer")
    page.wait_for_selector("[data-bv-errors]")
    page.faults.clear()  # the browser logs the 422 as an error
    axe.check(page, "imports-alertes-422")
    assert page.input_value("[name=silence_days]") == "90"
    page.fill("[name=silence_days]", "5")
    page.click("text=Enregistrer")
    page.wait_for_selector("text=Vous serez prévenu")
    assert ImportAlert.objects.get().silence_days == 5
    assert page.faults == []


def test_a_caller_says_when_and_coordination_sees_it(visit, landlord, director):
    caller = User.objects.get(last_name="ARNAUD")
    page = visit(caller, viewport=NARROW)
    page.goto("/mon-compte/")
    page.click("text=Dire mes disponibilités")
    axe.check(page, "disponibilites-miennes")
    page.fill("[name=hours_per_week]", "2,5")
    page.check("text=arabe")
    page.check("text=Agence de Lyon")
    page.fill("[name=skills]", "langue des signes, deuil")
    page.click("text=Enregistrer")
    page.wait_for_selector("text=C’est enregistré")
    assert page.input_value("[name=skills]") == "langue des signes, deuil"
    board = visit(director)
    board.goto("/disponibilites/")
    assert "langue des signes, deuil" in board.inner_text("main")
    axe.check(board, "disponibilites")
    board.click("main tbody th a >> nth=0")
    board.wait_for_selector("text=Disponibilités pour les appels")
    axe.check(board, "disponibilites-une")
    assert page.faults == board.faults == []


def test_a_profile_learns_a_title(visit, landlord, director):
    ImportProfile.objects.create(
        name="lundi", label="Export du lundi", columns={"tenants": {"bail x": "lease_number"}}, saved_at=timezone.now()
    )
    page = visit(director)
    page.goto("/imports/")
    page.click("text=Profils")
    axe.check(page, "imports-profils")
    page.click("text=Export du lundi")
    page.locator("summary:has-text('Apprendre')").nth(1).click()
    axe.check(page, "imports-profil")
    page.fill("[name=tenants-title0]", "Observations")
    page.select_option("[name=tenants-field0]", label="Téléphone")
    page.click("text=Enregistrer le profil")
    page.wait_for_selector("[data-bv-errors]")
    page.faults.clear()  # the browser logs the 422 as an error
    axe.check(page, "imports-profil-422")
    page.fill("[name=tenants-title0]", "N° de l’occupation")
    page.select_option("[name=tenants-field0]", label="Numéro du contrat")
    page.click("text=Enregistrer le profil")
    page.wait_for_selector("text=Le profil est enregistré")
    assert ImportProfile.objects.get().columns["tenants"]["n de l occupation"] == "lease_number"
    page.click("text=Supprimer ce profil")
    axe.check(page, "imports-profil-supprimer")
    page.click("main button:has-text('Supprimer le profil')")
    page.wait_for_selector("text=Aucun profil pour l’instant")
    assert page.faults == []
