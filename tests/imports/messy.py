"""A landlord's exports made up from a seed, with the usual mess, and what a right import finds in them.

The truth is worked out from the facts before they are dressed, never from what was written.
"""

import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path

from tests.imports.factories import HOME, TENANT, TODAY, write_csv

LAST = ("Lefèvre", "D’ARC", "MARTIN", "de Sousa", "ÇELIK", "O'Brien", "N’Guyen", "Müller", "SAINT-JUST")
FIRST = ("Éléonore", "JEAN", "Anne-Marie", "Noël", "aïcha", "Zoé", "Loïc")
AGENCIES = {"LYO": "Agence de Lyon", "STE": "Agence de Saint-Étienne"}
DAY_FORMS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y 00:00")
NO_DATE = ("", "NC", "00/00/0000", "01/01/1900", "31/02/1950", "inconnue")
NO_PHONE = ("", "néant", "liste rouge", "01.02.03", "06 XX XX XX XX", "0", "00 00 00 00 00")
NO_EMAIL = ("", "x@x", "pas de mail", "aucun@", "jean at courriel.example")


@dataclass
class Landlord:
    homes: list[dict] = field(default_factory=list)
    rows: list[dict] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    households: list[dict] = field(default_factory=list)  # agency, ages (None: unknown), phone, email

    def write(self, folder: Path) -> list[Path]:
        return [write_csv(folder / "patrimoine.csv", self.homes), write_csv(folder / "locataires.csv", self.rows)]

    def figures(self) -> dict:
        found = {
            "dwellings": len(self.homes),
            "households": len(self.households),
            "persons": sum(len(household["ages"]) for household in self.households),
            "with_phone": sum(household["phone"] for household in self.households),
            "with_email": sum(household["email"] for household in self.households),
        }
        for age in (65, 70, 75, 90):
            for code in (*{home["CODE_AGENCE"] for home in self.homes}, "all"):
                elders = [
                    household
                    for household in self.households
                    if code in ("all", household["agency"])
                    and max((a for a in household["ages"] if a is not None), default=0) >= age
                ]
                found[f"households_{age}+_{code}"] = len(elders)
                found[f"households_{age}+_alone_{code}"] = sum(len(household["ages"]) == 1 for household in elders)
                found[f"households_{age}+_with_phone_{code}"] = sum(household["phone"] for household in elders)
        return found


def make(seed: int) -> Landlord:
    chance = random.Random(seed)
    landlord = Landlord()
    for number in range(chance.randint(2, 12)):
        code, label = chance.choice(list(AGENCIES.items()))
        residence = f"{code}{number % 3}"
        landlord.homes.append(
            HOME | {"CODE_AGENCE": code, "LIB_AGENCE": label, "CODE_RESIDENCE": residence, "CODE_LOGEMENT": f"00{number}",
                    "ETAGE": chance.choice(("RDC", "1", "2ème", "")), "SURFACE": chance.choice(("40,5", "64.16", "", "NC"))}
        )  # fmt: skip
    contract = 0
    for home in landlord.homes:
        for _ in range(chance.choice((0, 1, 1, 2))):
            contract += 1
            _lease(chance, landlord, home, f"{contract:07}", current=chance.random() < 0.8)
        if chance.random() < 0.3:
            contract += 1
            _garage(chance, landlord, f"{contract:07}")
    if not landlord.rows:
        _lease(chance, landlord, landlord.homes[0], "9999999", current=True)
    return landlord


def _lease(chance, landlord, home, number, *, current):
    entry = TODAY - dt.timedelta(days=chance.randint(400, 20_000))
    household = {"agency": home["CODE_AGENCE"], "ages": [], "phone": False, "email": False}
    names = chance.sample([(last, first) for last in LAST for first in FIRST], chance.choice((1, 1, 2, 3)))
    ended = TODAY - dt.timedelta(days=chance.randint(1, 300))
    for place, (last, first) in enumerate(names):
        birth = TODAY - dt.timedelta(days=chance.randint(18 * 366, 100 * 365)) if chance.random() < 0.85 else None
        phone = (
            f"{chance.choice('67')}{chance.randint(3, 5)}{chance.randrange(9 * 10**6):07}"
            if chance.random() < 0.6
            else None
        )
        email = f"a{chance.randrange(10**6)}@courriel.example" if chance.random() < 0.5 else None
        row = TENANT | {
            "N_CONTRAT": number,
            "CODE_LOGEMENT": home["CODE_LOGEMENT"],
            "DATE_ENTREE": entry.strftime("%d/%m/%Y"),
            "DATE_SORTIE": chance.choice(("", "31/12/9999")) if current else ended.strftime("%d/%m/%Y"),
            "NOM": _spaced(chance, last),
            "PRENOM": _spaced(chance, first),
            "DATE_NAISSANCE": _day(chance, birth),
            "ROLE": "OCCUPANT" if place else "TITULAIRE",
            "TEL_FIXE": chance.choice(NO_PHONE),
            "TEL_PORTABLE": _phone(chance, phone),
            "EMAIL": email or chance.choice(NO_EMAIL),
            "COMMENTAIRE": chance.choice(("", "=2+3", 'dit "le dragon" au 3e', "Ne lit pas ;\nvoir la fille")),
        }
        fault = chance.random()
        if fault < 0.03:
            row, reason = (
                row | {"DATE_SORTIE": (entry - dt.timedelta(days=1)).strftime("%d/%m/%Y")},
                "exit_before_entry",
            )
        elif fault < 0.06:
            row, reason = row | {"CODE_LOGEMENT": "nulle part"}, "unknown_dwelling"
        elif fault < 0.09:
            row, reason = row | {"NOM": "  ", "PRENOM": ""}, "missing_name"
        elif fault < 0.11:
            row, reason = row | {"N_CONTRAT": " "}, "missing_key"
        else:
            reason = ""
        landlord.rows.append(row)
        if reason:
            landlord.rejects.append((len(landlord.rows) + 1, reason))
            continue
        household["ages"].append(_age(birth))
        household["phone"] |= phone is not None
        household["email"] |= email is not None
    if current and household["ages"]:
        landlord.households.append(household)


def _garage(chance, landlord, number):
    landlord.rows.append(TENANT | {"N_CONTRAT": number, "NATURE_CONTRAT": "STATIONNEMENT", "CODE_LOGEMENT": f"G{number}", "NOM": chance.choice(LAST)})  # fmt: skip


def _age(birth):
    if birth is None:
        return None
    return TODAY.year - birth.year - ((TODAY.month, TODAY.day) < (birth.month, birth.day))


def _spaced(chance, text):
    return chance.choice(("{}", "{}", " {}  ", "  {}\xa0")).format(text)


def _day(chance, day):
    if day is None:
        return chance.choice(NO_DATE)
    if day.year >= 1927 and day.year <= 1999 and chance.random() < 0.1:
        return day.strftime("%d/%m/%y")
    if chance.random() < 0.1:
        return f"{day.day}/{day.month}/{day.year}"
    return day.strftime(chance.choice(DAY_FORMS))


def _phone(chance, digits):
    if digits is None:
        return chance.choice(NO_PHONE)
    pairs = ["0" + digits[0], *(digits[i : i + 2] for i in range(1, 9, 2))]
    return chance.choice(
        (" ".join(pairs), ".".join(pairs), "+33" + digits, "0033 " + digits, digits, "0" + digits, f"Tel : {'-'.join(pairs)}",
         f"{' '.join(pairs)} (fille)", " ".join(pairs) + "\xa0")
    )  # fmt: skip
