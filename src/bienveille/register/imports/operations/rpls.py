"""Apply the landlord's RPLS declaration: homes already known are completed; none is created, none is removed.

The landlord's own export of homes stays the master: what it says is never replaced, what it does not say is filled.
What the directory alone knows (occupation, year, access) follows the declaration.
"""

from collections.abc import Callable

from django.utils import timezone

from bienveille.register.imports.operations.staging import (
    Outcome,
    Source,
    copying,
    counted,
    escaped,
    rows,
    run,
    value,
)
from bienveille.register.imports.rules.cells import Issue
from bienveille.register.imports.rules.rpls import RplsReader, RplsRow, situation_of

_STAGE = """
CREATE TEMP TABLE imp_rpls (
    row integer, rpls_id text, code text, staircase text, floor smallint, door text, type text, surface numeric,
    financing text, ownership text, dpe text, occupancy text, built_in smallint, accessible boolean, in_qpv boolean,
    qpv_code text, latitude double precision, longitude double precision, dwelling_id uuid
) ON COMMIT DROP
"""
_COLUMNS = ", ".join(RplsRow._fields)
# By the number of the directory, which is unique, else by the landlord's own code.
_MATCH = """
UPDATE imp_rpls r SET dwelling_id = COALESCE(
    (SELECT d.id FROM housing_dwelling d WHERE d.rpls_id = r.rpls_id AND r.rpls_id <> ''),
    (SELECT d.id FROM housing_dwelling d WHERE d.code = r.code AND r.code <> ''
        AND (d.rpls_id = '' OR r.rpls_id = '' OR d.rpls_id = r.rpls_id)))
"""
_UNKNOWN = "DELETE FROM imp_rpls WHERE dwelling_id IS NULL RETURNING row, COALESCE(NULLIF(rpls_id, ''), code)"
_DOUBLES = """
DELETE FROM imp_rpls r USING imp_rpls f
WHERE f.row < r.row AND f.dwelling_id = r.dwelling_id RETURNING r.row, COALESCE(NULLIF(r.rpls_id, ''), r.code)
"""
_TEXTS = ("rpls_id", "staircase", "door", "type", "financing", "ownership", "dpe")
_FACTS = ("floor", "surface")
_FILLED = [f"COALESCE(NULLIF(d.{name}, ''), r.{name})" for name in _TEXTS] + [
    f"COALESCE(d.{name}, r.{name})" for name in _FACTS
]
# An empty cell never erases what an earlier declaration said; an earlier situation never replaces a later one.
_LATER = "r.occupancy <> '' AND COALESCE(d.occupancy_on <= %(on)s::date, true)"
_DECLARED = [
    f"CASE WHEN {_LATER} THEN r.occupancy ELSE d.occupancy END",
    f"CASE WHEN {_LATER} THEN %(on)s::date ELSE d.occupancy_on END",
    "COALESCE(r.built_in, d.built_in)",
    "COALESCE(r.accessible, d.accessible)",
]
_NAMES = (*_TEXTS, *_FACTS, "occupancy", "occupancy_on", "built_in", "accessible")
_NEW = ", ".join([*_FILLED, *_DECLARED])
_CHANGED_HOMES = f"""
WITH changed AS (
    UPDATE housing_dwelling d SET ({", ".join(_NAMES)}) = ROW({_NEW})
    FROM imp_rpls r
    WHERE d.id = r.dwelling_id AND ({", ".join(f"d.{name}" for name in _NAMES)}) IS DISTINCT FROM ({_NEW})
    RETURNING d.id
) INSERT INTO imp_rpls_changed SELECT id FROM changed
"""
# A residence is where its homes are, on average; in a neighbourhood when one of its homes is.
_CHANGED_PLACES = """
WITH told AS (
    SELECT b.residence_id, bool_or(r.in_qpv) AS in_qpv, max(r.qpv_code) AS qpv_code,
           round(avg(r.latitude)::numeric, 5)::float AS latitude,
           round(avg(r.longitude)::numeric, 5)::float AS longitude
    FROM imp_rpls r JOIN housing_dwelling d ON d.id = r.dwelling_id JOIN housing_building b ON b.id = d.building_id
    GROUP BY b.residence_id
), changed AS (
    UPDATE housing_residence p SET
        in_qpv = COALESCE(p.in_qpv, t.in_qpv), qpv_code = COALESCE(NULLIF(p.qpv_code, ''), t.qpv_code),
        latitude = COALESCE(p.latitude, t.latitude), longitude = COALESCE(p.longitude, t.longitude)
    FROM told t
    WHERE p.id = t.residence_id AND (
        (p.in_qpv IS NULL AND t.in_qpv IS NOT NULL) OR (p.qpv_code = '' AND t.qpv_code <> '')
        OR (p.latitude IS NULL AND t.latitude IS NOT NULL))
    RETURNING p.id
)
INSERT INTO imp_rpls_changed
SELECT r.dwelling_id FROM imp_rpls r JOIN housing_dwelling d ON d.id = r.dwelling_id
JOIN housing_building b ON b.id = d.building_id WHERE b.residence_id IN (SELECT id FROM changed)
"""


def apply_rpls(source: Source, *, moved: Callable[[], None]) -> Outcome:
    """Homes of the register take from the declaration what they lack. `moved` is called at every record."""
    assert source.table is not None
    assert source.columns is not None
    outcome = Outcome(source)
    reader = RplsReader(source.columns, width=len(source.table.header))
    run(_STAGE)
    with copying(f"COPY imp_rpls ({_COLUMNS}) FROM STDIN") as write:
        for number, cells in counted(source.table.rows(), outcome):
            row = reader.read(number, cells)
            if isinstance(row, Issue):
                outcome.rejects.append(row)
            else:
                write(_line(row))
            moved()
    outcome.warnings = reader.warnings
    run("CREATE INDEX ON imp_rpls (dwelling_id)")
    run("ANALYZE imp_rpls")
    run(_MATCH)
    title = source.columns.title("rpls_id") or source.columns.title("dwelling_code")
    _reject(outcome, title, _UNKNOWN, "unknown_dwelling")
    _reject(outcome, title, _DOUBLES, "duplicate_key")
    # The same number for two homes: the register keeps the one that has it, the first of the file otherwise.
    run(
        "UPDATE imp_rpls r SET rpls_id = '' WHERE rpls_id <> '' AND (EXISTS (SELECT FROM housing_dwelling d "
        "WHERE d.rpls_id = r.rpls_id AND d.id <> r.dwelling_id) OR EXISTS (SELECT FROM imp_rpls o "
        "WHERE o.rpls_id = r.rpls_id AND o.row < r.row))"
    )
    run("CREATE TEMP TABLE imp_rpls_changed (id uuid) ON COMMIT DROP")
    run(_CHANGED_HOMES, {"on": situation_of(source.name, year=timezone.localdate().year)})
    run(_CHANGED_PLACES)
    outcome.updated = value("SELECT count(DISTINCT id) FROM imp_rpls_changed")
    outcome.unchanged = outcome.accepted - outcome.updated
    for name in ("imp_rpls", "imp_rpls_changed"):
        run(f"DROP TABLE {name}")
    return outcome


def _reject(outcome: Outcome, column: str, statement: str, reason: str) -> None:
    refused = dict(rows(statement))
    outcome.warnings = [issue for issue in outcome.warnings if issue.row not in refused]
    outcome.rejects += [Issue(row, column, code, reason) for row, code in sorted(refused.items())]


def _line(row: RplsRow) -> str:
    cells = []
    for cell in row:
        if cell is None:
            cells.append("\\N")
        elif isinstance(cell, bool):
            cells.append("t" if cell else "f")
        else:
            cells.append(escaped(str(cell)))
    return "\t".join(cells) + "\n"
