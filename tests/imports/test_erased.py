"""Former tenants whom the file still lists every night, once they were erased: nobody comes back, nothing counts twice."""

from datetime import date

import pytest
from tests.imports.factories import TODAY, Landlord, home, tenant

from bienveille.register.imports.rules.summary import erased_words
from bienveille.register.tenants.models import Household, Lease, Person
from bienveille.register.tenants.operations import erase_departed

pytestmark = pytest.mark.django_db

GONE = {"DATE_SORTIE": "30/06/2025"}
STAYS = tenant(N_CONTRAT="002", NOM="BENALI", PRENOM="Samira", CODE_LOGEMENT="0001-2")


@pytest.fixture
def landlord(tmp_path):
    """Somebody who lived there, left, and was erased a year later; the file listed them all along."""
    made = Landlord(tmp_path)
    made.imports(homes=[home(), home("0001-2")])
    made.imports(tenants=[tenant(), STAYS], today=date(2024, 1, 10))
    Household.objects.update(created_at="2024-01-10T00:00Z")
    made.imports(tenants=[tenant(**GONE), STAYS], today=date(2025, 7, 1))
    assert erase_departed(today=TODAY).people == 1
    return made


def known():
    return (
        sorted(Person.objects.values_list("last_name", flat=True)),
        sorted(map(str, Lease.objects.values_list("entry", "exit", "number", "household__name"))),
    )


def test_the_same_rows_are_not_even_read(landlord):
    before = known()
    assert before[0] == ["BENALI"]
    landlord.imports(tenants=[tenant(**GONE), STAYS])  # the first one of a year reads everything
    assert known() == before
    file = landlord.imports(tenants=[tenant(**GONE), STAYS])["tenants"]
    assert (file["created"], file["leases"], file["erased"]) == (0, 0, 0)
    assert known() == before


@pytest.mark.parametrize("change", [{"TEL_PORTABLE": "06 39 98 00 77"}, {"NOM": "MARTIN-DURAND"}])
def test_rows_that_say_something_else_make_nobody(landlord, change):
    before = known()
    told = landlord.imports(tenants=[tenant(**GONE, **change), STAYS])["tenants"]
    assert (told["created"], told["leases"], told["accepted"], told["erased"]) == (0, 0, 2, 1)
    assert known() == before


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, ""),
        (1, "1\u00a0bail fini dont les personnes ont été effacées\u00a0: il reste anonyme, rien n’est recréé."),
        (2, "2\u00a0baux finis dont les personnes ont été effacées\u00a0: ils restent anonymes, rien n’est recréé."),
    ],
)
def test_the_page_says_why_nothing_comes_back(count, words):
    assert erased_words(count) == words


def test_a_file_read_whole_says_it_too(landlord):
    """Each first of January every row is read again: signatures say nothing any more."""
    Lease.objects.update(erp_signature=None)
    before = known()
    assert landlord.imports(tenants=[tenant(**GONE), STAYS])["tenants"]["erased"] == 1
    assert known() == before


def test_who_lives_there_again_is_somebody(landlord):
    """The landlord's software took the end back: nobody is forgotten because they were erased once."""
    told = landlord.imports(tenants=[tenant(), STAYS])["tenants"]
    assert (told["created"], told["leases"], told["erased"]) == (1, 0, 0)
    lease = Lease.objects.get(number="001")
    assert (lease.erased_on, lease.exit) == (None, None)
    assert Person.objects.get(household=lease.household_id).last_name == "MARTIN"


def test_a_file_that_no_longer_lists_them_changes_nothing(landlord):
    before = known()
    told = landlord.imports(tenants=[STAYS])["tenants"]
    assert (told["absent"], told["held"]) == (0, 0)
    assert known() == before
