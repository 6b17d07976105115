"""The screens of imports: drop, look, apply, follow, give up; who may, and what stays of the files."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.imports.factories import Landlord, home, tenant
from tests.imports.screens import checked, drop, dropped, given, newcomers, page, text

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import Dwelling
from bienveille.register.imports.models import ImportFile, ImportIssue, ImportRun
from bienveille.register.imports.operations import (
    apply_run,
    check_run,
    import_files,
    purge_imports,
)
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


class TestDrop:
    def test_a_file_is_kept_recognised_and_checked_by_a_job(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        file = run.files.get()
        assert (run.state, run.channel, file.kind, file.encoding) == ("checking", "web", "tenants", "cp1252")
        assert default_storage.exists(file.stored)
        assert "export" not in file.stored
        assert "Les fichiers sont vérifiés" in text(page(client, run))

    def test_nothing_left_aside_is_ever_kept_as_a_sample(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        samples = run.files.get().samples
        assert samples["NOM"] == ["MARTIN", "ROYER", "PETIT"]
        assert {"SOLDE", "COMMENTAIRE", "HANDICAP"} & samples.keys() == set()

    def test_a_wrong_file_gets_one_sentence_and_nothing_is_kept(self, client, landlord, tmp_path):
        response = drop(
            client, given(newcomers(landlord)), SimpleUploadedFile("courrier.pdf", b"%PDF-1.7 bonjour"),
        )  # fmt: skip
        assert response.status_code == 422
        assert "«\u00a0courrier.pdf\u00a0» n’est pas importé\u00a0: c’est un document PDF" in text(response)
        assert not ImportRun.objects.filter(channel="web").exists()
        assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []

    def test_no_file_and_too_many_files(self, client, landlord):
        assert "Choisissez au moins un fichier." in text(drop(client))
        many = [given(newcomers(landlord), f"{n}.csv") for n in range(11)]
        assert "10 fichiers au plus" in text(drop(client, *many))
        assert ImportRun.objects.filter(channel="web").count() == 0

    def test_an_empty_file_is_said_to_be_empty(self, client):
        assert "le fichier est vide" in text(drop(client, SimpleUploadedFile("rien.csv", b"")))


class TestLargeFiles:
    """Too large to be looked at while somebody waits: the job does it, with the same words."""

    @pytest.fixture(autouse=True)
    def _everything_is_large(self, monkeypatch):
        monkeypatch.setattr("bienveille.register.imports.operations.receiving.AT_ONCE", 0)

    def test_looked_at_by_the_job(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        assert (run.state, run.files.get().kind) == ("checking", "")
        check_run(run_id=str(run.pk))
        run.refresh_from_db()
        assert (run.state, run.files.get().kind, run.files.get().created) == ("ready", "tenants", 1)
        assert "SOLDE" not in run.files.get().samples

    def test_a_wrong_one_is_refused_with_its_sentence(self, client, tmp_path):
        run = checked(client, SimpleUploadedFile("courrier.pdf", b"%PDF-1.7 bonjour"))
        assert run.state == "refused"
        assert "c’est un document PDF" in text(page(client, run))

    def test_one_whose_titles_say_nothing_asks(self, client, landlord):
        rows = [{"BAIL_X": "002", "UNITE": "0001-2", "PATRONYME_X": "ROYER", "JJ": "04/05/1950"}]
        run = checked(client, given(landlord.path("mystere", rows)))
        assert run.state == "mapping"
        assert "ne disent pas ce qu’il décrit" in text(page(client, run))


class TestPreview:
    def test_counts_before_and_after_and_nothing_written(self, client, landlord):
        run = checked(client, given(newcomers(landlord)))
        assert (run.state, run.checked_revision) == ("ready", 1)
        assert run.figures["before"]["persons"] == 1
        assert run.figures["after"]["persons"] == 2
        assert Person.objects.count() == 1
        shown = text(page(client, run))
        assert "Appliquer les 2\u00a0lignes" in shown
        assert "+\u00a01" in shown
        assert "Logement absent" not in shown
        assert "Ce logement n’est pas dans le patrimoine" in shown
        assert "Importer d’abord le patrimoine" in shown
        assert "817,93" not in shown
        assert "Ne pas déranger" not in shown

    def test_it_says_how_each_file_was_understood(self, client, landlord):
        shown = text(page(client, checked(client, given(newcomers(landlord)))))
        assert "Windows-1252, point-virgule, titres en ligne 1" in shown
        assert "Jamais conservée" in shown
        assert "Laissée de côté par défaut" in shown

    def test_a_job_run_twice_changes_nothing(self, client, landlord):
        run = checked(client, given(newcomers(landlord)))
        before = list(ImportFile.objects.filter(run=run).values())
        check_run(run_id=str(run.pk))
        assert list(ImportFile.objects.filter(run=run).values()) == before


class TestApply:
    def apply(self, client, run, times=1):
        for _ in range(times):
            client.post(reverse("imports:apply", args=[run.pk]), {"revision": run.checked_revision})
        run.refresh_from_db()

    def test_it_does_what_the_command_line_does(self, client, landlord):
        path = newcomers(landlord)
        told = import_files(paths=[path], today=timezone.localdate(), dry_run=True).as_dict()["files"][0]
        run = checked(client, given(path))
        self.apply(client, run, times=2)
        assert run.state == "applying"
        apply_run(run_id=str(run.pk))
        apply_run(run_id=str(run.pk))
        run.refresh_from_db()
        file = run.files.get()
        assert run.state == "applied"
        for name in ("records", "accepted", "rejected", "warned", "created", "updated", "closed", "unchanged"):
            assert getattr(file, name) == told[name], name
        assert [(i.row, i.column, i.value, i.reason) for i in file.issues.order_by("severity", "row", "id")] == [
            (i["row"], i["column"], i["value"], i["reason"]) for i in told["rejects"] + told["warnings"]
        ]
        assert Person.objects.filter(last_name="ROYER").count() == 1
        assert AuditEntry.objects.filter(action="import.applied", subject_id=run.pk, channel="web").count() == 1
        assert (file.stored, file.samples) == ("", {})

    def test_the_files_are_erased_once_applied(self, client, landlord, tmp_path):
        run = checked(client, given(newcomers(landlord)))
        self.apply(client, run)
        apply_run(run_id=str(run.pk))
        assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []
        shown = text(page(client, run))
        assert "Le registre est à jour" in shown
        assert "Nadia" in shown

    def test_given_up_nothing_is_written_and_nothing_is_kept(self, client, landlord, tmp_path):
        run = checked(client, given(newcomers(landlord)))
        client.post(reverse("imports:cancel", args=[run.pk]))
        run.refresh_from_db()
        assert run.state == "cancelled"
        assert "Nadia" in run.refusal
        self.apply(client, run)
        assert run.state == "cancelled"
        apply_run(run_id=str(run.pk))
        assert Person.objects.count() == 1
        assert not ImportIssue.objects.filter(file__run=run).exclude(value="").exists()

    def test_a_job_that_fails_says_so_and_can_be_taken_up_again(self, client, landlord, monkeypatch):
        run = checked(client, given(newcomers(landlord)))
        self.apply(client, run)

        def fails(*_, **__):
            raise RuntimeError("killed")

        with monkeypatch.context() as patched:
            patched.setattr("bienveille.register.imports.operations.call.apply_tenants", fails)
            with pytest.raises(RuntimeError):
                apply_run(run_id=str(run.pk))
        run.refresh_from_db()
        assert (run.state, Person.objects.count()) == ("applying", 1)
        shown = text(page(client, run))
        assert "Le travail s’est interrompu. Rien n’est écrit" in shown
        assert "Reprendre" in shown
        client.post(reverse("imports:resume", args=[run.pk]))
        assert "Le travail va commencer" in text(page(client, run))
        apply_run(run_id=str(run.pk))
        assert Person.objects.count() == 2

    def test_without_a_worker_the_page_says_so_after_some_seconds(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        assert "Aucune tâche de fond" not in text(page(client, run))
        ImportRun.objects.filter(pk=run.pk).update(asked_at=timezone.now() - timedelta(seconds=15))
        assert "Aucune tâche de fond ne répond" in text(page(client, run))

    def test_a_silent_job_is_said_to_be_interrupted(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        ImportRun.objects.filter(pk=run.pk).update(seen_at=timezone.now() - timedelta(minutes=1))
        assert "s’est interrompu" in text(page(client, run))

    def test_a_page_that_follows_a_job_reloads_when_it_is_done(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        following = page(client, run, headers={"hx-request": "true"})
        assert "<html" not in text(following)
        assert "avancement" in text(following)
        check_run(run_id=str(run.pk))
        assert page(client, run, headers={"hx-request": "true"})["HX-Refresh"] == "true"


class TestIssues:
    def test_filtered_paginated_and_taken_away(self, client, landlord):
        bad = [tenant(N_CONTRAT=f"1{n:03}", CODE_LOGEMENT="0001-2", NOM="", PRENOM="X") for n in range(60)]
        run = checked(client, given(newcomers(landlord, *bad)))
        url = reverse("imports:issues", args=[run.pk])
        assert "61\u00a0lignes" in text(client.get(url))
        assert "1\u00a0ligne" in text(client.get(f"{url}?reason=unknown_dwelling"))
        answer = client.get(f"{url}?reason=unknown_dwelling&export=csv")
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert lines[-1].startswith("Ligne rejetée;export.csv;4;CODE_LOGEMENT;0009-9;Ce logement")
        assert AuditEntry.objects.get(action="data.exported").detail == {"rows": 1, "form": "csv"}
        book = client.get(f"{url}?export=xlsx")
        assert b"".join(book.streaming_content).startswith(b"PK")

    def test_a_value_is_never_a_formula(self, client, landlord):
        run = checked(client, given(newcomers(landlord, tenant(N_CONTRAT="9", CODE_LOGEMENT="=1+1"))))
        answer = client.get(f"{reverse('imports:issues', args=[run.pk])}?export=csv")
        assert ";'=1+1;" in b"".join(answer.streaming_content).decode()


class TestHistory:
    def test_the_command_line_s_imports_appear_too(self, client, landlord):
        run = dropped(client, given(newcomers(landlord)))
        shown = text(client.get(reverse("imports:runs")))
        assert "Ligne de commande" in shown
        assert "patrimoine.csv" in shown
        assert str(run.pk) in shown

    @pytest.mark.parametrize("address", ["imports:runs", "imports:run", "imports:issues"])
    def test_queries_do_not_depend_on_rows(self, client, landlord, address):
        def cost(rows):
            bad = [tenant(N_CONTRAT=f"2{n:03}", CODE_LOGEMENT="0001-2", NOM="") for n in range(rows)]
            for _ in range(rows // 3 + 1):
                run = checked(client, given(newcomers(landlord, *bad)))
            url = reverse(address, args=[] if address == "imports:runs" else [run.pk])
            client.get(url)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            return len(captured)

        assert cost(2) == cost(12) <= 14


class TestPurge:
    def test_old_files_and_old_values_go(self, client, landlord, tmp_path):
        waiting = checked(client, given(newcomers(landlord)))
        applied = checked(client, given(newcomers(landlord)))
        TestApply().apply(client, applied)
        apply_run(run_id=str(applied.pk))
        assert purge_imports() == 0
        assert ImportIssue.objects.exclude(value="").filter(file__run=applied).exists()
        ImportRun.objects.filter(pk=waiting.pk).update(started_at=timezone.now() - timedelta(days=8))
        ImportRun.objects.filter(pk=applied.pk).update(values_until=timezone.localdate() - timedelta(days=1))
        assert purge_imports() == 1
        waiting.refresh_from_db()
        assert waiting.state == "cancelled"
        assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == []
        assert not ImportIssue.objects.exclude(value="").filter(file__run=applied).exists()
        assert ImportIssue.objects.filter(file__run=applied).exists()
        assert purge_imports() == 0


class TestWho:
    @pytest.mark.parametrize("roles", [["caller"], ["agency_manager"], ["social_worker"], ["communication"], []])
    def test_others_find_nothing(self, landlord, roles):
        client = Client()
        client.force_login(UserFactory(roles=roles))
        run = ImportRun.objects.get()
        for name in ("runs", "new"):
            assert client.get(reverse(f"imports:{name}")).status_code == 403
        for name in ("run", "issues"):
            assert client.get(reverse(f"imports:{name}", args=[run.pk])).status_code in (403, 404)
        for name in ("apply", "cancel", "resume", "profile", "columns"):
            assert client.post(reverse(f"imports:{name}", args=[run.pk])).status_code in (403, 404)

    def test_a_director_of_one_agency_does_not_import(self, landlord):
        client = Client()
        client.force_login(UserFactory(roles=[("director", AgencyFactory())]))
        assert client.get(reverse("imports:runs")).status_code == 403

    def test_nothing_to_show_says_what_to_do(self, db):
        client = Client()
        client.force_login(UserFactory(roles=["administrator"]))
        assert "Aucun import pour l’instant" in text(client.get(reverse("imports:runs")))

    def test_an_empty_database_asks_whose_it_is(self, db, tmp_path):
        client = Client()
        client.force_login(UserFactory(roles=["administrator"]))
        assert "Nom du bailleur" in text(client.get(reverse("imports:new")))
        path = Landlord(tmp_path).path("patrimoine", [home()])
        assert "Donnez le nom du bailleur." in text(drop(client, given(path)))
        run = checked(client, given(path), org="Habitat des Trois Rivières")
        TestApply().apply(client, run)
        apply_run(run_id=str(run.pk))
        assert Dwelling.objects.count() == 1
