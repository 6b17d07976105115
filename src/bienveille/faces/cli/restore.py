"""`restore FILE`: puts an encrypted copy back, all or nothing, then erases again what has ended since."""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import os
import time
from pathlib import Path
from typing import Any

NAME = "restore"
NEEDS_DATABASE = False  # an empty one is not filled only to be emptied
HELP = "remettre une copie faite par backup, en entier ou pas du tout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FICHIER", help="la copie à remettre")
    parser.add_argument(
        "--key", metavar="FICHIER", help="le fichier de la clé secrète (sans précision\u00a0: celui d’ici)"
    )
    parser.add_argument(
        "--notes",
        metavar="FICHIER",
        help="ce qui protège les personnes et a été dit depuis la copie (sans précision\u00a0: le fichier d’ici)",
    )
    parser.add_argument(
        "--since",
        type=dt.datetime.fromisoformat,
        metavar="INSTANT",
        help="sans FICHIER\u00a0: redire seulement ce qui protège les personnes depuis 2027-03-01T09:14+01:00",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="remplacer la base d’ici, qui contient déjà un bailleur\u00a0: elle est perdue",
    )


def run(options: argparse.Namespace) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bienveille.config.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.utils.timezone import localtime, now

    from bienveille.faces.cli.backup import key_path, secrets_here
    from bienveille.faces.cli.main import given_path, set_up
    from bienveille.faces.cli.purge import purge_all
    from bienveille.ground.lib.typography import calendar_day, clock, number
    from bienveille.ground.platform.backups import BackupRefusal, read_key, restore_backup
    from bienveille.ground.platform.schema import is_set_up
    from bienveille.register.accounts.queries import landlord

    if options.file is None:
        return _only_tell_again(options, key_path())
    begun = time.monotonic()
    here = landlord() if is_set_up() else None
    if here and not options.replace:
        raise BackupRefusal(
            f"Cette base contient déjà {here.name}. Ajoutez --replace pour la remplacer\u00a0: "
            "ce qui s’y trouve sera perdu."
        )
    key = read_key(given_path(options.key) if options.key else key_path())
    notes = given_path(options.notes) if options.notes else Path(settings.REPLAY_LOG)
    if here:
        _write_out()
    manifest = restore_backup(given_path(options.file), key=key, beside=secrets_here())
    set_up()  # a copy made by an older version is brought up to date
    told = _tell_again(notes, key, dt.datetime.fromisoformat(manifest.made_at))
    erased = sum(purge_all().values())
    made = localtime(dt.datetime.fromisoformat(manifest.made_at))
    lost = now() - made
    print(f"Copie remise\u00a0: {number(manifest.rows)} lignes et {number(manifest.files)} fichiers, tous vérifiés.")
    print(f"  Faite le {calendar_day(made.date())} à {clock(made)}, remise en {time.monotonic() - begun:.0f} s.")
    print(f"  Effacé aussitôt, car arrivé à son terme depuis\u00a0: {number(erased)}.")
    if told is None:
        print(f"  À refaire\u00a0: ce qui a été saisi pendant {_spell(lost)}, d’abord les oppositions, les adresses")
        print("  protégées, les décès et les comptes fermés. Chacun doit se reconnecter.")
        return 0
    print(f"  Redit\u00a0: {number(told.told)} faits qui protègent quelqu’un (oppositions, adresses, refus, droits).")
    if told.left:
        print(f"  {number(told.left)} n’ont pas pu l’être\u00a0: ils portent sur ce qui est venu après la copie.")
    print(f"  À refaire\u00a0: le reste de ce qui a été saisi pendant {_spell(lost)}. Chacun doit se reconnecter.")
    return 0


def _write_out() -> None:
    """What was noted since the last minute leaves the database before it is replaced, if it still can."""
    from django.db import DatabaseError

    from bienveille.ground.platform.replay import write_out

    with contextlib.suppress(DatabaseError, OSError):
        write_out()


def _only_tell_again(options: argparse.Namespace, own_key: Path) -> int:
    """After PostgreSQL itself went back to a minute (docs/runbook.md): the database here is told what came after it."""
    from django.conf import settings

    from bienveille.faces.cli.main import given_path, set_up
    from bienveille.ground.lib.typography import number
    from bienveille.ground.platform.backups import BackupRefusal, read_key

    if options.since is None or options.since.tzinfo is None:
        raise BackupRefusal("Donnez la copie à remettre, ou --since avec son fuseau\u00a0: 2027-03-01T09:14+01:00.")
    notes = given_path(options.notes) if options.notes else Path(settings.REPLAY_LOG)
    if not notes.exists():
        raise BackupRefusal(f"{notes} n’existe pas\u00a0: rien n’a été redit.")
    key = read_key(given_path(options.key) if options.key else own_key)
    set_up()
    told = _tell_again(notes, key, options.since)
    print(f"Redit\u00a0: {number(told.told)} faits\u00a0; {number(told.left)} n’ont pas pu l’être.")
    return 0


def _tell_again(notes: Path, key: Any, since: dt.datetime) -> Any:
    """What was told again; None where nothing was kept."""
    from bienveille.ground.platform.replay import read_notes, tell_again

    return tell_again(read_notes(notes, key=key, since=since)) if notes.exists() else None


def _spell(lasting: dt.timedelta) -> str:
    """`les 3 dernières heures`: how long ago the copy was made."""
    minutes = max(1, int(lasting.total_seconds() // 60))
    if minutes >= 48 * 60:
        return f"les {minutes // (24 * 60)} derniers jours"
    count, unit = (minutes // 60, "heure") if minutes >= 60 else (minutes, "minute")
    return f"la dernière {unit}" if count == 1 else f"les {count} dernières {unit}s"
