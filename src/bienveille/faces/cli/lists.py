"""`campaign lists`: the lists of the week as files, one for each caller, and whom nobody has."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="DOSSIER", help="où écrire un fichier par appelant")
    parser.add_argument("--pdf", action="store_true", help="écrire aussi chaque liste en PDF, à imprimer")
    parser.add_argument("--week", choices=["this", "next"], default="", help="en préparer et confirmer d’autres")


def write_lists(options: argparse.Namespace, campaign: Any) -> int:
    """Writes the lists in force; without any, or when a week is named, prepares and confirms them first."""
    from django.utils.text import slugify
    from django.utils.timezone import localtime, now

    from bienveille.engines.dispatch.queries import confirmed_plan, left_out
    from bienveille.faces.cli.main import given_path
    from bienveille.services.outreach.operations.offline import files_of_plan

    moment = now()
    folder = _folder(given_path(options.out))
    plan = None if options.week else confirmed_plan(campaign.queue, localtime(moment).date())
    if plan is None:
        plan = _prepared(campaign, options.week, moment)
    written: list[dict[str, Any]] = []
    taken: set[str] = set()
    for batch, files in files_of_plan(actor=None, plan_id=plan.pk, pdf=options.pdf, now=moment):
        name, rank = slugify(files["xlsx"].name), 2
        while name in taken:
            name, rank = f"{slugify(files['xlsx'].name)}-{rank}", rank + 1
        taken.add(name)
        for kind, file in files.items():
            _write(folder / f"{name}.{kind}", file.content)
        written.append(
            {
                "caller": batch.caller.display_name,
                "households": files["xlsx"].rows,
                "files": [f"{name}.{kind}" for kind in files],
            }
        )
    alone = _left_out(folder / "non-places.csv", plan)
    groups = [
        {"reason": one.reason, "agency": one.agency, "language": one.language or "fr", "households": one.households}
        for one in left_out(plan)
    ]
    if options.json:
        document = {
            "id": str(campaign.pk),
            "starts_on": plan.starts_on.isoformat(),
            "ends_on": plan.ends_on.isoformat(),
            "lists": written,
            "left_out": alone,
            "left_out_by": groups,
        }
        print(json.dumps(document, ensure_ascii=False))
    else:
        _say(plan, written, alone, folder)
    return 0


def _folder(path: Path) -> Path:
    from bienveille.ground.platform.refusal import Refusal

    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        raise Refusal(f"Le dossier « {path} » ne peut pas être créé.") from None
    return path


def _write(path: Path, content: bytes) -> None:
    """Names and numbers of people: for the owner of the file alone."""
    from bienveille.ground.platform.refusal import Refusal

    try:
        path.touch(mode=0o600)
        path.write_bytes(content)
    except OSError:
        raise Refusal(f"« {path} » ne peut pas être écrit.") from None


def _prepared(campaign: Any, week: str, moment: Any) -> Any:
    from django.utils.timezone import localtime

    from bienveille.services.outreach.operations import ListRules, confirm_lists, prepare_lists
    from bienveille.services.outreach.rules.lists import usual_week

    rules = ListRules(week=week or usual_week(localtime(moment).date()))
    done = prepare_lists(campaign=campaign, actor=None, rules=rules, now=moment)
    return confirm_lists(campaign=campaign, actor=None, plan_id=done.plan.pk, now=moment)


def _left_out(path: Path, plan: Any) -> int:
    """The households on nobody's list, one a line, with the reason."""
    from bienveille.engines.dispatch.queries import lines_of_plan
    from bienveille.ground.lib.spreadsheets import Column, Sheet, csv_lines

    rows = [
        (
            line.contact.household.display_name,
            line.contact.lane.agency.name if line.contact.lane.agency else "",
            line.contact.lane.language or "fr",
            line.contact.lane.wave,
            line.get_reason_display(),
        )
        for line in lines_of_plan(plan).filter(batch=None).order_by("contact__lane__wave", "contact__priority", "pk")
    ]
    columns = [Column("Ménage"), Column("Agence"), Column("Langue"), Column("Vague", "number"), Column("Raison")]
    _write(path, b"".join(csv_lines(Sheet("Non placés", columns, rows))))
    return len(rows)


def _say(plan: Any, written: list[dict[str, Any]], alone: int, folder: Path) -> None:
    from bienveille.ground.lib.typography import counted, short_day

    print(f"Listes du {short_day(plan.starts_on)} au {short_day(plan.ends_on)}, dans {folder}")
    for one in written:
        print(f"  {one['caller']} : {counted(one['households'], 'ménage')} ({', '.join(one['files'])})")
    total = sum(one["households"] for one in written)
    print(f"{counted(len(written), 'liste')}, {counted(total, 'ménage')} ; {counted(alone, 'ménage')} sans appelant.")
    if alone:
        print("Les raisons sont dans non-places.csv.", file=sys.stderr)
