"""Our PostgreSQL: the database settings, and the embedded server that every process of this machine shares; no query.

The embedded server belongs to nobody: whoever needs it starts it, whoever leaves last stops it. Two kernel locks hold
that together, and a kernel lock dies with its process, so nothing here trusts a list of process numbers:

* `mutex`, held alone, for the short time of a start or a stop;
* `holders`, held together by all who use the server. Who can take it alone is the last one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psutil

from bienveille.ground.platform.memory import shared_buffers
from bienveille.ground.platform.postgres_home import (
    LOWEST_MAJOR,
    PostgresRefusal,
    choose_server_user,
    explain,
    find_binaries,
    locate_home,
    major_of,
    make_private_folder,
    reachable_binaries,
)

__all__ = ["LOWEST_MAJOR", "EmbeddedPostgres", "PostgresRefusal", "database_settings", "embedded"]

USER = DATABASE = "bienveille"
PORT = 5432  # no network port: only the name of the socket
SOCKET_NAME = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 bytes on Linux, 104 on macOS, end included

START_SECONDS = 120.0
RECOVERY_SECONDS = 900.0  # a replay of its journal after a crash may be long; it is left to finish
STOP_SECONDS = 60.0
LARGEST_LOG = 5_000_000

COMMON = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    # Nobody copies the journal of a server that starts and stops with its commands; a first import is written once
    # instead of twice. Another server (DATABASE_URL) keeps its own setting, for replicas and for going back in time.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What PostgreSQL writes about a failed statement holds names and numbers of people. Errors are told to the
    # program that made them; the log keeps what concerns the server itself, without detail nor statement.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_checkpoints": "off",
}
# For tests. Without autovacuum too: it may look at a table while it is empty, and then every plan of the next test
# takes it for empty, whatever that test puts there.
FAST_AND_FRAGILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

#: Below this size /dev/shm (64 MB in most containers) is too small for parallel queries.
SMALLEST_SHARED_MEMORY = 256_000_000


class EmbeddedPostgres:
    """A PostgreSQL server in a folder, shared by processes. `start()`, then `release()` (done at exit anyway)."""

    def __init__(self, data: Path, *, durable: bool = True, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self.requested = Path(os.path.abspath(data))
        self.durable = durable
        self._holding: int | None = None
        self._located = False

    def _locate(self) -> None:
        if self._located:
            return
        self.requested = self.requested.parent.resolve() / self.requested.name
        self.user = choose_server_user(self.requested / "data")
        self.home = locate_home(self.requested, self.user)
        if self.home != self.requested:
            self.user = choose_server_user(self.home / "data")
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.sockets = self._socket_folder()
        self._located = True

    @property
    def dsn(self) -> str:
        """Connection string of libpq. The server must have been started."""
        host = str(self.sockets).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' port={PORT} user={USER} dbname={DATABASE}"

    # ── Coming and going ────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> EmbeddedPostgres:
        """Join the server, started if nobody has. Raises PostgresRefusal. Calling it twice does nothing."""
        if self._holding is not None:
            return self
        self._locate()
        with self._mutex():
            self._bring_up()
            self._holding = self._open_lock("holders")
            fcntl.flock(self._holding, fcntl.LOCK_SH)
        atexit.register(self.release)
        return self

    def ensure(self) -> bool:
        """For a watcher: start again the server that we hold and that died. True when it had to."""
        if self._holding is None or self._server() is not None:
            return False
        with self._mutex():
            return self._bring_up()

    def release(self) -> bool:
        """Leave the server; stop it when nobody else holds it. True when it was stopped."""
        if self._holding is None:
            return False
        with self._mutex():
            # A forked child shares our lock: closing gives up our part only, never the child's.
            os.close(self._holding)
            self._holding = None
            probe = self._open_lock("holders")
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            else:
                self._stop()
                return True
            finally:
                os.close(probe)
                atexit.unregister(self.release)

    def __enter__(self) -> EmbeddedPostgres:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _open_lock(self, name: str) -> int:
        try:
            return os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PostgresRefusal(
                f"Impossible d’ouvrir {self.home / name} : {explain(error)}. "
                "Lancez la commande sous le compte qui a créé la base de données."
            ) from error

    @contextlib.contextmanager
    def _mutex(self) -> Iterator[None]:
        lock = self._open_lock("mutex")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    # ── The server ──────────────────────────────────────────────────────────────────────────────────────────────

    def _bring_up(self) -> bool:
        """Under the mutex: make the cluster if there is none, start the server if it is down. True if it was down."""
        if server := self._server():
            self._wait_until_ready(server.pid, since=self._log_size())  # whoever began the start may have been killed
            return False
        binaries = reachable_binaries(find_binaries(self._environ), self.home, self.user)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster(binaries)
        self._check_version(binaries)
        self._end_survivors()
        make_private_folder(self.sockets, self.user)
        for leftover in (
            self.data / "postmaster.pid",
            self.sockets / SOCKET_NAME,
            self.sockets / f"{SOCKET_NAME}.lock",
        ):
            leftover.unlink(missing_ok=True)
        since = self._rotate_log()
        self._wait_until_ready(self._launch(binaries), since=since)
        return True

    def _server(self) -> psutil.Process | None:
        """The living server of this very folder: neither a zombie nor a stranger that received the same number."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(number)
            return process if self._works_here(process) else None
        except (OSError, ValueError, psutil.Error):
            return None

    def _works_here(self, process: psutil.Process) -> bool:
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        try:
            return process.cwd() == str(self.data)
        except psutil.AccessDenied:
            return str(self.data) in process.cmdline()

    def _survivors(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["name"]):
            if (process.info["name"] or "").startswith("postgres"):
                with contextlib.suppress(psutil.Error):
                    if self._works_here(process):
                        found.append(process)
        return found

    def _end_survivors(self) -> None:
        """After a kill -9 of the server its children linger in the data; two servers there would destroy it.

        Most leave at once by themselves; one busy with a long statement must be made to. The journal makes it safe.
        """
        for number, patience in ((None, 3.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 10.0)):
            survivors = self._survivors()
            for process in survivors if number else ():
                with contextlib.suppress(psutil.Error):
                    process.send_signal(number)
            deadline = time.monotonic() + patience
            while survivors and time.monotonic() < deadline:
                time.sleep(0.05)
                survivors = self._survivors()
            if not survivors:
                return
        raise PostgresRefusal(f"D’anciens processus de PostgreSQL travaillent encore dans {self.data}.")

    def _launch(self, binaries: Path) -> int:
        """Start the server as a child of nobody (sh leaves at once) and out of reach of Ctrl-C; its process number."""
        options = {**COMMON, **({"shared_buffers": shared_buffers()} if self.durable else FAST_AND_FRAGILE)}
        options["unix_socket_directories"] = '"{}"'.format(str(self.sockets).replace('"', '""'))
        options["dynamic_shared_memory_type"] = _shared_memory_type()
        command = [str(binaries / "postgres"), "-D", str(self.data), "-p", str(PORT)]
        command += [f"-c{name}={value}" for name, value in options.items()]
        with self.log.open("ab") as log:
            done = subprocess.run(
                ["/bin/sh", "-c", '"$@" 1>&2 & echo $!', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                check=True,
                cwd="/",
                env=self._clean_environment(),
                start_new_session=True,
                **(self.user.spawn_options() if self.user else {}),
            )
        return int(done.stdout)

    def _wait_until_ready(self, number: int, *, since: int) -> None:
        """Until the server says so itself (last line of its pid file), as long as it lives."""
        begun = time.monotonic()
        patience = START_SECONDS
        while True:
            with contextlib.suppress(OSError, IndexError, ValueError):
                lines = (self.data / "postmaster.pid").read_text().splitlines()
                if int(lines[0]) == number and lines[7].strip() == "ready":
                    return
            try:
                gone = psutil.Process(number).status() == psutil.STATUS_ZOMBIE
            except psutil.NoSuchProcess:
                gone = True
            if gone:
                raise self._refusal("PostgreSQL n’a pas démarré", self._log_since(since))
            elapsed = time.monotonic() - begun
            if elapsed > patience:
                if patience == START_SECONDS and "recovery" in self._log_since(since):
                    patience = RECOVERY_SECONDS
                    continue
                raise self._refusal(f"PostgreSQL n’est pas prêt après {elapsed:.0f} s", self._log_since(since))
            time.sleep(0.02)

    def _stop(self) -> None:
        """Fast shutdown, then an immediate one (the next start replays the journal)."""
        server = self._server()
        if server is None:
            return
        for number, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0)):
            with contextlib.suppress(psutil.NoSuchProcess):
                server.send_signal(number)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                if self._server() is None and not psutil.pid_exists(server.pid):
                    return
                with contextlib.suppress(psutil.NoSuchProcess):
                    if server.status() == psutil.STATUS_ZOMBIE:
                        return
                time.sleep(0.02)

    # ── The cluster ─────────────────────────────────────────────────────────────────────────────────────────────

    def _create_cluster(self, binaries: Path) -> None:
        """In a temporary folder, then renamed: a half-made cluster never bears the name of the data."""
        for unfinished in self.home.glob("data.new-*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        try:
            new = Path(tempfile.mkdtemp(dir=self.home, prefix="data.new-"))
        except OSError as error:
            raise PostgresRefusal(f"Impossible d’écrire dans {self.home} : {explain(error)}.") from error
        try:
            if self.user:
                os.chown(new, self.user.uid, self.user.gid)
            command: list[str | Path] = [binaries / "initdb", "-D", new, "-U", USER, "--encoding=UTF8", "--locale=C"]
            command += [
                "--locale-provider=builtin",
                "--builtin-locale=PG_UNICODE_FAST",
                "--text-search-config=french",
            ]
            command += ["--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions"]
            self._run(*command, *([] if self.durable else ["--no-sync"]))
            single = (str(binaries / "postgres"), "--single", "-j", "-D", str(new), "template1")
            self._run(*single, given=f"CREATE DATABASE {DATABASE};\n\n")
            if self.data.exists():
                self.data.rmdir()  # an empty folder at most: there is no PG_VERSION in it
            new.rename(self.data)
        except OSError as error:
            raise PostgresRefusal(f"Impossible de créer la base de données : {explain(error)}.") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _check_version(self, binaries: Path) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if (major := major_of(binaries)) != made_by:
            raise PostgresRefusal(
                f"Les données de {self.data} viennent de PostgreSQL {made_by}, or le serveur trouvé est la version "
                f"{major}. Indiquez dans PG_BINDIR le dossier d’un PostgreSQL {made_by}."
            )

    def _run(self, *command: str | Path, given: str = "") -> None:
        done = subprocess.run(
            [str(part) for part in command],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=self._clean_environment(),
            start_new_session=True,
            **(self.user.spawn_options() if self.user else {}),
        )
        if done.returncode or "ERROR:" in done.stdout:
            raise self._refusal("La base de données n’a pas pu être créée", done.stdout)

    def _clean_environment(self) -> dict[str, str]:
        """Messages in English, read by us; nothing of the user's own PostgreSQL settings."""
        kept = {name: value for name, value in self._environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        return {**kept, "LC_ALL": "C"}

    def _refusal(self, what: str, report: str) -> PostgresRefusal:
        for sign, cause in _CAUSES:
            if sign in report:
                what = f"{what} : {cause}"
                break
        tail = "\n".join(f"  {line}" for line in report.strip().splitlines()[-8:])
        return PostgresRefusal(f"{what}.\nJournal : {self.log}" + (f"\n{tail}" if tail else ""))

    # ── Files around it ─────────────────────────────────────────────────────────────────────────────────────────

    def _socket_folder(self) -> Path:
        """Beside the data, or in a short place when the path is longer than a socket's may be.

        The place depends on the data's path alone: every process, whatever its environment, finds the same.
        """
        folder = self.home / "run"
        if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return folder
        mark = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        base = Path("/run") if os.geteuid() == 0 and os.access("/run", os.W_OK) else Path("/tmp")
        return base / f"bienveille-{os.geteuid()}-{mark}"

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _rotate_log(self) -> int:
        if self._log_size() > LARGEST_LOG:
            self.log.replace(self.log.with_name("server.log.1"))
        return self._log_size()

    def _log_since(self, offset: int) -> str:
        try:
            with self.log.open("rb") as log:
                log.seek(offset)
                return log.read().decode(errors="replace")
        except OSError:
            return ""


#: What to look for in PostgreSQL's own words, and what it means.
_CAUSES = (
    ("No space left on device", "le disque est plein"),
    ("Disk quota exceeded", "le quota de disque est atteint"),
    ("Address already in use", "son port ou son socket est déjà pris"),
    ("Cannot allocate memory", "la mémoire manque"),
    ("could not resize shared memory", "la mémoire partagée manque"),
    ("Permission denied", "accès refusé à l’un de ses fichiers"),
    ("Read-only file system", "le disque est en lecture seule"),
    ("invalid checkpoint", "son journal est abîmé ; rétablissez une sauvegarde"),
)


def _shared_memory_type() -> str:
    try:
        return "posix" if shutil.disk_usage("/dev/shm").total >= SMALLEST_SHARED_MEMORY else "mmap"
    except OSError:
        return "mmap"


# ── Django's settings ───────────────────────────────────────────────────────────────────────────────────────────

_servers: dict[Path, EmbeddedPostgres] = {}


def embedded() -> EmbeddedPostgres | None:
    """The embedded server this process holds, for whoever must watch over it."""
    return next(iter(_servers.values()), None)


def database_settings(
    var: Path, environ: Mapping[str, str], *, folder: str = "postgres", durable: bool = True
) -> dict[str, Any]:
    """DATABASES["default"]: the server of DATABASE_URL, else the embedded one, joined or started at once in `var`.

    BIENVEILLE_NO_DATABASE=1 (tools that only read the code): settings that lead nowhere, and nothing started.
    BIENVEILLE_POOL=N (serving): a pool of 2 to N connections per process.
    """
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": USER,
        "PASSWORD": "",
        "HOST": "/nonexistent",
        "PORT": str(PORT),
        "OPTIONS": {},
    }
    if environ.get("BIENVEILLE_NO_DATABASE") == "1":
        return settings
    if url := environ.get("DATABASE_URL"):
        settings.update(_from_url(url))
    else:
        place = Path(os.path.abspath(var)) / folder
        if place not in _servers:
            _servers[place] = EmbeddedPostgres(place, durable=durable, environ=environ).start()
        settings["HOST"] = str(_servers[place].sockets)
    # Hot paths run through psycopg's own cursor, which prepares a statement at its fifth use: two to three times
    # faster (docs, perf). Django's cursors bind on the client and never prepare. Behind PgBouncer, set it to 0.
    repeated = int(environ.get("BIENVEILLE_PREPARE_AFTER", "5"))
    settings["OPTIONS"].setdefault("prepare_threshold", repeated or None)
    if largest := int(environ.get("BIENVEILLE_POOL", "0")):
        settings["OPTIONS"]["pool"] = {"min_size": min(2, largest), "max_size": largest, "timeout": 20}
    else:
        settings["CONN_HEALTH_CHECKS"] = True
    return settings


def _from_url(url: str) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?sslmode=require`; a socket's folder goes in `?host=/run/…`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise PostgresRefusal("DATABASE_URL n’est pas une adresse valide.") from None
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name:
        raise PostgresRefusal(
            "DATABASE_URL doit désigner une base PostgreSQL : « postgresql://utilisateur:secret@serveur:5432/base »."
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
