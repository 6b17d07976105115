"""People of one lease who have the same name: who is who from one import to the next."""

import datetime as dt

import pytest
from tests.imports.factories import Landlord, changes_of, home, tenant

from bienveille.register.imports.rules.homonyms import Known, Listed, assign_keys
from bienveille.register.tenants.models import Person

FATHER = dt.date(1940, 3, 1)


def test_who_has_no_birth_date_keeps_their_key_whatever_the_order():
    known = [Known("k#2", None)]
    for father, son in ((1, 2), (2, 1)):
        assert assign_keys("k", [Listed(father, FATHER), Listed(son, None)], known)[0][son] == "k#2"


@pytest.mark.django_db
def test_a_row_that_ended_closes_nobody_of_the_same_name(tmp_path):
    landlord = Landlord(tmp_path)
    rows = [tenant(DATE_NAISSANCE="01/03/1940", DATE_SORTIE="20/11/2026"), tenant(DATE_NAISSANCE="")]
    landlord.imports(homes=[home()], tenants=rows)
    here = Person.objects.get()
    rows[1]["EMAIL"] = "autre@courriel.example"  # so that the lease is read again
    assert changes_of(landlord.imports(tenants=rows)["tenants"]) == (0, 1, 0, 0)
    assert Person.objects.get() == here
    assert Person.objects.get().left_on is None
