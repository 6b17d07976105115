"""Encrypted copies of the whole database and of the files kept beside it, and back again, all or nothing.

A copy is one file in the age format (age-encryption.org/v1) around a TAR, so that it opens without us too: `age -d`,
`tar x`, `pg_restore`. Nothing is written in clear on the way, neither making it nor putting it back. It holds
`manifest.json` (what the copy must contain: rows and a sum of each table, seen in the very snapshot that is dumped),
`database/000001…` (pieces of `pg_dump --format=custom`), `files/…`, and `beside/…`: secrets of the installation.

Putting it back is one transaction of `psql`: the schema is emptied and made again, each table is counted and summed
and compared with the manifest, and only then comes COMMIT. Whatever happens before it leaves the database as it was.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import pyrage
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, connections, transaction

from bienveille.ground.platform.postgres_home import explain, find_binaries
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.platform.sealed_keys import probes_here, prove

FORMAT = 2
NOTES_KEY = "notes_key"  # the name, beside, of a key of the notes that this installation made for itself
PIECE = 8 * 1024 * 1024  # bytes of the dump in one member: what memory holds at once
LOCK_SECONDS = 30  # how long putting back waits for those who use the database

_SUM = "SELECT count(*), coalesce(sum(pg_catalog.hashtextextended(t::text, 0)::numeric), 0)::text FROM {} t"
_TABLES = """
SELECT pg_catalog.format('%I.%I', schemaname, tablename) FROM pg_catalog.pg_tables
WHERE schemaname = 'public' ORDER BY 1
"""
#: Values are summed as text, which both sides must write alike.
#: Nobody is signed in by a copy, whichever of our two tables of sessions it has.
_NO_SESSION = (
    "DO $$ BEGIN DELETE FROM public.django_session; "
    "IF to_regclass('public.accounts_opensession') IS NOT NULL THEN DELETE FROM public.accounts_opensession; END IF; "
    "END $$;"
)
_ALIKE = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; "
_ALIKE += "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'"


class BackupRefusal(Refusal):
    """The copy cannot be made or put back; the French message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy holds: `tables`: rows and sum of each; `made_at`: the instant of its snapshot, ISO 8601.

    `keys`: a probe of each key that sealed its notes; `beside`: names of the secrets that it brings.
    """

    made_at: str
    tables: dict[str, tuple[int, str]]
    files: int
    keys: dict[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.tables.values())


# ---- Keys ------------------------------------------------------------------------------------------------------------


def new_key(path: Path) -> str:
    """Write a new secret key where only we read it; gives the public one, which opens nothing."""
    identity = pyrage.x25519.Identity.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"# Cle des sauvegardes, publique : {identity.to_public()}\n{identity}\n")
    return str(identity.to_public())


def read_key(path: Path) -> Any:
    """The secret key of a file. Refuses a file that cannot be read or has none."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        cause = explain(error) if isinstance(error, OSError) else "ce n’est pas du texte"
        raise BackupRefusal(f"La clé {path} ne peut pas être lue\u00a0: {cause}.") from error
    for line in lines:
        if line.startswith("AGE-SECRET-KEY-"):
            try:
                return pyrage.x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError:
                break
    raise BackupRefusal(f"Le fichier {path} ne contient pas de clé de sauvegarde.")


def read_recipient(text: str) -> Any:
    """A public key, as `age1…`. Refuses anything else."""
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise BackupRefusal("La clé publique des sauvegardes doit commencer par «\u00a0age1\u00a0».") from error


# ---- Making a copy ---------------------------------------------------------------------------------------------------


def write_backup(
    path: Path, *, recipient: Any, now: datetime, beside: Mapping[str, Path] = MappingProxyType({})
) -> Manifest:
    """Make a copy that only the owner of the secret key opens. The name appears once the copy is whole.

    `beside`: small files outside the storage, by the name that `restore_backup` will ask for.
    Refuses a name that is taken, a place that cannot be written, a disk that fills up.
    """
    if path.exists():
        raise BackupRefusal(f"{path} existe déjà. Choisissez un autre nom.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            manifest = _encrypt(file, recipient, now, beside)
            file.flush()
            os.fsync(file.fileno())
        os.link(unfinished, path)  # unlike a rename, never over a file that came meanwhile
    except FileExistsError as error:
        raise BackupRefusal(f"{path} existe déjà. Choisissez un autre nom.") from error
    except (OSError, pyrage.EncryptError) as error:
        raise BackupRefusal(f"La copie n’a pas pu être écrite\u00a0: {explain(_from_writing(error))}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _from_writing(error: Exception) -> OSError:
    """What the system refused: the cipher tells it as the text of a failure of its own."""
    if isinstance(error, OSError):
        return error
    number = re.search(r"\[Errno (\d+)\]", str(error))
    return OSError(int(number[1]) if number else errno.EIO, "")


def _encrypt(file: IO[bytes], recipient: Any, now: datetime, beside: Mapping[str, Path]) -> Manifest:
    """The TAR is made by this thread and encrypted by another, a pipe between them."""
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def encrypt() -> None:
        try:
            with os.fdopen(reading, "rb") as clear:
                pyrage.encrypt_io(clear, file, [recipient])
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=encrypt, name="backup-encrypt")
    thread.start()
    try:
        with os.fdopen(writing, "wb") as clear, tarfile.open(fileobj=clear, mode="w|") as tar:
            manifest = _fill(tar, now, beside)
    except BrokenPipeError:
        thread.join()
        raise (failures[0] if failures else OSError()) from None
    finally:
        thread.join()
    if failures:
        raise failures[0]
    return manifest


def _fill(tar: tarfile.TarFile, now: datetime, beside: Mapping[str, Path]) -> Manifest:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(_ALIKE)
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        names = list(_stored(""))
        cursor.execute(_TABLES)
        tables = {}
        for (table,) in cursor.fetchall():
            cursor.execute(_SUM.format(table))
            tables[table] = cursor.fetchone()
        manifest = Manifest(now.isoformat(), tables, len(names), probes_here(), tuple(beside))
        _add(tar, "manifest.json", json.dumps(asdict(manifest)).encode())
        dump = ["pg_dump", "--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges"]
        with _program(*dump, f"--snapshot={snapshot}", stdout=subprocess.PIPE) as program:
            assert program.stdout is not None
            rank = 0
            while piece := program.stdout.read(PIECE):
                rank += 1
                _add(tar, f"database/{rank:06}", piece)
    for name, path in beside.items():
        _add(tar, f"beside/{name}", path.read_bytes())
    for name in names:
        with default_storage.open(name) as kept:
            information = tarfile.TarInfo(f"files/{name}")
            information.size = kept.size
            tar.addfile(information, kept)
    return manifest


def _stored(folder: str) -> Iterator[str]:
    """The names of all the files that are kept beside the database."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(names):
        yield f"{folder}/{name}" if folder else name
    for inside in sorted(folders):
        yield from _stored(f"{folder}/{inside}" if folder else inside)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    information = tarfile.TarInfo(name)
    information.size = len(content)
    tar.addfile(information, io.BytesIO(content))


# ---- Putting it back -------------------------------------------------------------------------------------------------


def restore_backup(path: Path, *, key: Any, beside: Mapping[str, Path] = MappingProxyType({})) -> Manifest:
    """The database and the files are again those of the copy, or nothing has changed. Sessions are closed.

    Refuses a copy that this key does not open, that is cut, changed or newer than us, or a database still in use.
    """
    connections.close_all()
    try:
        with (
            path.open("rb") as file,
            _decrypted(file, key) as (clear, prove_whole),
            tarfile.open(fileobj=clear, mode="r|") as tar,
        ):
            return _put_back(tar, beside, prove_whole)
    except FileNotFoundError as error:
        raise BackupRefusal(f"{path} n’existe pas.") from error
    except pyrage.DecryptError as error:
        raise BackupRefusal(f"{path} ne s’ouvre pas avec cette clé, ou n’est pas une copie intacte.") from error
    except tarfile.TarError as error:
        raise BackupRefusal(f"{path} n’est pas une copie intacte. Rien n’a changé.") from error
    except OSError as error:
        raise BackupRefusal(f"La copie n’a pas pu être remise\u00a0: {explain(error)}. Rien n’a changé.") from error


@contextmanager
def _decrypted(file: IO[bytes], key: Any) -> Iterator[tuple[IO[bytes], Callable[[], None]]]:
    """What the file holds in clear, read through a pipe; and what proves, once it was read, that nothing was cut or
    changed: the last bytes are judged after the one before them has been given.
    """
    reading, writing = os.pipe()
    failures: list[BaseException] = []

    def decrypt() -> None:
        try:
            with os.fdopen(writing, "wb") as clear:
                pyrage.decrypt_io(file, clear, [key])
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=decrypt, name="backup-decrypt")
    thread.start()
    try:
        with os.fdopen(reading, "rb") as clear:

            def prove_whole() -> None:
                while clear.read(PIECE):
                    pass
                thread.join()
                if failures:
                    raise failures[0]

            yield clear, prove_whole
    except tarfile.TarError:
        thread.join()
        if failures:
            raise failures[0] from None  # what the reading stumbled on
        raise
    finally:
        thread.join()


def _put_back(tar: tarfile.TarFile, beside: Mapping[str, Path], prove_whole: Callable[[], None]) -> Manifest:
    members = iter(tar)
    first = next(members, None)
    if first is None or first.name != "manifest.json":
        raise tarfile.ReadError("no manifest")
    try:
        manifest = Manifest(**json.loads(_content(tar, first)))
    except (ValueError, TypeError) as error:
        raise tarfile.ReadError("not a manifest") from error
    if manifest.format > FORMAT:
        raise BackupRefusal("Cette copie vient d’une version plus récente de Bienveille. Mettez-le à jour d’abord.")
    brings_key = NOTES_KEY in beside and NOTES_KEY in manifest.beside
    if not brings_key:
        prove(manifest.keys, whose="cette copie")
    with _program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", stdin=subprocess.PIPE) as session:
        assert session.stdin is not None
        _say(
            session.stdin,
            f"SET lock_timeout = '{LOCK_SECONDS}s'; SET client_min_messages = error; BEGIN;",
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public;",
        )
        following = _restore_database(tar, members, session.stdin)
        _say(session.stdin, _ALIKE + ";", *(_must_say(*line) for line in manifest.tables.items()))
        kept = {}
        while following is not None and following.name.startswith("beside/"):
            kept[following.name.removeprefix("beside/")] = _content(tar, following)
            following = next(members, None)
        files = _restore_files(tar, following, members)
        if files != manifest.files:
            raise tarfile.ReadError("files are missing")
        prove_whole()
        _say(session.stdin, _NO_SESSION, "COMMIT;")
    for name in kept.keys() & beside.keys():
        _write_private(beside[name], kept[name])
    if brings_key:
        settings.NOTES_KEY = kept[NOTES_KEY].decode()  # what comes next in this process reads what was put back
    return manifest


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)


def _restore_database(tar: tarfile.TarFile, members: Iterator[Any], script: IO[bytes]) -> Any:
    """Pieces of the dump go to `pg_restore`, which tells `psql` what to run. The first member that is no piece."""
    restore = ["pg_restore", "--no-owner", "--no-privileges", "--file=-"]
    following = None
    with _program(*restore, stdin=subprocess.PIPE, stdout=script) as program:
        assert program.stdin is not None
        for member in members:
            if not member.name.startswith("database/"):
                following = member
                break
            program.stdin.write(_content(tar, member))
    return following


def _must_say(table: str, counted: tuple[int, str]) -> str:
    """One statement that fails unless the table holds what the manifest says."""
    rows, total = int(counted[0]), str(int(counted[1]))
    return (
        f"DO $check$ DECLARE n bigint; s text; BEGIN {_SUM.format(table).replace(' FROM', ' INTO n, s FROM', 1)}; "
        f"IF (n, s) IS DISTINCT FROM ({rows}::bigint, '{total}'::text) THEN RAISE 'not the same rows'; END IF; "
        "END $check$;"
    )


def _restore_files(tar: tarfile.TarFile, following: Any, members: Iterator[Any]) -> int:
    count = 0
    while following is not None:
        name = following.name.removeprefix("files/")
        if following.name == name or ".." in Path(name).parts or Path(name).is_absolute():
            raise tarfile.ReadError("a name that we never write")
        held = tar.extractfile(following)
        assert held is not None
        if default_storage.exists(name):
            default_storage.delete(name)
        default_storage.save(name, File(held, name=name))
        count += 1
        following = next(members, None)
    return count


def _content(tar: tarfile.TarFile, member: Any) -> bytes:
    held = tar.extractfile(member)
    if held is None:
        raise tarfile.ReadError("not a file")
    return held.read()


def _say(script: IO[bytes], *statements: str) -> None:
    script.write("\n".join((*statements, "")).encode())
    script.flush()


# ---- PostgreSQL's own programs ---------------------------------------------------------------------------------------


@contextmanager
def _program(name: str, *arguments: str, stdin: Any = None, stdout: Any = None) -> Iterator[subprocess.Popen[bytes]]:
    """A program of PostgreSQL at work on our database; its failure is a refusal that says the cause, without data."""
    errors = io.BytesIO()
    program = subprocess.Popen(
        [find_binaries(os.environ) / name, *arguments],
        stdin=stdin if stdin is not None else subprocess.DEVNULL,
        stdout=stdout if stdout is not None else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=_environment(),
    )
    assert program.stderr is not None
    listening = threading.Thread(target=lambda: errors.write(program.stderr.read()))  # type: ignore[union-attr]
    listening.start()
    try:
        yield program
        if program.stdin is not None:
            program.stdin.close()
    except BrokenPipeError:
        pass  # it has said why
    except BackupRefusal:
        if not _has_failed(program):  # else it is the cause, and says so below
            program.kill()
            raise
    except BaseException:
        program.kill()
        raise
    finally:
        status = program.wait()
        listening.join()
        for pipe in (program.stdin, program.stdout, program.stderr):
            with suppress(OSError):  # what it never read
                if pipe is not None:
                    pipe.close()
    if status:
        raise BackupRefusal(_cause(name, errors.getvalue().decode(errors="replace")))


def _has_failed(program: subprocess.Popen[bytes]) -> bool:
    """Whether it stopped by itself: who writes to it learns of it a little before it has ended."""
    try:
        return program.wait(1.0) > 0
    except subprocess.TimeoutExpired:
        return False


def _cause(name: str, said: str) -> str:
    if "not the same rows" in said:
        return "La copie ne contient pas ce qu’elle annonce. Rien n’a changé."
    if "lock timeout" in said:
        return (
            f"Quelqu’un se sert de la base depuis plus de {LOCK_SECONDS} s. Arrêtez le serveur et les tâches "
            "(bienveille serve, bienveille worker), puis recommencez. Rien n’a changé."
        )
    words = {"No space left on device": "le disque est plein", "server version mismatch": "ce serveur est plus récent"}
    cause = next((french for english, french in words.items() if english in said), f"{name} s’est arrêté")
    return f"La base de données n’a pas pu être lue ou écrite en entier\u00a0: {cause}. Rien n’a changé."


def _environment() -> dict[str, str]:
    """How PostgreSQL's programs reach our database: by the environment, where other users do not read a password."""
    ours = connection.get_connection_params()
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "service": "PGSERVICE"}
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    given = {names[name]: str(text) for name, text in ours.items() if name in names and text}
    return {**kept, **given, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8"}
