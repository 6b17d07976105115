"""Apply a list of staff: accounts and their roles. Nobody is removed, deactivated or given rights over everything."""

from collections.abc import Callable

from django.contrib.auth.hashers import make_password

from bienveille.ground.lib.words import plain
from bienveille.register.accounts.models import Agency, RoleGrant, User
from bienveille.register.imports.operations.staging import Outcome, Source, counted
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.staff import StaffReader, StaffRow

_FACTS = ("last_name", "first_name", "service", "agency_id", "hours_per_week", "languages", "phone")


def apply_staff(source: Source, *, moved: Callable[[], None]) -> Outcome:
    """Users are created without a password (an invitation gives one) or brought up to date (8 queries)."""
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
    grants: dict[tuple[object, str], list[RoleGrant]] = {}
    for grant in RoleGrant.objects.filter(user__in=users.values()):
        grants.setdefault((grant.user_id, grant.role), []).append(grant)
    created: list[User] = []
    changed: list[User] = []
    new_grants: list[RoleGrant] = []
    moved_grants: list[RoleGrant] = []
    for row in listed:
        agency_id = agencies.get(plain(row.agency)) if row.agency else None
        unknown = bool(row.agency) and agency_id is None
        if unknown:
            title = source.columns.title("agency")
            outcome.warnings.append(Issue(row.row, title, shown(row.agency), "unknown_agency"))
        facts = {
            "last_name": row.last_name,
            "first_name": row.first_name,
            "service": row.service,
            "agency_id": agency_id,
            "hours_per_week": row.hours,
            "languages": list(row.languages),
            "phone": row.phone,
        }
        user = users.get(row.email)
        before = user.agency_id if user else None
        if user is None:
            user = User(email=row.email, password=make_password(None), **facts)
            created.append(user)
            touched = True
        else:
            # An empty cell never erases; a column that says "head office" does move somebody there.
            kept = {
                name: fact
                for name, fact in facts.items()
                if fact or (name == "agency_id" and _says_agency(source, unknown))
            }
            touched = any(getattr(user, name) != fact for name, fact in kept.items())
            for name, fact in kept.items():
                setattr(user, name, fact)
            if touched:
                changed.append(user)
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
        if not touched:
            changed.append(user)
    User.objects.bulk_create(created)
    User.objects.bulk_update(changed, _FACTS)
    RoleGrant.objects.bulk_create(new_grants)
    RoleGrant.objects.bulk_update(moved_grants, ["agency_id"])
    outcome.warnings.sort()
    outcome.created, outcome.updated = len(created), len(changed)
    outcome.unchanged = outcome.accepted - outcome.created - outcome.updated
    return outcome


def _says_agency(source: Source, unknown: bool) -> bool:
    return source.columns is not None and "agency" in source.columns.positions and not unknown
