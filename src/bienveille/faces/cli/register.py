"""`register`: what the register holds on a day."""

from __future__ import annotations

import argparse
import datetime as dt
import json

NAME = "register"
HELP = "compter les logements, les ménages et les personnes du registre"

_LABELS = {
    "dwellings": "Logements",
    "residences": "Résidences",
    "households": "Ménages",
    "persons": "Personnes",
    "with_phone": "Ménages avec un téléphone",
    "with_email": "Ménages avec une adresse électronique",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=_day, metavar="AAAA-MM-JJ", help="le jour compté (aujourd’hui par défaut)")
    parser.add_argument("--json", action="store_true", help="écrire un document JSON sur la sortie")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"«\u00a0{text}\u00a0» n’est pas un jour (attendu\u00a0: 2026-11-21)"
        ) from None


def run(options: argparse.Namespace) -> int:
    from django.utils import timezone

    from bienveille.ground.lib.typography import calendar_day, number
    from bienveille.register.imports.queries import register_figures

    on = options.on or timezone.localdate()
    figures = register_figures(on=on)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
        return 0
    print(f"Le registre au {calendar_day(on)}")
    for name, label in _LABELS.items():
        print(f"  {label}\u00a0: {number(figures[name])}")
    for age in (65, 70, 75, 90):
        elders, alone = figures[f"households_{age}+_all"], figures[f"households_{age}+_alone_all"]
        print(f"  Ménages avec une personne de {age} ans ou plus\u00a0: {number(elders)}, dont {number(alone)} seule")
    return 0
