"""G34: what people write about people is closed by a key that the database does not have."""

import base64
import re
from itertools import islice

import pyrage
import pytest
from benchmarks.scratch import scratch_database
from django.core.exceptions import FieldError
from django.db import DataError, IntegrityError, connection, transaction
from django.test import Client
from tests.cases.factories import make_case
from tests.dispatch.factories import MONDAY

from bienveille.engines.cases.models import Case, CaseAction
from bienveille.faces.cli.backup import secrets_here
from bienveille.ground.platform import apps, backups, health, replay, sealed_keys
from bienveille.ground.platform.sealed_fields import sealed_fields
from bienveille.ground.platform.sealed_text import (
    NoNotesKey,
    Unopened,
    current_key,
    new_key,
    open_text,
    read_keys,
    seal_text,
)

WORDS = "Ne descend plus les poubelles depuis l’été\u00a0: rappeler sa fille."
HERE = "cases_caseaction.words"


def write(words=WORDS, case=None, **more):
    return CaseAction.objects.create(case=case or make_case(), kind="note", at=MONDAY, words=words, revision=9, **more)


def stored(row, table="cases_caseaction", column="words"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def put(row, text):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_caseaction SET words = %s WHERE id = %s", [text, row.pk])


class TestOneText:
    """No database: what a sealed text says, and to whom it opens."""

    def test_g34_it_opens_where_it_was_sealed_and_says_nothing(self):
        sealed = seal_text(WORDS, place=HERE)
        assert open_text(sealed, place=HERE) == WORDS
        assert sealed.startswith(f"s1:{current_key()}:")
        assert WORDS.encode()[:8] not in base64.urlsafe_b64decode(sealed.split(":")[2])
        assert seal_text(WORDS, place=HERE) != sealed, "the same words twice are not seen to be the same"
        assert (seal_text("", place=HERE), open_text("", place=HERE)) == ("", "")

    def test_g34_moved_to_another_column_it_opens_for_nobody(self):
        with pytest.raises(Unopened, match=r"cases_case\.next_step ne s’ouvre pas"):
            open_text(seal_text(WORDS, place=HERE), place="cases_case.next_step")

    @pytest.mark.parametrize("at", [15, 40, -3])
    def test_g34_changed_it_opens_for_nobody(self, at):
        sealed = seal_text(WORDS, place=HERE)
        other = "A" if sealed[at] != "A" else "B"
        rest = sealed[at + 1 :] if at != -1 else ""
        with pytest.raises(Unopened, match="modifié, ou déplacé"):
            open_text(sealed[:at] + other + rest, place=HERE)

    @pytest.mark.parametrize("text", [WORDS, "s1:", "s2:00000000:AAAA", "s1:00000000", "s1:00000000:é"])
    def test_g34_what_was_never_sealed_is_not_shown(self, text):
        with pytest.raises(Unopened) as refusal:
            open_text(text, place=HERE)
        assert WORDS not in str(refusal.value)

    def test_g34_two_landlords_two_keys(self, settings):
        """Even under the name of the other's key: the name is not what opens."""
        ours = seal_text(WORDS, place=HERE)
        settings.NOTES_KEY = new_key()
        with pytest.raises(Unopened, match="qui n’est pas ici"):
            open_text(ours, place=HERE)
        renamed = ours.replace(ours.split(":")[1], current_key())
        with pytest.raises(Unopened, match="modifié, ou déplacé"):
            open_text(renamed, place=HERE)

    def test_a_new_key_seals_and_the_old_one_still_opens(self, settings):
        before, old = seal_text(WORDS, place=HERE), settings.NOTES_KEY
        settings.NOTES_KEY = f"{new_key()},\n {old} "
        assert open_text(before, place=HERE) == WORDS
        assert not seal_text(WORDS, place=HERE).startswith(before[:12])

    @pytest.mark.parametrize(
        "text",
        ["", " , ", "trop court", base64.b64encode(b"x" * 31).decode(), f"{base64.b64encode(b'x' * 32).decode()}, x"],
    )
    def test_what_is_no_key_is_refused_in_french(self, text, settings):
        with pytest.raises(NoNotesKey, match="openssl rand -base64 32"):
            read_keys(text)
        settings.NOTES_KEY = text
        (error,) = apps.notes_key_is_given(None)
        assert error.is_serious()


@pytest.mark.django_db
class TestOneColumn:
    def test_g34_the_database_has_only_the_sealed_words(self):
        row = write()
        assert stored(row).startswith("s1:")
        assert CaseAction.objects.get(pk=row.pk).words == WORDS
        assert CaseAction.objects.filter(pk=row.pk).values_list("words", flat=True).get() == WORDS
        CaseAction.objects.filter(pk=row.pk).update(words="Autre chose")
        assert stored(row).startswith("s1:")
        row.words = WORDS
        CaseAction.objects.bulk_update([row], ["words"])
        assert CaseAction.objects.get(pk=row.pk).words == WORDS
        assert stored(write("")) == ""

    def test_g34_the_database_refuses_words_in_clear(self):
        row = write()
        for text in (WORDS, "s1:", "s1:00000000:court", "s1:" + "0" * 5000):
            with pytest.raises(IntegrityError), transaction.atomic():
                put(row, text)

    def test_g34_every_sealed_column_has_that_check(self):
        """A field made sealed without the step of its migration would take words in clear from raw statements."""
        wanted = {(field.model._meta.db_table, field.column): field.db_check(connection) for field in sealed_fields()}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
            )
            known = [(table, text.replace("::text", "")) for table, text in cursor.fetchall() if "s1:" in text]
        for (table, column), check in wanted.items():
            texts = [text for place, text in known if place == table and re.search(rf"\b{column}\b", text)]
            assert len(texts) == 1, f"{table}.{column}"
            assert re.findall(r"<= \d+", texts[0]) == re.findall(r"<= \d+", check)
        assert len(known) == len(wanted) > 4

    def test_the_words_are_counted_as_they_are_written(self):
        assert CaseAction.objects.get(pk=write("é" * 500).pk).words == "é" * 500
        assert CaseAction.objects.get(pk=write("👵" * 500).pk).words == "👵" * 500
        with pytest.raises(DataError), transaction.atomic():
            write("é" * 501)
        with pytest.raises(ValueError, match="NUL"), transaction.atomic():
            write("a\0b")

    def test_nothing_is_searched_in_sealed_words(self):
        row, silent = write(), write("")
        for way in ({"words": WORDS}, {"words__icontains": "fille"}, {"words__in": [WORDS]}, {"words__lower": "x"}):
            with pytest.raises(FieldError):
                CaseAction.objects.filter(**way).exists()
        assert CaseAction.objects.filter(pk__in=[row.pk, silent.pk]).exclude(words="").get() == row

    def test_g34_taken_from_another_column_it_is_an_error_and_nobody_else_s_words(self):
        case = make_case()
        Case.objects.filter(pk=case.pk).update(next_step="Rappeler", next_step_on=MONDAY.date())
        row = write(case=case)
        put(row, stored(case, "cases_case", "next_step"))
        with pytest.raises(Unopened, match=r"cases_caseaction\.words ne s’ouvre pas"):
            CaseAction.objects.get(pk=row.pk)


@pytest.fixture
def landlord(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), scratch_database():
        sealed_keys.ensure_key()
        yield


class TestKeys:
    def test_g34_another_key_is_refused_at_the_start_and_said_to_monitors(self, landlord, settings):
        old = current_key()
        assert Client().get("/etat").content == b"ok\n"
        settings.NOTES_KEY = new_key()
        with pytest.raises(
            sealed_keys.WrongNotesKey, match=f"scellées avec la clé {old}, qui n’est pas dans NOTES_KEY"
        ):
            sealed_keys.ensure_key()
        answer = Client().get("/etat")
        assert (answer.status_code, old in answer.content.decode()) == (503, True)
        assert "notes: another key is wanted" in health.look().faults
        settings.NOTES_KEY = ""
        with pytest.raises(NoNotesKey):
            sealed_keys.ensure_key()
        assert "La clé des notes manque" in Client().get("/etat").content.decode()

    def test_g34_a_rotation_stopped_half_way_goes_on(self, landlord, settings, monkeypatch, capsys):
        from bienveille.faces.cli import notes

        case = make_case()
        rows = [write(f"{WORDS} {rank}", case=case) for rank in range(25)]
        old = settings.NOTES_KEY
        before = current_key()
        settings.NOTES_KEY = f"{new_key()},{old}"
        monkeypatch.setattr(sealed_keys, "BATCH", 10)
        assert list(islice(sealed_keys.rotate(), 1)) == [10]  # and the process is killed
        kept = {stored(row).split(":")[1] for row in rows}
        assert kept == {before, current_key()}
        assert set(sealed_keys.probes_here()) == {before, current_key()}, "the old key is still wanted"
        assert sealed_keys.left_to_rotate() == 15
        assert notes._rotate() == 0
        assert "15 textes" in capsys.readouterr().out
        settings.NOTES_KEY = settings.NOTES_KEY.split(",")[0]
        sealed_keys.ensure_key()
        assert [CaseAction.objects.get(pk=row.pk).words for row in rows] == [row.words for row in rows]
        assert list(sealed_keys.rotate()) == []

    def test_g34_what_a_process_seals_with_the_old_key_keeps_that_key(self, landlord, settings):
        row, old = write(), settings.NOTES_KEY
        first, late = current_key(), stored(row)
        settings.NOTES_KEY = f"{new_key()},{old}"
        for _ in sealed_keys.rotate():
            put(row, late)
        assert first in sealed_keys.probes_here()
        assert sealed_keys.left_to_rotate() == 1

    def test_g34_no_migration_begins_with_another_key(self, landlord, settings, monkeypatch):
        from bienveille.ground.platform import schema

        settings.NOTES_KEY = new_key()
        monkeypatch.setattr(schema, "_missing", lambda connection: True)
        with pytest.raises(sealed_keys.WrongNotesKey):
            schema.bring_up_to_date()


class TestCopies:
    """A copy of the night says which keys its notes want."""

    @pytest.fixture
    def copy(self, landlord, tmp_path, settings):
        settings.MEDIA_ROOT = tmp_path / "media"
        key, path, own = pyrage.x25519.Identity.generate(), tmp_path / "copy.age", tmp_path / "notes_key"
        own.write_text(settings.NOTES_KEY)
        row = write()

        def make(**beside):
            backups.write_backup(path, recipient=key.to_public(), now=MONDAY, beside=beside)
            return row

        def restore(**beside):
            return backups.restore_backup(path, key=key, beside=beside)

        return make, restore, own

    def test_g34_it_is_refused_without_the_key_of_its_notes(self, copy, settings):
        make, restore, _ = copy
        row, key, name = make(), settings.NOTES_KEY, current_key()
        put(row, "")
        settings.NOTES_KEY = new_key()
        with pytest.raises(sealed_keys.WrongNotesKey, match=f"Les notes de cette copie .*{name}"):
            restore()
        assert stored(row) == "", "nothing has changed"
        settings.NOTES_KEY = f"{settings.NOTES_KEY},{key}"
        restore()
        assert CaseAction.objects.get(pk=row.pk).words == WORDS

    def test_a_key_made_here_goes_with_the_copy_and_comes_back(self, copy, settings, tmp_path):
        make, restore, own = copy
        row, key = make(notes_key=own), settings.NOTES_KEY
        settings.NOTES_KEY = new_key()
        restore(notes_key=tmp_path / "there" / "notes_key")
        assert (tmp_path / "there" / "notes_key").read_text() == key == settings.NOTES_KEY
        assert CaseAction.objects.get(pk=row.pk).words == WORDS

    def test_g34_a_key_that_was_given_is_never_in_the_copy(self, monkeypatch, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        for name in ("secret_key", "notes_key"):
            (tmp_path / name).write_text("x")
        monkeypatch.setenv("SECRET_KEY", "x")
        monkeypatch.delenv("NOTES_KEY", raising=False)
        assert set(secrets_here()) == {"notes_key"}
        monkeypatch.setenv("NOTES_KEY", "x")
        assert secrets_here() == {}


@pytest.mark.django_db
def test_what_is_told_again_to_a_copy_is_opened_first():
    """Notes hold words as they stand in the database; those noted before the words were sealed hold them in clear."""
    row = write("Avant")
    for facts in (seal_text(WORDS, place=HERE), WORDS):
        replay._tell(CaseAction, replay.Noted(columns=("words",)), str(row.pk), {"words": facts})
        assert CaseAction.objects.get(pk=row.pk).words == WORDS
