"""A million random rows, as hostile as they come, through the import: nothing may break, everything must add up."""

import csv
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from django.utils.timezone import localdate

from benchmarks.scratch import scratch_database

HOUSING = (
    "CODE_AGENCE", "LIB_AGENCE", "CODE_RESIDENCE", "NOM_RESIDENCE", "NATURE", "ADRESSE", "CP", "COMMUNE", "INSEE",
    "QPV", "HALLS", "CODE_LOGEMENT", "RPLS", "BAT", "ETAGE", "PORTE", "TYPE", "SURFACE", "ASCENSEUR", "DPE", "DROIT",
)  # fmt: skip
TENANTS = (
    "N_CONTRAT", "NATURE_CONTRAT", "CODE_LOGEMENT", "DATE_ENTREE", "DATE_SORTIE", "CIVILITE", "NOM", "PRENOM",
    "DATE_NAISSANCE", "ROLE", "SITUATION", "TEL_FIXE", "TEL_PORTABLE", "EMAIL", "LANGUE", "HANDICAP", "COMMENTAIRE",
)  # fmt: skip
STAFF = ("NOM", "PRENOM", "EMAIL", "SERVICE", "AGENCE", "HEURES_SEMAINE", "LANGUES", "ROLE", "TELEPHONE")
DRESSES = (("utf-8", ";"), ("cp1252", ";"), ("utf-8-sig", ","), ("utf-16", "\t"), ("iso8859-15", "|"))
PER_FILE = 100_000
TAME = 60  # first rows, from which the separator and the encoding are told
MOST = 90_000  # characters of a cell: beyond 100,000 the file itself is refused

_NUMBERS = (
    "1.0", "1e5", "1,5", "nan", "inf", "-inf", "-1", "0", "-0", "9" * 30, "9" * 5000, "1e999", "0x10", "1_000",
    "²", "①", "٠٦١٢٣٤٥٦٧٨", "०१२", "1 234,50 €", "45000.5", "2958465", "2958466", "60", "59", "19450230",
    "00000000", "+", "--5",
)  # fmt: skip
_DAYS = (
    "00/00/0000", "31/02/1950", "29/02/1900", "29/02/00", "1/1/1", "01/01/0001", "31/12/9999", "01/01/1900",
    "02/01/1900", "01/01/1850", "01/01/2100", "13/13/13", "1950-1-1T00:00", "0000-00-00", "1950/12/31 23:59:59",
    "1er mars 1950", "lundi 3 avril 1950", "31.12.45", "12/1950", "１２/０３/１９５０", "٠١/٠٢/١٩٥٠", "3/4/5/6",
    "99999999", "5/13/1950", "01/01/20", "01/01/26", "01/01/27", "29/02/2026", "10000-01-01", "01-janv.-50", "NC",
    "néant", "00/1950",
)  # fmt: skip
_TEXTS = (
    "", " ", "\u00a0", "\u200b", "\ufeff", "\x00", "\x00\x00A", "\x01\x02", "\x0b\x0c", "\x1b[31m", "\x7f",
    "\x85", "\u2028", "\u202eegnahcé", "\ud7ff", "\ue000", "\ufffd", "\uffff", "\U0001f9d3", "\U0010ffff",
    "e\u0301" * 40, "a" + "\u0301" * 500, "ﷺ" * 100, "Ⅷ" * 100, "ﬃ" * 100, "İ" * 90, "ß" * 100, "㏒" * 99,
    "œÆþ" * 30, "-" * 100, "'" * 100, ".", "?", "*", "=1+1", "=CMD|'/C calc'!A0", "@SUM(A1)", "+33", "'001",
    '="001"', '="', "'", '"', '""', '"a";"b"', ";;;", "a;b", ",", "\t", "a\tb", "a\nb", "\r\n", "\\", "\\N",
    "\\.", "\\t", "\\\\N", "NULL", "null", "None", "{}", "{NULL}", '{"a","b"}', "[]", "%s", "%(today)s", "{0}",
    "{{ x }}", "{% x %}", "$1", "--", "/*", "'; DROP TABLE tenants_person; --", "<script>", "&amp;", "X" * 101,
    "é" * 201, "X" * 500, "#N/A", "#2", "001|martin jeanne", "martin#2", "Total", "VRAI", "FAUX", "TRUE", "O",
    "N",
)  # fmt: skip
_REACH = (
    "06 39 98 12 34", "0639981234 0161911234", "+33639981234", "0033 (0)6 39 98 12 34", "639981234",
    "06.39.98.12.34 (fille)", "0692112233", "+262 692 11 22 33", "112", "15", "08 99 12 34 56", "06 39 98 12",
    "06" * 12, "(((((", "+" * 60, "tél : ", "0639981234;0639981235;0639981236", "+1 202 555 0100", "00000000000",
    "６３９９８１２３４", "a@b.fr", "a@b", "@", "a@b@c.fr", "a@b.fr;c@d.fr", "mailto:a@b.fr", "<a@b.fr>", '"a b"@c.fr',
    '"\\"@c.fr', '"\x01"@c.fr', '"\\\t"@c.fr', "a@[127.0.0.1]", "a@[::1]", "a@localhost", "x" * 300 + "@b.fr",
    "x" * 240 + "@exemple.fr", "é@b.fr", "a@é.fr", "a@xn--.fr", "a@-b.fr", "a..b@c.fr", "A.B+C@EXEMPLE.FR",
)  # fmt: skip


def run(rows: int = 1_000_000, runs: int = 1) -> dict[str, object]:
    """`rows` hostile rows, a hundred thousand a file, file after file into one register: the counts, and how fast."""
    read = accepted = rejected = warned = 0
    reasons: Counter[str] = Counter()
    seconds = plain = 0.0
    with tempfile.TemporaryDirectory() as folder, scratch_database():
        for number, (path, written) in enumerate(files(Path(folder), rows, seed=2026)):
            plain += _read_only(path, number)
            start = time.perf_counter()
            found = take(path, written)
            seconds += time.perf_counter() - start
            path.unlink()
            read, accepted, rejected = read + written, accepted + found["accepted"], rejected + found["rejected"]
            warned += found["warned"]
            reasons.update(reject["reason"] for reject in found["rejects"])
    return {
        "name": "random-rows",
        "ours": round(read / seconds),
        "limit": round(read / plain),
        "unit": "rows/s",
        "ratio": round(plain / seconds, 3),
        "runs": runs,
        "read": read,
        "accepted": accepted,
        "rejected": rejected,
        "warned": warned,
        "reasons": dict(sorted(reasons.items())),
    }


def take(path: Path, written: int) -> dict[str, object]:
    """Import one file and check what no file may break: the sums, and where, what and why of each reject."""
    from bienveille.register.imports.choices import Reason
    from bienveille.register.imports.operations import import_files

    report = import_files(paths=[path], today=localdate(), org="Banc d’essai").as_dict()
    assert report["applied"], "not applied"
    (file,) = report["files"]
    titles = {"housing": HOUSING, "tenants": TENANTS, "staff": STAFF}[file["kind"]]
    assert file["records"] == written, (file["records"], written)
    assert file["accepted"] + file["rejected"] == written
    assert len({reject["row"] for reject in file["rejects"]}) == file["rejected"]
    for issue in (*file["rejects"], *file["warnings"]):
        assert 2 <= issue["row"] <= written + 1, issue
        assert issue["reason"] in Reason.values, issue
        assert issue["message"], issue
        assert issue["column"] in titles or issue["reason"] in ("too_few_columns", "too_many_columns"), issue
        assert len(issue["value"]) <= 40, issue
        assert issue["value"].isprintable(), issue
    return file


def files(folder: Path, rows: int, *, seed: int) -> Iterator[tuple[Path, int]]:
    """Files of hostile rows one after the other, and how many records each holds: homes, tenants, staff in turn."""
    chance = Random(seed)
    left, number = rows, 0
    while left:
        header = (HOUSING, TENANTS, TENANTS, TENANTS, STAFF, TENANTS)[number % 6]
        size = min(left, PER_FILE if header is TENANTS else PER_FILE // 4, max(rows // 6, TAME + 1))
        encoding, separator = DRESSES[number % len(DRESSES)]
        path = folder / f"{number}.csv"
        yield path, _write(path, chance, header, size, encoding, separator, homes=max(500, rows // 20))
        left -= size
        number += 1


def _write(
    path: Path, chance: Random, header: tuple[str, ...], size: int, encoding: str, separator: str, homes: int
) -> int:
    """How many of the rows are records: one without any cell is none."""
    records = 0
    make = {HOUSING: _home, TENANTS: _tenant, STAFF: _colleague}[header]
    with path.open("w", encoding=encoding, errors="replace", newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow(header)
        former = make(chance, homes)
        while records < size:
            row = list(former) if chance.random() < 0.03 else make(chance, homes)
            former = list(row)
            if records >= TAME:
                _spoil(chance, row)
            if any(cell.replace("\x00", "") for cell in row):
                records += 1
            writer.writerow(row)
    return records


def _spoil(chance: Random, row: list[str]) -> None:
    """Three rows in ten have cells that nobody would type; one in fifty has cells too few or too many."""
    if chance.random() < 0.3:
        for _ in range(chance.choice((1, 1, 1, 2, 5, len(row)))):
            row[chance.randrange(len(row))] = nasty(chance)
    roll = chance.random()
    if roll < 0.01:
        del row[chance.randrange(1, len(row)) :]
    elif roll < 0.02:
        row += [chance.choice(("", "", "trop", "\x00"))] * chance.randint(1, 3)
    elif roll < 0.022:
        row[:] = [""] * len(row)
    if len(set(row)) and chance.random() < 0.02:  # a cell between two others: the rest is shifted
        row.insert(chance.randrange(len(row)), chance.choice(("", "x")))
        row.pop()


def nasty(chance: Random) -> str:
    """A cell from the lists above, from any letters, or enormous."""
    roll = chance.random()
    if roll < 0.0005:
        return chance.choice(("x", "0", "é", "a@", "((", "1/", " a", "\t", "'", "06 ")) * (MOST // 4)
    if roll < 0.2:
        return "".join(chr(_letter(chance)) for _ in range(chance.choice((1, 3, 10, 120))))
    return chance.choice(chance.choice((_NUMBERS, _DAYS, _TEXTS, _REACH)))


def _letter(chance: Random) -> int:
    """Any letter of Unicode, oftener those that offices meet; halves of letters (surrogates) cannot be written."""
    found = chance.randrange(chance.choice((0x80, 0x250, 0x3000, 0x110000)))
    return found if not 0xD800 <= found <= 0xDFFF else 0x20


def _day(chance: Random) -> str:
    day = f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(1925, 2027)}"
    return chance.choice((day, day, day, "", chance.choice(_DAYS)))


def _home(chance: Random, homes: int) -> list[str]:
    residence = chance.randrange(max(1, homes // 60))
    return [
        f"A{residence % 9}", f"Agence {residence % 9}", f"R{residence}", f"Résidence {residence}", "FAMILIAL",
        "3 rue Haute", "69005", "LYON 5EME", "69385", chance.choice("ON"), chance.choice("123"),
        f"L{chance.randrange(homes)}", f"{chance.randrange(10**10)}", chance.choice("AB"),
        chance.choice(("RDC", "1", "2ème", "")), "", "T2", chance.choice(("40,5", "64.16", "", "NC")),
        chance.choice("ON"), chance.choice("ABCDEFG"), "PP",
    ]  # fmt: skip


def _tenant(chance: Random, homes: int) -> list[str]:
    lease = chance.randrange(homes * 2)
    return [
        f"{lease:06}", "HABITATION" if lease % 9 else "STATIONNEMENT",
        f"L{chance.randrange(homes) if chance.random() < 0.05 else lease % homes}", _day(chance),
        chance.choice(("", "", "", _day(chance))), chance.choice(("MME", "M.")), f"NOM{lease % 700}",
        chance.choice(("Jeanne", "Éléonore", "Paul", "José")), _day(chance), chance.choice(("TITULAIRE", "OCCUPANT")),
        "VEUF", "", f"016191{chance.randrange(10_000):04}", f"a{chance.randrange(10**6)}@courriel.example",
        chance.choice(("FR", "Turc", "klingon", "")), chance.choice("ON"), "",
    ]  # fmt: skip


def _colleague(chance: Random, homes: int) -> list[str]:
    number = chance.randrange(homes)
    return [
        f"NOM{number}", "Paul", f"agent{number}@bailleur.example", "Agence", f"Agence {number % 12}", "3,5",
        "français/turc", chance.choice(("APPELANT", "CESF", "Administrateur", "")), "0639981234",
    ]  # fmt: skip


def _read_only(path: Path, number: int) -> float:
    """The least that reading can cost: the csv module over the same text."""
    encoding, separator = DRESSES[number % len(DRESSES)]
    start = time.perf_counter()
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        for _ in csv.reader((line.replace("\x00", "") for line in stream), delimiter=separator):
            pass
    return time.perf_counter() - start
