"""Apply a tenants' export: leases, households, people, how to reach them; who left is closed, never deleted.

Set-based: the file goes to temporary tables by COPY, then each step is one statement. What people did here (a wrong
number, an opposition, a protected address, a death, a mark) is never touched.
"""

import datetime as dt
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from bienveille.ground.platform.text_search import search_name
from bienveille.register.imports.operations.first_load import without_indexes
from bienveille.register.imports.operations.staging import (
    Outcome,
    Source,
    array,
    copying,
    counted,
    escaped,
    rows,
    run,
    value,
)
from bienveille.register.imports.rules.cells import Issue, Memo, shown
from bienveille.register.imports.rules.homonyms import Known, Listed, assign_keys
from bienveille.register.imports.rules.profiles import Profile
from bienveille.register.imports.rules.tenants import Rejected, TenantReader, TenantRow

_STAGE = """
CREATE TEMP TABLE imp_tenant (
    row integer, lease text, kind text, dwelling text, entry date, exit date, title text, last_name text,
    first_name text, birth date, role text, marital text, languages varchar[], phones text[], whose text[],
    emails text[], disabled boolean, fingerprint bigint, key text
) ON COMMIT DROP;
CREATE TEMP TABLE imp_doubtful_lease (number text) ON COMMIT DROP
"""
_UNKNOWN_DWELLINGS = """
DELETE FROM imp_tenant t
WHERE kind = 'housing' AND NOT EXISTS (SELECT FROM housing_dwelling d WHERE d.code = t.dwelling)
RETURNING row, dwelling, lease
"""
# One line per lease: the earliest entry, open as soon as one row is; its first row decides home and kind.
# `speaker` is the row that names the household: a holder first, of those who are still there.
_LEASES = """
CREATE TEMP TABLE imp_lease ON COMMIT DROP AS
WITH read AS (
    SELECT lease AS number, min(row) AS row, min(entry) AS entry,
           CASE WHEN bool_or(exit IS NULL) THEN NULL ELSE max(exit) END AS exit,
           min(kind) AS kind, min(dwelling) AS dwelling,
           min(kind) <> max(kind) OR min(dwelling) <> max(dwelling) AS torn,
           min(row + 3000000000::bigint * (
               CASE role WHEN 'holder' THEN 0 WHEN 'co_holder' THEN 1 ELSE 2 END
               + CASE WHEN exit < %(today)s THEN 3 ELSE 0 END)) %% 3000000000::bigint AS speaker
    FROM imp_tenant GROUP BY lease
)
SELECT r.number, r.row, r.entry, r.exit, r.torn, r.speaker, r.kind, r.dwelling,
       r.kind = 'housing' AND (r.exit IS NULL OR r.exit >= %(today)s) AS open
FROM read r
"""
_TORN = """
UPDATE imp_lease l SET kind = t.kind, dwelling = t.dwelling,
       open = t.kind = 'housing' AND (l.exit IS NULL OR l.exit >= %(today)s)
FROM imp_tenant t WHERE l.torn AND t.row = l.row
"""
_TORN_ROWS = """
SELECT t.row, t.dwelling, l.number FROM imp_tenant t JOIN imp_lease l ON l.number = t.lease
WHERE l.torn AND (t.dwelling, t.kind) IS DISTINCT FROM (l.dwelling, l.kind) ORDER BY t.row
"""
_MATCHED_LEASES = """
CREATE TEMP TABLE imp_match ON COMMIT DROP AS
SELECT i.*, d.id AS dwelling_id, l.id AS lease_id, l.exit AS old_exit,
       COALESCE(l.household_id, CASE WHEN i.open THEN uuidv7() END) AS household_id,
       l.household_id IS NULL AND i.open AS new_household
FROM imp_lease i LEFT JOIN housing_dwelling d ON d.code = i.dwelling LEFT JOIN tenants_lease l ON l.number = i.number
"""
_HOUSEHOLD_NAME = """left(concat_ws(' ', CASE t.title WHEN 'mrs' THEN 'Mme' WHEN 'mr' THEN 'M.' END,
       NULLIF(t.first_name, ''), t.last_name), 250)"""
_NEW_HOUSEHOLDS = f"""
INSERT INTO tenants_household (id, dwelling_id, name)
SELECT m.household_id, m.dwelling_id, {_HOUSEHOLD_NAME}
FROM imp_match m JOIN imp_tenant t ON t.row = m.speaker WHERE m.new_household
"""
_NEW_LEASES = """
INSERT INTO tenants_lease (id, number, kind, household_id, dwelling_id, dwelling_code, entry, exit)
SELECT uuidv7(), number, kind, household_id, dwelling_id, dwelling, entry, exit FROM imp_match WHERE lease_id IS NULL
"""
_CHANGED_LEASES = """
UPDATE tenants_lease l SET kind = m.kind, dwelling_id = m.dwelling_id, dwelling_code = m.dwelling,
       entry = COALESCE(m.entry, l.entry), exit = CASE WHEN %(has_exit)s THEN m.exit ELSE l.exit END,
       household_id = m.household_id
FROM imp_match m
WHERE l.id = m.lease_id AND (l.kind, l.dwelling_id, l.dwelling_code, l.entry, l.exit, l.household_id) IS DISTINCT FROM (
    m.kind, m.dwelling_id, m.dwelling, COALESCE(m.entry, l.entry),
    CASE WHEN %(has_exit)s THEN m.exit ELSE l.exit END, m.household_id)
"""
# A household closed here by hand stays closed; one that the file had closed comes back with its lease.
_MOVED_HOUSEHOLDS = """
UPDATE tenants_household h SET dwelling_id = m.dwelling_id, closed_on = NULL
FROM imp_match m
WHERE h.id = m.household_id AND m.open AND m.lease_id IS NOT NULL AND NOT m.new_household
  AND (h.closed_on IS NULL OR m.old_exit < %(today)s)
  AND (h.dwelling_id, h.closed_on) IS DISTINCT FROM (m.dwelling_id, NULL)
"""
# People added here by hand whom the file now lists.
_ADOPTED = """
UPDATE tenants_person p SET erp_key = t.key
FROM imp_tenant t JOIN imp_match m ON m.number = t.lease
WHERE p.erp_key IS NULL AND p.household_id = m.household_id AND p.search = substr(t.key, length(t.lease) + 2)
  AND NOT EXISTS (SELECT FROM tenants_person o WHERE o.erp_key = t.key)
"""
_PEOPLE = """
CREATE TEMP TABLE imp_person ON COMMIT DROP AS
SELECT t.row, t.key, m.household_id, COALESCE(p.id, uuidv7()) AS person_id, p.id IS NULL AS new,
       i.fingerprint IS DISTINCT FROM t.fingerprint AS touched
FROM imp_tenant t JOIN imp_match m ON m.number = t.lease
LEFT JOIN tenants_person p ON p.erp_key = t.key LEFT JOIN imports_importedperson i ON i.person_id = p.id
WHERE m.open AND (t.exit IS NULL OR t.exit >= %(today)s)
"""
_NEW_PEOPLE = """
INSERT INTO tenants_person (id, household_id, erp_key, title, last_name, first_name, birth_date, role, marital_status,
                            languages, best_time, deceased, protected_address)
SELECT n.person_id, n.household_id, t.key, t.title, t.last_name, t.first_name, t.birth, t.role, t.marital, t.languages,
       '', false, false
FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE n.new
"""
# Each field as the file writes it, and what becomes of it. What somebody corrected here stays as long as the file says
# what it said then (`file_said`): a new number in the row does not bring a wrong birth date back.
_FILE_TEXTS = {
    "title": "t.title",
    "last_name": "t.last_name",
    "first_name": "t.first_name",
    "birth_date": "t.birth::text",
    "role": "t.role",
    "marital_status": "t.marital",
    "languages": "array_to_string(t.languages, ',')",
}
_FILE_WINS = {
    "title": "COALESCE(NULLIF(t.title, ''), p.title)",
    "last_name": "t.last_name",
    "first_name": "COALESCE(NULLIF(t.first_name, ''), p.first_name)",
    "birth_date": "COALESCE(t.birth, p.birth_date)",
    "role": "t.role",
    "marital_status": "COALESCE(NULLIF(t.marital, ''), p.marital_status)",
    "languages": "CASE WHEN t.languages = '{}' THEN p.languages ELSE t.languages END",
}
_FACTS = ", ".join(
    f"CASE WHEN p.file_said ->> '{name}' = {_FILE_TEXTS[name]} THEN p.{name} ELSE {wins} END"
    for name, wins in _FILE_WINS.items()
)
_STILL_SAID = f"""CASE WHEN p.file_said = '{{}}' THEN p.file_said ELSE (
    SELECT COALESCE(jsonb_object_agg(said.key, said.value), '{{}}') FROM jsonb_each_text(p.file_said) said
    JOIN (VALUES {", ".join(f"('{name}', {text})" for name, text in _FILE_TEXTS.items())}) now (key, value)
      ON now.key = said.key AND COALESCE(now.value, '') IN (said.value, '')) END"""
_KNOWN = f"n.household_id, {_FACTS}, CASE WHEN p.deceased THEN p.left_on END, {_STILL_SAID}"
_CHANGED_PEOPLE = f"""
WITH changed AS (
    UPDATE tenants_person p SET
        (household_id, {", ".join(_FILE_WINS)}, left_on, file_said) = ROW({_KNOWN})
    FROM imp_person n JOIN imp_tenant t ON t.row = n.row
    WHERE p.id = n.person_id AND NOT n.new AND n.touched AND
        (p.household_id, {", ".join(f"p.{name}" for name in _FILE_WINS)}, p.left_on, p.file_said)
        IS DISTINCT FROM ({_KNOWN})
    RETURNING p.id
) INSERT INTO imp_updated SELECT id FROM changed
"""
_POINTS = """
SELECT n.person_id, 'phone' AS kind, u.number AS value, u.whose
FROM imp_person n JOIN imp_tenant t ON t.row = n.row, unnest(t.phones, t.whose) AS u (number, whose)
WHERE n.new = {new} AND n.touched
UNION ALL
SELECT n.person_id, 'email', e, '' FROM imp_person n JOIN imp_tenant t ON t.row = n.row, unnest(t.emails) AS e
WHERE n.new = {new} AND n.touched
"""
_INSERT_POINTS = "INSERT INTO tenants_contactpoint (id, person_id, kind, value, whose, status, source) "
_NEW_POINTS = f"""
{_INSERT_POINTS} SELECT uuidv7(), person_id, kind, value, whose, 'valid', 'erp'
FROM ({_POINTS.format(new="true")}) s
"""
_ADDED_POINTS = f"""
WITH added AS (
    {_INSERT_POINTS} SELECT uuidv7(), person_id, kind, value, whose, 'valid', 'erp'
    FROM ({_POINTS.format(new="false")}) s
    ON CONFLICT (person_id, kind, value) DO NOTHING RETURNING person_id
) INSERT INTO imp_updated SELECT DISTINCT person_id FROM added
"""
# A number that the file replaced by another is not called before somebody checks it; nobody here had judged it.
_REPLACED_POINTS = """
WITH replaced AS (
    UPDATE tenants_contactpoint c SET status = 'unverified'
    FROM imp_person n JOIN imp_tenant t ON t.row = n.row
    WHERE c.person_id = n.person_id AND NOT n.new AND n.touched AND c.source = 'erp' AND c.status = 'valid'
      AND c.status_changed_by_id IS NULL AND c.verified_on IS NULL
      AND ((c.kind = 'phone' AND t.phones <> '{}' AND c.value <> ALL (t.phones))
        OR (c.kind = 'email' AND t.emails <> '{}' AND c.value <> ALL (t.emails)))
    RETURNING c.person_id
) INSERT INTO imp_updated SELECT DISTINCT person_id FROM replaced
"""
_BACK_POINTS = """
WITH back AS (
    UPDATE tenants_contactpoint c SET status = 'valid'
    FROM imp_person n JOIN imp_tenant t ON t.row = n.row
    WHERE c.person_id = n.person_id AND NOT n.new AND n.touched AND c.source = 'erp' AND c.status = 'unverified'
      AND c.status_changed_by_id IS NULL AND c.value = ANY (t.phones || t.emails)
    RETURNING c.person_id
) INSERT INTO imp_updated SELECT DISTINCT person_id FROM back
"""
_MARKS = """
INSERT INTO tenants_mark (id, person_id, kind, source, purpose, noted_on, expires_on)
SELECT uuidv7(), n.person_id, %(mark)s, 'erp', %(purpose)s, %(today)s,
       %(today)s::date + make_interval(months => %(months)s)
FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE t.disabled
ON CONFLICT (person_id, kind) DO NOTHING
"""
_RENAMED_HOUSEHOLDS = f"""
UPDATE tenants_household h SET name = {_HOUSEHOLD_NAME}
FROM imp_match m JOIN imp_tenant t ON t.row = m.speaker JOIN imp_person n ON n.row = m.speaker
WHERE h.id = m.household_id AND NOT m.new_household AND n.touched AND h.name <> {_HOUSEHOLD_NAME}
  AND NOT EXISTS (
    SELECT FROM tenants_person p
    WHERE p.id = n.person_id AND p.file_said ?| ARRAY['title', 'last_name', 'first_name'])
"""
_NEW_FINGERPRINTS = """
INSERT INTO imports_importedperson (person_id, fingerprint)
SELECT n.person_id, t.fingerprint FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE n.new
"""
_FINGERPRINTS = """
INSERT INTO imports_importedperson (person_id, fingerprint)
SELECT n.person_id, t.fingerprint FROM imp_person n JOIN imp_tenant t ON t.row = n.row WHERE n.touched AND NOT n.new
ON CONFLICT (person_id) DO UPDATE SET fingerprint = excluded.fingerprint
"""
# Who left: the lease has ended, or the person's own row has.
_ENDED = """
WITH ended AS (
    UPDATE tenants_person p SET left_on = COALESCE(m.exit, %(today)s::date - 1)
    FROM imp_match m
    WHERE p.household_id = m.household_id AND m.kind = 'housing' AND NOT m.open AND p.left_on IS NULL
      AND NOT EXISTS (
        SELECT FROM tenants_lease o WHERE o.household_id = p.household_id AND o.kind = 'housing'
           AND o.number <> m.number AND (o.exit IS NULL OR o.exit >= %(today)s))
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM ended
"""
_CLOSED_HOUSEHOLDS = """
UPDATE tenants_household h SET dwelling_id = NULL, closed_on = m.exit
FROM imp_match m
WHERE h.id = m.household_id AND m.kind = 'housing' AND NOT m.open AND h.closed_on IS NULL
  AND NOT EXISTS (
    SELECT FROM tenants_lease o WHERE o.household_id = h.id AND o.kind = 'housing'
       AND o.number <> m.number AND (o.exit IS NULL OR o.exit >= %(today)s))
"""
_ROW_ENDED = """
WITH ended AS (
    UPDATE tenants_person p SET left_on = t.exit
    FROM imp_tenant t JOIN imp_match m ON m.number = t.lease
    WHERE p.erp_key = t.key AND m.open AND t.exit < %(today)s AND p.left_on IS NULL
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM ended
"""
# No longer listed in a lease that the file has. A lease with a refused row closes nobody: the row may be theirs.
_ABSENT = """
WITH absent AS (
    UPDATE tenants_person p SET left_on = %(today)s::date - 1
    FROM imp_match m
    WHERE p.household_id = m.household_id AND m.open AND m.lease_id IS NOT NULL AND p.left_on IS NULL
      AND p.erp_key IS NOT NULL AND starts_with(p.erp_key, m.number || '|')
      AND NOT EXISTS (SELECT FROM imp_tenant t WHERE t.key = p.erp_key)
      AND NOT EXISTS (SELECT FROM imp_doubtful_lease d WHERE d.number = m.number)
    RETURNING p.id
) INSERT INTO imp_closed SELECT id FROM absent
"""
# A garage belongs to the household in which exactly one living-there person has its holder's name and birth date.
_GARAGES = """
UPDATE tenants_lease l SET household_id = found.household_id
FROM (
    SELECT t.lease, min(p.household_id::text)::uuid AS household_id
    FROM imp_tenant t JOIN imp_match m ON m.number = t.lease AND m.kind <> 'housing' AND m.household_id IS NULL
    JOIN tenants_person p ON p.search = regexp_replace(substr(t.key, length(t.lease) + 2), '#[0-9]+$', '')
     AND p.birth_date = t.birth AND p.left_on IS NULL
    GROUP BY t.lease HAVING count(DISTINCT p.household_id) = 1
) found
WHERE l.number = found.lease AND l.household_id IS NULL
"""


_FILLED = (
    "tenants_household", "tenants_lease", "tenants_person", "tenants_contactpoint", "imports_importedperson",
)  # fmt: skip


def apply_tenants(source: Source, *, today: dt.date, profile: Profile | None, moved: Callable[[], None]) -> Outcome:
    """People are created, brought up to date or closed; the outcome's numbers count people. Refuses rows, not files."""
    outcome = Outcome(source)
    _stage(source, outcome, today=today, profile=profile, moved=moved)
    run("ANALYZE imp_tenant")
    _reject_unknown_dwellings(outcome)
    _tell_homonyms_apart(outcome)
    parameters: dict[str, Any] = {
        "today": today,
        "has_exit": "exit" in (source.columns.positions if source.columns else ()),
    }
    run("SET LOCAL work_mem = '64MB'")
    run(_LEASES, parameters)
    _settle_torn_leases(outcome, parameters)
    run(_MATCHED_LEASES)
    run("ANALYZE imp_match")
    known = value("SELECT EXISTS (SELECT FROM imp_match WHERE lease_id IS NOT NULL)")
    with without_indexes(_FILLED, incoming=outcome.accepted):
        _fill(outcome, parameters, known=known)
    for rule in profile.marks if profile else ():
        run(_MARKS, parameters | {"mark": rule.mark, "purpose": profile.purpose, "months": rule.months})  # type: ignore[union-attr]
    if known:
        for statement in (_ENDED, _CLOSED_HOUSEHOLDS, _ROW_ENDED, _ABSENT):
            run(statement, parameters)
        run("DELETE FROM imports_importedperson i USING imp_closed c WHERE c.person_id = i.person_id")
    if value("SELECT EXISTS (SELECT FROM imp_match WHERE kind <> 'housing' AND household_id IS NULL)"):
        run(_GARAGES)
    outcome.updated = value("SELECT count(DISTINCT person_id) FROM imp_updated")
    outcome.closed = value("SELECT count(DISTINCT person_id) FROM imp_closed")
    outcome.unchanged = value("SELECT count(*) FROM imp_person") - outcome.created - outcome.updated
    for name in ("tenant", "doubtful_lease", "lease", "match", "person", "updated", "closed"):
        run(f"DROP TABLE imp_{name}")
    return outcome


def _fill(outcome: Outcome, parameters: dict[str, Any], *, known: bool) -> None:
    """Households, leases, people and how to reach them; `known`: some of these leases were here before."""
    outcome.extra["households"] = run(_NEW_HOUSEHOLDS)
    outcome.extra["leases"] = run(_NEW_LEASES)
    outcome.extra["leases_updated"] = run(_CHANGED_LEASES, parameters) if known else 0
    if known:
        run(_MOVED_HOUSEHOLDS, parameters)
        if value("SELECT EXISTS (SELECT FROM tenants_person WHERE erp_key IS NULL)"):
            run(_ADOPTED)
    run(_PEOPLE, parameters)
    run("ANALYZE imp_person")
    run("CREATE TEMP TABLE imp_updated (person_id uuid) ON COMMIT DROP")
    run("CREATE TEMP TABLE imp_closed (person_id uuid) ON COMMIT DROP")
    outcome.created = run(_NEW_PEOPLE)
    run(_NEW_POINTS)
    if known and value("SELECT EXISTS (SELECT FROM imp_person WHERE NOT new AND touched)"):
        for statement in (
            _CHANGED_PEOPLE,
            _REPLACED_POINTS,
            _BACK_POINTS,
            _ADDED_POINTS,
            _RENAMED_HOUSEHOLDS,
            _FINGERPRINTS,
        ):
            run(statement)
    run(_NEW_FINGERPRINTS)


def _stage(
    source: Source, outcome: Outcome, *, today: dt.date, profile: Profile | None, moved: Callable[[], None]
) -> None:
    assert source.table is not None
    assert source.columns is not None
    with_disability = profile is not None and any(rule.column == "disability" for rule in profile.marks)
    reader = TenantReader(source.columns, today=today, width=len(source.table.header), with_disability=with_disability)
    names = Memo(search_name)
    arrays = Memo(array)
    doubtful: list[str] = []
    run(_STAGE)
    with copying("COPY imp_tenant FROM STDIN") as write:
        for number, cells in counted(source.table.rows(), outcome):
            row = reader.read(number, cells)
            if isinstance(row, Rejected):
                outcome.rejects.append(row.issue)
                if row.lease:
                    doubtful.append(row.lease)
            else:
                write(_line(row, names, arrays))
            moved()
    outcome.warnings = reader.warnings
    _note_doubtful(doubtful)


def _line(row: TenantRow, names: Memo, arrays: Memo) -> str:
    """The row as COPY reads it. The fingerprint is that of the person's own columns, not of the lease's."""
    last, first, lease = escaped(row.last_name), escaped(row.first_name), escaped(row.lease)
    person = (
        f"{row.title}\t{last}\t{first}\t{row.birth or '\\N'}\t{row.role}\t{row.marital}\t{arrays[row.languages]}\t"
        f"{array(row.phones)}\t{arrays[row.whose]}\t{array(row.emails)}\t{'t' if row.disabled else 'f'}"
    )
    fingerprint = int.from_bytes(blake2b(person.encode(), digest_size=8).digest(), "big", signed=True)
    return (
        f"{row.row}\t{lease}\t{row.kind}\t{escaped(row.dwelling)}\t{row.entry or '\\N'}\t{row.exit or '\\N'}\t"
        f"{person}\t{fingerprint}\t{lease}|{f'{names[row.last_name]} {names[row.first_name]}'.strip()}\n"
    )


def _note_doubtful(leases: list[str]) -> None:
    if leases:
        with copying("COPY imp_doubtful_lease FROM STDIN") as write:
            for lease in leases:
                write(escaped(lease) + "\n")


def _reject(outcome: Outcome, issues: list[Issue]) -> None:
    """Turn accepted rows into rejects: their doubtful cells no longer matter."""
    gone = {issue.row for issue in issues}
    outcome.warnings = [issue for issue in outcome.warnings if issue.row not in gone]
    outcome.rejects = sorted(outcome.rejects + issues)


def _reject_unknown_dwellings(outcome: Outcome) -> None:
    refused = rows(_UNKNOWN_DWELLINGS)
    if refused:
        column = outcome.source.columns.title("dwelling_code") if outcome.source.columns else ""
        _reject(outcome, [Issue(row, column, shown(code), "unknown_dwelling") for row, code, _ in refused])
        _note_doubtful([lease for _, _, lease in refused])


def _tell_homonyms_apart(outcome: Outcome) -> None:
    """Same lease, same name: birth dates tell people apart, and the same person twice is refused."""
    run("CREATE TEMP TABLE imp_homonym ON COMMIT DROP AS SELECT key FROM imp_tenant GROUP BY key HAVING count(*) > 1")
    if value("SELECT EXISTS (SELECT FROM tenants_person WHERE strpos(erp_key, '#') > 0)"):
        run(
            "INSERT INTO imp_homonym SELECT t.key FROM imp_tenant t WHERE EXISTS (SELECT FROM tenants_person p "
            "WHERE p.erp_key = t.key || '#2') EXCEPT SELECT key FROM imp_homonym"
        )
    listed = rows("SELECT key, row, birth FROM imp_tenant JOIN imp_homonym USING (key) ORDER BY key, row")
    known = rows(
        "SELECT h.key, p.erp_key, p.birth_date FROM imp_homonym h JOIN tenants_person p "
        "ON p.erp_key = h.key OR starts_with(p.erp_key, h.key || '#')"
        if listed
        else "SELECT '', '', NULL WHERE false"
    )
    by_key: dict[str, tuple[list[Listed], list[Known]]] = {}
    for key, row, birth in listed:
        by_key.setdefault(key, ([], []))[0].append(Listed(row, birth))
    for key, own, birth in known:
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
    run(_TORN, parameters)
    column = outcome.source.columns.title("dwelling_code") if outcome.source.columns else ""
    outcome.warnings += [Issue(row, column, shown(code), "lease_conflict") for row, code, _ in rows(_TORN_ROWS)]
