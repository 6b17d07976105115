"""Who may see and change a household. Opening a record is written to the audit log here, with the reason given."""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.register.accounts.access import grants_of, has_role, scope_for
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import ResidenceManager
from bienveille.register.tenants.models import ContactPoint, Household, Mark, Merge, Person, Relative
from bienveille.register.tenants.rules import readable_marks, writable_marks

#: They read and correct the households of the agencies they cover. Callers see only what they are handed, which is
#: the business of the service that hands it out.
KEEPERS = (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER)
#: The only two roles who learn where somebody at a protected address lives.
TRUSTED_WITH_ADDRESSES = (Role.ADMINISTRATOR, Role.DIRECTOR)
#: What tells whose a household is.
HOME = ("dwelling__building__residence__agency", "dwelling__building__residence__commune")


def reading_scope(user: User) -> Scope:
    """The agencies whose households this user may search and open."""
    return scope_for(user, *KEEPERS)


def managed_residences(user: User) -> frozenset[UUID]:
    """The residences of a building manager (1 query), none for anybody else."""
    if not has_role(user, Role.BUILDING_MANAGER):
        return frozenset()
    return frozenset(ResidenceManager.objects.filter(user_id=user.pk).values_list("residence_id", flat=True))


def get_household_for(user: User, household_id: UUID, *, reason: str, write: bool = False) -> Household:
    """A household with its home; the reading is audited with its reason (3 queries, 4 for a building manager).

    404 outside one's agencies or residences, exactly as if it did not exist; 403 to change what one only reads.
    A household that has left is opened by who covers everything: no home tells whose it was.
    """
    found = Household.objects.select_related(*HOME).filter(pk=household_id).first()
    return require_household(user, found, reason=reason, write=write)


def get_person_for(user: User, person_id: UUID, *, reason: str, write: bool = False) -> Person:
    """Somebody, through the rights over their household (as many queries)."""
    person = Person.objects.select_related(*home_of("household")).filter(pk=person_id).first()
    require_household(user, person.household if person else None, reason=reason, write=write)
    return cast("Person", person)  # nobody: refused above


def get_contact_point_for(user: User, contact_point_id: UUID, *, reason: str, write: bool = False) -> ContactPoint:
    """A number or an address, through the rights over its household (as many queries)."""
    homes = home_of("person__household")
    point = ContactPoint.objects.select_related(*homes).filter(pk=contact_point_id).first()
    require_household(user, point.person.household if point else None, reason=reason, write=write)
    return cast("ContactPoint", point)  # nothing: refused above


def get_relative_for(user: User, relative_id: UUID, *, reason: str, write: bool = False) -> Relative:
    """A relative, through the rights over the household (as many queries)."""
    relative = Relative.objects.select_related(*home_of("person__household")).filter(pk=relative_id).first()
    require_household(user, relative.person.household if relative else None, reason=reason, write=write)
    return cast("Relative", relative)  # nobody: refused above


def readable_kinds(user: User) -> frozenset[str]:
    """The kinds of marks that this user may read, whatever the household."""
    return readable_marks(grant.role for grant in grants_of(user))


def writable_kinds(user: User) -> frozenset[str]:
    """The kinds of marks that this user may note, renew or take away, in the households they keep."""
    return writable_marks(grant.role for grant in grants_of(user))


def get_mark_for(user: User, mark_id: UUID, *, reason: str, write: bool = False) -> Mark:
    """A mark, through the rights over the household and over its kind (2 queries more).

    404 for a kind that one may not read, as if it had not been noted; 403 to change one that one only reads.
    """
    mark = Mark.objects.select_related(*home_of("person__household")).filter(pk=mark_id).first()
    if mark is None or mark.kind not in readable_kinds(user):
        raise Http404
    # Whose household it is comes first: 403 would say that the mark exists.
    _visible(user, mark.person.household)
    if write and mark.kind not in writable_kinds(user):
        raise PermissionDenied
    require_household(user, mark.person.household, reason=reason, write=write)
    return mark


def get_merge_for(user: User, merge_id: UUID, *, reason: str, write: bool = False) -> Merge:
    """Two rows said to be one person, through the rights over both households (5 queries at most)."""
    homes = (*home_of("kept__household"), *home_of("gone__household"))
    merge = Merge.objects.select_related("merged_by", *homes).filter(pk=merge_id).first()
    _visible(user, merge.gone.household if merge else None)
    merge = cast("Merge", merge)
    for person in (merge.kept, merge.gone):
        require_household(user, person.household, reason=reason, write=write)
    return merge


def may_see_address(user: User, *, protected: bool) -> bool:
    """Whether the address of a household may be shown: always, unless somebody's is protected."""
    return not protected or has_role(user, *TRUSTED_WITH_ADDRESSES)


def keeps(user: User, household: Household) -> bool:
    """Whether the user corrects this household: by its home when it has one; else only who covers everything."""
    scope = reading_scope(user)
    if household.dwelling is None:
        return scope.everything
    agency = household.dwelling.building.residence.agency
    return scope.covers(company=agency.company_id, agency=agency.pk)


def home_of(household: str) -> tuple[str, ...]:
    """What `select_related` brings to tell whose the household at this path is."""
    return tuple(f"{household}__{path}" for path in HOME)


def require_household(user: User, household: Household | None, *, reason: str, write: bool = False) -> Household:
    """Rights and audit for what came with its household and `home_of` it in one query (2 queries, 3 for a building
    manager). Nothing, and what is another agency's, take as many queries: how long a refusal takes says nothing (G5).
    """
    found = _visible(user, household)
    if write and not keeps(user, found):
        raise PermissionDenied
    record_audit(actor=user, action=AuditAction.HOUSEHOLD_READ, subject=found, reason=reason)
    return found


def _visible(user: User, household: Household | None) -> Household:
    residences = managed_residences(user)
    if household is not None:
        if keeps(user, household):
            return household
        if household.dwelling is not None and household.dwelling.building.residence_id in residences:
            return household
    raise Http404
