"""A made-up register of any size, written by the database itself: agencies, homes, households, people, numbers."""

from django.db import connection

_SQL = """
INSERT INTO accounts_company (name, siret) VALUES ('Banc d’essai', '');
INSERT INTO accounts_agency (company_id, code, name)
SELECT c.id, 'A' || lpad(i::text, 2, '0'), 'Agence ' || i FROM accounts_company c, generate_series(1, %(agencies)s) i;
CREATE TEMP TABLE place AS
SELECT id AS agency_id, row_number() OVER (ORDER BY code) - 1 AS rank FROM accounts_agency;
INSERT INTO housing_residence (agency_id, code, name, kind, address, postal_code, qpv_code, watched)
SELECT agency_id, 'R' || rank, 'Résidence ' || rank, 'family', '', '', '', false FROM place;
INSERT INTO housing_building (residence_id, code) SELECT id, 'A' FROM housing_residence;
CREATE TEMP TABLE home AS
SELECT i, uuidv7() AS dwelling_id, uuidv7() AS household_id, uuidv7() AS person_id
FROM generate_series(1, %(rows)s) i;
INSERT INTO housing_dwelling
    (id, building_id, code, rpls_id, type, staircase, floor, door, lift, financing, dpe, ownership)
SELECT h.dwelling_id, b.id, 'D' || h.i, '', 't3', '', h.i %% 9, '', h.i %% 3 > 0, '', '', 'full'
FROM home h JOIN place p ON p.rank = h.i %% %(agencies)s
JOIN housing_residence r ON r.agency_id = p.agency_id JOIN housing_building b ON b.residence_id = r.id;
INSERT INTO tenants_household (id, dwelling_id, name) SELECT household_id, dwelling_id, 'Mme Essai ' || i FROM home;
INSERT INTO tenants_person (id, household_id, title, last_name, first_name, birth_date, role, marital_status,
    languages, best_time, deceased, protected_address)
SELECT person_id, household_id, 'mrs', 'Essai' || i, 'Anne', date '1930-01-01' + (i %% 25000), 'holder', '', '{fr}', '',
    false, false
FROM home;
INSERT INTO tenants_contactpoint (person_id, kind, value, whose, status, source)
SELECT person_id, 'phone', '+336' || lpad(i::text, 8, '0'), '', 'valid', 'erp' FROM home;
"""
_CALLERS = """
INSERT INTO accounts_user (email, password, last_name, first_name, service, languages, phone, is_active, created_at,
    imported, skills, agency_id)
SELECT 'appelant' || i || '@essai.example', '!', 'Appelant', i::text, '', '{fr}', '', true, now(), false, '{}', a.id
FROM generate_series(1, %(callers)s) i
JOIN (SELECT id, row_number() OVER (ORDER BY code) - 1 AS rank FROM accounts_agency) a
    ON a.rank = i %% (SELECT count(*) FROM accounts_agency);
"""
_ANALYZE = ("tenants_person", "tenants_household", "housing_dwelling", "tenants_contactpoint", "accounts_user")


def fill(*, rows: int, agencies: int, callers: int) -> None:
    """`rows` households of one person with a number, spread over `agencies`; `callers` users, spread alike."""
    with connection.cursor() as cursor:
        for statement in (_SQL + _CALLERS).split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"rows": rows, "agencies": agencies, "callers": callers})
        for table in _ANALYZE:
            cursor.execute(f"ANALYZE {table}")
