"""One call that serves several: who picked up, news of each resident, the other contacts it reaches or leaves alone."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from bienveille.engines.dispatch.choices import ContactState, Outcome
from bienveille.engines.dispatch.models import Attempt, Contact
from bienveille.engines.dispatch.operations.contacts import locked_contact, may_go_back, reopen_lane
from bienveille.engines.dispatch.operations.hands import release
from bienveille.ground.platform.prepared import one_row
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach.choices import AnsweredBy
from bienveille.services.outreach.models import Campaign, PickUp, ResidentNews, SharedCall
from bienveille.services.outreach.queries.shared import (
    OPEN_STATES,
    elsewhere,
    residents,
    shared_numbers,
    shared_with,
)
from bienveille.services.outreach.rules.shared import Together, in_peace_until

_SPOKEN = (Outcome.REACHED, Outcome.INTERRUPTED, Outcome.REFUSED)

# Nobody else rings the same door while it is in a caller's hands: the household waits in the other campaigns as long as
# the reservation lasts. Rows that somebody holds at this moment are theirs to say.
_SET_ASIDE = """
WITH aside AS (
    UPDATE dispatch_contact SET not_before = greatest(coalesce(not_before, %(now)s), mine.lease_until)
    FROM (SELECT queue_id, household_id, lease_until FROM dispatch_contact WHERE id = %(contact)s) AS mine
    WHERE dispatch_contact.id IN (
        SELECT c.id FROM dispatch_queue q
        JOIN dispatch_contact c ON c.queue_id = q.id AND c.household_id = (
            SELECT household_id FROM dispatch_contact WHERE id = %(contact)s)
        WHERE q.accepting AND q.id <> %(queue)s AND c.state = 'waiting' AND c.reserved_by_id IS NULL
        FOR NO KEY UPDATE OF c SKIP LOCKED))
SELECT max(other.lease_until) FROM dispatch_contact mine
JOIN dispatch_contact other ON other.household_id = mine.household_id AND other.id <> mine.id
WHERE mine.id = %(contact)s AND mine.state = 'reserved' AND other.reserved_by_id IS NOT NULL
  AND other.lease_until > %(now)s
"""
_WAIT = """
UPDATE dispatch_contact SET not_before = greatest(coalesce(not_before, %s), %s)
WHERE id = %s AND state = 'waiting' AND reserved_by_id IS NULL
"""


def set_aside_elsewhere(*, queue_id: UUID, contact_id: UUID, now: datetime) -> datetime | None:
    """While a household is in somebody's hands, no other campaign hands it out (1 statement).

    Until when somebody else already has it in theirs, in another campaign: both asked at the same moment.
    """
    row = one_row(_SET_ASIDE, {"contact": contact_id, "queue": queue_id, "now": now})
    return row[0] if row else None


@transaction.atomic
def leave_to_other(*, caller: User, contact_id: UUID, until: datetime, now: datetime) -> None:
    """Give back a household that somebody else has in hand in another campaign: nobody's telephone rings twice."""
    token = Contact.objects.values_list("token", flat=True).get(pk=contact_id)
    if token is None:
        return
    release(caller=caller, contact_id=contact_id, token=token)
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, [now, until, contact_id])


def keep_together(*, campaign: Campaign, caller: User, attempt: Attempt, said: Together | None, now: datetime) -> None:
    """Keep what a call told beside its outcome, in the transaction that saves it; nothing here refuses.

    Reached, it reaches the households behind the same number whom the caller asked about, and the same household in
    campaigns that one call serves. In every other running campaign, the household is left in peace for a day.
    """
    contact = attempt.contact
    said = said or Together()
    if attempt.outcome in _SPOKEN:
        _keep_people(attempt, contact.household_id, said)
    reached = attempt.outcome == Outcome.REACHED
    if reached and said.also:
        shared = [one.contact_id for one in shared_numbers(contact) if one.asked and one.contact_id in said.also]
        _reach(caller, attempt, _free(pk__in=shared), now)
    for other in elsewhere(contact, campaign, caller):
        rows = _free(queue_id=other.queue_id, household_id=contact.household_id)
        if reached and other.once:
            _reach(caller, attempt, rows, now)
            continue
        for row in rows:
            if row.state == ContactState.WAITING:
                row.not_before = in_peace_until(row.not_before, now)
                row.save(update_fields=["not_before"])


def _keep_people(attempt: Attempt, household_id: UUID, said: Together) -> None:
    if not (said.who or said.news):
        return
    here = {one.pk for one in residents(household_id)}
    if said.who:
        person = said.person if said.person in here else None
        PickUp.objects.create(attempt=attempt, who=AnsweredBy(said.who), person_id=person)
    ResidentNews.objects.bulk_create(
        ResidentNews(attempt=attempt, person_id=person, news=news)
        for person, news in said.news.items()
        if person in here
    )


def _free(**where: object) -> list[Contact]:
    """Contacts that nobody holds and that calls have not closed, under lock; those locked elsewhere are left."""
    rows = Contact.objects.select_for_update(of=["self"], no_key=True, skip_locked=True)
    return list(rows.filter(state__in=OPEN_STATES, reserved_by=None, **where).order_by("pk"))


def _reach(caller: User, attempt: Attempt, contacts: Collection[Contact], now: datetime) -> None:
    for contact in contacts:
        before = {"state": contact.state, "reason": contact.reason}
        contact.state, contact.reason, contact.not_before, contact.token = ContactState.REACHED, "", None, None
        contact.save(update_fields=["state", "reason", "not_before", "token"])
        SharedCall.objects.create(attempt=attempt, contact=contact, before=before)
        _audit(caller, contact, "reached_together")


@transaction.atomic
def take_back_together(*, caller: User, attempt_id: UUID, now: datetime) -> None:
    """With a call taken back goes what it gave: the other contacts it reached are to be called again.

    One that was called or closed since is left as it is. Twice does nothing more.
    """
    PickUp.objects.filter(attempt_id=attempt_id).delete()
    ResidentNews.objects.filter(attempt_id=attempt_id).delete()
    for shared in shared_with(attempt_id):
        queue_id = Contact.objects.values_list("queue_id", flat=True).get(pk=shared.contact_id)
        with may_go_back(queue_id):
            contact = locked_contact(shared.contact_id)
            closed = contact.queue.closed_at is not None
            if contact.state == ContactState.REACHED and contact.reserved_by_id is None and not closed:
                contact.state, contact.reason = shared.before["state"], shared.before["reason"]
                contact.save(update_fields=["state", "reason"])
                reopen_lane(contact)
                _audit(caller, contact, "reached_together_undone")
            shared.undone_at = now
            shared.save(update_fields=["undone_at"])


def _audit(caller: User, contact: Contact, change: str) -> None:
    record_audit(
        actor=caller,
        action=AuditAction.CONTACT_CHANGED,
        subject_type="tenants.Household",
        subject_id=contact.household_id,
        detail={"change": change},
    )
