"""What one screen gathers from several packages: a caller's day; the help that exists near a home, need by need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bienveille.engines.cases.access import following_scope
from bienveille.engines.cases.choices import ActionKind
from bienveille.engines.cases.models import CaseAction
from bienveille.engines.cases.queries import case_events_for_household, staff_of_cases, told_of_cases
from bienveille.engines.cases.queries.referrals_disclosure import told_of_referrals
from bienveille.engines.dispatch.models import Attempt, Contact, PlannedCall
from bienveille.engines.messaging.choices import Channel, DeliveryState
from bienveille.engines.messaging.models import Delivery, InboundMessage
from bienveille.engines.messaging.queries.disclosure import (
    received_from_household,
    sent_to_household,
    told_of_messages,
)
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.rules import CASE_ICONS, change_words, event_detail
from bienveille.ground.lib.disclosure import Part
from bienveille.ground.lib.typography import calendar_day, number
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry, User
from bienveille.register.accounts.queries import changes_to, roles_in_words, told_of_looks
from bienveille.register.partners.queries import Offer, area_around, best_services
from bienveille.register.partners.rules import NOWHERE, Area
from bienveille.register.tenants.models import Lease, Person
from bienveille.register.tenants.queries import HouseholdRecord, rows_of, told_of_person, veil_over
from bienveille.services.neighbourhood.queries import told_of_relays
from bienveille.services.outreach.models import CallerPause, Campaign
from bienveille.services.outreach.queries import (
    HouseholdEvent,
    MyFigures,
    campaigns_to_call,
    events_for_household,
    households_in_hand,
    last_saved_call,
    my_figures,
    pause_of,
    promised_calls,
    staff_of_calls,
    told_of_calls,
    told_of_scales,
    told_of_verbatims,
)

#: Enough to choose from while somebody waits on the phone.
PER_NEED = 3


#: How far ahead promised calls are shown to their caller.
WEEK_AHEAD = timedelta(days=7)


@dataclass(frozen=True)
class CallerDay:
    """What a caller starts from. `current`: the campaign of the one big button, the others stand below it."""

    campaigns: list[Campaign]
    in_hand: Contact | None
    current: Campaign | None
    promised: list[PlannedCall]
    figures: MyFigures
    last: Attempt | None
    pause: CallerPause | None

    @property
    def others(self) -> list[Campaign]:
        """Campaigns in which this person may call too."""
        return [one for one in self.campaigns if self.current is None or one.pk != self.current.pk]


def caller_day_of(user: User, now: datetime) -> CallerDay | None:
    """The day of a caller; None for somebody who calls nowhere (7 queries, whatever the campaigns and promises).

    The campaign of the big button: the one whose household is in hand, else that of the first promise due, else the
    newest that hands out.
    """
    today = now.date()
    campaigns = campaigns_to_call(user)
    promised = promised_calls(user, today + WEEK_AHEAD)
    if not campaigns and not promised:
        return None
    held = households_in_hand(user)
    by_queue = {campaign.queue_id: campaign for campaign in campaigns}
    mine = [by_queue[contact.queue_id] for contact in held if contact.queue_id in by_queue]
    due = [one for one in promised if one.due_on <= today and (one.due_from is None or one.due_from <= now)]
    promising = [by_queue[one.contact.queue_id] for one in due if one.contact.queue_id in by_queue]
    giving = [campaign for campaign in [*promising, *campaigns] if campaign.queue.accepting]
    current = next(iter([*mine, *giving, *campaigns]), None)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return CallerDay(
        campaigns=campaigns,
        in_hand=next((one for one in held if current is not None and one.queue_id == current.queue_id), None),
        current=current,
        promised=promised,
        figures=my_figures(user, midnight),
        last=last_saved_call(user, now),
        pause=pause_of(user, today),
    )


@dataclass(frozen=True)
class LocalHelp:
    """One need, with the services that answer it near a home; some needs the landlord itself answers first."""

    need: str
    label: str
    by_landlord: bool
    offers: tuple[Offer, ...]
    more: int

    @property
    def all_words(self) -> str:
        """ "les 12 services"."""
        return f"les {number(len(self.offers) + self.more)} services"


def help_near(home: Any, today: date) -> list[LocalHelp]:
    """For each need, the best three services that cover the home's commune, in the order of the table (2 queries).

    Needs that neither the landlord nor a known service answers are left out.
    """
    commune = home.building.residence.commune if home else None
    return local_help(area_around(commune) if commune else NOWHERE, today, per_need=PER_NEED)


def local_help(area: Area, today: date, *, per_need: int) -> list[LocalHelp]:
    """For each need, the best services of a place, what is known of them, how many more there are (2 queries)."""
    found = best_services(area, on=today, per_need=per_need)
    return [
        LocalHelp(need, Need(need).label, answers.match.by_landlord, answers.best, answers.more)
        for need, answers in found.items()
        if need in Need.values and (answers.best or answers.match.by_landlord)
    ]


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened to a household: a call, a correction, an entry. Of some only the day is known."""

    at: datetime
    title: str
    icon: str
    detail: str
    grade: str = ""
    note: str = ""
    needs: tuple[str, ...] = ()
    day_only: bool = False

    @property
    def moment(self) -> datetime | None:
        """The moment to show; none when `detail` says the day."""
        return None if self.day_only else self.at


@dataclass(frozen=True)
class History:
    """One page of what happened to a household, the newest first. `older`: there is more."""

    lines: list[HistoryLine]
    page: int
    older: bool


#: Lines of a page of history, and how many pages may be turned: what is older than that is in the audit log.
PER_PAGE, LAST_PAGE = 20, 25


def history_of(record: HouseholdRecord, page: int, reader: User) -> History:
    """Calls, messages, what was done in its cases, corrections by hand, entries and exits, in the order of time
    (5 queries).

    Cases are told to those who follow those of its agency, confidential ones to nobody.
    """
    page = min(max(page, 1), LAST_PAGE)
    most = page * PER_PAGE + 1
    people = {one.person.pk: one.person.display_name for one in [*record.residents, *record.former]}
    lines = [_call_line(event) for event in events_for_household(record.household.pk, limit=most)]
    done = case_events_for_household(record.household.pk, following_scope(reader), limit=most)
    lines += [_case_line(action) for action in done]
    lines += [_change_line(entry, people) for entry in changes_to([record.household.pk, *people], limit=most)]
    lines += [_sent_line(one) for one in sent_to_household(record.household.pk, limit=most)]
    lines += [_received_line(one) for one in received_from_household(record.household.pk, limit=most)]
    lines += _life_lines(record)
    lines.sort(key=lambda line: line.at, reverse=True)
    return History(lines[(page - 1) * PER_PAGE : page * PER_PAGE], page, len(lines) > page * PER_PAGE)


def everything_about(person: Person, now: datetime) -> list[Part]:
    """All that is kept about one person, for that person (GDPR art. 15): each package tells its part; who lives with
    them, their relatives and the staff are hidden (a fixed number of queries, and 1 for each guide never read before).
    """
    rows = rows_of(person)
    homes, keys = sorted({row.household_id for row in rows}), [row.pk for row in rows]
    staff = staff_of_calls(homes) | staff_of_cases(homes)
    veil = veil_over(rows, staff.values())
    return [
        *told_of_person(rows, veil, timezone.localtime(now).date()),
        *told_of_calls(homes, veil, roles_in_words(staff)),
        *told_of_verbatims(keys, veil),
        *told_of_scales(homes),
        *told_of_messages(keys, homes, veil),
        *told_of_cases(homes, veil, roles_in_words(staff)),
        *told_of_referrals(keys, veil),
        *told_of_relays(keys),
        *told_of_looks([*keys, *homes]),
    ]


#: What is to be done by people after a death stays on the page for so long.
AFTER_A_DEATH = timedelta(days=90)


def recent_deaths(record: HouseholdRecord, now: datetime) -> dict[UUID, AuditEntry]:
    """Deaths of this household noted not long ago: by person, who noted it and when (1 query, none without a death)."""
    gone = [one.person.pk for one in record.former if one.person.deceased]
    if not gone:
        return {}
    noted = AuditEntry.objects.filter(
        subject_id__in=gone, detail__change="deceased", action=AuditAction.PERSON_CHANGED, at__gte=now - AFTER_A_DEATH
    )
    return {entry.subject_id: entry for entry in noted.select_related("actor").order_by("at", "id") if entry.subject_id}


_CALL_ICONS = {
    "reached": "telephone",
    "no_answer": "telephone-x",
    "voicemail": "voicemail",
    "call_later": "calendar-event",
    "wrong_number": "telephone-x",
    "refused": "telephone-minus",
}


def _call_line(event: HouseholdEvent) -> HistoryLine:
    return HistoryLine(
        at=event.at,
        title=event.label,
        icon=_CALL_ICONS.get(event.outcome, "telephone"),
        detail=event_detail(event),
        grade=event.grade,
        note=event.note,
        needs=event.needs,
    )


_MESSAGE_ICONS = {"email": "envelope", "sms": "chat-dots", "letter": "envelope"}
_LEFT = {
    DeliveryState.SENT: "envoyé",
    DeliveryState.DELIVERED: "remis",
    DeliveryState.BOUNCED: "revenu",
    DeliveryState.REFUSED: "refusé",
    DeliveryState.STOPPED: "retenu",
    DeliveryState.CANCELLED: "annulé",
}


def _sent_line(one: Delivery) -> HistoryLine:
    """« SMS envoyé », which mailing or which words; why, when it did not leave."""
    left = _LEFT.get(DeliveryState(one.state), "au sort inconnu")
    if one.channel == Channel.LETTER and one.state in _LEFT:
        left += "e"
    words = one.mailing.name if one.mailing else one.subject
    return HistoryLine(
        at=one.at,  # type: ignore[attr-defined]
        title=f"{Channel(one.channel).label} {left}",
        icon=_MESSAGE_ICONS[one.channel],
        detail=", ".join(part for part in (words, one.get_reason_display()) if part),
        note=one.body,
    )


def _received_line(one: InboundMessage) -> HistoryLine:
    """« SMS reçu », and whether somebody has dealt with it; its words stay in the inbox."""
    return HistoryLine(
        at=one.received_at,
        title=f"{Channel(one.channel).label} reçu",
        icon="envelope-open",
        detail=one.get_state_display(),
    )


def _case_line(action: CaseAction) -> HistoryLine:
    """« Situation : visite », by whom; the words that were noted there."""
    title = action.get_kind_display()
    if action.kind == ActionKind.HANDED and action.to is not None:
        title = f"Relais passé à {action.to.initials}"
    return HistoryLine(
        at=action.at,
        title=title if action.kind == ActionKind.SIGNALLED else f"Situation\u00a0: {title[:1].lower()}{title[1:]}",
        icon=CASE_ICONS[action.kind],
        detail=f"par {action.by.initials}" if action.by else "",
        grade=action.grade,
        note=action.words,
        needs=tuple(Need(need).label for need in action.needs),
    )


def _change_line(entry: AuditEntry, people: Mapping[UUID, str]) -> HistoryLine:
    words, sign = change_words(entry.detail.get("change", ""), entry.detail.get("fields", ()))
    who = entry.actor.initials if entry.actor else "Bienveille"
    about = people.get(entry.subject_id) if entry.subject_id else None
    return HistoryLine(
        at=entry.at,
        title=words,
        icon=sign,
        detail=", ".join(part for part in (about, f"par {who}") if part),
        note=entry.reason if entry.subject_type == "tenants.Person" else "",
    )


def _life_lines(record: HouseholdRecord) -> list[HistoryLine]:
    """When the household came to the register, when its leases began and ended."""
    lines = [HistoryLine(record.household.created_at, "Inscription dans Bienveille", "upload", "")]
    for lease in record.leases:
        if lease.entry:
            lines.append(_life_line(lease.entry, "Entrée dans le logement", "house-door", lease))
        if lease.exit:
            lines.append(_life_line(lease.exit, "Fin du bail", "box-arrow-right", lease))
    return lines


def _life_line(day: date, title: str, icon: str, lease: Lease) -> HistoryLine:
    at = timezone.make_aware(datetime.combine(day, time(12)))
    return HistoryLine(at, title, icon, f"{calendar_day(day).capitalize()}, bail {lease.number}", day_only=True)
