"""What a list to take away holds, and what became since of the rows that come back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, Subquery

from bienveille.engines.dispatch.choices import ContactState
from bienveille.engines.dispatch.models import Attempt, Batch, BatchLine
from bienveille.ground.lib.typography import clock, day_in_words, listed
from bienveille.ground.lib.typography import phone as phone_digits
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.choices import ContactKind, ContactStatus, DayPart
from bienveille.register.tenants.models import CallWish, ContactPoint, Person
from bienveille.register.tenants.rules import age_on
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.queries.coordination import within
from bienveille.services.outreach.rules.offline import FilledRow

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def batch_to_take_away(batch_id: UUID) -> Batch | None:
    """A caller's list in force, with its plan and campaign (1 query)."""
    batches = Batch.objects.select_related("plan__queue__campaign", "caller")
    return batches.filter(pk=batch_id, plan__state="confirmed").first()


def is_within(batch: Batch, scope: Scope) -> bool:
    """Whether every household of a list is of the agencies of a scope (1 query, none for who covers everything)."""
    if scope.everything:
        return True
    lines = BatchLine.objects.filter(batch=batch)
    return not lines.exclude(within(scope, "contact__lane__agency")).exists()


def batches_to_take_away(plan_id: UUID) -> list[Batch]:
    """Every list of a plan that still holds somebody to call, by name of caller (1 query)."""
    waiting = BatchLine.objects.filter(
        plan=plan_id, ended_at=None, contact__state__in=[ContactState.WAITING, ContactState.RESERVED]
    )
    batches = Batch.objects.select_related("plan__queue__campaign", "caller")
    batches = batches.filter(plan=plan_id, ended_at=None, pk__in=waiting.values("batch"))
    return list(batches.order_by("caller__last_name", "caller__first_name", "pk"))


def sheet_rows(batch_ids: Collection[UUID], today: date) -> dict[UUID, list[dict[str, str]]]:
    """For each list, its households still to call in order, with what the call needs and no more (4 queries).

    Whoever left, died, objected or asked to be written to is not in it; nor a household at a protected address.
    """
    lines = list(
        BatchLine.objects.filter(batch__in=batch_ids, ended_at=None, contact__state=ContactState.WAITING)
        .select_related("contact__household", "contact__lane")
        .order_by("batch", "position", "pk")
    )
    homes = {line.contact.household_id for line in lines}
    usable = ContactPoint.objects.filter(
        kind=ContactKind.PHONE, status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED]
    ).order_by("verified_on", "id")
    people: dict[UUID, list[Person]] = {}
    shut: set[UUID] = set()
    there = Person.objects.filter(household__in=homes, deceased=False).filter(Q(left_on=None) | Q(left_on__gt=today))
    for person in there.prefetch_related(Prefetch("contact_points", usable)).order_by("role", "birth_date", "id"):
        if person.protected_address:
            shut.add(person.household_id)
        if person.opposed_on is None:
            people.setdefault(person.household_id, []).append(person)
    wishes = {wish.household_id: wish for wish in CallWish.objects.filter(household__in=homes)}
    rows: dict[UUID, list[dict[str, str]]] = {key: [] for key in batch_ids}
    for line in lines:
        home = line.contact.household_id
        wish = wishes.get(home)
        if home in shut or home not in people or (wish is not None and wish.in_writing):
            continue
        mine = rows[line.batch_id]  # type: ignore[index]
        mine.append({"rank": str(len(mine) + 1), **_told(line, people[home], wish, today)})
    return rows


def _told(line: BatchLine, people: Sequence[Person], wish: CallWish | None, today: date) -> dict[str, str]:
    numbers: dict[str, None] = {}
    for person in people:
        for point in person.contact_points.all():
            numbers.setdefault(phone_digits(point.value) + (f" ({point.whose})" if point.whose else ""))
    ages = [(person, age_on(person.birth_date, today)) for person in people]
    when = [person.get_best_time_display() for person in people if person.best_time]
    if wish is not None:
        when += [str(DayPart(part).label).lower() for part in wish.parts]
        when += [f"pas le {listed([WEEKDAYS[day - 1] for day in wish.not_on])}"] if wish.not_on else []
    return {
        "name": line.contact.household.display_name,
        "people": "\n".join(f"{one.display_name}{f', {age} ans' if age is not None else ''}" for one, age in ages),
        "phones": "\n".join(numbers),
        "when": ", ".join(dict.fromkeys(when)),
        "why": ", ".join(line.contact.why),
        "key": str(line.pk),
        "token": str(line.token),
    }


class Standing(StrEnum):
    """What a row that came back would become."""

    APPLY = "apply"  # saved
    EMPTY = "empty"  # nothing was written in it
    DONE = "done"  # saved already, from this very row
    TAKEN = "taken"  # somebody else called, or somebody is calling now
    MOVED = "moved"  # given to somebody else since the sheet was made
    OVER = "over"  # the household left the campaign, or the campaign is closed
    UNKNOWN = "unknown"  # not a row of a list of theirs
    REJECTED = "rejected"  # something in it cannot be read


@dataclass(frozen=True)
class LookedAt:
    """A row, what it would become, and the sentence that says so. `line`: whose it is, when it is known."""

    row: FilledRow
    standing: Standing
    words: str = ""
    line: BatchLine | None = None


def look_at_rows(user: User, scope: Scope, rows: Sequence[FilledRow], now: datetime) -> list[LookedAt]:
    """What each row would become, for whom brings it: their own lists, or those of agencies they manage (2 queries)."""
    last = Attempt.objects.filter(contact=OuterRef("contact"), undone_at=None).order_by("-at", "-id")
    lines = {
        line.pk: line
        for line in BatchLine.objects.filter(pk__in=[row.key for row in rows if row.key])
        .select_related("plan__queue__campaign", "batch__caller", "contact__household", "contact__lane__agency")
        .annotate(
            last_at=Subquery(last.values("at")[:1]),
            last_first=Subquery(last.values("caller__first_name")[:1]),
            last_name=Subquery(last.values("caller__last_name")[:1]),
        )
    }
    keys = [offline_key(row) for row in rows if row.key and row.token]
    found = Attempt.objects.filter(idempotency_key__in=keys).values_list("idempotency_key", flat=True)
    saved = {key for key in found if key}
    return [_looked(user, scope, row, lines.get(row.key) if row.key else None, saved, now) for row in rows]


def offline_key(row: FilledRow) -> str:
    """The idempotency key of a row: the same sheet twice saves nothing twice."""
    return f"offline:{row.key}:{row.token}"


def _looked(
    user: User, scope: Scope, row: FilledRow, line: BatchLine | None, saved: set[str], now: datetime
) -> LookedAt:
    if line is None or not _may_bring(user, scope, line):
        if not row.filled:
            return LookedAt(row, Standing.EMPTY)
        return LookedAt(row, Standing.UNKNOWN, "Cette ligne ne vient pas d’une de vos listes.")
    if offline_key(row) in saved:
        return LookedAt(row, Standing.DONE, "Déjà enregistré depuis ce fichier.", line)
    if not row.filled:
        return LookedAt(row, Standing.EMPTY, "", line)
    if row.wrong:
        return LookedAt(row, Standing.REJECTED, row.wrong[0].message, line)
    contact, today = line.contact, now.date()
    called = ""
    if line.last_at is not None:  # type: ignore[attr-defined]
        who = f"{line.last_first} {line.last_name[:1]}".strip()  # type: ignore[attr-defined]
        at = line.last_at.astimezone(now.tzinfo)  # type: ignore[attr-defined]
        called = f"{who} a appelé {day_in_words(at.date(), today)} à {clock(at)}"
    if contact.state == ContactState.RESERVED:
        return LookedAt(
            row, Standing.TAKEN, "Quelqu’un appelle ce ménage en ce moment\u00a0: recommencez plus tard.", line
        )
    if contact.state != ContactState.WAITING or line.plan.queue.campaign.state == CampaignState.CLOSED:
        if called:
            return LookedAt(row, Standing.TAKEN, f"{called}\u00a0: {contact.get_state_display().lower()}.", line)
        state = contact.get_reason_display() or contact.get_state_display()
        return LookedAt(row, Standing.OVER, f"Ce ménage n’est plus à appeler\u00a0: {state.lower()}.", line)
    if line.token != row.token or line.ended_at is not None or line.batch is None:
        to = f" à {line.batch.caller.initials.rstrip('.')}" if line.batch and line.ended_at is None else ""
        words = f"Cette ligne a été confiée{to} depuis que le fichier est fait." if to else "Cette ligne a été rendue."
        return LookedAt(row, Standing.MOVED, f"{called}. {words}" if called else words, line)
    return LookedAt(row, Standing.APPLY, f"{called} sans conclure." if called else "", line)


def _may_bring(user: User, scope: Scope, line: BatchLine) -> bool:
    if line.batch is not None and line.batch.caller_id == user.pk:
        return True
    agency = line.contact.lane.agency
    return scope.covers(company=agency.company_id if agency else None, agency=agency.pk if agency else None)
