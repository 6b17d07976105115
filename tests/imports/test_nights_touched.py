"""A file where one row in a hundred changed touches these rows of the register and no other, by count of triggers."""

import pytest
from benchmarks.touches import counting
from tests.imports.factories import TODAY, Landlord, changes_of, home, tenant

from bienveille.register.tenants.models import ContactPoint, Household, Lease, Person

pytestmark = pytest.mark.django_db

MANY = 300
HOMES = [home(f"L{number}") for number in range(MANY)]
ROWS = [
    tenant(
        N_CONTRAT=f"{number:04}", CODE_LOGEMENT=f"L{number}", NOM=f"NOM{number}",
        TEL_PORTABLE=f"01 61 91 {number // 100:02} {number % 100:02}",
    )
    for number in range(MANY)
]  # fmt: skip


@pytest.fixture
def settled(tmp_path):
    landlord = Landlord(tmp_path)
    landlord.imports(homes=HOMES, tenants=ROWS)
    return landlord


def of(number):
    """Keys of the rows of one contract: lease, household, person, its number."""
    lease = Lease.objects.get(number=f"{number:04}")
    person = Person.objects.get(household_id=lease.household_id)
    phone = ContactPoint.objects.get(person=person, kind="phone")
    return tuple(str(row) for row in (lease.pk, lease.household_id, person.pk, phone.pk))


def test_one_row_in_a_hundred(settled):
    rows = [dict(row) for row in ROWS]
    rows[7]["TEL_PORTABLE"] = "02 61 91 00 07"
    rows[130]["DATE_SORTIE"] = "20/11/2026"
    rows[299]["SITUATION"] = "MARIE"
    called, gone, married = of(7), of(130), of(299)
    with counting() as touches:
        files = settled.imports(tenants=rows)
        touched = touches.look()
    (new,) = ContactPoint.objects.filter(person_id=called[2], value="+33261910007").values_list("pk", flat=True)
    assert changes_of(files["tenants"]) == (0, 2, 1, MANY - 3)
    assert {key: set(keys) for key, keys in touched.items()} == {
        ("tenants_contactpoint", "insert"): {str(new)},
        ("tenants_contactpoint", "update"): {called[3]},
        ("tenants_person", "update"): {called[2], gone[2], married[2]},  # what the file said last is kept with them
        ("tenants_lease", "update"): {called[0], gone[0], married[0]},  # and the signature of its rows with a lease
        ("tenants_household", "update"): {gone[1]},
    }
    with counting() as touches:
        assert changes_of(settled.imports(tenants=rows)["tenants"]) == (0, 0, 0, MANY - 1)
        assert touches.look() == {}


def test_rows_in_another_order_touch_nothing(settled):
    with counting() as touches:
        files = settled.imports(tenants=ROWS[::-1], homes=HOMES[::-1])
        assert touches.look() == {}
    assert changes_of(files["tenants"]) == (0, 0, 0, MANY)


def test_rows_dressed_otherwise_are_signed_anew_and_change_nobody(settled):
    rows = [row | {"TEL_PORTABLE": row["TEL_PORTABLE"].replace(" ", "."), "DATE_ENTREE": "2010-02-01"} for row in ROWS]
    with counting() as touches:
        files = settled.imports(tenants=rows)
        assert touches.look().keys() == {("tenants_lease", "update")}
        settled.imports(tenants=rows)
        assert touches.look() == {}
    assert changes_of(files["tenants"]) == (0, 0, 0, MANY)


def test_a_rehearsal_touches_nothing_that_stays(settled):
    before = (Person.objects.count(), Household.objects.count())
    settled.imports(tenants=[row | {"SITUATION": "MARIE"} for row in ROWS], today=TODAY, dry_run=True)
    assert (Person.objects.count(), Household.objects.count()) == before
    assert not Person.objects.filter(marital_status="married").exists()
