"""Each working morning, whoever has something late is told by e-mail: figures and one address, nobody's name."""

from datetime import date, datetime
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.cases.models import CaseDigest
from bienveille.engines.cases.operations.alerts import address_of
from bienveille.engines.cases.operations.confidential import watch_readers
from bienveille.engines.cases.queries import follows_any, late_by_person
from bienveille.ground.lib.calling_hours import is_day_off
from bienveille.ground.platform.jobs import job


@job(queue="cases")
def tell_mornings() -> int:
    """Each morning: tell those who have something late, and the direction where a reader is wanted. How many."""
    now = clock()
    watch_readers(now=now)
    return make_digests(now=now)


@transaction.atomic
def make_digests(*, now: datetime) -> int:
    """One digest for each person and day, none at week-ends and on days off; run twice, it tells once."""
    today: date = localtime(now).date()
    if today.isoweekday() > 5 or is_day_off("", today):
        return 0
    known = set(CaseDigest.objects.filter(day=today).values_list("user_id", flat=True))
    digests = [
        CaseDigest(user_id=user, day=today, waiting=found.waiting, overdue=found.overdue)
        for user, found in late_by_person(now, today).items()
        if user not in known
    ]
    CaseDigest.objects.bulk_create(digests, ignore_conflicts=True)
    for one in digests:
        send_digest.enqueue(digest_id=one.pk)
    return len(digests)


@job(queue="messages", retry_on=(OSError,))
def send_digest(*, digest_id: str) -> None:
    """Send one digest, once; nothing to a closed account, nor to who follows nothing any more."""
    write_digest(digest_id=UUID(str(digest_id)), now=clock())


@transaction.atomic
def write_digest(*, digest_id: UUID, now: datetime) -> bool:
    """Send one digest unless it was sent, and keep the moment. Whether it left."""
    digest = (
        CaseDigest.objects.select_for_update(of=["self"])
        .select_related("user")
        .filter(pk=digest_id, sent_at=None, user__is_active=True)
        .first()
    )
    if digest is None or not follows_any(digest.user_id):
        return False
    context = {"digest": digest, "url": address_of("workspace:my_cases")}
    body = render_to_string("cases/mail_digest.txt", context)
    EmailMessage(subject="Bienveille\u00a0: des situations attendent", body=body, to=[digest.user.email]).send()
    digest.sent_at = now
    digest.save(update_fields=["sent_at"])
    return True
