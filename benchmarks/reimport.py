"""The export of the night after, one row in a hundred changed, some leases gone, some new, against a bare COPY."""

import random
import tempfile
import time
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import median

from django.db import connection
from django.utils.timezone import localdate

from benchmarks.import_ import bare_copy, peak_memory, write_files
from benchmarks.scratch import scratch_database
from benchmarks.touches import counting

CHANGED, GONE, NEW = 0.01, 0.001, 0.001  # of rows, of leases, of leases
_MARITAL = 10  # place of the cell that changes


def run(rows: int = 1_000_000, runs: int = 3) -> dict[str, object]:
    """Each run imports an export into an empty register, then changes it and measures the second import.

    `touched`: rows of the register that the second import wrote; `expected`: those that had to be.
    """
    ours, limits, peaks = [], [], []
    touched: dict[str, int] = {}
    expected: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(runs):
            homes, tenants = write_files(Path(folder), rows, spare=NEW)
            with scratch_database():
                from bienveille.register.imports.operations import import_files

                import_files(paths=[homes], today=localdate(), org="Banc d’essai")
                import_files(paths=[tenants], today=localdate())
                _pass_a_day()
                expected = _change(tenants, random.Random(turn))
                limits.append(rows / bare_copy(tenants))
                with counting() as touches, peak_memory() as peak:
                    start = time.perf_counter()
                    report = import_files(paths=[tenants], today=localdate()).as_dict()["files"][0]
                    ours.append(rows / (time.perf_counter() - start))
                    touched = {f"{place} {verb}": len(keys) for (place, verb), keys in sorted(touches.look().items())}
                peaks.append(peak[0])
                found = {name: report[name] for name in ("created", "updated", "closed")}
                assert found == {name: expected[name] for name in found}, (found, expected)
                assert touched["tenants_person update"] == expected["updated"] + expected["closed"], touched
                assert touched["tenants_person insert"] == expected["created"], touched
                # A lease with a doubtful cell is read every night: it has no signature to bring up to date.
                assert touched["tenants_lease update"] <= expected["leases"], (touched, expected)
    return {
        "name": "reimport",
        "ours": round(median(ours)),
        "limit": round(median(limits)),
        "unit": "rows/s",
        "ratio": round(median(mine / bare for mine, bare in zip(ours, limits, strict=True)), 3),
        "runs": runs,
        "peak_mib": round(max(peaks)),
        "expected": expected,
        "touched": touched,
    }


def _pass_a_day() -> None:
    """What the server does by itself between two nights."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def _change(tenants: Path, chance: random.Random) -> dict[str, int]:
    """Rewrite the export as the next night's; what its import must do."""
    done = dict.fromkeys(("created", "updated", "closed", "leases"), 0)
    source = tenants.with_suffix(".before")
    tenants.rename(source)
    with (
        source.open(encoding="cp1252", newline="") as before,
        tenants.open("w", encoding="cp1252", newline="") as after,
    ):
        after.write(next(before))
        for lease, lines in groupby(before, key=lambda line: line[:7]):
            after.writelines(_lease(lease, list(lines), chance, done))
        for lease in _spare(source):
            done["created"] += 1
            after.write(
                f"{lease};HABITATION;L{lease};01/10/2026;;MME;NOUVELLE{lease};Jeanne;01/05/1950;TITULAIRE;CELIBATAIRE;;"
                f"0612345678;n{lease}@courriel.example;FR;N;12,00;CB;;S1\r\n"
            )
    source.unlink()
    return done


def _lease(lease: str, lines: list[str], chance: random.Random, done: dict[str, int]) -> list[str]:
    if chance.random() < GONE:
        done["closed"] += len(lines)
        done["leases"] += 1
        return []
    changed = 0
    for place, line in enumerate(lines):
        if chance.random() < CHANGED:
            cells = line.split(";")
            cells[_MARITAL] = "VEUF"
            lines[place] = ";".join(cells)
            changed += 1
    done["updated"] += changed
    done["leases"] += bool(changed)
    return lines


def _spare(tenants: Path) -> Iterator[str]:
    """Numbers of homes that nobody lets yet: `write_files` made a few more than leases."""
    homes = tenants.with_name("patrimoine.csv")
    with tenants.open("rb") as stream:
        stream.seek(-400, 2)
        last = int(stream.read().split(b"\r\n")[-2][:7])
    with homes.open(encoding="cp1252") as stream:
        every = sum(1 for _ in stream) - 1
    yield from (f"{number:07}" for number in range(last + 1, every + 1))
