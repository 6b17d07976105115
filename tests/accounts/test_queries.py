"""Lists of accounts: what is found, and for how many queries."""

import pytest
from tests.accounts.factories import AgencyFactory, CompanyFactory, UserFactory

from bienveille.register.accounts import queries
from bienveille.register.accounts.models import Company

pytestmark = pytest.mark.django_db


def names(users):
    return [user.last_name for user in users]


@pytest.mark.parametrize("text", ["lefevre eleo", "élé lef", "LEFÈVRE", "eleonore.lefevre@"])
def test_found_without_accents_or_order(text):
    UserFactory(first_name="Éléonore", last_name="Lefèvre", email="eleonore.lefevre@bailleur.example")
    UserFactory(first_name="Paul", last_name="Roy", email="paul.roy@bailleur.example")
    assert names(queries.users_list(text=text)) == ["Lefèvre"]


def test_signs_alone_find_nobody_and_nothing_finds_all():
    UserFactory(last_name="Roy")
    UserFactory(last_name="Parti", closed=True)
    assert names(queries.users_list(text="**")) == []
    assert names(queries.users_list(text=" ")) == ["Roy"]
    assert names(queries.users_list(inactive=True)) == ["Parti"]


@pytest.mark.parametrize("size", [1, 12])
def test_two_queries_whatever_the_size(size, django_assert_num_queries):
    for _ in range(size):
        UserFactory(agency=AgencyFactory(), roles=["caller", ("agency_manager", AgencyFactory())])
    with django_assert_num_queries(2):
        for user in queries.users_list():
            assert user.agency.name
            assert [grant.agency and grant.agency.name for grant in user.grants.all()]


def test_companies_are_proposed_when_there_are_several():
    agency = AgencyFactory(code="LYO", name="Lyon", company=CompanyFactory(name="Ambre"))
    assert queries.scopes() == [("everything", "Tout le patrimoine"), (f"agency:{agency.pk}", "Lyon")]
    other = Company.objects.create(name="Zénith")
    assert (f"company:{other.pk}", "Société Zénith") in queries.scopes()
