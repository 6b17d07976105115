"""Copies: whole or refused, closed to whoever has no key, and back as they were or not at all."""

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pyrage
import pytest
from benchmarks.scratch import scratch_database
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections
from django.utils.timezone import now

from bienveille.config.schedule import PURGES, SCHEDULE
from bienveille.ground.platform import backups

pytestmark = pytest.mark.faults

CANARY = "Odilon Vermandois"


@pytest.fixture
def place(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


@pytest.fixture
def key():
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def landlord(place, django_db_setup, django_db_blocker):
    """A database of its own, with something in it and a file beside."""
    with django_db_blocker.unblock(), scratch_database():
        _sql("CREATE TABLE people (id int PRIMARY KEY, name text, at timestamptz, share float8, raw bytea)")
        _sql(
            "INSERT INTO people SELECT n, %s, now(), n / 7.0, decode('00ff', 'hex') FROM generate_series(1, 500) n",
            CANARY,
        )
        default_storage.save("drops/one", ContentFile(CANARY.encode() * 1000))
        yield place


def _sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else None


def _copy(place: Path, key) -> Path:
    path = place / "copy.age"
    backups.write_backup(path, recipient=key.to_public(), now=now())
    return path


def _contents():
    connections.close_all()
    return _sql("SELECT * FROM people ORDER BY id")


def test_everything_comes_back_as_it_was(landlord, key):
    path, before = _copy(landlord, key), _contents()
    assert path.stat().st_mode & 0o777 == 0o600
    _sql("DELETE FROM people WHERE id > 10")
    _sql("CREATE TABLE made_since (id int)")
    _sql(
        "INSERT INTO accounts_opensession (session_key, session_data, expire_date, browser) VALUES ('k', 'd', now(), '')"
    )
    default_storage.delete("drops/one")
    manifest = backups.restore_backup(path, key=key)
    assert _contents() == before
    assert (manifest.tables["public.people"][0], manifest.files) == (500, 1)
    with default_storage.open("drops/one") as kept:
        assert kept.read() == CANARY.encode() * 1000
    assert _sql("SELECT to_regclass('made_since'), (SELECT count(*) FROM accounts_opensession)") == [(None, 0)]


def test_without_the_key_a_copy_says_nothing(landlord, key):
    path, before = _copy(landlord, key), _contents()
    held = path.read_bytes()
    assert CANARY.encode() not in held
    assert b"people" not in held
    with pytest.raises(backups.BackupRefusal, match="ne s’ouvre pas avec cette clé"):
        backups.restore_backup(path, key=pyrage.x25519.Identity.generate())
    assert _contents() == before


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_a_copy_cut_or_changed_changes_nothing(landlord, key, share):
    path = _copy(landlord, key)
    held = path.read_bytes()
    _sql("DELETE FROM people WHERE id > 10")
    before, place = _contents(), int(len(held) * share)
    for damaged in (held[:place], held[:place] + bytes([held[place] ^ 1]) + held[place + 1 :]):
        path.write_bytes(damaged)
        with pytest.raises(backups.BackupRefusal):
            backups.restore_backup(path, key=key)
        assert _contents() == before


def test_a_copy_that_does_not_hold_what_it_says_is_refused(landlord, key):
    """Well encrypted and well formed, one row less than its manifest says."""
    path, clear = _copy(landlord, key), landlord / "clear.tar"
    pyrage.decrypt_file(str(path), str(clear), [key])
    parts = landlord / "parts"
    with tarfile.open(clear) as tar:
        names = tar.getnames()
        tar.extractall(parts, filter="data")
    told = json.loads((parts / "manifest.json").read_text())
    told["tables"]["public.people"][0] -= 1
    (parts / "manifest.json").write_text(json.dumps(told))
    with tarfile.open(clear, "w") as tar:
        for name in names:
            tar.add(parts / name, name)
    path.unlink()
    pyrage.encrypt_file(str(clear), str(path), [key.to_public()])
    before = _contents()
    with pytest.raises(backups.BackupRefusal, match="ne contient pas ce qu’elle annonce"):
        backups.restore_backup(path, key=key)
    assert _contents() == before


def test_a_database_in_use_is_left_alone(landlord, key, monkeypatch):
    path = _copy(landlord, key)
    monkeypatch.setattr(backups, "LOCK_SECONDS", 1)
    program = [backups.find_binaries(os.environ) / "psql", "-X", "-q"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=backups._environment()) as other:
        other.stdin.write(b"BEGIN; SELECT count(*) FROM people;\n")
        other.stdin.flush()
        while b"500" not in other.stdout.readline():
            pass
        with pytest.raises(backups.BackupRefusal, match="Quelqu’un se sert de la base"):
            backups.restore_backup(path, key=key)
        other.kill()
    assert len(_contents()) == 500


def test_a_copy_never_takes_the_place_of_another(landlord, key):
    path = landlord / "copy.age"
    path.write_bytes(b"older")
    with pytest.raises(backups.BackupRefusal, match="existe déjà"):
        backups.write_backup(path, recipient=key.to_public(), now=now())
    with pytest.raises(backups.BackupRefusal, match="n’a pas pu être écrite"):
        backups.write_backup(landlord / "nowhere" / "copy.age", recipient=key.to_public(), now=now())
    assert path.read_bytes() == b"older"
    assert not [name for name in os.listdir(landlord) if name.startswith(".")]


def test_secrets_kept_beside_come_back_too(landlord, key):
    path, secret, elsewhere = landlord / "copy.age", landlord / "secret", landlord / "new" / "secret"
    secret.write_text("signs what we signed")
    backups.write_backup(path, recipient=key.to_public(), now=now(), beside={"secret_key": secret})
    backups.restore_backup(path, key=key, beside={"secret_key": elsewhere})
    assert elsewhere.read_text() == "signs what we signed"
    assert elsewhere.stat().st_mode & 0o777 == 0o600


def test_keys_are_made_once_and_read_back(tmp_path):
    path = tmp_path / "var" / "backup.key"
    public = backups.new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert str(backups.read_key(path).to_public()) == str(backups.read_recipient(public)) == public
    with pytest.raises(FileExistsError):
        backups.new_key(path)
    for text in ("", "AGE-SECRET-KEY-1BROKEN"):
        (tmp_path / "other").write_text(text)
        with pytest.raises(backups.BackupRefusal, match="ne contient pas de clé"):
            backups.read_key(tmp_path / "other")
    with pytest.raises(backups.BackupRefusal, match="age1"):
        backups.read_recipient("ssh-rsa AAAA")


def test_every_purge_of_the_night_is_one_of_the_command():
    erasing = {
        job.name for job, _, _ in SCHEDULE if job.name.rpartition(".")[2].startswith(("purge_", "forget_", "tidy_"))
    }
    assert {job.name for job, _ in PURGES} == erasing
