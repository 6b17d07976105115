"""Lists of cases, the page of one, what waits for somebody, what each person follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case as CaseWhen
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from bienveille.engines.cases.choices import ActionKind, CaseState, Grade
from bienveille.engines.cases.models import ALIVE, Alert, Case, CaseAbsence, CaseAction
from bienveille.engines.cases.queries.reach import within
from bienveille.engines.cases.rules import CONFIDENTIAL, GRAVITY
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import RoleGrant, User
from bienveille.register.accounts.rules import Scope

_SHOWN = ("household", "residence", "agency", "owner", "person")


def visible(scope: Scope, user: User) -> QuerySet[Case]:
    """Cases that somebody may see: of their agencies; confidential ones, only those who were named. No query."""
    named = Exists(Case.readers.through.objects.filter(case_id=OuterRef("pk"), user_id=user.pk))
    return Case.objects.filter(
        Q(within(scope), ~Q(kind__in=CONFIDENTIAL)) | Q(named, kind__in=CONFIDENTIAL)
        if not scope.nothing
        else Q(named, kind__in=CONFIDENTIAL)
    )


@dataclass(frozen=True)
class CaseFilters:
    """What the list keeps; empty: every case that is not closed."""

    state: str = ""
    grade: str = ""
    need: str = ""
    agency: UUID | None = None
    mine: bool = False
    overdue: bool = False


def late(now: datetime, today: date) -> Q:
    """Not taken in time, not closed in time, or whose next step is late. No query."""
    return ALIVE & (Q(state=CaseState.NEW, take_before__lt=now) | Q(close_before__lt=now) | Q(next_step_on__lt=today))


def cases_list(scope: Scope, user: User, filters: CaseFilters, now: datetime, today: date) -> QuerySet[Case]:
    """The page « Situations », with all that a row shows (1 query when it is read, 1 to count)."""
    rows = with_order(visible(scope, user)).select_related(*_SHOWN)
    if filters.state == "closed":
        rows = rows.filter(state=CaseState.CLOSED)
    elif filters.state:
        rows = rows.filter(state=filters.state)
    else:
        rows = rows.filter(ALIVE)
    if filters.grade:
        rows = rows.filter(grade=filters.grade)
    if filters.need:
        rows = rows.filter(needs__contains=[filters.need])
    if filters.agency:
        rows = rows.filter(agency_id=filters.agency)
    if filters.mine:
        rows = rows.filter(owner=user)
    if filters.overdue:
        rows = rows.filter(late(now, today))
    return rows


def with_order(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with `gravity` (the gravest is the greatest) and `due_at`, what must come first: taken, or closed."""
    return rows.annotate(
        gravity=CaseWhen(*[When(grade=one, then=Value(rank)) for rank, one in enumerate(GRAVITY)], default=Value(0)),
        due_at=CaseWhen(When(state=CaseState.NEW, then=F("take_before")), default=F("close_before")),
    )


def find_case(scope: Scope, user: User, **which: UUID) -> Case | None:
    """One case that somebody may see, by `pk` or by its `referrals`, with all that its page names (1 query).

    Whether it does not exist or is not theirs is the same question to the database, answered in as long (G5).
    """
    home = ("household__dwelling__building__residence__commune", "household__dwelling__building__residence__agency")
    cases = visible(scope, user).select_related(*_SHOWN, *home, "residence__commune", "opened_by", "closed_by")
    return cases.filter(**which).first()


def is_reader(case: Case, user: User) -> bool:
    """Whether somebody was named to read a confidential case (1 query)."""
    return Case.readers.through.objects.filter(case_id=case.pk, user_id=user.pk).exists()


def actions_of(case: Case) -> list[CaseAction]:
    """All that happened to a case, the newest first (1 query)."""
    return list(CaseAction.objects.filter(case=case).select_related("by", "to").order_by("-revision", "-at", "-pk"))


def actions_since(case_id: UUID, revision: int) -> list[CaseAction]:
    """What happened to a case after a revision, in order (1 query)."""
    rows = CaseAction.objects.filter(case_id=case_id, revision__gt=revision).select_related("by", "to")
    return list(rows.order_by("revision", "at", "pk"))


def alerts_of(case: Case) -> list[Alert]:
    """Whom a case alerted, the newest first (1 query)."""
    return list(Alert.objects.filter(case=case).select_related("user").order_by("-created_at", "-pk"))


def open_cases_of(household_id: UUID, scope: Scope, user: User) -> list[Case]:
    """The open cases of a household that somebody may see, for its page (1 query)."""
    rows = visible(scope, user).filter(ALIVE, household_id=household_id).select_related(*_SHOWN)
    return list(rows.order_by("opened_at", "pk"))


def open_cases_at(residence_id: UUID, scope: Scope, user: User) -> list[Case]:
    """The open cases of a residence itself that somebody may see, for its page (1 query)."""
    rows = visible(scope, user).filter(ALIVE, residence_id=residence_id).select_related(*_SHOWN)
    return list(rows.order_by("opened_at", "pk"))


def case_of_source(source: UUID) -> UUID | None:
    """The case that a call opened or joined, by the call's key (1 query)."""
    return CaseAction.objects.filter(source=source).values_list("case_id", flat=True).first()


def sources_of(actions: Iterable[CaseAction]) -> list[UUID]:
    """The keys of the calls that signalled among these actions. No query."""
    return [one.source for one in actions if one.source is not None]


@dataclass(frozen=True)
class Day:
    """What waits for somebody today: to be taken, new in what they follow, due or late, and how much they follow."""

    to_take: list[Case]
    news: list[Case]
    late: list[Case]
    due: list[Case]
    others: int

    @property
    def count(self) -> int:
        return len(self.to_take) + len(self.news) + len(self.late) + len(self.due)


#: Lines of each part of a day; the list has them all.
LINES = 20


def my_day(scope: Scope, user: User, now: datetime, today: date, tomorrow: datetime) -> Day:
    """« Ma journée » of who follows cases: to take, then one's own by what they ask (2 queries).

    Those of a colleague who is away, for whom one stands in, are one's own that day.
    """
    seen = visible(scope, user).select_related(*_SHOWN)
    to_take = seen.filter(state=CaseState.NEW).order_by("take_before", "pk")
    stood_in = CaseAbsence.objects.filter(substitute=user, starts_on__lte=today, ends_on__gte=today).values("user")
    followed = seen.filter(Q(owner=user) | Q(owner__in=stood_in), state=CaseState.FOLLOWED)
    mine = list(followed.order_by("close_before", "pk"))
    news = [one for one in mine if one.news_at is not None]
    rest = [one for one in mine if one.news_at is None]
    overdue = [one for one in rest if one.close_before < now or (one.next_step_on and one.next_step_on < today)]
    due = [one for one in rest if one not in overdue and (one.next_step_on == today or one.close_before < tomorrow)]
    others = len(mine) - len(news) - len(overdue) - len(due)
    return Day(list(to_take[:LINES]), news[:LINES], overdue[:LINES], due[:LINES], others)


def count_to_take(scope: Scope, user: User) -> int:
    """How many cases wait for somebody in these agencies, for the bar (1 query)."""
    return visible(scope, user).filter(state=CaseState.NEW).count()


def count_red_waiting(scope: Scope, user: User) -> int:
    """How many red cases wait for somebody, for the first page (1 query)."""
    return visible(scope, user).filter(state=CaseState.NEW, grade=Grade.RED).count()


@dataclass(frozen=True)
class Load:
    """What one person follows: cases, those that are late, red and orange ones."""

    user: User
    cases: int
    late: int
    grave: int


def caseload(scope: Scope, now: datetime, today: date) -> list[Load]:
    """What each person follows in these agencies, the most first, for who manages (2 queries)."""
    rows = (
        Case.objects.filter(within(scope), ~Q(kind__in=CONFIDENTIAL), ALIVE, owner__isnull=False)
        .values("owner_id")
        .annotate(
            n=Count("pk"),
            late=Count("pk", filter=late(now, today)),
            grave=Count("pk", filter=Q(grade__in=[Grade.ORANGE, Grade.RED])),
        )
        .order_by("-n", "owner_id")
    )
    found = list(rows)
    users = User.objects.in_bulk([row["owner_id"] for row in found])
    return [Load(users[row["owner_id"]], row["n"], row["late"], row["grave"]) for row in found]


def signals_of(case: Case) -> QuerySet[CaseAction]:
    """What signalled a case and was not taken back, in order (1 query when it is read)."""
    return CaseAction.objects.filter(case=case, kind=ActionKind.SIGNALLED, undone_at=None).order_by("at", "pk")


@dataclass
class Late:
    """What is late for one person: cases that nobody took, cases and steps past their day."""

    waiting: int = 0
    overdue: int = 0


def late_by_person(now: datetime, today: date) -> dict[UUID, Late]:
    """Who has something late this morning: owners, and who manages an agency where nobody took a case (3 queries).

    Where an agency has no manager, the direction is told. Confidential cases are told to their owner only.
    """
    found: dict[UUID, Late] = {}
    owned = Case.objects.filter(late(now, today), state=CaseState.FOLLOWED).values("owner_id").annotate(n=Count("pk"))
    for row in owned.order_by("owner_id"):
        found.setdefault(row["owner_id"], Late()).overdue += row["n"]
    untaken = (
        Case.objects.filter(~Q(kind__in=CONFIDENTIAL), state=CaseState.NEW, take_before__lt=now)
        .values("agency_id", "agency__company_id")
        .annotate(n=Count("pk"))
        .order_by("agency_id")
    )
    grants = list(
        RoleGrant.objects.filter(role__in=[Role.AGENCY_MANAGER, Role.DIRECTOR], user__is_active=True)
        .order_by("pk")
        .values_list("user_id", "role", "company_id", "agency_id")
    )
    for place in untaken:
        covering = {
            (user, role)
            for user, role, company, agency in grants
            if (company is None and agency is None)
            or (agency is not None and agency == place["agency_id"])
            or (company is not None and company == place["agency__company_id"])
        }
        managers = {user for user, role in covering if role == Role.AGENCY_MANAGER}
        for user in managers or {user for user, _ in covering}:
            found.setdefault(user, Late()).waiting += place["n"]
    return found
