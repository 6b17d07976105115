"""`import`: a landlord's files into the register, with a report for a person or for a program."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bienveille.register.imports.choices import Departures

NAME = "import"
HELP = "importer le patrimoine, les locataires, les collaborateurs et les partenaires"

_KINDS = {
    "housing": ("Patrimoine", "logements"),
    "tenants": ("Locataires", "personnes"),
    "staff": ("Collaborateurs", "comptes"),
    "partners": ("Partenaires", "fiches"),
}
_SHOWN = 3  # examples of each reason in the report for people


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from bienveille.register.imports.rules.profiles import profile_names

    built_in = ", ".join(profile_names())
    parser.add_argument("files", nargs="+", metavar="FICHIER",
                        help="exports .csv, .xlsx, .ods, partenaires .json, ou .zip qui les réunit")  # fmt: skip
    parser.add_argument("--org", default="", metavar="NOM", help="nom du bailleur, demandé au premier import")
    parser.add_argument("--profile", default="", metavar="PROFIL",
                        help=f"un profil fourni ({built_in}) ou enregistré depuis un écran")  # fmt: skip
    sheet = "la feuille à lire des classeurs\u00a0; sinon celle dont les titres sont connus"
    parser.add_argument("--sheet", default="", metavar="FEUILLE", help=sheet)
    whole = parser.add_mutually_exclusive_group()
    closing = "les fichiers listent tout le monde\u00a0: fermer ceux qui n’y sont pas, même nombreux"
    whole.add_argument("--complete", action="store_true", help=closing)
    whole.add_argument("--partial", action="store_true", help="les fichiers sont partiels\u00a0: ne fermer personne")
    parser.add_argument("--dry-run", action="store_true", help="tout faire, puis tout annuler : rien n’est écrit")
    parser.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")


def run(options: argparse.Namespace) -> int:
    from django.utils import timezone

    from bienveille.faces.cli.main import DONE, REFUSED, SOME_REJECTED, WRONG_USAGE, given_path
    from bienveille.ground.platform.refusal import Refusal
    from bienveille.register.imports.operations import Given, find_profile, import_files, members_of

    if options.profile and find_profile(name=options.profile) is None:
        print(f"Le profil «\u00a0{options.profile}\u00a0» n’existe pas.", file=sys.stderr)
        raise SystemExit(WRONG_USAGE)
    paths = [given_path(name) for name in options.files]
    missing = [name for name, path in zip(options.files, paths, strict=True) if not path.is_file()]
    if missing:
        return _refuse(options, f"Fichier introuvable\u00a0: {', '.join(missing)}.", WRONG_USAGE)
    with ExitStack() as bars:
        try:
            given = bars.enter_context(members_of([Given(path, sheet=options.sheet) for path in paths]))
            report = import_files(
                paths=given,
                today=timezone.localdate(),
                org=options.org,
                profile=options.profile,
                dry_run=options.dry_run,
                progress=_progress(bars, quiet=options.json),
                departures=_departures(options),
            )
        except Refusal as refusal:
            return _refuse(options, str(refusal), REFUSED)
    document = report.as_dict()
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        print("\n".join(_report(document)))
    return SOME_REJECTED if report.has_rejects and not options.dry_run else DONE


def _departures(options: argparse.Namespace) -> Departures:
    from bienveille.register.imports.choices import Departures

    return Departures.CLOSE if options.complete else Departures.KEEP if options.partial else Departures.AUTO


def _refuse(options: argparse.Namespace, sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    if options.json:
        document = {"applied": False, "dry_run": options.dry_run, "org": options.org, "refusal": sentence, "files": []}
        print(json.dumps(document, ensure_ascii=False))
    return code


def _progress(bars: ExitStack, *, quiet: bool) -> Callable[[str, int], Callable[[], None]]:
    from bienveille.ground.platform.progress import counter

    def start(title: str, total: int) -> Callable[[], None]:
        if quiet or not sys.stderr.isatty():
            return lambda: None
        bar = bars.enter_context(counter(title, total=total or None))
        return lambda: bar.update() and None

    return start


def _report(document: dict[str, Any]) -> list[str]:
    """The report for people: what was read, what changes, what to correct."""
    lines = [f"{document['org']}\u00a0: {'essai, rien n’est écrit' if document['dry_run'] else 'import appliqué'}.", ""]
    for file in document["files"]:
        title, unit = _KINDS[file["kind"]]
        lines.append(f"{title} — {file['file']}")
        lines.append(
            _row(("lignes lues", file["records"]), ("acceptées", file["accepted"]), ("rejetées", file["rejected"]))
        )
        changes = [("créés", file["created"]), ("modifiés", file["updated"]), ("sans changement", file["unchanged"])]
        if file["kind"] == "tenants":
            changes.insert(2, ("partis", file["closed"]))
        lines.append(_row(*changes, unit=unit))
        lines += _held(file)
        for name, label in (
            ("unknown_columns", "Colonnes inconnues, non lues"),
            ("ignored_columns", "Colonnes laissées de côté"),
        ):
            if file[name]:
                lines.append(f"  {label}\u00a0: {', '.join(file[name])}")
        lines += _issues("Lignes rejetées", file["rejects"]) + _issues("Cellules à vérifier", file["warnings"]) + [""]
    if any(file["rejected"] or file["warned"] for file in document["files"]):
        lines.append("La liste complète, ligne par ligne\u00a0: la même commande avec --json.")
    return lines


def _held(file: dict[str, Any]) -> list[str]:
    from bienveille.register.imports.rules.summary import absent_words

    if not file.get("held"):
        return []
    words = absent_words(file["kind"], file["held"])
    return [f"  {words} Rien n’est fermé\u00a0: dites --complete ou --partial."]


def _row(*counts: tuple[str, int], unit: str = "") -> str:
    from bienveille.ground.lib.typography import number

    return "  " + ", ".join(f"{number(count)} {label}" for label, count in counts) + (f" ({unit})" if unit else "")


def _issues(title: str, issues: list[dict[str, Any]]) -> list[str]:
    from bienveille.ground.lib.typography import number

    if not issues:
        return []
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for issue in issues:
        groups.setdefault((issue["reason"], issue["column"]), []).append(issue)
    lines = [f"  {title}\u00a0: {number(len(issues))}"]
    for group in sorted(groups.values(), key=len, reverse=True):
        first = group[0]
        examples = ", ".join(
            f"ligne {issue['row']}" + (f" («\u00a0{issue['value']}\u00a0»)" if issue["value"] else "")
            for issue in group[:_SHOWN]
        )
        more = "…" if len(group) > _SHOWN else ""
        column = f"{first['column']}\u00a0: " if first["column"] else ""
        lines.append(f"    {number(len(group))} × {column}{first['message']} {examples}{more}")
    return lines
