"""What campaigns do when people are erased: what calls revealed goes, what they add up to stays."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import localtime
from django.utils.timezone import now as clock

from bienveille.engines.dispatch.models import Contact
from bienveille.engines.dispatch.operations.erasing import forget_contacts
from bienveille.engines.questionnaires.models import Response
from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit
from bienveille.register.tenants.operations import Going
from bienveille.register.tenants.queries import kept_months
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import (
    CallMessage,
    Campaign,
    PickUp,
    RecurringCall,
    Referral,
    Report,
    ResidentNews,
    ScaleAnswer,
    SharedCall,
    Verbatim,
)
from bienveille.services.outreach.operations.campaigns import close_campaign
from bienveille.services.outreach.operations.reports import erase_reports
from bienveille.services.outreach.queries.ended import CALL_IS_PAST, closed_before

#: Households whose calls are erased in one transaction.
BATCH = 2_000
#: An opened campaign in which nothing was done nor promised for so long is over: it closes by itself.
IDLE = timedelta(days=180)
# Nothing was called, tried, nor handed out since; nobody is promised a call, and its foreseen end is not to come.
_IDLE = """
SELECT k.id FROM outreach_campaign k
WHERE k.state IN ('open', 'paused') AND k.opened_at < %(since)s AND (k.ends_on IS NULL OR k.ends_on < %(today)s)
  AND NOT EXISTS (
    SELECT FROM dispatch_attempt a JOIN dispatch_contact c ON c.id = a.contact_id
    WHERE c.queue_id = k.queue_id AND a.at >= %(since)s)
  AND NOT EXISTS (
    SELECT FROM dispatch_contact c WHERE c.queue_id = k.queue_id AND (
        c.reserved_by_id IS NOT NULL OR c.reserved_at >= %(since)s
        OR EXISTS (SELECT FROM dispatch_plannedcall p WHERE p.contact_id = c.id AND p.state = 'planned')
        OR EXISTS (SELECT FROM dispatch_step s WHERE s.contact_id = c.id
                     AND (s.state = 'planned' OR s.created_at >= %(since)s))))
ORDER BY k.id
"""
_ENDED = f"""
SELECT c.id, k.id FROM outreach_campaign k JOIN dispatch_contact c ON c.queue_id = k.queue_id
WHERE {CALL_IS_PAST} AND c.reserved_by_id IS NULL
ORDER BY c.id LIMIT %(batch)s
FOR UPDATE OF c SKIP LOCKED
"""


def forget_calls(going: Going) -> None:
    """Erase what calls told of these households, in every campaign: the counts that stay are those of before."""
    contacts = list(Contact.objects.filter(household__in=going.households).values_list("pk", flat=True))
    if not contacts:
        return
    theirs = {"attempt__contact__in": contacts}
    if Report.objects.filter(**theirs).update(expires_on=going.today - timedelta(days=1)):
        erase_reports(today=going.today)
    Verbatim.objects.filter(**theirs).delete()
    Response.objects.filter(pk__in=ScaleAnswer.objects.filter(**theirs).values("response")).delete()
    forget_campaign_calls(contacts)


def forget_campaign_calls(contacts: Collection[UUID]) -> None:
    """Take the household out of contacts of whose calls nothing told remains, and every word that follows a call."""
    theirs = {"attempt__contact__in": contacts}
    ResidentNews.objects.filter(**theirs).delete()
    RecurringCall.objects.filter(contact__in=contacts).delete()
    PickUp.objects.filter(**theirs).update(person=None)
    SharedCall.objects.filter(contact__in=contacts).update(before={})
    CallMessage.objects.filter(**theirs).update(delivery=None)
    Referral.objects.filter(**theirs).update(grade="", needs=[], agreed=None, case=None)
    forget_contacts(contacts)


@job(queue="outreach")
def purge_calls() -> int:
    """Close the campaigns that were left open, then erase the calls of those closed long enough ago. How many."""
    close_idle_campaigns(now=clock())
    return erase_calls(now=clock())


def close_idle_campaigns(*, now: datetime) -> int:
    """Close campaigns in which nothing happened for half a year: their calls would otherwise never end. How many."""
    with connection.cursor() as cursor:
        cursor.execute(_IDLE, {"since": now - IDLE, "today": localtime(now).date()})
        idle = [key for (key,) in cursor.fetchall()]
    for campaign_id in idle:  # a handful in a year: each closes as by hand, with its own line in the audit
        close_campaign(campaign_id=campaign_id, actor=None, now=now)
    return len(idle)


def erase_calls(*, now: datetime) -> int:
    """Take the households out of the calls of campaigns closed long enough ago: counts stay, nobody's name.

    How long is what the landlord set (`rules.KEPT`). Where answers are still kept, the call waits for their last day.
    Gives how many households; the audit keeps that number. Each batch is one transaction; twice does nothing more.
    """
    today = localtime(now).date()
    before = closed_before(now=now, months=kept_months()["calls"])
    erased = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ENDED, {"before": before, "batch": BATCH})
            rows = cursor.fetchall()
            if not rows:
                return erased
            forget_campaign_calls([contact for contact, _ in rows])
            campaigns = Campaign.objects.filter(pk__in={campaign for _, campaign in rows}, state=CampaignState.CLOSED)
            campaigns.filter(calls_erased_on=None).update(calls_erased_on=today)
            record_audit(
                actor=None,
                action=AuditAction.CONTACT_CHANGED,
                subject_type="dispatch.Contact",
                reason="Appels de campagnes closes, effacés à leur terme",
                detail={"calls": "erased", "households": len(rows)},
            )
            erased += len(rows)
