"""Apply a tenants' export: leases, households, people, how to reach them; who left is closed, never deleted.

Set-based: the file goes to temporary tables by COPY, then each step is one statement (`tenant_statements.py`). What
people did here (a wrong number, an opposition, a protected address, a death, a mark) is never touched. Rows that have
not changed since the last import are not even read (`changes.py`).
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from operator import attrgetter
from typing import Any

from django.conf import settings

from bienveille.ground.lib.blocks import written_in
from bienveille.register.imports.choices import Departures
from bienveille.register.imports.operations import change_statements, first_load
from bienveille.register.imports.operations import tenant_statements as sql
from bienveille.register.imports.operations.changes import Together, close_absent, see
from bienveille.register.imports.operations.first_load import without_indexes
from bienveille.register.imports.operations.reading import WrongFile
from bienveille.register.imports.operations.staging import Outcome, Source, copying, escaped, rows, run, still, value
from bienveille.register.imports.operations.straight_load import write_straight
from bienveille.register.imports.operations.typists import Typists
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.homonyms import Known, Listed, assign_keys
from bienveille.register.imports.rules.messages import refusal_message
from bienveille.register.imports.rules.profiles import Profile
from bienveille.register.imports.rules.strangers import is_another_landlords
from bienveille.register.imports.rules.tenant_lines import COLUMNS, Reading, Typed

_ROW = attrgetter("row")
_FILLED = ("tenants_household", "tenants_lease", "tenants_person", "tenants_contactpoint")
_STAGED = ("row", "lease", "dwelling", "key")  # columns of `imp_tenant` that statements join by


def typists_of(source: Source, *, today: dt.date, profile: Profile | None) -> Typists:
    """Those who will read a tenants' export; several processes begin at once for a long one."""
    assert source.table is not None
    assert source.columns is not None
    reading = Reading(
        source.columns,
        today,
        len(source.table.header),
        settings.SECRET_KEY.encode(),
        with_disability=profile is not None and any(rule.column == "disability" for rule in profile.marks),
        text=source.table.form == "csv",
        encoding=written_in(source.table),
        at=time.time_ns() // 1_000_000,
    )
    return Typists(source.table, reading)


def tenants_are_known() -> bool:
    """Whether the register has a household or a lease (1 query)."""
    return bool(value("SELECT EXISTS (SELECT FROM tenants_household) OR EXISTS (SELECT FROM tenants_lease)"))


def apply_tenants(
    source: Source,
    *,
    typists: Typists,
    today: dt.date,
    profile: Profile | None,
    moved: Callable[[], None],
    departures: Departures,
    together: Together,
) -> Outcome:
    """People are created, brought up to date or closed; the outcome's numbers count people.

    Refuses rows, and a file that is another landlord's (`WrongFile`). `departures`: what becomes of the leases that
    the files of the call, taken `together`, do not list; the outcome of the last one says how many there are
    (`absent`) and how many were not closed (`held`).
    """
    known = tenants_are_known()
    outcome = Outcome(source, extra={"absent": 0, "held": 0, "erased": 0}, tallied=known)
    parameters = _parameters(typists.reading, profile)
    run("SET LOCAL work_mem = '128MB'")
    run("SET LOCAL hash_mem_multiplier = 4")  # half a million leases are grouped without a file
    run(sql.STAGE)
    seen = None
    with ExitStack() as laid_aside:
        straight = (
            not known
            and together.files == 1
            and typists.many
            and laid_aside.enter_context(without_indexes(_FILLED, incoming=first_load.WORTH_IT))
        )
        with typists:
            if straight:
                unreadable = write_straight(typists, outcome, note=_note_doubtful, moved=moved)
            else:
                seen = see(typists, parameters) if known else None
                pieces = typists.type_runs(seen.wanted, seen.doubtful) if seen else typists.type_all()
                unreadable = _stage(pieces, outcome, moved=moved)
        alone = outcome.created  # those written straight
        erased = known and value("SELECT EXISTS (SELECT FROM tenants_lease WHERE erased_on IS NOT NULL)")
        _match(outcome, parameters, known=known, erased=erased)
        if not straight:
            laid_aside.enter_context(without_indexes(_FILLED, incoming=outcome.accepted if not known else 0))
        _fill(outcome, parameters, known=known, straight=straight)
    for rule in profile.marks if profile else ():
        run(sql.MARKS, parameters | {"mark": rule.mark, "purpose": profile.purpose, "months": rule.months})  # type: ignore[union-attr]
    if known or together.files > 1:
        if not seen:
            run(change_statements.LEFT_BY_READING)
        together.listed(unreadable)
    if known:
        if together.complete:
            run(change_statements.ENDED_UNSEEN, parameters)
            close_absent(outcome, parameters, departures, unreadable=together.unreadable)
        for statement, fewer in sql.LEAVING:
            written = run(statement, parameters)
            if fewer:
                outcome.moves[fewer] -= written
    if value("SELECT EXISTS (SELECT FROM imp_match WHERE kind <> 'housing' AND household_id IS NULL)"):
        run(sql.GARAGES)
    if erased:
        run(sql.ERASED_AGAIN)
    outcome.updated, back, phones = rows(
        "SELECT count(DISTINCT person_id), coalesce(sum(people), 0), coalesce(sum(phones), 0) FROM imp_updated"
    )[0]
    outcome.moves.update(persons=outcome.created + back, phones=phones)
    outcome.closed = value("SELECT count(DISTINCT person_id) FROM imp_closed")
    listed = alone + value("SELECT count(*) FROM imp_person")
    outcome.unchanged = (seen.skipped if seen else 0) + listed - outcome.created - outcome.updated
    for name in (
        "tenant",
        "straight",
        "doubtful_lease",
        "lease",
        "match",
        "person",
        "point",
        "updated",
        "closed",
        "absent",
        "silent",
        "stays",
    ):
        run(f"DROP TABLE IF EXISTS imp_{name}")
    if together.complete:
        run("DROP TABLE IF EXISTS imp_unlisted")
    return outcome


def _parameters(reading: Reading, profile: Profile | None) -> dict[str, Any]:
    """What the statements ask: the day, whether the file says when leases end, until when the marks it makes last."""
    months = min((rule.months for rule in profile.marks), default=0) if profile else 0
    return {
        "today": reading.today,
        "has_exit": "exit" in reading.columns.positions,
        "marks_until": value("SELECT %s::date + make_interval(months => %s)", [reading.today, months])
        if months
        else None,
    }


def _match(outcome: Outcome, parameters: dict[str, Any], *, known: bool, erased: bool) -> None:
    """Each typed lease beside what the register knows of it, once the rows that must be are refused."""
    run(f"ANALYZE imp_tenant ({', '.join(_STAGED)})")
    _reject_unknown_dwellings(outcome)
    _tell_homonyms_apart(outcome, known=known)
    run(sql.LEASES, parameters)
    _settle_torn_leases(outcome, parameters)
    if erased:
        run(sql.ERASED_LISTED)
        outcome.extra["erased"] = value(sql.ERASED_LEASES)
    run(sql.MATCHED_LEASES)
    run("ANALYZE imp_match")
    if known and value("SELECT EXISTS (SELECT FROM tenants_person WHERE erp_key IS NULL)"):
        run(sql.TAKEN_OVER)


def _fill(outcome: Outcome, parameters: dict[str, Any], *, known: bool, straight: bool) -> None:
    """Households, leases, people and how to reach them; `known`: there were leases before, `straight`: some were
    written straight.
    """
    outcome.extra["households"] = run(sql.NEW_HOUSEHOLDS)
    outcome.extra["leases"] = run(sql.NEW_LEASES)
    if straight:
        outcome.extra["households"] += run(sql.STRAIGHT_HOUSEHOLDS)
        outcome.extra["leases"] += run(sql.STRAIGHT_LEASES)
    outcome.extra["leases_updated"] = 0
    outcome.moves["households"] += outcome.extra["households"]
    if known:
        outcome.moves["leases"] += value(sql.NEW_RUNNING_LEASES, parameters)
        outcome.extra["leases_updated"], running = rows(sql.CHANGED_LEASES, parameters)[0]
        outcome.moves["leases"] += running
        outcome.moves["households"] += value(sql.MOVED_HOUSEHOLDS, parameters)
        if value("SELECT EXISTS (SELECT FROM tenants_person WHERE erp_key IS NULL)"):
            run(sql.ADOPTED)
    run(sql.PEOPLE if known else sql.FIRST_PEOPLE, parameters)
    run("ANALYZE imp_person (row)")
    run(sql.UPDATED)
    run("CREATE TEMP TABLE imp_closed (person_id uuid) ON COMMIT DROP")
    outcome.created += run(sql.NEW_PEOPLE if known else sql.FIRST_NEW_PEOPLE)
    run(sql.NEW_POINTS if known else sql.FIRST_POINTS)
    if known:
        outcome.moves["phones"] += value(sql.NEW_PHONES)
    if known and value("SELECT EXISTS (SELECT FROM imp_person WHERE NOT new AND touched)"):
        run(sql.CHANGED_PEOPLE)
        run(sql.KNOWN_POINTS)
        run("ANALYZE imp_point (person_id, becomes)")  # hardly any becomes anything
        run(sql.JUDGED_POINTS)
        run(sql.ADDED_POINTS)
    if known and value("SELECT EXISTS (SELECT FROM imp_person WHERE merged_touched)"):
        run(sql.MERGED_POINTS)
        run(sql.MERGED_FINGERPRINTS)


def _stage(pieces: Iterable[Typed], outcome: Outcome, *, moved: Callable[[], None]) -> int:
    """Put the typed rows into `imp_tenant`.

    Gives how many rows were refused without their lease being known.
    """
    doubtful: list[str] = []
    unreadable = 0
    with copying(f"COPY imp_tenant ({', '.join(COLUMNS)}) FROM STDIN") as write:
        for typed in pieces:
            outcome.records += typed.records
            outcome.rejects += typed.rejects
            outcome.warnings += typed.warnings
            doubtful += typed.doubtful
            unreadable += typed.unreadable
            write("".join(typed.lines))
            if moved is not still:
                for _ in range(typed.records):
                    moved()
    outcome.warnings.sort(key=_ROW)  # those of unchanged rows were told apart from the others
    _note_doubtful(doubtful)
    return unreadable


def _note_doubtful(leases: Iterable[str]) -> None:
    with copying("COPY imp_doubtful_lease FROM STDIN") as write:
        for lease in leases:
            write(escaped(lease) + "\n")


def _reject(outcome: Outcome, issues: list[Issue]) -> None:
    """Turn accepted rows into rejects: their doubtful cells no longer matter."""
    gone = {issue.row for issue in issues}
    outcome.warnings = [issue for issue in outcome.warnings if issue.row not in gone]
    outcome.rejects = sorted(outcome.rejects + issues)


def _reject_unknown_dwellings(outcome: Outcome) -> None:
    refused = rows(sql.UNKNOWN_DWELLINGS)
    if not refused:
        return
    if is_another_landlords(unknown=len(refused), records=outcome.records):
        share = round(100 * len(refused) / outcome.records)
        raise WrongFile(refusal_message(outcome.source.name, "another_landlord", {"share": share}))
    column = outcome.source.columns.title("dwelling_code") if outcome.source.columns else ""
    _reject(outcome, [Issue(row, column, shown(code), "unknown_dwelling") for row, code, _ in refused])
    _note_doubtful([lease for _, _, lease in refused])


def _tell_homonyms_apart(outcome: Outcome, *, known: bool) -> None:
    """Same lease, same name: birth dates tell people apart, and the same person twice is refused."""
    run("CREATE TEMP TABLE imp_homonym ON COMMIT DROP AS SELECT key FROM imp_tenant GROUP BY key HAVING count(*) > 1")
    if known:
        run(
            "INSERT INTO imp_homonym SELECT t.key FROM imp_tenant t WHERE EXISTS (SELECT FROM tenants_person p "
            "WHERE p.erp_key LIKE '%#%' AND p.erp_key = t.key || '#2') EXCEPT SELECT key FROM imp_homonym"
        )
    listed = rows("SELECT key, row, birth FROM imp_tenant JOIN imp_homonym USING (key) ORDER BY key, row")
    here = rows(sql.KNOWN_HOMONYMS) if listed and known else []
    by_key: dict[str, tuple[list[Listed], list[Known]]] = {}
    for key, row, birth in listed:
        by_key.setdefault(key, ([], []))[0].append(Listed(row, birth))
    for key, own, birth in here:
        by_key[key][1].append(Known(own, birth))
    doubles: list[Issue] = []
    renamed: list[tuple[int, str]] = []
    column = outcome.source.columns.title("last_name") if outcome.source.columns else ""
    for key, (found, existing) in by_key.items():
        keys, twice = assign_keys(key, found, existing)
        doubles += [Issue(row, column, "", "duplicate_key") for row in twice]
        renamed += [(row, own) for row, own in keys.items() if own != key]
    if doubles:
        names = dict(rows("SELECT row, last_name FROM imp_tenant WHERE row = ANY(%s)", [[d.row for d in doubles]]))
        run("DELETE FROM imp_tenant WHERE row = ANY(%s)", [[double.row for double in doubles]])
        _reject(outcome, [double._replace(value=shown(names[double.row])) for double in doubles])
    if renamed:
        run(
            "UPDATE imp_tenant t SET key = n.key FROM unnest(%s::integer[], %s::text[]) AS n (row, key) "
            "WHERE t.row = n.row",
            [[row for row, _ in renamed], [key for _, key in renamed]],
        )
    run("DROP TABLE imp_homonym")


def _settle_torn_leases(outcome: Outcome, parameters: dict[str, Any]) -> None:
    """Rows of one lease that disagree on its home or its kind: the first decides, the others are pointed at."""
    if not value("SELECT EXISTS (SELECT FROM imp_lease WHERE torn)"):
        return
    run(sql.TORN, parameters)
    column = outcome.source.columns.title("dwelling_code") if outcome.source.columns else ""
    outcome.warnings += [Issue(row, column, shown(code), "lease_conflict") for row, code, _ in rows(sql.TORN_ROWS)]
