"""Apply a list of staff: accounts, roles, when and for whom they call; who left is closed at once, never deleted.

Nobody is given rights over everything. What people said of their own availability stays while the file repeats itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from bienveille.ground.lib.words import plain
from bienveille.register.accounts.models import Agency, RoleGrant, User
from bienveille.register.accounts.operations import LastAdministrator, deactivate_user, reactivate_user
from bienveille.register.imports.choices import Departures
from bienveille.register.imports.models import ImportedUser
from bienveille.register.imports.operations.staging import Outcome, Source, counted
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.staff import StaffReader, StaffRow, left_too_many

_IDENTITY = ("last_name", "first_name", "service", "agency_id", "phone")
_OWN = ("hours_per_week", "languages", "skills")  # and the agencies that they cover


def apply_staff(
    source: Source,
    *,
    moved: Callable[[], None],
    departures: Departures = Departures.AUTO,
    actor: User | None = None,
) -> Outcome:
    """Users are opened without a password (an invitation gives one), brought up to date, or closed.

    Closed: those that an earlier file had opened and that this one does not list, unless they are more than a third of
    them and nobody said that the file is complete (`extra["held"]`). Never somebody opened by hand, the last
    administrator, nor whoever imports. Who comes back is opened again (14 queries, and 6 for each one closed).
    """
    assert source.table is not None
    assert source.columns is not None
    outcome = Outcome(source)
    reader = StaffReader(source.columns, width=len(source.table.header))
    listed: list[StaffRow] = []
    for number, cells in counted(source.table.rows(), outcome):
        row = reader.read(number, cells)
        if isinstance(row, Issue):
            outcome.rejects.append(row)
        else:
            listed.append(row)
        moved()
    outcome.warnings = reader.warnings
    agencies = {plain(label): agency.id for agency in Agency.objects.all() for label in (agency.code, agency.name)}
    users = {user.email: user for user in User.objects.filter(email__in=[row.email for row in listed])}
    _write(source, outcome, listed, users, agencies)
    outcome.extra["reopened"] = _reopen(users.values(), actor)
    _close(outcome, reader, departures, actor)
    outcome.warnings.sort()
    return outcome


# ---- Those who are listed --------------------------------------------------------------------------------------------


def _write(
    source: Source,
    outcome: Outcome,
    listed: Sequence[StaffRow],
    users: Mapping[str, User],
    agencies: Mapping[str, UUID],
) -> None:
    grants: dict[tuple[object, str], list[RoleGrant]] = {}
    for grant in RoleGrant.objects.filter(user__in=users.values()):
        grants.setdefault((grant.user_id, grant.role), []).append(grant)
    said = {one.user_id: one for one in ImportedUser.objects.filter(user__in=users.values())}
    covered = _covered(users.values())
    created: list[User] = []
    changed: dict[UUID, User] = {}
    new_grants: list[RoleGrant] = []
    moved_grants: list[RoleGrant] = []
    says: list[ImportedUser] = []
    covers: dict[UUID, set[UUID]] = {}
    for row in listed:
        agency_id = agencies.get(plain(row.agency)) if row.agency else None
        unknown = bool(row.agency) and agency_id is None
        if unknown:
            _warn(source, outcome, row, "agency", row.agency, "unknown_agency")
        wanted = _known_agencies(source, outcome, row, agencies)
        user = users.get(row.email)
        before = user.agency_id if user else None
        own: dict[str, Any] = {
            "hours_per_week": row.hours,
            "languages": list(row.languages),
            "skills": list(row.skills),
        }
        identity = {
            "last_name": row.last_name,
            "first_name": row.first_name,
            "service": row.service,
            "agency_id": agency_id,
            "phone": row.phone,
        }
        if user is None:
            user = User(email=row.email, password=make_password(None), imported=True, **identity, **own)
            created.append(user)
            touched = True
        else:
            # An empty cell never erases; a column that says "head office" does move somebody there.
            kept: dict[str, Any] = {
                name: fact
                for name, fact in identity.items()
                if fact or (name == "agency_id" and _says_agency(source, unknown))
            }
            former = said[user.pk].said if user.pk in said else {}
            kept |= {name: fact for name, fact in own.items() if fact and former.get(name) != _text(fact)}
            touched = any(getattr(user, name) != fact for name, fact in kept.items())
            for name, fact in kept.items():
                setattr(user, name, fact)
            if former.get("covers") == _text(sorted(wanted)):
                wanted = set()
        if wanted and wanted != covered.get(user.pk, set()):
            covers[user.pk] = wanted
            touched = True
        says.append(ImportedUser(user=user, said=_said(row, agencies)))
        if touched:
            changed[user.pk] = user
        if not row.role or unknown:
            continue
        held = grants.get((user.id, row.role), [])
        if any(grant.company_id is None and grant.agency_id == user.agency_id for grant in held):
            continue
        followed = next((g for g in held if g.company_id is None and g.agency_id == before), None)
        if followed:
            followed.agency_id = user.agency_id
            moved_grants.append(followed)
        else:
            new_grants.append(RoleGrant(user=user, role=row.role, agency_id=user.agency_id))
        changed[user.pk] = user
    fresh = {user.pk for user in created}
    updated = [user for key, user in changed.items() if key not in fresh]
    User.objects.bulk_create(created)
    User.objects.bulk_update(updated, [*_IDENTITY, *_OWN])
    RoleGrant.objects.bulk_create(new_grants)
    RoleGrant.objects.bulk_update(moved_grants, ["agency_id"])
    ImportedUser.objects.bulk_create(says, update_conflicts=True, unique_fields=["user"], update_fields=["said"])
    _cover(covers)
    outcome.created, outcome.updated = len(created), len(updated)
    outcome.unchanged = outcome.accepted - outcome.created - outcome.updated


def _covered(users: Iterable[User]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    links = User.covers.through.objects.filter(user__in=users)
    for user_id, agency_id in links.values_list("user_id", "agency_id"):
        found.setdefault(user_id, set()).add(agency_id)
    return found


def _cover(covers: Mapping[UUID, set[UUID]]) -> None:
    through = User.covers.through
    through.objects.filter(user_id__in=list(covers)).delete()
    through.objects.bulk_create(
        [through(user_id=user_id, agency_id=agency_id) for user_id, wanted in covers.items() for agency_id in wanted]
    )


def _known_agencies(source: Source, outcome: Outcome, row: StaffRow, agencies: Mapping[str, UUID]) -> set[UUID]:
    for label in row.covers:
        if plain(label) not in agencies:
            _warn(source, outcome, row, "covers", label, "unknown_value")
    return {agencies[plain(label)] for label in row.covers if plain(label) in agencies}


def _said(row: StaffRow, agencies: Mapping[str, UUID]) -> dict[str, str]:
    return {
        "hours_per_week": _text(row.hours),
        "languages": _text(row.languages),
        "skills": _text(row.skills),
        "covers": _text(sorted(agencies[plain(one)] for one in row.covers if plain(one) in agencies)),
    }


def _text(fact: Any) -> str:
    """A fact as it is compared from one file to the next."""
    return "|".join(map(str, fact)) if isinstance(fact, (list, tuple)) else str(fact or "")


def _warn(source: Source, outcome: Outcome, row: StaffRow, field: str, cell: str, reason: str) -> None:
    assert source.columns is not None
    outcome.warnings.append(Issue(row.row, source.columns.title(field), shown(cell), reason))


def _says_agency(source: Source, unknown: bool) -> bool:
    return source.columns is not None and "agency" in source.columns.positions and not unknown


# ---- Those who left, and those who come back -------------------------------------------------------------------------


def _reopen(listed: Iterable[User], actor: User | None) -> int:
    """Accounts that a file had closed; one that somebody closed by hand stays closed."""
    back = [user for user in listed if user.left_on and not user.is_active]
    for user in back:
        reactivate_user(actor=actor, user=user)
    return len(back)


def _close(outcome: Outcome, reader: StaffReader, departures: Departures, actor: User | None) -> None:
    known = list(User.objects.filter(imported=True, is_active=True).order_by("email"))
    absent = [
        user
        for user in known
        if user.email not in reader.addresses
        and (plain(user.last_name), plain(user.first_name)) not in reader.names
        and (actor is None or user.pk != actor.pk)
    ]
    outcome.extra["absent"], outcome.extra["held"] = len(absent), 0
    if departures == Departures.KEEP:
        return
    if departures == Departures.AUTO and left_too_many(len(absent), len(known)):
        outcome.extra["held"] = len(absent)
        return
    now = timezone.now()
    for user in absent:
        try:
            deactivate_user(actor=actor, user=user, now=now, left_on=timezone.localdate(now))
        except LastAdministrator:
            continue
        outcome.closed += 1
