"""Who can be alerted, who is on duty, who is away, who may take a case over."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localtime

from bienveille.engines.cases.models import Case, CaseAbsence, CaseReader, DutyTurn
from bienveille.engines.cases.rules import CONFIDENTIAL, Absence, Reachable, Turn, readers_present
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import Agency, RoleGrant, User
from bienveille.register.accounts.rules import Scope

#: They follow cases.
TEAM = (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER)


def within(scope: Scope, path: str = "agency") -> Q:
    """The condition that keeps the agencies of a scope; `path` leads to the agency. No query."""
    if scope.everything:
        return Q()
    return Q(**{f"{path}_id__in": scope.agencies}) | Q(**{f"{path}__company_id__in": scope.companies})


def _with_roles(roles: Iterable[str], agency: Agency | None, *, everywhere: bool = True) -> QuerySet[User]:
    """Active users who have one of these roles over an agency; `everywhere`: or over everything. No query."""
    grants = RoleGrant.objects.filter(user=OuterRef("pk"), role__in=list(roles))
    covering = Q(company=None, agency=None) if everywhere or agency is None else Q()
    if agency is not None:
        covering |= Q(agency=agency) | Q(company_id=agency.company_id)
    return User.objects.filter(Exists(grants.filter(covering)), is_active=True)


def absences_on(day: date) -> list[Absence]:
    """Who is away on a day, with who stands in (1 query)."""
    rows = CaseAbsence.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("starts_on", "pk")
    return [Absence(one.user_id, one.starts_on, one.ends_on, one.substitute_id) for one in rows]


def present_readers(case: Case, now: datetime) -> list[UUID]:
    """Who of those named to read a confidential case is not away at this moment, in their order (2 queries)."""
    seats = CaseReader.objects.filter(case_id=case.pk, user__is_active=True).order_by("rank")
    return readers_present(list(seats.values_list("user_id", flat=True)), absences_on(day_of(now)), day_of(now))


def day_of(now: datetime) -> date:
    """The landlord's day at a moment. No query."""
    return localtime(now).date()


def reachable(case: Case, now: datetime) -> Reachable:
    """Whom this case can alert at this moment, by group (4 queries; `case.agency` is read already).

    A confidential case alerts those who were named, one after the other, and nobody in their stead (2 queries).
    """
    day = localtime(now).date()
    if case.kind in CONFIDENTIAL:
        turns_of_readers = tuple(Turn(user, rank, True) for rank, user in enumerate(present_readers(case, now)))
        return Reachable(owner=None, turns=turns_of_readers, managers=(), direction=())
    turns = (
        DutyTurn.objects.filter(Q(agency=None) | Q(agency_id=case.agency_id), starts_at__lte=now, ends_at__gt=now)
        .filter(user__is_active=True)
        .order_by("rank", "starts_at", "pk")
    )
    managers = _with_roles([Role.AGENCY_MANAGER], case.agency)
    direction = _with_roles([Role.DIRECTOR], case.agency)
    return Reachable(
        owner=case.owner_id,
        turns=tuple(Turn(one.user_id, one.rank, one.agency_id is not None) for one in turns),
        managers=tuple(managers.order_by("pk").values_list("pk", flat=True)),
        direction=tuple(direction.order_by("pk").values_list("pk", flat=True)),
        absences=tuple(absences_on(day)),
    )


def directors_over(agency: Agency | None) -> list[User]:
    """Who directs an agency, or everything (1 query)."""
    return list(_with_roles([Role.DIRECTOR], agency).order_by("last_name", "first_name", "pk"))


def team_of(agency: Agency | None) -> QuerySet[User]:
    """Who may follow a case of this agency, by name (1 query when it is read)."""
    return _with_roles(TEAM, agency).order_by("last_name", "first_name", "pk")


def may_follow(user_id: UUID, agency: Agency | None) -> bool:
    """Whether somebody may be given a case of this agency (1 query)."""
    return _with_roles(TEAM, agency).filter(pk=user_id).exists()


def may_hear(user_id: UUID, case: Case) -> bool:
    """Whether somebody may be told of a case now: its named reader, or who follows its agency, known here (1 query)."""
    if case.kind in CONFIDENTIAL:
        return CaseReader.objects.filter(case_id=case.pk, user_id=user_id, user__is_active=True).exists()
    return may_follow(user_id, case.agency)


def follows_any(user_id: UUID) -> bool:
    """Whether somebody active follows the cases of an agency at least (1 query)."""
    return RoleGrant.objects.filter(user_id=user_id, user__is_active=True, role__in=TEAM).exists()


def duty_turns(scope: Scope, since: datetime) -> list[DutyTurn]:
    """Turns of duty that are not over, of these agencies and of the whole landlord, the next first (1 query)."""
    mine = within(scope) if scope.everything else within(scope) | Q(agency=None)
    rows = DutyTurn.objects.filter(mine, ends_at__gt=since).select_related("agency", "user")
    return list(rows.order_by("starts_at", "rank", "pk")[:200])


def duty_turn(turn_id: UUID) -> DutyTurn | None:
    """One turn of duty with its agency (1 query)."""
    return DutyTurn.objects.select_related("agency", "user").filter(pk=turn_id).first()


def absences_from(scope: Scope, day: date) -> list[CaseAbsence]:
    """Absences that are not over, of those who follow cases in these agencies (1 query)."""
    grants = RoleGrant.objects.filter(user=OuterRef("user"), role__in=TEAM)
    if not scope.everything:
        grants = grants.filter(Q(company=None, agency=None) | within(scope) | Q(company_id__in=scope.companies))
    rows = CaseAbsence.objects.filter(Exists(grants), ends_on__gte=day).select_related("user", "substitute")
    return list(rows.order_by("starts_on", "pk")[:200])


def absence(absence_id: UUID, *, user: User, team: QuerySet[User] | None) -> CaseAbsence | None:
    """One absence, of somebody themselves or of their team, with whose it is (1 query)."""
    whose = Q(user=user) if team is None else Q(user=user) | Q(user__in=team.order_by())
    return CaseAbsence.objects.select_related("user", "substitute").filter(whose, pk=absence_id).first()


def team_within(scope: Scope) -> QuerySet[User]:
    """Who follows cases in these agencies, by name (1 query when it is read)."""
    grants = RoleGrant.objects.filter(user=OuterRef("pk"), role__in=TEAM)
    if not scope.everything:
        grants = grants.filter(Q(company=None, agency=None) | within(scope) | Q(company_id__in=scope.companies))
    return User.objects.filter(Exists(grants), is_active=True).order_by("last_name", "first_name", "pk")
