"""The call page: the household, its people, the numbers, the last words, what was promised."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, Prefetch, Q, When
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import PlannedState
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.dispatch.queries import still_callable
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.phones import display_phone
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactKind, ContactStatus
from bienveille.register.tenants.models import ContactPoint, Mark, Person
from bienveille.register.tenants.queries import lost_since
from bienveille.register.tenants.rules import age_on, mark_words, readable_marks
from bienveille.services.outreach.choices import AfterCall
from bienveille.services.outreach.models import CallMessage
from bienveille.services.outreach.rules import reasons


def last_contacts(household_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """The last time each household was really reached, in any campaign (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.household_id, max(a.at) FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
               WHERE c.household_id = ANY (%s) AND a.outcome = 'reached' AND a.undone_at IS NULL GROUP BY 1""",
            [list(household_ids)],
        )
        return dict(cursor.fetchall())


def need_labels() -> dict[str, str]:
    """Need → French label, in the order of the forms."""
    return dict(Need.choices)


@dataclass(frozen=True)
class PhoneLine:
    number: str
    display: str
    whose: str
    own: bool  # theirs, not a relative's or a neighbour's
    status: str
    answered_on: date | None


@dataclass(frozen=True)
class PersonLine:
    name: str
    age: int | None
    languages: tuple[str, ...]
    phones: tuple[PhoneLine, ...]
    best_time: str
    marks: tuple[str, ...]
    relatives: tuple[tuple[str, str, str], ...]  # name, relation, phone in E.164


@dataclass(frozen=True)
class AttemptLine:
    at: datetime
    outcome: str
    label: str
    caller: str
    note: str


@dataclass(frozen=True)
class CallSheet:
    """Everything a caller needs about the household in their hands, and nothing more."""

    contact: Contact
    why: tuple[str, ...]
    people: tuple[PersonLine, ...]
    attempts: tuple[AttemptLine, ...]
    last_words: AttemptLine | None
    planned: PlannedCall | None
    losses: tuple[tuple[str, date | None], ...] = ()  # who died there not long ago, and when

    @property
    def phones(self) -> list[PhoneLine]:
        """Every number, the best first, each once."""
        lines = {line.number: line for person in self.people for line in reversed(person.phones)}
        return sorted(lines.values(), key=lambda line: (line.answered_on is None, line.status != "valid"))


def call_sheet(contact: Contact, now: datetime) -> CallSheet:
    """What the caller's screen and `/next` show (7 queries, whatever the household).

    `contact` comes from `dispatch.queries.with_household`. People who objected to calls, left or died are not shown;
    of a death not long ago, the caller is told, so as not to ask for who is no longer there.
    """
    today = localtime(now).date()
    there = Q(left_on=None, deceased=False, opposed_on=None)
    people = Person.objects.filter(there | lost_since(today), household_id=contact.household_id)
    usable = ContactPoint.objects.filter(
        kind=ContactKind.PHONE, status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED]
    ).order_by("verified_on", "id")
    told = readable_marks([Role.CALLER])  # whatever else this caller is: the sheet is for calling
    marks = Mark.objects.filter(expires_on__gt=today, kind__in=sorted(told)).order_by("kind")
    people = people.prefetch_related(
        Prefetch("contact_points", usable), Prefetch("marks", marks), "relatives"
    ).order_by(Case(When(role="holder", then=0), When(role="co_holder", then=1), default=2), "birth_date", "id")
    attempts = [
        AttemptLine(
            at=attempt.at,
            outcome=attempt.outcome,
            label=attempt.get_outcome_display(),
            caller=attempt.caller.initials,
            note=attempt.report.note if hasattr(attempt, "report") else "",
        )
        for attempt in Attempt.objects.filter(contact__household_id=contact.household_id, undone_at=None)
        .select_related("caller", "report")
        .order_by("-at", "-id")[:20]
    ]
    last_reached = last_contacts([contact.household_id]).get(contact.household_id)
    return CallSheet(
        contact=contact,
        why=tuple(reasons(contact.why, last_reached, contact.attempts_made, contact.planned_call, today)),
        people=tuple(_person_line(person, today) for person in people if not person.deceased),
        losses=tuple((person.display_name, person.deceased_on) for person in people if person.deceased),
        attempts=tuple(attempts),
        last_words=next((line for line in attempts if line.note), None),
        planned=contact.planned_call,
    )


def _person_line(person: Person, today: date) -> PersonLine:
    return PersonLine(
        name=person.display_name,
        age=age_on(person.birth_date, today),
        languages=tuple(person.languages),
        phones=tuple(
            PhoneLine(
                number=point.value,
                display=display_phone(point.value),
                whose=point.whose or person.display_name,
                own=not point.whose,
                status=point.status,
                answered_on=point.verified_on,
            )
            for point in person.contact_points.all()
        ),
        best_time=person.get_best_time_display(),
        marks=tuple(mark_words(mark.kind, person.title) for mark in person.marks.all()),
        relatives=tuple((relative.name, relative.relation, relative.phone) for relative in person.relatives.all()),
    )


def promised_calls(caller: User, until: date) -> list[PlannedCall]:
    """Calls that a caller promised up to a day, the oldest first, with household and campaign (1 query)."""
    calls = PlannedCall.objects.filter(
        still_callable(), caller=caller, state=PlannedState.PLANNED, due_on__lte=until, contact__queue__closed_at=None
    )
    calls = calls.select_related("contact__household", "contact__queue__campaign", "planned_by__report")
    return list(calls.order_by("due_on", "id"))


def count_promised(caller: User, until: date) -> int:
    """How many calls a caller still owes up to a day, for the bar (1 query)."""
    return PlannedCall.objects.filter(
        still_callable(), caller=caller, state=PlannedState.PLANNED, due_on__lte=until, contact__queue__closed_at=None
    ).count()


def undone_call(contact: Contact, caller: User, now: datetime) -> dict[str, Any]:
    """What a caller had typed in the call they have just taken back, so that they correct it (2 queries).

    Empty unless the latest attempt of the household is theirs and was undone since it came back to their hands.
    """
    last = (
        Attempt.objects.filter(contact=contact)
        .select_related("report__response", "referral", "verbatim")
        .order_by("-at", "-id")
        .first()
    )
    if last is None or last.caller_id != caller.pk or last.undone_at is None or contact.reserved_at is None:
        return {}
    if last.undone_at < contact.reserved_at or now - last.undone_at > timedelta(hours=1):
        return {}
    typed: dict[str, Any] = {"outcome": last.outcome, "answers": {}}
    if hasattr(last, "report"):
        typed |= {"grade": last.report.grade, "needs": last.report.needs, "note": last.report.note}
        if last.report.response:
            typed["answers"] = last.report.response.given
    if hasattr(last, "referral"):
        typed["agreed"] = bool(last.referral.agreed)
    message = CallMessage.objects.filter(attempt=last, about=AfterCall.AGREED).select_related("delivery").first()
    if message is not None and message.delivery is not None:
        typed["agreed_by"] = message.delivery.channel
    if hasattr(last, "verbatim"):
        one = last.verbatim
        typed |= {
            "quote": one.said, "quote_agreed": True, "quote_by": str(one.agreed_by_id), "emotions": one.emotions
        }  # fmt: skip
    return typed
