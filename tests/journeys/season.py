"""Six weeks of a made-up landlord: its software's nightly exports, its callers and their absences, who answers when.

Everything comes from one seed: what a household says on its n-th call is drawn from its lease's number and n. The hours
at which people may be called are worked out here in a few plain lines, that share no code with the product.
"""

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.imports.factories import HOME

DAY = dt.timedelta(days=1)
PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")
FIRST_DAY = dt.date(2027, 3, 15)  # a Monday; clocks change on the 28th, Easter Monday is the 29th
DAYS_OFF = {dt.date(2027, 3, 29)}
OPENS, CLOSES = dt.time(9), dt.time(19, 30)
MOMENTS = (dt.time(9, 30), dt.time(11, 15), dt.time(14), dt.time(15, 45), dt.time(17, 45))
PARTS = (
    ("morning", dt.time(0), dt.time(13)),
    ("afternoon", dt.time(13), dt.time(17)),
    ("evening", dt.time(17), CLOSES),
)
WISHES: tuple[dict[str, Any], ...] = ({"parts": ("afternoon",)}, {"parts": ("morning",)}, {"not_on": (3,)})
AGENCIES = (
    ("LYO", "Agence de Lyon", "69385", "69005"), ("GRE", "Agence de Grenoble", "38185", "38000"),
    ("STE", "Agence de Saint-Étienne", "42218", "42000"), ("DIJ", "Agence de Dijon", "21231", "21000"),
    ("REU", "Agence de Saint-Denis", "97411", "97400"),
)  # fmt: skip
NUMBERS = ("016191", "026191", "035301", "046571", "053649")  # nobody's: kept for stories
FIRST = ("Jeanne", "Éléonore", "Paul", "Lucienne", "Aïcha", "José", "Anne-Marie", "Noël", "Zoé", "René")


@dataclass
class Home:
    """A lease as the landlord's software has it: one row a person."""

    number: str
    rows: list[dict[str, str]]


@dataclass
class Town:
    """The landlord's software: some one in two hundred leases changes in a week."""

    seed: int
    folder: Path
    size: int
    leases: dict[str, Home] = field(default_factory=dict)
    signed: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.homes = self._write_homes(self.size + self.size // 20)
        for _ in range(self.size):
            self._sign()

    def agency_of(self, lease: str) -> tuple[str, str, str, str]:
        return AGENCIES[_agency(int(lease))]

    def zone_of(self, lease: str) -> ZoneInfo:
        return REUNION if self.agency_of(lease)[0] == "REU" else PARIS

    def a_night(self, today: dt.date) -> tuple[list[str], list[str]]:
        """What changed today; the leases signed and those that ended."""
        few = max(1, self.size // 1_500)
        came = [self._sign(today) for _ in range(self.chance.randint(0, 2 * few))]
        gone = self.chance.sample(sorted(self.leases), self.chance.randint(0, 2 * few))
        for number in gone:
            for row in self.leases[number].rows:
                row["DATE_SORTIE"] = f"{today:%d/%m/%Y}"
        return came, gone

    def write(self) -> Path:
        """Tonight's export; a lease that ended is in one more file, then no longer."""
        path = self.folder / "locataires.csv"
        rows = [row for home in self.leases.values() for row in home.rows]
        with path.open("w", encoding="cp1252", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=";", lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
        self.leases = {number: home for number, home in self.leases.items() if not home.rows[0]["DATE_SORTIE"]}
        return path

    def _write_homes(self, number: int) -> Path:
        path = self.folder / "patrimoine.csv"
        with path.open("w", encoding="cp1252", newline="") as stream:
            writer = csv.DictWriter(stream, list(HOME), delimiter=";", lineterminator="\r\n")
            writer.writeheader()
            for rank in range(1, number + 1):
                code, label, insee, postcode = AGENCIES[_agency(rank)]
                residence = f"{code}{rank // 300:03}"
                writer.writerow(HOME | {
                    "CODE_AGENCE": code, "LIB_AGENCE": label, "CODE_RESIDENCE": residence, "INSEE": insee,
                    "NOM_RESIDENCE": f"Résidence {residence}", "CP": postcode, "COMMUNE": "",
                    "CODE_LOGEMENT": f"L{rank:06}", "ETAGE": str(rank % 7), "ASCENSEUR": "ON"[rank % 3 == 0],
                })  # fmt: skip
        return path

    def _sign(self, today: dt.date | None = None) -> str:
        self.signed += 1
        number, chance = f"{self.signed:06}", self.chance
        born = dt.date(
            1930 + min(chance.randrange(32), chance.randrange(32)), chance.randint(1, 12), chance.randint(1, 28)
        )
        rows = []
        for rank in range(chance.choice((1, 1, 1, 2))):
            reachable = rank == 0 and chance.random() < 0.97
            phone = f"{NUMBERS[self.signed % 5]}{self.signed // 5:04}" if reachable else ""
            rows.append({
                "N_CONTRAT": number, "NATURE_CONTRAT": "HABITATION", "CODE_LOGEMENT": f"L{number}",
                "DATE_ENTREE": f"{today or dt.date(2001, 5, 1):%d/%m/%Y}", "DATE_SORTIE": "",
                "CIVILITE": ("MME", "M.")[rank], "NOM": f"NOM{self.signed % 4_001}", "PRENOM": FIRST[self.signed % 10] + "X" * rank,
                "DATE_NAISSANCE": f"{born + rank * 700 * DAY:%d/%m/%Y}", "ROLE": ("TITULAIRE", "COTITULAIRE")[rank],
                "TEL_FIXE": phone, "LANGUE": "Turc" if self.signed % 50 == 0 else "FR",
            })  # fmt: skip
        self.leases[number] = Home(number, rows)
        return number


def _agency(rank: int) -> int:
    return 4 if rank % 25 == 0 else rank % 4


@dataclass
class Household:
    """What a household does when the telephone rings."""

    lease: str
    zone: ZoneInfo
    chance: Random
    wish: dict[str, Any] = field(default_factory=dict)
    calls: int = 0
    weekly: bool = False

    def __post_init__(self) -> None:
        self.answers = 0.0 if self.chance.random() < 0.05 else self.chance.uniform(0.3, 0.8)

    def may_be_called(self, now: dt.datetime) -> bool:
        """Whether this is an hour of the campaign and of the household's own wish, by its own clock."""
        local = now.astimezone(self.zone)
        if local.weekday() > 4 or local.date() in DAYS_OFF or not OPENS <= local.time() < CLOSES:
            return False
        if local.isoweekday() in self.wish.get("not_on", ()):
            return False
        parts = self.wish.get("parts", ())
        return not parts or any(name in parts and begin <= local.time() < end for name, begin, end in PARTS)

    def _day_called(self, day: dt.date) -> dt.date:
        """That day, or the first one on which this household may be called."""
        while day.weekday() > 4 or day in DAYS_OFF or day.isoweekday() in self.wish.get("not_on", ()):
            day += DAY
        return day

    def say(self, today: dt.date, *, planned: bool) -> dict[str, Any]:
        """Fields of the caller's report."""
        self.calls += 1
        chance = self.chance
        if not planned and self.calls == 1 and chance.random() < 0.015:
            return {"outcome": "wrong_number"}
        if chance.random() > (0.85 if planned else self.answers):
            return {"outcome": chance.choices(("no_answer", "voicemail", "busy"), (66, 26, 8))[0]}
        wish = {} if self.wish or chance.random() > 0.08 else chance.choice(WISHES)
        outcome = chance.choices(
            ("reached", "call_later", "interrupted", "refused", "moved", "deceased"), (930, 32, 14, 16, 5, 3)
        )[0]
        said: dict[str, Any] = {"outcome": outcome}
        if wish and outcome in ("reached", "call_later"):
            said["wish"] = self.wish = wish
        if outcome == "call_later":
            said["call_back_on"] = self._day_called(today + chance.randint(1, 4) * DAY)
        if outcome != "reached":
            return said
        said["grade"] = chance.choices(("green", "yellow", "orange", "red"), (780, 170, 44, 6))[0]
        if planned:
            return said
        if said["grade"] in ("yellow", "orange") and chance.random() < 0.4:
            said["weekly"] = self.weekly = True
        elif chance.random() < 0.03:
            said["call_back_on"] = self._day_called(today + chance.randint(2, 9) * DAY)
        return said


@dataclass
class Staff:
    """Who calls: some are away a whole week, which they say on Friday, some a day, which they do not."""

    seed: int
    keys: list[Any]

    def away(self, key: Any, day: dt.date) -> bool:
        return self.away_that_week(key, day - day.weekday() * DAY) or self._draw(key, day).random() < 0.05

    def away_that_week(self, key: Any, monday: dt.date) -> bool:
        return self._draw(key, monday, "week").random() < 0.12

    def present(self, day: dt.date) -> Iterator[Any]:
        yield from (key for key in self.keys if not self.away(key, day))

    def _draw(self, *what: Any) -> Random:
        # Keys of rows change from one run to the next; places in the list do not.
        return Random(f"{self.seed}|{self.keys.index(what[0])}|{what[1:]}")
