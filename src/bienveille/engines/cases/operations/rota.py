"""Who is on duty and when, who is away and who stands in."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from bienveille.engines.cases.models import CaseAbsence, DutyTurn
from bienveille.engines.cases.queries import may_follow
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit

LONGEST = timedelta(days=31)


class CannotBeOnDuty(Refusal):
    message = "Ce tour d’astreinte n’est pas possible."


class CannotBeAway(Refusal):
    message = "Cette absence n’est pas possible."


@transaction.atomic
def add_turns(
    *, actor: User, agency: Agency | None, user: User, rank: int, spans: list[tuple[datetime, datetime]]
) -> list[DutyTurn]:
    """Put somebody on duty for some spans of time, called first or next.

    Refuses somebody who does not follow cases there, a span upside down or longer than a month, and one where
    somebody else is called at the same rank.
    """
    if not user.is_active or not may_follow(user.pk, agency):
        raise CannotBeOnDuty("Cette personne ne suit pas les situations de cette agence.")
    if not spans or any(not start < end <= start + LONGEST for start, end in spans):
        raise CannotBeOnDuty("Un tour finit après son début, et dure un mois au plus.")
    # One rota is arranged by one person at a time, so that two turns of a rank never overlap.
    if agency is not None:
        Agency.objects.select_for_update().get(pk=agency.pk)
    same = DutyTurn.objects.select_for_update().filter(agency=agency, rank=rank)
    for start, end in spans:
        other = same.filter(starts_at__lt=end, ends_at__gt=start).select_related("user").first()
        if other is not None:
            raise CannotBeOnDuty(
                f"{other.user.display_name} est déjà d’astreinte à ce moment\u00a0: "
                "retirez son tour, ou choisissez un autre rang."
            )
    turns = [
        DutyTurn(agency=agency, user=user, rank=rank, starts_at=start, ends_at=end, created_by=actor)
        for start, end in spans
    ]
    DutyTurn.objects.bulk_create(turns)
    _audit(actor, "duty_added", user=user.pk, turns=len(turns))
    return turns


@transaction.atomic
def remove_turn(*, actor: User, turn_id: UUID) -> None:
    """Take a turn of duty away. Twice does nothing more."""
    turn = DutyTurn.objects.filter(pk=turn_id).first()
    if turn is not None:
        turn.delete()
        _audit(actor, "duty_removed", user=turn.user_id)


@transaction.atomic
def add_absence(
    *, actor: User, user: User, starts_on: date, ends_on: date, substitute: User | None, today: date
) -> CaseAbsence:
    """Say that somebody is away from a day to another, and who stands in. Nobody asks why.

    Refuses days upside down or gone by, somebody standing in for themselves, and an absence that overlaps another.
    """
    if ends_on < starts_on or ends_on < today or ends_on > starts_on + timedelta(days=366):
        raise CannotBeAway("Le dernier jour suit le premier, et n’est pas passé.")
    if substitute is not None and (substitute.pk == user.pk or not substitute.is_active):
        raise CannotBeAway("Choisissez quelqu’un d’autre pour le remplacement.")
    User.objects.select_for_update().get(pk=user.pk)
    if CaseAbsence.objects.filter(user=user, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise CannotBeAway("Une absence est déjà notée sur ces jours\u00a0: retirez-la d’abord.")
    absence = CaseAbsence.objects.create(
        user=user, starts_on=starts_on, ends_on=ends_on, substitute=substitute, created_by=actor
    )
    _audit(actor, "absence_added", user=user.pk)
    return absence


@transaction.atomic
def remove_absence(*, actor: User, absence_id: UUID) -> None:
    """Take an absence away: somebody is back, or never left. Twice does nothing more."""
    absence = CaseAbsence.objects.filter(pk=absence_id).first()
    if absence is not None:
        absence.delete()
        _audit(actor, "absence_removed", user=absence.user_id)


def _audit(actor: User, did: str, *, user: UUID, **detail: int) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.CASE_CHANGED,
        subject_type="accounts.User",
        subject_id=user,
        detail={"rota": did, **detail},
    )
