"""A landlord's software over many nights: what it knows, how that changes, and the file it writes each evening.

Everything comes from one seeded chance. A line keeps what it means beside its cells: nobody reads the cells back.
"""

import csv
import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.imports.factories import HOME

DAY = dt.timedelta(days=1)
#: Each name in several spellings that are one name once accents, case and punctuation are gone.
LAST = (
    ("LEFÈVRE", "Lefevre", "lefèvre"), ("D’ARC", "d'Arc", "D ARC"), ("MARTIN", "Martin"), ("ÇELIK", "Celik"),
    ("SAINT-JUST", "Saint Just"), ("MÜLLER", "Muller", "müller"), ("DE SOUSA", "de Sousa"), ("PETIT", "Petit"),
    ("NGUYEN", "Nguyên"), ("BENALI", "Benali"), ("MOREL", "Morel"), ("ŒUVRARD", "Oeuvrard"),
)  # fmt: skip
FIRST = (
    ("Éléonore", "ELEONORE"), ("Jean", "JEAN"), ("Anne-Marie", "ANNE MARIE"), ("Noël", "Noel"), ("Aïcha", "AICHA"),
    ("Zoé", "ZOE"), ("Loïc", "loic"), ("Maria", "MARIA"), ("Paul", "PAUL"), ("Odette", "ODETTE"),
)  # fmt: skip
TITLES = {"MME": "mrs", "M.": "mr", "": ""}
ROLES = {"TITULAIRE": "holder", "COTITULAIRE": "co_holder", "OCCUPANT": "occupant"}
MARITAL = {"VEUF": "widowed", "MARIE": "married", "CELIBATAIRE": "single", "DIVORCE": "divorced", "": ""}
LANGUAGES = {"FR": ["fr"], "Turc": ["tr"], "français/portugais": ["fr", "pt"], "": []}
KINDS = {"HABITATION": "housing", "STATIONNEMENT": "parking"}
AGENCIES = (("LYO", "Agence de Lyon"), ("STE", "Agence de Saint-Étienne"), ("GRE", "Agence de Grenoble"))
COLUMNS = (
    "N_CONTRAT", "NATURE_CONTRAT", "CODE_LOGEMENT", "DATE_ENTREE", "DATE_SORTIE", "CIVILITE", "NOM", "PRENOM",
    "DATE_NAISSANCE", "ROLE", "SITUATION", "TEL_FIXE", "TEL_PORTABLE", "EMAIL", "LANGUE", "COMMENTAIRE",
)  # fmt: skip
FAULTS = ("missing_name", "unknown_dwelling", "exit_before_entry", "missing_key", "too_few_columns")


@dataclass
class Somebody:
    """A person as the landlord's software has them; names are ranks in `LAST` and `FIRST`, and how each is spelled."""

    name: tuple[int, int]
    spelling: tuple[int, int]
    birth: dt.date | None
    title: str
    role: str
    marital: str = ""
    language: str = "FR"
    fixed: str = ""  # nine digits
    mobile: str = ""
    whose: str = ""  # who answers the fixed one
    email: str = ""
    exit: dt.date | None = None
    homonym: bool = False  # told from another of the lease by the birth date alone: it never changes


@dataclass
class Contract:
    number: str
    kind: str
    home: str
    entry: dt.date
    exit: dt.date | None
    people: list[Somebody]


@dataclass(frozen=True)
class Line:
    """One row of the file: its cells, and what a right import understands of them. `fault`: why it is refused."""

    cells: tuple[str, ...]
    lease: str
    kind: str
    home: str
    entry: dt.date | None
    exit: dt.date | None
    name: tuple[int, int]
    facts: dict[str, Any] = field(hash=False)
    phones: tuple[tuple[str, str], ...]
    emails: tuple[str, ...]
    fault: str = ""


class Landlord:
    """Some eighty contracts with everything: couples, homonyms, garages, former tenants, several agencies."""

    def __init__(self, chance: Random, today: dt.date, contracts: int = 80) -> None:
        self.chance, self.today = chance, today
        self.homes: dict[str, tuple[str, str]] = {}  # code → agency
        self.contracts: dict[str, Contract] = {}
        self.away: dict[str, Contract] = {}  # no longer written, may come back
        self.gone: list[tuple[str, Somebody]] = []  # people no longer written, may come back
        self.did: list[str] = []  # this evening's changes, told when a night fails
        self.count = 0
        self.new_homes = True
        self.dress = 0
        for _ in range(contracts):
            self._sign()

    # ---- one evening -------------------------------------------------------------------------------------------------

    def work(self, today: dt.date) -> None:
        """A day of changes in the landlord's software."""
        self.today, self.did, self.new_homes = today, [], False
        for change in self.chance.sample(_CHANGES, self.chance.randint(0, 4)):
            change(self)
        if self.chance.random() < 0.03:
            self.dress += 1
            self.did.append("the software writes dates and numbers otherwise")

    def lines(self) -> list[Line]:
        """Tonight's file, in any order; a few rows are wrong tonight and right tomorrow."""
        chance = self.chance
        contracts = list(self.contracts.values())
        if chance.random() < 0.5:
            chance.shuffle(contracts)
        lines = []
        for contract in contracts:
            people = list(contract.people)
            if chance.random() < 0.2:
                chance.shuffle(people)
            lines += [self._line(contract, one) for one in people]
        if chance.random() < 0.03:  # the export stopped on the way
            lines = lines[: len(lines) * 3 // 5]
            self.did.append("the file is cut")
        for rank, line in enumerate(list(lines)):
            roll = chance.random()
            if roll < 0.006:
                lines[rank] = self._spoil(line)
            elif roll < 0.009 and line.kind == "housing":  # a row that contradicts the others of its lease
                other = chance.choice(list(self.homes))
                lines[rank] = replace(line, home=other, cells=_with(line.cells, CODE_LOGEMENT=other))
                self.did.append(f"{line.lease}: a row says {other}")
            elif roll < 0.012:
                lines.append(line)
                self.did.append(f"{line.lease}: a row twice")
        return lines

    def write(self, folder: Path, lines: list[Line]) -> Path:
        return _write(folder / "locataires.csv", COLUMNS, [line.cells for line in lines])

    def write_homes(self, folder: Path) -> Path:
        rows = []
        for code, (agency, label) in self.homes.items():
            row = HOME | {
                "CODE_AGENCE": agency,
                "LIB_AGENCE": label,
                "CODE_RESIDENCE": f"R{agency}",
                "CODE_LOGEMENT": code,
            }
            rows.append(tuple(row.values()))
        return _write(folder / "patrimoine.csv", tuple(HOME), rows)

    # ---- rows --------------------------------------------------------------------------------------------------------

    def _line(self, contract: Contract, one: Somebody) -> Line:
        chance = Random(f"{contract.number} {one.name} {one.birth} {self.dress}")  # the same words as last night
        exit_ = one.exit if one.exit and (not contract.exit or one.exit < contract.exit) else contract.exit
        last, first = LAST[one.name[0]][one.spelling[0]], FIRST[one.name[1]][one.spelling[1]]
        fixed = _dressed(chance, one.fixed) + (f" ({one.whose})" if one.fixed and one.whose else "")
        cells = (
            contract.number, "HABITATION" if contract.kind == "housing" else "STATIONNEMENT", contract.home,
            _day(chance, contract.entry), _day(chance, exit_) if exit_ else chance.choice(("", "31/12/9999")),
            one.title, f" {last} " if chance.random() < 0.1 else last, first,
            _day(chance, one.birth) if one.birth else chance.choice((*[""] * 9, "NC")), one.role, one.marital,
            fixed, _dressed(chance, one.mobile), one.email, one.language, chance.choice(("", "=2+3", "Ne lit pas ;\nrappeler")),
        )  # fmt: skip
        numbers = [("+33" + one.fixed, one.whose)] if one.fixed else []
        if one.mobile and one.mobile != one.fixed:
            numbers.append(("+33" + one.mobile, ""))
        facts = {
            "title": TITLES[one.title],
            "last_name": last,
            "first_name": first,
            "birth_date": one.birth,
            "role": ROLES[one.role],
            "marital_status": MARITAL[one.marital],
            "languages": LANGUAGES[one.language],
        }
        return Line(
            cells, contract.number, contract.kind, contract.home, contract.entry, exit_, one.name, facts,
            tuple(numbers), (one.email,) if one.email else (),
        )  # fmt: skip

    def _spoil(self, line: Line) -> Line:
        fault = self.chance.choice(FAULTS if line.kind == "housing" else FAULTS[2:])
        self.did.append(f"{line.lease} {line.facts['first_name']}: {fault} tonight")
        changes = {
            "missing_name": {"NOM": "  ", "PRENOM": ""},
            "unknown_dwelling": {"CODE_LOGEMENT": "nulle part"},
            "exit_before_entry": {"DATE_ENTREE": "02/01/2020", "DATE_SORTIE": "01/01/2020"},
            "missing_key": {"N_CONTRAT": " "},
            "too_few_columns": {},
        }[fault]
        cells = _with(line.cells, **changes)
        return replace(line, fault=fault, cells=cells[:-3] if fault == "too_few_columns" else cells)

    # ---- people and contracts ----------------------------------------------------------------------------------------

    def _number(self) -> str:
        """From the ranges kept for fiction."""
        return f"{self.chance.choice(('26191', '16191', '46571'))}{self.chance.randrange(10_000):04}"

    def _somebody(self, role: str, taken: set[tuple[int, int]], last: int | None = None) -> Somebody:
        chance = self.chance
        while True:
            name = (chance.randrange(len(LAST)) if last is None else last, chance.randrange(len(FIRST)))
            if name not in taken:
                break
            last = None
        return Somebody(
            name, (chance.randrange(len(LAST[name[0]])), chance.randrange(len(FIRST[name[1]]))),
            self.today - dt.timedelta(days=chance.randint(20 * 366, 95 * 365)) if chance.random() < 0.9 else None,
            chance.choice(list(TITLES)), role, chance.choice(list(MARITAL)), chance.choice(list(LANGUAGES)),
            self._number() if chance.random() < 0.4 else "", self._number() if chance.random() < 0.7 else "",
            chance.choice(("", "", "fille")), f"a{chance.randrange(10**6)}@courriel.example" if chance.random() < 0.5 else "",
        )  # fmt: skip

    def _sign(self) -> Contract:
        """A new contract, in a home that is new half of the time."""
        chance = self.chance
        self.count += 1
        number = f"{self.count:05}"
        if not self.homes or chance.random() < 0.5:
            home = f"L{len(self.homes):04}"
            self.homes[home] = chance.choice(AGENCIES)
            self.new_homes = True
        else:
            home = chance.choice(list(self.homes))
        people = [self._somebody("TITULAIRE", set())]
        if chance.random() < 0.4:  # a couple
            people.append(self._somebody("COTITULAIRE", {people[0].name}, people[0].name[0]))
        if chance.random() < 0.3:
            people.append(self._somebody("OCCUPANT", {one.name for one in people}))
        if chance.random() < 0.1:  # father and son
            one = people[0]
            one.birth, one.homonym = one.birth or dt.date(1950, 3, 1), True
            born = one.birth + dt.timedelta(days=chance.randint(18 * 366, 19 * 366))
            people.append(replace(one, birth=born, role="OCCUPANT", mobile=self._number(), email=""))
        entry = self.today - dt.timedelta(days=chance.randint(1, 9_000))
        past = chance.random() < 0.08
        exit_ = max(entry, self.today - dt.timedelta(days=chance.randint(1, 300))) if past else None
        contract = self.contracts[number] = Contract(number, "housing", home, entry, exit_, people)
        if chance.random() < 0.2:
            self._rent_a_garage(contract)
        return contract

    def _rent_a_garage(self, contract: Contract) -> None:
        self.count += 1
        number = f"{self.count:05}"
        holder = replace(contract.people[0], fixed="", mobile="", email="", exit=None)
        self.contracts[number] = Contract(number, "parking", f"G{number}", contract.entry, None, [holder])

    def _any(self, kind: str = "housing") -> Contract | None:
        found = [contract for contract in self.contracts.values() if contract.kind == kind]
        return self.chance.choice(found) if found else None

    def _anybody(self) -> tuple[Contract, Somebody]:
        contract = self._any()
        assert contract is not None
        return contract, self.chance.choice(contract.people)

    # ---- what may change in a day ------------------------------------------------------------------------------------

    def respell(self) -> None:
        contract, one = self._anybody()
        one.spelling = (self.chance.randrange(len(LAST[one.name[0]])), self.chance.randrange(len(FIRST[one.name[1]])))
        self.did.append(f"{contract.number}: {one.name} spelled otherwise")

    def rename(self) -> None:
        """Another name for good: the file says nothing of who it was."""
        contract, one = self._anybody()
        other = self._somebody(one.role, {someone.name for someone in contract.people})
        if not one.homonym:
            self.did.append(f"{contract.number}: {one.name} becomes {other.name}")
            one.name, one.spelling = other.name, other.spelling

    def renumber(self) -> None:
        """A number added, taken away or replaced; an old one may come back."""
        contract, one = self._anybody()
        way = self.chance.choice(("fixed", "mobile"))
        former = getattr(one, way)
        setattr(one, way, self.chance.choice(("", self._number(), self._number(), one.fixed, one.mobile)))
        one.whose = self.chance.choice((one.whose, "", "fille"))
        self.did.append(f"{contract.number} {one.name}: {way} {former} → {getattr(one, way)} {one.whose}")

    def readdress(self) -> None:
        contract, one = self._anybody()
        one.email = self.chance.choice(("", f"a{self.chance.randrange(10**6)}@courriel.example"))
        self.did.append(f"{contract.number} {one.name}: e-mail {one.email}")

    def change_facts(self) -> None:
        contract, one = self._anybody()
        one.title, one.marital = self.chance.choice(list(TITLES)), self.chance.choice(list(MARITAL))
        one.language = self.chance.choice(list(LANGUAGES))
        if not one.homonym and self.chance.random() < 0.5:
            one.birth = self.chance.choice((None, dt.date(1940, 5, 6), dt.date(1971, 12, 31)))
        self.did.append(f"{contract.number} {one.name}: {one.title} {one.marital} {one.language} {one.birth}")

    def give_notice(self) -> None:
        """An exit some days ahead, today, yesterday; or taken back."""
        contract = self._any()
        assert contract is not None
        contract.exit = self.chance.choice((None, *(self.today + rank * DAY for rank in (-3, -1, 0, 1, 2, 5))))
        if contract.exit:
            contract.exit = max(contract.exit, contract.entry)
        self.did.append(f"{contract.number}: exit {contract.exit}")

    def leave_the_others(self) -> None:
        """One of several leaves on a day; or comes back."""
        contract, one = self._anybody()
        if len(contract.people) > 1:
            one.exit = None if one.exit else max(contract.entry, self.today + self.chance.choice((-2, 0, 1, 3)) * DAY)
            self.did.append(f"{contract.number} {one.name}: own exit {one.exit}")

    def move(self) -> None:
        contract = self._any()
        assert contract is not None
        contract.home = self.chance.choice(list(self.homes))
        self.did.append(f"{contract.number}: moves to {contract.home}")

    def drop_a_contract(self) -> None:
        contract = self._any(self.chance.choice(("housing", "housing", "parking")))
        if contract is not None and len(self.contracts) > 40:
            self.away[contract.number] = self.contracts.pop(contract.number)
            self.did.append(f"{contract.number}: no longer written")

    def take_up_a_contract(self) -> None:
        if self.away:
            number = self.chance.choice(list(self.away))
            self.contracts[number] = self.away.pop(number)
            self.did.append(f"{number}: written again")

    def drop_somebody(self) -> None:
        contract, one = self._anybody()
        if len(contract.people) > 1:
            contract.people.remove(one)
            self.gone.append((contract.number, one))
            self.did.append(f"{contract.number} {one.name} {one.birth}: no longer written")

    def take_up_somebody(self) -> None:
        if self.gone:
            number, one = self.gone.pop(self.chance.randrange(len(self.gone)))
            contract = self.contracts.get(number)
            if contract and not any(someone.name == one.name for someone in contract.people if not one.homonym):
                contract.people.append(one)
                self.did.append(f"{number} {one.name} {one.birth}: written again")

    def sign(self) -> None:
        self.did.append(f"{self._sign().number}: new")

    def sign_elsewhere(self) -> None:
        """Somebody already known signs for another home: the software makes a new person of them, spelled otherwise."""
        former, one = self._anybody()
        contract = self._sign()
        spelling = (self.chance.randrange(len(LAST[one.name[0]])), self.chance.randrange(len(FIRST[one.name[1]])))
        contract.people = [replace(one, spelling=spelling, role="TITULAIRE", exit=None, homonym=False)]
        self.did.append(f"{contract.number}: {one.name} of {former.number} again")

    def rent_a_garage(self) -> None:
        contract = self._any()
        assert contract is not None
        self._rent_a_garage(contract)
        self.did.append(f"{contract.number}: a garage")

    def sign_what_was_known(self, home: str, name: tuple[int, int]) -> None:
        """The contract of a household that Bienveille knew first."""
        contract = self._sign()
        contract.home, contract.exit = home, None
        one = contract.people[0]
        if name not in {other.name for other in contract.people}:
            one.name, one.spelling = name, (0, 0)
        self.did.append(f"{contract.number}: for {name} in {home}, added here before")

    def list_by_hand(self, number: str, name: tuple[int, int], birth: dt.date | None) -> None:
        """The landlord's clerk types in somebody whom Bienveille knew first."""
        contract = self.contracts.get(number)
        if contract and all(one.name != name for one in contract.people):
            one = self._somebody("OCCUPANT", set())
            one.name, one.spelling, one.birth = name, (0, 0), birth
            contract.people.append(one)
            self.did.append(f"{number} {name}: listed after somebody here added them")


_CHANGES = [
    Landlord.respell, Landlord.rename, Landlord.renumber, Landlord.renumber, Landlord.readdress, Landlord.change_facts,
    Landlord.give_notice, Landlord.give_notice, Landlord.leave_the_others, Landlord.move, Landlord.drop_a_contract,
    Landlord.take_up_a_contract, Landlord.drop_somebody, Landlord.take_up_somebody, Landlord.sign,
    Landlord.rent_a_garage, Landlord.sign_elsewhere,
]  # fmt: skip


def _day(chance: Random, day: dt.date) -> str:
    return day.strftime(chance.choice(("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y 00:00")))


def _dressed(chance: Random, digits: str) -> str:
    if not digits:
        return chance.choice((*[""] * 20, "néant"))
    pairs = ["0" + digits[0], *(digits[i : i + 2] for i in range(1, 9, 2))]
    return chance.choice((" ".join(pairs), ".".join(pairs), "+33" + digits, "0033 " + digits, "0" + digits))


def _with(cells: tuple[str, ...], **changes: str) -> tuple[str, ...]:
    return tuple((dict(zip(COLUMNS, cells, strict=True)) | changes).values())


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="cp1252", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path
