"""Apply a housing export: agencies, communes, residences, buildings, homes, in this order. Nothing is ever removed."""

from collections.abc import Callable

from bienveille.register.accounts.models import Company, Landlord
from bienveille.register.housing.operations import adopt_arrondissements
from bienveille.register.imports.operations.rpls import apply_rpls
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
from bienveille.register.imports.rules.housing import HousingReader, HousingRow

_STAGE = """
CREATE TEMP TABLE imp_home (
    row integer, agency_code text, agency_name text, residence_code text, residence_name text, residence_kind text,
    address text, postal_code text, commune text, insee text, in_qpv boolean, qpv_code text, halls integer,
    dwelling text, building text, staircase text, floor integer, door text, type text, surface numeric, financing text,
    lift boolean, dpe text, ownership text, rpls_id text, built_in smallint, accessible boolean,
    latitude double precision, longitude double precision
) ON COMMIT DROP
"""
# The first row of a residence speaks for it; it stands in the middle of its homes.
_PLACES = """
CREATE TEMP TABLE imp_place ON COMMIT DROP AS
SELECT DISTINCT ON (residence_code) residence_code AS code, agency_code, residence_name AS name, residence_kind AS kind,
       address, postal_code, insee, in_qpv, qpv_code, halls,
       round((avg(latitude) OVER same)::numeric, 5)::float AS latitude,
       round((avg(longitude) OVER same)::numeric, 5)::float AS longitude
FROM imp_home WINDOW same AS (PARTITION BY residence_code) ORDER BY residence_code, row
"""
# Of several spellings of a commune, the one with small letters, then accents, then the longest.
_COMMUNES = """
INSERT INTO housing_commune (code, name, postal_codes, department, epci)
SELECT DISTINCT ON (insee) insee, commune, array_remove(ARRAY[postal_code], ''),
       CASE WHEN insee LIKE '97%' OR insee LIKE '98%' THEN left(insee, 3) ELSE left(insee, 2) END, ''
FROM (SELECT insee, commune, postal_code FROM imp_home WHERE insee <> '' GROUP BY 1, 2, 3) spelled
WHERE commune <> ''
ORDER BY insee, commune ~ '[a-z]' DESC, commune ~ '[^ -~]' DESC, length(commune) DESC, commune, postal_code
ON CONFLICT (code) DO NOTHING
"""
_AGENCIES = """
INSERT INTO accounts_agency (id, company_id, code, name)
SELECT uuidv7(), %(company)s, agency_code, agency_name
FROM (SELECT DISTINCT ON (agency_code) agency_code, agency_name FROM imp_home ORDER BY agency_code, row) first
ON CONFLICT (code) DO UPDATE SET name = excluded.name WHERE accounts_agency.name IS DISTINCT FROM excluded.name
"""
_CHANGED_PLACES = """
WITH changed AS (
    UPDATE housing_residence r SET
        agency_id = a.id, name = p.name, kind = COALESCE(NULLIF(p.kind, ''), r.kind),
        address = COALESCE(NULLIF(p.address, ''), r.address),
        postal_code = COALESCE(NULLIF(p.postal_code, ''), r.postal_code),
        commune_id = COALESCE(c.code, r.commune_id), in_qpv = COALESCE(p.in_qpv, r.in_qpv),
        qpv_code = COALESCE(NULLIF(p.qpv_code, ''), r.qpv_code), halls = COALESCE(p.halls, r.halls),
        latitude = COALESCE(p.latitude, r.latitude), longitude = COALESCE(p.longitude, r.longitude)
    FROM imp_place p JOIN accounts_agency a ON a.code = p.agency_code LEFT JOIN housing_commune c ON c.code = p.insee
    WHERE r.code = p.code AND (
        r.agency_id, r.name, r.kind, r.address, r.postal_code, r.commune_id, r.in_qpv, r.qpv_code, r.halls,
        r.latitude, r.longitude
    ) IS DISTINCT FROM (
        a.id, p.name, COALESCE(NULLIF(p.kind, ''), r.kind), COALESCE(NULLIF(p.address, ''), r.address),
        COALESCE(NULLIF(p.postal_code, ''), r.postal_code), COALESCE(c.code, r.commune_id),
        COALESCE(p.in_qpv, r.in_qpv), COALESCE(NULLIF(p.qpv_code, ''), r.qpv_code), COALESCE(p.halls, r.halls),
        COALESCE(p.latitude, r.latitude), COALESCE(p.longitude, r.longitude)
    )
    RETURNING r.id
) INSERT INTO imp_changed_place SELECT id FROM changed
"""
_NEW_PLACES = """
INSERT INTO housing_residence
    (id, agency_id, code, name, kind, address, postal_code, commune_id, in_qpv, qpv_code, halls, watched,
     latitude, longitude)
SELECT uuidv7(), a.id, p.code, p.name, COALESCE(NULLIF(p.kind, ''), 'family'), p.address, p.postal_code, c.code,
       p.in_qpv, p.qpv_code, p.halls, false, p.latitude, p.longitude
FROM imp_place p JOIN accounts_agency a ON a.code = p.agency_code LEFT JOIN housing_commune c ON c.code = p.insee
ON CONFLICT (code) DO NOTHING
"""
_BUILDINGS = """
INSERT INTO housing_building (id, residence_id, code)
SELECT uuidv7(), r.id, h.building
FROM (SELECT DISTINCT residence_code, building FROM imp_home) h JOIN housing_residence r ON r.code = h.residence_code
ON CONFLICT (residence_id, code) DO NOTHING
"""
_HOMES = """
CREATE TEMP TABLE imp_dwelling ON COMMIT DROP AS
SELECT h.dwelling AS code, b.id AS building_id, r.id AS residence_id, h.rpls_id, h.type, h.surface, h.staircase,
       h.floor::smallint AS floor, h.door, h.lift, h.financing, h.dpe, h.ownership, h.built_in, h.accessible
FROM imp_home h JOIN housing_residence r ON r.code = h.residence_code
JOIN housing_building b ON b.residence_id = r.id AND b.code = h.building
"""
# A number of the national directory is one home's: who held one that the file gives to another gives it up first.
_FREED_NUMBERS = """
UPDATE housing_dwelling d SET rpls_id = '' FROM imp_dwelling h
WHERE h.rpls_id <> '' AND d.rpls_id = h.rpls_id AND d.code <> h.code
"""
_FIELDS = ("rpls_id", "type", "staircase", "door", "financing", "dpe", "ownership")
_FACTS = ("surface", "floor", "lift", "built_in", "accessible")
_NEW_VALUES = ", ".join(
    [f"COALESCE(NULLIF(h.{name}, ''), d.{name})" for name in _FIELDS]
    + [f"COALESCE(h.{name}, d.{name})" for name in _FACTS]
)  # an empty cell never erases what is known
_CHANGED_HOMES = f"""
WITH changed AS (
    UPDATE housing_dwelling d SET
        (building_id, {", ".join((*_FIELDS, *_FACTS))}) = ROW(h.building_id, {_NEW_VALUES})
    FROM imp_dwelling h
    WHERE d.code = h.code AND
        (d.building_id, {", ".join(f"d.{name}" for name in (*_FIELDS, *_FACTS))})
        IS DISTINCT FROM (h.building_id, {_NEW_VALUES})
    RETURNING d.code
)
SELECT count(*) FROM imp_dwelling h
WHERE h.code IN (SELECT code FROM changed)
   OR (h.residence_id IN (SELECT id FROM imp_changed_place) AND EXISTS (
        SELECT FROM housing_dwelling d WHERE d.code = h.code))
"""
_NEW_HOMES = f"""
INSERT INTO housing_dwelling (id, code, building_id, {", ".join((*_FIELDS, *_FACTS))})
SELECT uuidv7(), h.code, h.building_id, {", ".join(f"h.{name}" for name in (*_FIELDS, *_FACTS))} FROM imp_dwelling h
ON CONFLICT (code) DO NOTHING
"""


def apply_housing(source: Source, *, moved: Callable[[], None]) -> Outcome:
    """Homes are created or brought up to date; residences and agencies with them. `moved` is called at every record."""
    assert source.table is not None
    assert source.columns is not None
    if source.columns.declaration:
        return apply_rpls(source, moved=moved)
    outcome = Outcome(source)
    reader = HousingReader(source.columns, width=len(source.table.header))
    run(_STAGE)
    with copying("COPY imp_home FROM STDIN") as write:
        for number, cells in counted(source.table.rows(), outcome):
            row = reader.read(number, cells)
            if isinstance(row, Issue):
                outcome.rejects.append(row)
            else:
                write(_line(row))
            moved()
    outcome.warnings = reader.warnings
    _reject_doubles(outcome, source.columns.title("dwelling_code"))
    company = Company.objects.order_by("id").first()
    if company is None:
        company = Company.objects.create(name=Landlord.objects.get().name)
    outcome.extra["agencies"] = run(_AGENCIES, {"company": company.id})
    run(_PLACES)
    run(_COMMUNES)
    adopt_arrondissements()
    run("CREATE TEMP TABLE imp_changed_place (id uuid) ON COMMIT DROP")
    run(_CHANGED_PLACES)
    outcome.extra["residences"] = run(_NEW_PLACES)
    run(_BUILDINGS)
    run(_HOMES)
    run("ANALYZE imp_dwelling")
    run(_FREED_NUMBERS)
    outcome.updated = value(_CHANGED_HOMES)
    outcome.created = run(_NEW_HOMES)
    outcome.unchanged = outcome.accepted - outcome.created - outcome.updated
    for name in ("imp_home", "imp_place", "imp_changed_place", "imp_dwelling"):
        run(f"DROP TABLE {name}")
    return outcome


def _reject_doubles(outcome: Outcome, column: str) -> None:
    doubled = rows(
        "DELETE FROM imp_home h USING "
        "(SELECT dwelling, min(row) AS row FROM imp_home GROUP BY 1 HAVING count(*) > 1) f "
        "WHERE h.dwelling = f.dwelling AND h.row > f.row RETURNING h.row, h.dwelling"
    )
    if doubled:
        gone = {row for row, _ in doubled}
        outcome.warnings = [issue for issue in outcome.warnings if issue.row not in gone]
        outcome.rejects += [Issue(row, column, code, "duplicate_key") for row, code in doubled]
    rows(
        "UPDATE imp_home h SET rpls_id = '' WHERE rpls_id <> '' AND EXISTS (SELECT FROM imp_home o "
        "WHERE o.rpls_id = h.rpls_id AND o.row < h.row) RETURNING row"
    )


def _line(row: HousingRow) -> str:
    cells = []
    for cell in row:
        if cell is None:
            cells.append("\\N")
        elif isinstance(cell, bool):
            cells.append("t" if cell else "f")
        elif isinstance(cell, int | float):
            cells.append(str(cell))
        else:
            cells.append(escaped(cell))
    return "\t".join(cells) + "\n"
