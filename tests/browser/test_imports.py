"""A director brings the register up to date from a browser: drops files, looks, corrects a column, applies, looks back."""

import pytest
import xlsxwriter
from tests.accounts.factories import UserFactory
from tests.browser import axe
from tests.imports.factories import Landlord, home, tenant

from bienveille.register.imports.models import ImportRun
from bienveille.register.imports.operations import apply_run, check_run
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def landlord(live_server, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"
    made = Landlord(tmp_path)
    made.imports(homes=[home(), home("0001-2")])
    return made


@pytest.fixture
def director(landlord):
    return UserFactory(first_name="Nadia", last_name="Ferhat", roles=["director"])


def export(landlord):
    rows = [
        tenant(),
        tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="ROYER", PRENOM="Anaïs", TEL_PORTABLE="liste rouge"),
        tenant(N_CONTRAT="003", CODE_LOGEMENT="0009-9", NOM="PETIT"),
    ]
    return landlord.path("export du lundi", rows)


def work(job):
    """What the worker does."""
    run = ImportRun.objects.filter(channel="web").latest("started_at")
    job(run_id=str(run.pk))


def test_from_the_drop_to_the_register(visit, landlord, director, tmp_path):
    page = visit(director)
    page.goto("/imports/")
    axe.check(page, "imports")
    page.click("text=Importer des fichiers")
    axe.check(page, "imports-deposer")
    letter = tmp_path / "courrier.pdf"
    letter.write_bytes(b"%PDF-1.7 bonjour")
    page.set_input_files("[name=exports]", letter)
    assert page.inner_text("[data-bv-drop-names]") == "courrier.pdf, 1\u00a0Ko"
    page.click("text=Vérifier ces fichiers")
    page.wait_for_selector("[data-bv-errors]")
    assert "c’est un document PDF" in page.inner_text("[data-bv-errors]")
    page.faults.clear()  # the browser logs the 422 as an error
    axe.check(page, "imports-422")
    page.set_input_files("[name=exports]", export(landlord))
    page.click("text=Vérifier ces fichiers")
    page.wait_for_selector("text=Le travail va commencer")
    axe.check(page, "imports-verification")
    work(check_run)
    page.wait_for_selector("text=Appliquer les 2")  # the page comes by itself
    assert page.inner_text("#vivant .bv-total dd") == "3 ="
    page.click("summary:has-text('export du lundi.csv')")
    axe.check(page, "imports-apercu")

    # A column is taken away: the counts are made again under one's eyes.
    page.select_option("select:near(:text('TEL_PORTABLE'))", label="Ne pas prendre")
    page.wait_for_selector("text=Les fichiers sont relus")
    assert not page.is_visible("text=Appliquer les 2")
    work(check_run)
    page.wait_for_selector("text=Appliquer les 2")
    assert page.evaluate("() => document.querySelectorAll('[form=application][name=revision]').length") == 1
    page.dblclick("text=Appliquer les 2")
    page.wait_for_selector("h1:has-text('L’import s’applique')")
    assert Person.objects.count() == 0
    work(apply_run)
    page.wait_for_selector("h1:has-text('Le registre est à jour')")
    assert Person.objects.count() == 2
    axe.check(page, "imports-fini")
    page.click("text=Voir toute la liste")
    page.wait_for_selector("h1:has-text('Lignes à corriger')")
    assert "0009-9" in page.inner_text("main")
    axe.check(page, "imports-lignes")
    page.goto("/imports/")
    assert "Nadia" in page.inner_text("main")
    assert page.faults == []


def test_files_dropped_from_the_desk(visit, landlord, director):
    page = visit(director)
    page.goto("/imports/nouveau/")
    page.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["NOM;EMAIL;ROLE"], "équipe.csv"));
            const zone = document.querySelector("[data-bv-drop-zone]");
            for (const kind of ["dragenter", "dragover", "drop"])
                zone.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
        }"""
    )
    assert page.inner_text("[data-bv-drop-names]") == "équipe.csv, 1\u00a0Ko"
    assert page.evaluate("() => document.querySelector('[name=exports]').files[0].name") == "équipe.csv"


def test_columns_that_nobody_knows(visit, landlord, director):
    rows = [{"BAIL_X": "002", "UNITE": "0001-2", "PATRONYME_X": "ROYER", "JJ": "04/05/1950"}]
    page = visit(director)
    page.goto("/imports/nouveau/")
    page.set_input_files("[name=exports]", landlord.path("mystère", rows))
    page.click("text=Vérifier ces fichiers")
    page.wait_for_selector("h1:has-text('Dites ce que sont les colonnes')")
    axe.check(page, "imports-colonnes")
    page.select_option("select[name$=kind]", label="Locataires")
    page.click("text=Continuer")
    for title, field in [("BAIL_X", "Numéro du contrat"), ("UNITE", "Numéro du logement"), ("PATRONYME_X", "Nom")]:
        page.get_by_label(f"{title} devient").select_option(label=field)
    page.click("text=Continuer")
    page.wait_for_selector("text=Le travail va commencer")
    work(check_run)
    page.wait_for_selector("text=Appliquer la ligne")


def test_another_sheet_of_the_workbook(visit, landlord, director, tmp_path):
    sheets = {
        "Octobre": [tenant()],
        "Novembre": [tenant(), tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="ROYER")],
        "Notes": [{"À faire": "relire"}],
    }
    with xlsxwriter.Workbook(tmp_path / "locataires 2026.xlsx") as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
                sheet.write_row(place, 0, row)
    page = visit(director)
    page.goto("/imports/nouveau/")
    page.set_input_files("[name=exports]", tmp_path / "locataires 2026.xlsx")
    page.click("text=Vérifier ces fichiers")
    page.wait_for_selector("text=Le travail va commencer")
    work(check_run)
    page.wait_for_selector("text=Appliquer la ligne")
    chosen = page.get_by_label("Feuille à lire dans «\u00a0locataires 2026.xlsx\u00a0»")
    assert chosen.input_value() == "Octobre"
    axe.check(page, "imports-feuilles")
    chosen.select_option("Notes")  # no table: said above the counts, which stay
    page.wait_for_selector("text=ne peut pas être lue")
    page.faults.clear()  # the browser logs the 422 as an error
    axe.check(page, "imports-feuille-refusee")
    chosen.select_option("Novembre")
    page.wait_for_selector("text=Le travail va commencer")
    work(check_run)
    page.wait_for_selector("text=Appliquer les 2")
    assert chosen.input_value() == "Novembre"
    assert "feuille «\u00a0Novembre\u00a0»" in page.inner_text("#vivant")
    assert page.faults == []


def test_without_javascript(visit, landlord, director):
    page = visit(director, java_script_enabled=False)
    page.goto("/imports/nouveau/")
    page.set_input_files("[name=exports]", export(landlord))
    page.click("text=Vérifier ces fichiers")
    work(check_run)
    page.click("text=Actualiser")
    page.click("summary:has-text('export du lundi.csv')")
    page.get_by_label("TEL_FIXE devient").select_option(label="Ne pas prendre")
    page.click("text=Compter de nouveau")
    work(check_run)
    page.click("text=Actualiser")
    page.click("text=Appliquer les 2")
    work(apply_run)
    page.click("text=Actualiser")
    assert page.inner_text("h1") == "Le registre est à jour"
    assert Person.objects.count() == 2
