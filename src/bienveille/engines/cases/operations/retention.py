"""What has come to its last day is erased: closed cases with all they hold, turns, absences and digests gone by."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from bienveille.engines.cases.choices import CaseState
from bienveille.engines.cases.models import Case, CaseAbsence, CaseDigest, DutyTurn, ReaderWanted
from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.operations import record_audit

#: Turns are kept as long as the cases whose alerts followed them; absences and digests, much less.
TURNS_KEPT, ABSENCES_KEPT, DIGESTS_KEPT = timedelta(days=365), timedelta(days=60), timedelta(days=90)


@job(queue="cases")
def purge_cases() -> int:
    """Erase each night what has come to its last day. How many cases were erased."""
    return erase_cases(today=localdate())


@transaction.atomic
def erase_cases(*, today: date) -> int:
    """Erase what has ended: the audit keeps the number of cases, never whose. An open case is never erased."""
    ended = Case.objects.filter(state=CaseState.CLOSED, expires_on__lt=today)
    count = ended.count()
    if count:
        ended.delete()
        record_audit(
            actor=None,
            action=AuditAction.CASE_CHANGED,
            subject_type="cases.Case",
            reason="Situations closes arrivées à leur terme",
            detail={"case": "erased", "count": count},
        )
    DutyTurn.objects.filter(ends_at__date__lt=today - TURNS_KEPT).delete()
    CaseAbsence.objects.filter(ends_on__lt=today - ABSENCES_KEPT).delete()
    ReaderWanted.objects.filter(day__lt=today - DIGESTS_KEPT).delete()
    CaseDigest.objects.filter(day__lt=today - DIGESTS_KEPT).delete()
    return count
