"""The ladder of alerts: who is told that a case waits, one after the other, until somebody takes it. E-mail and screen.

The e-mail names nobody: it says how grave, whose agency, since when, and gives the address of the case.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.cases.choices import AlertChannel, CaseState
from bienveille.engines.cases.models import Alert, Case, ReaderWanted
from bienveille.engines.cases.queries import directors_over, may_hear, reachable
from bienveille.engines.cases.rules import CONFIDENTIAL, next_alert
from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.models import Agency

#: An alert not sent after so long is asked for again.
SENT_WITHIN = timedelta(minutes=3)
#: Once the case is taken, or much later, an alert that could not leave is no use any more.
USELESS_AFTER = timedelta(hours=12)


@job(queue="cases")
def climb_ladders() -> int:
    """Each minute: alert whoever comes next for the cases that nobody took. How many alerts were made."""
    return advance_ladders(now=clock())


def advance_ladders(*, now: datetime) -> int:
    """One rung for each case whose time has come; a case that another worker holds is left to it.

    Run twice at the same moment, it alerts once. Alerts that never left are asked for again.
    """
    made = 0
    due = Case.objects.filter(state=CaseState.NEW, next_alert_at__lte=now).order_by("next_alert_at", "pk")
    for case_id in list(due.values_list("pk", flat=True)[:500]):
        made += advance_case(case_id=case_id, now=now)
    unsent = Alert.objects.filter(
        channel=AlertChannel.EMAIL,
        sent_at=None,
        case__state=CaseState.NEW,
        created_at__lt=now - SENT_WITHIN,
        created_at__gt=now - USELESS_AFTER,
    )
    for alert_id in unsent.values_list("pk", flat=True)[:500]:
        send_alert.enqueue_once(f"cases.alert:{alert_id}", alert_id=alert_id)
    return made


@transaction.atomic
def advance_case(*, case_id: UUID, now: datetime) -> int:
    """Alert the next rung of one case if its time has come. How many alerts were made."""
    case = (
        Case.objects.select_for_update(of=["self"], skip_locked=True)
        .select_related("agency")
        .filter(pk=case_id, state=CaseState.NEW, next_alert_at__lte=now)
        .first()
    )
    if case is None:
        return 0
    known = dict(
        Alert.objects.filter(case=case, round=case.alert_round)
        .values_list("user_id")
        .annotate(turn=Max("turn"))
        .values_list("user_id", "turn")
    )
    chosen = next_alert(case.grade, reachable(case, now), known.keys(), localtime(now).date())
    alerts = [
        Alert(
            case=case,
            round=case.alert_round,
            turn=known.get(user, 0) + 1,
            whom=chosen.whom or "",
            user_id=user,
            channel=channel,
            created_at=now,
            sent_at=now if channel == AlertChannel.SCREEN else None,
        )
        for user in chosen.users
        for channel in chosen.channels
    ]
    Alert.objects.bulk_create(alerts)
    if not chosen.users and case.kind in CONFIDENTIAL:
        want_reader(agency_id=case.agency_id, day=localtime(now).date())
    case.next_alert_at = now + chosen.wait
    case.save(update_fields=["next_alert_at"])
    for alert in alerts:
        if alert.channel == AlertChannel.EMAIL:
            send_alert.enqueue(alert_id=alert.pk)
    return len(alerts)


def alert_soon(case: Case, now: datetime) -> None:
    """Do not wait for the next minute: the first rung is alerted as soon as what is being saved is saved."""
    if case.state == CaseState.NEW and case.next_alert_at is not None and case.next_alert_at <= now:
        climb_ladders.enqueue_once("cases.ladder")


@job(queue="messages", retry_on=(OSError,))
def send_alert(*, alert_id: str) -> None:
    """Send one alert by e-mail, once; nothing when somebody took the case, or to who may no longer hear of it."""
    write_to(alert_id=UUID(str(alert_id)), now=clock())


@transaction.atomic
def write_to(*, alert_id: UUID, now: datetime) -> bool:
    """Send one alert unless it was sent, and keep the moment. Whether it left."""
    alert = (
        Alert.objects.select_for_update(of=["self"])
        .select_related("case__agency", "user")
        .filter(pk=alert_id, sent_at=None, channel=AlertChannel.EMAIL)
        .first()
    )
    if alert is None:
        return False
    case = alert.case
    if not may_hear(alert.user_id, case):
        return False  # gone, no longer named, or no longer of this agency
    if case.state != CaseState.NEW or case.alert_round != alert.round:
        return False
    context = {
        "case": case,
        "grade": case.get_grade_display().lower(),
        "signalled_at": localtime(case.signalled_at),
        "take_before": localtime(case.take_before),
        "late": case.take_before < now,
        "again": alert.turn > 1,
        "url": case_address(case),
    }
    where = f", {case.agency.name}" if case.agency else ""
    subject = f"Bienveille\u00a0: une situation {context['grade']} attend quelqu’un{where}"
    text = "cases/mail_alert.txt"
    if case.kind in CONFIDENTIAL:  # neither what it is, nor how grave, nor where
        subject, text = "Bienveille\u00a0: quelque chose vous attend", "cases/mail_reader.txt"
        context = {"url": address_of("workspace:my_cases")}
    EmailMessage(subject=subject, body=render_to_string(text, context), to=[alert.user.email]).send()
    alert.sent_at = now
    alert.save(update_fields=["sent_at"])
    return True


def want_reader(*, agency_id: UUID | None, day: date) -> None:
    """Tell the direction that a reader is to be named, once a day; not a word of what waits, nor whether it does."""
    agency = Agency.objects.filter(pk=agency_id).first() if agency_id else None
    wanted, new = ReaderWanted.objects.get_or_create(agency=agency, day=day)
    if new:
        ask_for_reader.enqueue(wanted_id=wanted.pk)


@job(queue="messages", retry_on=(OSError,))
def ask_for_reader(*, wanted_id: str) -> None:
    """Write to those who direct that a reader is to be named, once."""
    write_to_directors(wanted_id=UUID(str(wanted_id)), now=clock())


@transaction.atomic
def write_to_directors(*, wanted_id: UUID, now: datetime) -> int:
    """Send it unless it was sent. To how many."""
    wanted = (
        ReaderWanted.objects.select_for_update(of=["self"])
        .select_related("agency")
        .filter(pk=wanted_id, sent_at=None)
        .first()
    )
    if wanted is None:
        return 0
    context = {"agency": wanted.agency, "url": address_of("workspace:case_readers")}
    body = render_to_string("cases/mail_reader_wanted.txt", context)
    told = directors_over(wanted.agency)
    for user in told:
        EmailMessage(subject="Bienveille\u00a0: une personne est à nommer", body=body, to=[user.email]).send()
    wanted.sent_at = now
    wanted.save(update_fields=["sent_at"])
    return len(told)


def address_of(route: str, *key: UUID) -> str:
    """The address of a page as people type it; nothing when this installation does not know its own."""
    root = settings.PUBLIC_URL.rstrip("/")
    return root + reverse(route, args=key) if root else ""


def case_address(case: Case) -> str:
    """The address of a case."""
    return address_of("workspace:case", case.pk)
