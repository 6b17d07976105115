"""The figures of cases: what was opened in some months, by need, grade, place, with its delays and its end."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models import Case as CaseWhen
from django.db.models.functions import Coalesce, TruncMonth

from bienveille.engines.cases.choices import ActionKind, CaseOutcome, CaseState, Grade
from bienveille.engines.cases.models import ALIVE, Case, CaseAction, PartnerReferral
from bienveille.engines.cases.queries.reach import within
from bienveille.engines.cases.rules import CONFIDENTIAL, TAKEN_WITHIN
from bienveille.engines.cases.rules.figures import CaseFigures, Delays, Sendings, Tally
from bienveille.register.accounts.rules import Scope

_HOME = "dwelling__building__residence__commune__name"
UNKNOWN_PLACE = "Commune inconnue"


class Median(Aggregate):
    """The middle value: half are below it, half above."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    allow_distinct = False


def counted_cases(scope: Scope) -> QuerySet[Case]:
    """Cases that figures count: never a confidential one, nor one opened by a call since taken back. No query."""
    if scope.nothing:
        return Case.objects.none()
    return Case.objects.filter(within(scope), ~Q(kind__in=CONFIDENTIAL)).exclude(outcome=CaseOutcome.UNDONE)


def case_figures(
    scope: Scope, *, since: datetime, until: datetime, now: datetime, agency: UUID | None = None
) -> CaseFigures:
    """« Chiffres des situations »: those opened from a moment to another, agency by agency (11 queries, whatever
    their number). Delays are those of the same cases; what closed is counted by the month it closed in."""
    every = counted_cases(scope)
    if agency is not None:
        every = every.filter(agency_id=agency)
    rows = every.filter(opened_at__gte=since, opened_at__lt=until)
    whole = list(
        rows.values_list("agency_id", "grade", "state", "outcome").annotate(n=Count("pk")).order_by("agency_id")
    )
    needs = rows.annotate(need=Func(F("needs"), function="unnest")).values_list("agency_id", "need")
    places = rows.annotate(place=Coalesce(f"household__{_HOME}", "residence__commune__name", Value(UNKNOWN_PLACE)))
    communes: dict[UUID | None, dict[str, int]] = defaultdict(dict)
    for of, place, count in places.values_list("agency_id", "place").annotate(n=Count("pk")).order_by("place"):
        communes[of][place] = count
    reopened = rows.filter(Exists(CaseAction.objects.filter(case=OuterRef("pk"), kind=ActionKind.REOPENED)))
    return CaseFigures(
        grades=_cells((row[0], row[1], row[-1]) for row in whole),
        states=_cells((row[0], row[2], row[-1]) for row in whole),
        outcomes=_cells((row[0], row[3], row[-1]) for row in whole if row[2] == CaseState.CLOSED),
        needs=_cells(needs.annotate(n=Count("pk")).order_by("need")),
        agencies=_cells((row[0], row[0], row[-1]) for row in whole),
        communes=dict(communes),
        opened=_months(rows, "opened_at"),
        closed=_months(every.filter(closed_at__gte=since, closed_at__lt=until), "closed_at"),
        taking=_taking(rows, now),
        closing=_closing(rows, now),
        partners=_partners(rows),
        reopened=dict(reopened.values_list("agency_id").annotate(n=Count("pk")).order_by("agency_id")),
    )


def _cells[K](rows: Iterable[tuple[UUID | None, K, int]]) -> dict[K, Tally]:
    found: dict[K, dict[UUID | None, int]] = defaultdict(lambda: defaultdict(int))
    for agency, key, count in rows:
        found[key][agency] += count
    return {key: dict(tally) for key, tally in found.items()}


def _months(rows: QuerySet[Case], moment: str) -> dict[date, Tally]:
    monthly = rows.annotate(month=TruncMonth(moment)).values_list("agency_id", "month").annotate(n=Count("pk"))
    return _cells((agency, month.date(), count) for agency, month, count in monthly.order_by("month"))


def _taking(rows: QuerySet[Case], now: datetime) -> dict[str, Delays]:
    """How long calls waited for somebody. One told to who already followed the case waited for nobody: left out."""
    spans = [When(grade=grade, then=Value(span)) for grade, span in TAKEN_WITHIN.items()]
    asks = (
        CaseAction.objects.filter(case__in=rows, kind=ActionKind.SIGNALLED, undone_at=None)
        .filter(Q(answered_at=None) | Q(answered_at__gt=F("at")))
        .annotate(
            due=ExpressionWrapper(
                F("at") + CaseWhen(*spans, default=Value(timedelta(days=7)), output_field=DurationField()),
                output_field=CaseAction._meta.get_field("at"),
            ),
            took=_span("answered_at", "at"),
        )
    )
    return _delays(
        asks,
        agency="case__agency_id",
        done=Q(answered_at__isnull=False),
        in_time=Q(answered_at__lte=F("due")),
        late=Q(answered_at__gt=F("due")) | Q(answered_at=None, due__lt=now),
        running=Q(answered_at=None, due__gte=now),
    )


def _closing(rows: QuerySet[Case], now: datetime) -> dict[str, Delays]:
    """How long cases took to be closed, from their opening; one closed late, or still open past its time, is late."""
    return _delays(
        rows.annotate(took=_span("closed_at", "opened_at")),
        agency="agency_id",
        done=Q(state=CaseState.CLOSED),
        in_time=Q(state=CaseState.CLOSED, closed_at__lte=F("close_before")),
        late=Q(state=CaseState.CLOSED, closed_at__gt=F("close_before")) | ALIVE & Q(close_before__lt=now),
        running=ALIVE & Q(close_before__gte=now),
    )


def _partners(rows: QuerySet[Case]) -> dict[str, Sendings]:
    """Referrals that left for each partner, answered or not; one taken back before leaving is not among them."""
    sent = PartnerReferral.objects.filter(case__in=rows, sent_at__isnull=False)
    counts = sent.values_list("partner_name", "case__agency_id").annotate(
        answered=Count("pk", filter=Q(answered_at__isnull=False)), silent=Count("pk", filter=Q(answered_at=None))
    )
    found: dict[str, tuple[dict[UUID | None, int], dict[UUID | None, int]]] = defaultdict(lambda: ({}, {}))
    for name, agency, answered, silent in counts.order_by("partner_name"):
        found[name][0][agency], found[name][1][agency] = answered, silent
    return {name: Sendings(*parts) for name, parts in found.items()}


def _span(end: str, start: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def _delays(rows: QuerySet[Any], *, agency: str, done: Q, in_time: Q, late: Q, running: Q) -> dict[str, Delays]:
    """2 queries: the counts agency by agency, then the median of each grade."""
    counts = rows.values_list("grade", agency).annotate(
        in_time=Count("pk", filter=in_time),
        late=Count("pk", filter=late),
        running=Count("pk", filter=running),
        done=Count("pk", filter=done),
    )
    parts: dict[str, dict[str, dict[UUID | None, int]]] = defaultdict(lambda: defaultdict(dict))
    for grade, of, *numbers in counts.order_by("grade"):
        for name, count in zip(("in_time", "late", "running", "done"), numbers, strict=True):
            parts[grade][name][of] = count
    medians = dict(rows.filter(done).values_list("grade").annotate(middle=Median("took")).order_by("grade"))
    return {
        grade: Delays(
            **{name: dict(tally) for name, tally in parts[grade].items()},
            median=medians[grade].total_seconds() if grade in medians else None,
        )
        for grade in reversed(Grade.values)
        if grade in parts
    }
