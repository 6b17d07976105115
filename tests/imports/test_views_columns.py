"""The screens on which somebody says how a file is to be read: its sheet, its columns, a profile to keep."""

import pytest
import xlsxwriter
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.imports.factories import TODAY, Landlord, home, tenant
from tests.imports.screens import checked, dropped, given, newcomers, page, text

from bienveille.register.imports.operations import (
    apply_run,
    check_run,
    find_profile,
    import_files,
)
from bienveille.register.imports.rules.columns import describe
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "kept"


@pytest.fixture
def landlord(tmp_path):
    made = Landlord(tmp_path)
    made.imports(homes=[home(), home("0001-2")], tenants=[tenant()])
    return made


@pytest.fixture
def client(landlord):
    made = Client()
    made.force_login(UserFactory(first_name="Nadia", roles=["director"]))
    return made


def workbook(path, **sheets):
    """A workbook: each sheet's rows, by its name."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)] if rows else []):
                sheet.write_row(place, 0, row)
    return given(path)


def columns_page(client, run, **said):
    file, shown = run.files.get(), page(client, run)
    data = {"revision": run.revision, "profile": ""}
    for form in shown.context["columns_forms"]:
        data |= {form.add_prefix(name): form[name].value() or "" for name in form.fields}
    data |= {f"{file.pk}-{name}": value for name, value in said.items()}
    return client.post(reverse("imports:columns", args=[run.pk]), data)


class TestSheets:
    """A workbook with several sheets: one is read, and somebody may choose another one."""

    @pytest.fixture
    def book(self, tmp_path):
        old, new = [tenant()], [tenant(), tenant(N_CONTRAT="002", CODE_LOGEMENT="0001-2", NOM="ROYER")]
        return workbook(tmp_path / "suivi.xlsx", Octobre=old, Novembre=new, Notes=[{"À": "penser"}])

    @pytest.fixture(params=[20 << 20, 0], ids=["at once", "by the job"])
    def looked_at(self, request, monkeypatch):
        monkeypatch.setattr("bienveille.register.imports.operations.receiving.AT_ONCE", request.param)

    def test_another_sheet_is_read(self, looked_at, client, book):
        run = checked(client, book)
        assert (run.files.get().sheet, run.files.get().created) == ("Octobre", 0)
        assert "Feuille à lire dans «\u00a0suivi.xlsx\u00a0»" in text(page(client, run))
        stored = run.files.get().stored
        assert columns_page(client, run, sheet="Novembre").status_code == 302
        check_run(run_id=str(run.pk))
        run.refresh_from_db()
        file = run.files.get()
        assert (run.state, file.sheet, file.records, file.created) == ("ready", "Novembre", 2, 1)
        assert (file.stored, default_storage.exists(stored)) == (stored, True)
        data = {"revision": run.checked_revision}
        client.post(reverse("imports:apply", args=[run.pk]), data)
        apply_run(run_id=str(run.pk))
        assert set(Person.objects.values_list("last_name", flat=True)) == {"MARTIN", "ROYER"}
        assert run.files.get().sheet == "Novembre"

    def test_a_sheet_without_a_table_is_refused_and_the_other_one_stays(self, client, book):
        run = checked(client, book)
        response = columns_page(client, run, sheet="Notes")
        assert response.status_code == 422
        said = "La feuille «\u00a0Notes\u00a0» de «\u00a0suivi.xlsx\u00a0» ne peut pas être lue\u00a0: le tableau n’a que 1\u00a0colonne."
        assert said in text(response)
        assert (run.files.get().sheet, run.files.get().header[0]) == ("Octobre", "N_CONTRAT")

    def test_the_same_of_a_large_workbook_is_said_by_the_job_and_the_file_stays(self, client, book, monkeypatch):
        monkeypatch.setattr("bienveille.register.imports.operations.receiving.AT_ONCE", 0)
        run = checked(client, book)
        columns_page(client, run, sheet="Notes")
        check_run(run_id=str(run.pk))
        run.refresh_from_db()
        assert (run.state, run.files.get().sheet, run.files.get().given_sheet) == ("mapping", "Octobre", "")
        assert "La feuille «\u00a0Notes\u00a0» de «\u00a0suivi.xlsx\u00a0» ne peut pas être lue" in text(
            page(client, run)
        )
        columns_page(client, run)  # agreed to as it is
        check_run(run_id=str(run.pk))
        run.refresh_from_db()
        assert (run.state, run.files.get().sheet, run.oddities) == ("ready", "Octobre", [])

    def test_a_sheet_that_the_workbook_has_not_is_refused(self, client, book):
        run = checked(client, book)
        assert columns_page(client, run, sheet="Décembre").status_code == 422
        assert run.files.get().sheet == "Octobre"

    def test_the_same_sheet_changes_nothing(self, client, book):
        run = checked(client, book)
        columns_page(client, run, sheet="Octobre")
        run.refresh_from_db()
        assert (run.state, run.revision) == ("ready", 1)

    def test_what_the_other_sheet_describes_need_not_be_said(self, client, tmp_path):
        unknown = [{"BAIL_X": "1", "UNITE": "2", "PATRONYME_X": "3", "JJ": "4", "KK": "5"}]
        run = dropped(client, workbook(tmp_path / "b.xlsx", Vide=[], Autre=unknown, Encore=unknown))
        assert run.state == "mapping"
        columns_page(client, run, sheet="Encore")
        assert run.files.get().sheet == "Encore"

    def test_with_the_page_alive_it_comes_back_whole(self, client, book):
        run = checked(client, book)
        data = {"revision": 1, "profile": "", f"{run.files.get().pk}-sheet": "Novembre"}
        url = reverse("imports:columns", args=[run.pk])
        assert client.post(url, data, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"

    def test_a_workbook_with_one_sheet_asks_nothing(self, client, tmp_path):
        run = checked(client, workbook(tmp_path / "seul.xlsx", Octobre=[tenant()]))
        assert "Feuille à lire" not in text(page(client, run))

    def test_a_model_that_nobody_filled_hides_no_sheet(self, client, tmp_path):
        with xlsxwriter.Workbook(tmp_path / "m.xlsx") as book:
            book.add_worksheet("Modèle").write_row(0, 0, list(tenant()))
            sheet = book.add_worksheet("Données")
            sheet.write_row(0, 0, list(tenant())[:-1])
            sheet.write_row(1, 0, list(tenant().values())[:-1])
        assert dropped(client, given(tmp_path / "m.xlsx")).files.get().sheet == "Données"


class TestColumns:
    @pytest.fixture
    def mystery(self, landlord):
        rows = [{"BAIL_X": "002", "UNITE": "0001-2", "PATRONYME_X": "ROYER", "JJ": "04/05/1950", "NOTE": "malade"}]
        return landlord.path("mystere", rows)

    def tell(self, client, run, kind, columns, profile="", **more):
        file = run.files.get()
        data = {"revision": run.revision, "profile": profile, f"{file.pk}-kind": kind}
        data |= {f"{file.pk}-c{position}": name for position, name in columns.items()}
        return client.post(reverse("imports:columns", args=[run.pk]), data, **more)

    COLUMNS = {0: "lease_number", 1: "dwelling_code", 2: "last_name", 3: "birth_date"}

    def test_a_file_whose_titles_say_nothing_is_explained_by_somebody(self, client, landlord, mystery):
        run = dropped(client, given(mystery))
        assert (run.state, run.files.get().kind) == ("mapping", "")
        shown = text(page(client, run))
        assert "ne disent pas ce qu’il décrit" in shown
        assert "malade" not in shown
        assert self.tell(client, run, "", {}).status_code == 422
        assert self.tell(client, run, "tenants", {}).status_code == 302
        run.refresh_from_db()
        assert run.state == "mapping"
        assert "Il manque de quoi lire ce fichier\u00a0: Numéro du contrat, Numéro du logement et Nom" in text(
            page(client, run)
        )
        self.tell(client, run, "tenants", self.COLUMNS)
        run.refresh_from_db()
        assert (run.state, run.revision) == ("checking", 3)
        check_run(run_id=str(run.pk))
        run.refresh_from_db()
        file = run.files.get()
        assert (run.state, file.accepted, file.created, file.unknown_columns) == ("ready", 1, 1, [])
        assert file.ignored_columns == ["NOTE"]

    def test_what_is_left_aside_stays_so_whatever_is_posted(self, client, landlord, mystery):
        run = dropped(client, given(mystery))
        self.tell(client, run, "tenants", {})
        run.refresh_from_db()
        self.tell(client, run, "tenants", {**self.COLUMNS, 4: "first_name"})
        assert run.files.get().chosen == {
            "bail x": "lease_number", "unite": "dwelling_code", "patronyme x": "last_name", "jj": "birth_date",
        }  # fmt: skip

    def test_one_field_takes_one_column(self, client, landlord, mystery):
        run = dropped(client, given(mystery))
        self.tell(client, run, "tenants", {})
        run.refresh_from_db()
        response = self.tell(client, run, "tenants", {**self.COLUMNS, 3: "last_name"})
        assert response.status_code == 422
        assert "une seule colonne peut devenir «\u00a0Nom\u00a0»" in text(response)

    def test_a_change_counts_again_and_the_former_count_no_longer_applies(self, client, landlord):
        run = checked(client, given(newcomers(landlord)))
        file = run.files.get()
        usual = {
            column.name: column.field
            for column in describe("tenants", file.header, {}, {})
            if column.may_choose
        }  # fmt: skip
        data = {f"{file.pk}-{name}": field for name, field in usual.items()}
        url = reverse("imports:columns", args=[run.pk])
        client.post(url, {"revision": 1, "profile": "", **data})
        run.refresh_from_db()
        assert (run.state, run.revision) == ("ready", 1), "the same said again changes nothing"
        data[f"{file.pk}-c{file.header.index('TEL_PORTABLE')}"] = ""
        response = client.post(url, {"revision": 1, "profile": "", **data}, headers={"hx-request": "true"})
        assert "hx-trigger" in text(response)
        run.refresh_from_db()
        assert (run.state, run.revision, run.checked_revision) == ("checking", 2, 1)
        assert client.post(reverse("imports:apply", args=[run.pk]), {"revision": 1}).status_code == 409
        check_run(run_id=str(run.pk))
        live = client.get(f"{reverse('imports:run', args=[run.pk])}?vivant=1", headers={"hx-request": "true"})
        assert 'value="2" form="application"' in text(live)
        assert "Appliquer les 2" in text(live)
        assert run.files.get().unknown_columns == ["TEL_PORTABLE"]


class TestProfiles:
    def test_saved_then_used_by_the_next_import_and_by_the_command(self, client, landlord, capsys):
        rows = [{"BAIL_X": "002", "UNITE": "0001-2", "PATRONYME_X": "ROYER", "JJ": "04/05/1950"}]
        path = landlord.path("mystere", rows)
        run = dropped(client, given(path))
        columns = TestColumns()
        columns.tell(client, run, "tenants", {})
        run.refresh_from_db()
        columns.tell(client, run, "tenants", TestColumns.COLUMNS)
        check_run(run_id=str(run.pk))
        response = client.post(reverse("imports:profile", args=[run.pk]), {"label": "Export du lundi"}, follow=True)
        assert "--profile export-du-lundi" in text(response)
        plain = dropped(client, given(path))
        columns.tell(client, plain, "tenants", {}, profile="export-du-lundi")
        plain.refresh_from_db()
        assert (plain.state, plain.profile) == ("checking", "export-du-lundi")
        again = dropped(client, given(path), profile="export-du-lundi")
        assert (again.state, again.files.get().kind) == ("checking", "tenants")
        report = import_files(paths=[path], today=TODAY, profile="export-du-lundi", dry_run=True).as_dict()
        assert report["files"][0]["created"] == 1
        other = checked(client, given(newcomers(landlord)))
        refused = client.post(reverse("imports:profile", args=[other.pk]), {"label": "Export du lundi"})
        assert refused.status_code == 422
        assert "s’appelle déjà" in text(refused)
        taken = client.post(reverse("imports:profile", args=[other.pk]), {"label": "Accessibility"})
        assert taken.status_code == 422

    def test_a_profile_built_on_accessibility_keeps_its_purpose_and_marks(self, client, landlord):
        run = checked(client, given(newcomers(landlord)), profile="accessibility")
        assert run.purpose == "accessibility"
        client.post(reverse("imports:profile", args=[run.pk]), {"label": "Lundi, accessibilité"})
        profile = find_profile(name="lundi-accessibilite")
        assert (profile.purpose, profile.marks[0].months) == ("accessibility", 24)
