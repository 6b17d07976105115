"""A million random rows, as hostile as they come, through the import: nothing may break, everything must add up."""

import codecs
import csv
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from functools import partial
from pathlib import Path
from random import Random

from django.utils.timezone import localdate

from benchmarks.import_ import peak_memory
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
#: How files are written: encoding, separator, end of line, what is quoted.
DRESSES = (
    ("utf-8", ";", "\r\n", csv.QUOTE_MINIMAL), ("cp1252", ";", "\n", csv.QUOTE_MINIMAL),
    ("utf-8-sig", ",", "\r\n", csv.QUOTE_ALL), ("utf-16", "\t", "\r\n", csv.QUOTE_MINIMAL),
    ("iso8859-15", "|", "\r", csv.QUOTE_MINIMAL), ("cp850", ";", "\n", csv.QUOTE_ALL),
    ("mac_roman", ",", "\r", csv.QUOTE_MINIMAL),
)  # fmt: skip
#: Columns that a file may do without.
OPTIONAL = (
    "DATE_SORTIE", "NATURE_CONTRAT", "TEL_FIXE", "LANGUE", "SITUATION", "DPE", "QPV", "INSEE", "SURFACE", "SERVICE",
)  # fmt: skip
PER_FILE = 100_000
BROKEN = 500  # small files more
DAMAGED = "benchmarks.damaged"  # how letters that an encoding lacks are written
_NO_LETTERS = (0x81, 0x8D, 0xC3, 0xE9, 0xFF)
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
    """`rows` hostile rows, a hundred thousand a file, file after file into one register: the counts, and how fast.

    Each comes a second time, and changes nothing. Then files broken as files: how many were refused whole.
    """
    read = accepted = rejected = warned = 0
    reasons: Counter[str] = Counter()
    seconds = plain = 0.0
    with tempfile.TemporaryDirectory() as folder, scratch_database(), peak_memory() as peak:
        for number, (path, written) in enumerate(files(Path(folder), rows, seed=2026)):
            plain += _read_only(path, number)
            start = time.perf_counter()
            found = take(path, written)
            seconds += time.perf_counter() - start
            again = take(path, written)
            changes = {name: again[name] for name in ("created", "updated", "closed")}
            assert not any(changes.values()), (number, changes)
            path.unlink()
            read, accepted, rejected = read + written, accepted + found["accepted"], rejected + found["rejected"]
            warned += found["warned"]
            reasons.update(reject["reason"] for reject in found["rejects"])
        survived = [survive(path) for path in broken(Path(folder), BROKEN, seed=2026)]
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
        "broken": BROKEN,
        "broken_refused": survived.count(None),
        "broken_read": sum(records or 0 for records in survived),
        "peak_mib": round(peak[0]),
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
    """Files of hostile rows one after the other, and how many records each holds: homes, tenants, staff in turn.

    Some do without a column or two; in one of three, bytes here and there are of no letter.
    """
    chance = Random(seed)
    left, number = rows, 0
    while left:
        header = (HOUSING, TENANTS, TENANTS, TENANTS, STAFF, TENANTS)[number % 6]
        size = min(left, PER_FILE // 4 if header is STAFF else PER_FILE, max(rows // 6, TAME + 1))
        path = folder / f"{number}.csv"
        without = set(chance.sample(OPTIONAL, 4)) if number % 2 else set()
        yield path, _write(path, chance, header, size, number, max(500, rows // 20), without, damaged=number % 3 == 2)
        left -= size
        number += 1


def _write(
    path: Path,
    chance: Random,
    header: tuple[str, ...],
    size: int,
    number: int,
    homes: int,
    without: Set[str] = frozenset(),
    *,
    damaged: bool = False,
) -> int:
    """How many of the rows are records: one without any cell is none."""
    encoding, separator, end, quoting = DRESSES[number % len(DRESSES)]
    columns = [place for place, title in enumerate(header) if title not in without]
    records = 0
    make = {HOUSING: _home, TENANTS: _tenant, STAFF: _colleague}[header]
    with path.open("w", encoding=encoding, errors=DAMAGED, newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
        writer.writerow([header[place] for place in columns])
        former = make(chance, homes)
        while records < size:
            row = list(former) if chance.random() < 0.03 else make(chance, homes)
            former = list(row)
            row = [row[place] for place in columns]
            if records >= TAME:
                _spoil(chance, row)
                if damaged and chance.random() < 0.05:
                    row[chance.randrange(len(row))] += chr(0xDC00 + chance.choice(_NO_LETTERS))
            if any(cell.replace("\x00", "") for cell in row):
                records += 1
            writer.writerow(row)
    return records


def _damage(error: UnicodeError) -> tuple[str | bytes, int]:
    """Letters that an encoding lacks become question marks; a lone half of a letter becomes a byte of no letter."""
    assert isinstance(error, UnicodeEncodeError)
    letter = error.object[error.start]
    if not "\udc80" <= letter <= "\udcff":
        return "?", error.start + 1
    return (b"\x00\xd8" if error.encoding.startswith("utf-16") else bytes([ord(letter) - 0xDC00])), error.start + 1


codecs.register_error(DAMAGED, _damage)


# ---- Files broken as files: they may be refused, in one sentence, or taken as far as they can be read ----------------


def broken(folder: Path, count: int, *, seed: int) -> Iterator[Path]:
    """Small files cut, glued, half in another encoding, with quotation marks that nobody closes, or plain noise."""
    chance = Random(seed)
    for number in range(count):
        header = chance.choice((HOUSING, TENANTS, TENANTS, STAFF))
        path, other = folder / f"broken-{number}.csv", folder / "other"
        _write(path, chance, header, 120, number, homes=60)
        _write(other, chance, header, 40, chance.randrange(len(DRESSES)), homes=60)
        chance.choice(_WAYS)(chance, raw := bytearray(path.read_bytes()), other.read_bytes())
        path.write_bytes(raw)
        yield path


def survive(path: Path) -> int | None:
    """How many records an import took or refused one by one; None when it refused the whole file and wrote nothing."""
    from bienveille.ground.lib.tables import open_table
    from bienveille.ground.platform.refusal import Refusal
    from bienveille.register.imports.operations import import_files
    from bienveille.register.imports.rules.recognition import is_title
    from bienveille.register.tenants.models import Lease

    before = Lease.objects.count()
    try:
        report = import_files(paths=[path], today=localdate(), org="Banc d’essai").as_dict()
    except Refusal as refusal:
        sentence = str(refusal).strip()
    else:
        (file,) = report["files"]
        records: int = file["records"]
        seen = sum(1 for _ in open_table(path, is_title=is_title).rows())
        assert file["accepted"] + file["rejected"] == records == seen, (path, file["records"], seen)
        return records
    assert sentence, path
    assert Lease.objects.count() == before, path
    return None


def _cut(chance: Random, raw: bytearray, _: bytes) -> None:
    del raw[chance.randrange(len(raw)) :]


def _glue(chance: Random, raw: bytearray, other: bytes) -> None:
    raw[chance.randrange(len(raw) // 4, len(raw)) :] = other


def _strew(choices: Sequence[bytes], chance: Random, raw: bytearray, _: bytes) -> None:
    """A few bytes in the middle of others."""
    for _ in range(chance.choice((1, 2, 20))):
        place = chance.randrange(len(raw))
        raw[place:place] = chance.choice(choices)


def _flip(chance: Random, raw: bytearray, _: bytes) -> None:
    for _ in range(chance.choice((1, 20, 400))):
        raw[chance.randrange(len(raw))] = chance.randrange(256)


def _make_noise(chance: Random, raw: bytearray, _: bytes) -> None:
    raw[chance.choice((0, 4, len(raw) // 2)) :] = chance.randbytes(5_000)


_WAYS: tuple[Callable[[Random, bytearray, bytes], None], ...] = (
    _cut, _glue, _flip, _make_noise, partial(_strew, (b'"', b'""', b';"', b'"\n')),
    partial(_strew, (b"\r", b"\n", b"\r\n", b"\x85", b"\x1c")), partial(_strew, (b"\x00", b"\x00" * 300)),
    partial(_strew, (b";", b",", b"\t", b"|")),
)  # fmt: skip
# ---- Rows and cells --------------------------------------------------------------------------------------------------


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
    encoding, separator, *_ = DRESSES[number % len(DRESSES)]
    start = time.perf_counter()
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        for _ in csv.reader((line.replace("\x00", "") for line in stream), delimiter=separator):
            pass
    return time.perf_counter() - start
