"""`backup FILE`: an encrypted copy of everything, made while people work."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

NAME = "backup"
HELP = "faire une copie chiffrée de la base et des fichiers, sans rien arrêter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FICHIER", help="la copie à faire, par exemple bienveille-2027-03-01.age")
    parser.add_argument(
        "--to",
        metavar="CLÉ_PUBLIQUE",
        help="pour qui chiffrer (age1…)\u00a0; sans précision, BACKUP_KEY, sinon la clé de cette installation",
    )


def run(options: argparse.Namespace) -> int:
    from django.utils.timezone import now

    from bienveille.faces.cli.main import given_path
    from bienveille.ground.lib.typography import number
    from bienveille.ground.platform.backups import read_recipient, write_backup

    begun = time.monotonic()
    path = given_path(options.file)
    text = options.to or os.environ.get("BACKUP_KEY")
    recipient = read_recipient(text) if text else _own_key()
    manifest = write_backup(path, recipient=recipient, now=now(), beside=secrets_here())
    size, seconds = path.stat().st_size / 1e6, time.monotonic() - begun
    print(f"Copie faite\u00a0: {path}")
    print(
        f"  {number(manifest.rows)} lignes de {len(manifest.tables)} tables, {number(manifest.files)} fichiers, "
        f"{size:.1f} Mo, en {seconds:.0f} s".replace(".", ",", 1)
    )
    return 0


def key_path() -> Path:
    """Where the secret key of this installation is, unless another is given."""
    from django.conf import settings

    return Path(settings.VAR_DIR) / "backup.key"


def secrets_here() -> dict[str, Path]:
    """The keys that this installation made for itself: what it signed or sealed is lost under others.

    A key given by the environment is not in the copy: it is kept apart, and asked for when the copy is put back.
    """
    from django.conf import settings

    own = {"SECRET_KEY": "secret_key", "NOTES_KEY": "notes_key"}
    paths = {name: Path(settings.VAR_DIR) / name for variable, name in own.items() if not os.environ.get(variable)}
    return {name: path for name, path in paths.items() if path.exists()}


def _own_key() -> Any:
    """The public half of this installation's key, which is made the first time."""
    from bienveille.ground.platform.backups import new_key, read_key

    path = key_path()
    if not path.exists():
        new_key(path)
        print(f"Une clé a été créée\u00a0: {path}")
        print("  Recopiez-la hors de cette machine, en lieu sûr\u00a0: sans elle, aucune copie ne se relit.")
    return read_key(path).to_public()
