"""Rows a second of a tenants' export into the empty register, against a bare COPY of the same file in the same run."""

import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from statistics import median

import psutil
from django.db import connection
from django.utils.timezone import localdate

from benchmarks.scratch import scratch_database

COLUMNS = (
    "N_CONTRAT", "NATURE_CONTRAT", "CODE_LOGEMENT", "DATE_ENTREE", "DATE_SORTIE", "CIVILITE", "NOM", "PRENOM",
    "DATE_NAISSANCE", "ROLE", "SITUATION", "TEL_FIXE", "TEL_PORTABLE", "EMAIL", "LANGUE", "HANDICAP", "SOLDE",
    "PAIEMENT", "COMMENTAIRE", "CODE_SEGMENT",
)  # fmt: skip
PER_RESIDENCE = 60


def run(rows: int = 1_000_000, runs: int = 3) -> dict[str, object]:
    """A made-up export of `rows` tenants, its homes already there; each run pairs our import with the COPY."""
    ours, limits, peaks = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        homes, tenants = write_files(Path(folder), rows)
        for _ in range(runs):
            with scratch_database():
                limits.append(rows / bare_copy(tenants))
                seconds, peak = _import(homes, tenants)
                ours.append(rows / seconds)
                peaks.append(peak)
    return {
        "name": "import",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "rows/s",
        "ratio": round(median(mine / bare for mine, bare in zip(ours, limits, strict=True)), 3),
        "runs": runs,
        "peak_mib": round(max(peaks)),
    }


def _import(homes: Path, tenants: Path) -> tuple[float, float]:
    from bienveille.register.imports.operations import import_files

    import_files(paths=[homes], today=localdate(), org="Banc d’essai")
    with peak_memory() as peak:
        start = time.perf_counter()
        report = import_files(paths=[tenants], today=localdate())
        seconds = time.perf_counter() - start
    assert not report.has_rejects
    return seconds, peak[0]


def bare_copy(path: Path) -> float:
    """The same bytes into a table of texts without index, not even written ahead: nothing can be faster."""
    columns = ", ".join(f"c{index} text" for index in range(len(COLUMNS)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE bare ({columns})")
        start = time.perf_counter()
        copy = "COPY bare FROM STDIN WITH (FORMAT csv, DELIMITER ';', HEADER, ENCODING 'windows-1252')"
        with path.open("rb") as stream, cursor.copy(copy) as writer:
            while block := stream.read(1 << 20):
                writer.write(block)
        seconds = time.perf_counter() - start
        cursor.execute("DROP TABLE bare")
    return seconds


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """The most memory, in MiB, of this process and of those it starts meanwhile, seen three times a second.

    Its children are looked for once a second only: that reads what the system says of every process there is.
    """
    process, stop = psutil.Process(), threading.Event()
    servers = set(process.children(recursive=True))  # a PostgreSQL of ours was there before
    seen = [process.memory_info().rss / 2**20]

    def watch() -> None:
        started: set[psutil.Process] = set()
        for turn in count():
            if stop.wait(0.3):
                return
            if turn % 3 == 0:
                started = set(process.children(recursive=True)) - servers
            total = process.memory_info().rss
            for child in started:
                with suppress(psutil.NoSuchProcess):
                    total += child.memory_info().rss
            seen[0] = max(seen[0], total / 2**20)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def write_files(folder: Path, rows: int, *, spare: float = 0.0) -> tuple[Path, Path]:
    """The homes and the tenants: some two people a lease, numbers in every dress, one cell in ten doubtful or empty.

    `spare`: homes that nobody lets, as a share of those that somebody does.
    """
    chance = random.Random(2026)
    last = [f"NOM{chance.randrange(40_000)}" for _ in range(20_000)]
    first = ["Jeanne", "Éléonore", "Paul", "Luc", "Aïcha", "José", "Anne-Marie", "Noël", "Zoé", "René"]
    days = [f"{day:02}/{month:02}/{year}" for year in range(1930, 2008) for month in range(1, 13) for day in (1, 9, 23)]
    homes, tenants = folder / "patrimoine.csv", folder / "locataires.csv"
    leases = 0
    with tenants.open("w", encoding="cp1252", newline="") as stream:
        stream.write(";".join(COLUMNS) + "\r\n")
        left = rows
        while left:
            leases += 1
            name, entry = chance.choice(last), chance.choice(days[1000:])
            for place in range(min(left, chance.choice((1, 1, 2, 2, 3)))):
                left -= 1
                mobile = f"6{chance.randrange(10**7, 5 * 10**7):08}"
                dressed = chance.choice(("0{}", "+33{}", "0033 {}", "{}", "", "0{} (fille)")).format(mobile)
                person = f"{chance.choice(first)}{place}"
                stream.write(
                    f"{leases:07};HABITATION;L{leases:07};{entry};;{chance.choice(('MME', 'M.'))};{name};{person};"
                    f"{chance.choice(days)};{'OCCUPANT' if place else 'TITULAIRE'};CELIBATAIRE;;{dressed};"
                    f"p{left}@courriel.example;FR;N;12,00;CB;;S{leases % 7}\r\n"
                )
    with homes.open("w", encoding="cp1252", newline="") as stream:
        stream.write("CODE_AGENCE;LIB_AGENCE;CODE_RESIDENCE;NOM_RESIDENCE;CODE_LOGEMENT;ETAGE\r\n")
        for lease in range(1, leases + 1 + round(leases * spare)):
            residence = lease // PER_RESIDENCE
            stream.write(
                f"A{residence % 40};Agence {residence % 40};R{residence};Résidence {residence};L{lease:07};2\r\n"
            )
    return homes, tenants
