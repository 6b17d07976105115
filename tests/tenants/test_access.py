"""Who opens a household: roles and places, the audit row, protected addresses."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory, ResidenceManagerFactory
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import access

pytestmark = pytest.mark.django_db


@pytest.fixture
def lyon():
    return AgencyFactory(lyon=True)


@pytest.fixture
def household(lyon):
    return HouseholdFactory(residence=ResidenceFactory(agency=lyon))


def opens(user, household, *, write=False):
    try:
        return access.get_household_for(user, household.pk, reason="essai", write=write) == household
    except Http404:
        return "404"
    except PermissionDenied:
        return "403"


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [
        ("administrator", True, True),
        ("director", True, True),
        ("agency_manager", True, True),
        ("social_worker", True, True),
        ("building_manager", "404", "404"),
        ("caller", "404", "404"),
        ("communication", "404", "404"),
        ("partner", "404", "404"),
        ("tenant", "404", "404"),
    ],
)
def test_roles(household, lyon, role, read, write):
    """Over everything, or over the agency: the same. Over another agency: nothing."""
    other = AgencyFactory(saint_etienne=True)
    for grant in (role, (role, lyon)):
        user = UserFactory(roles=[grant])
        assert opens(user, household) == read
        assert opens(user, household, write=True) == write
    assert opens(UserFactory(roles=[(role, other)]), household) == "404"


def test_a_building_manager_reads_the_residences_given(household):
    user = UserFactory(roles=["building_manager"])
    ResidenceManagerFactory(user=user, residence=household.dwelling.building.residence)
    assert opens(user, household) is True
    assert opens(user, household, write=True) == "403"
    assert opens(user, HouseholdFactory()) == "404"


def test_residences_without_the_role_give_nothing(household):
    user = UserFactory()
    ResidenceManagerFactory(user=user, residence=household.dwelling.building.residence)
    assert opens(user, household) == "404"


def test_an_inactive_account_opens_nothing(household):
    assert opens(UserFactory(closed=True, roles=["administrator"]), household) == "404"


def test_opening_is_audited_with_its_reason_and_refusals_are_not(household):
    user = UserFactory(roles=["social_worker"])
    access.get_household_for(user, household.pk, reason="Situation 12")
    entry = AuditEntry.objects.get(action="household.read")
    assert (entry.actor_id, entry.subject_type, entry.subject_id, entry.reason) == (
        user.pk,
        "tenants.Household",
        household.pk,
        "Situation 12",
    )
    opens(UserFactory(roles=["caller"]), household)
    with pytest.raises(Http404):
        access.get_household_for(user, uuid.uuid4(), reason="x")
    assert AuditEntry.objects.filter(action="household.read").count() == 1


def test_a_household_without_home_is_for_who_covers_everything(lyon):
    household = HouseholdFactory(closed=True)
    household.dwelling = None
    household.save()
    assert opens(UserFactory(roles=["director"]), household) is True
    assert opens(UserFactory(roles=[("agency_manager", lyon)]), household) == "404"


def test_what_belongs_to_somebody_is_reached_through_the_household(household, lyon):
    inside = UserFactory(roles=[("social_worker", lyon)])
    outside = UserFactory(roles=["caller"])
    person = household.people.get()
    rows = [
        (access.get_person_for, person),
        (access.get_contact_point_for, ContactPointFactory(person=person)),
        (access.get_relative_for, RelativeFactory(person=person)),
        (access.get_mark_for, MarkFactory(person=person)),
    ]
    for load, row in rows:
        assert load(inside, row.pk, reason="essai") == row
        with pytest.raises(Http404):
            load(outside, row.pk, reason="essai")
        with pytest.raises(Http404):
            load(inside, uuid.uuid4(), reason="essai")


def test_a_mark_of_a_kind_that_one_may_not_read_is_like_none(household, lyon):
    """And who reads it without noting it is told so. Who keeps the household is not enough."""
    mark = MarkFactory(person=household.people.get(), kind="disability_declared")
    worker, manager, runs_it = (
        UserFactory(roles=[(role, lyon)]) for role in ("social_worker", "agency_manager", "administrator")
    )
    assert access.get_mark_for(worker, mark.pk, reason="essai", write=True) == mark
    assert access.get_mark_for(manager, mark.pk, reason="essai") == mark
    with pytest.raises(PermissionDenied):
        access.get_mark_for(manager, mark.pk, reason="essai", write=True)
    for write in (False, True):
        with pytest.raises(Http404):
            access.get_mark_for(runs_it, mark.pk, reason="essai", write=write)


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("administrator", True),
        ("director", True),
        ("agency_manager", False),
        ("social_worker", False),
        ("caller", False),
    ],
)
def test_a_protected_address_is_for_two_roles(role, sees):
    user = UserFactory(roles=[role])
    assert access.may_see_address(user, protected=True) is sees
    assert access.may_see_address(user, protected=False)
