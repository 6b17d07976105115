"""Residences under active watch: when it starts, when it ends, and both taken back."""

from datetime import date

from django.db import transaction
from django.utils.timezone import localdate

from bienveille.ground.lib.names import clean_text
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.housing.models import Residence, Watch
from bienveille.register.wording.queries import check_note

REASON_LENGTH = 300


class CannotWatch(Refusal):
    """`field`: what was typed that is refused, if it is one thing."""

    message = "Cette veille ne peut pas être enregistrée ainsi."

    def __init__(self, message: str | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def start_watch(
    *,
    actor: User | None,
    residence: Residence,
    reason: str,
    started_on: date,
    today: date,
    until: date | None = None,
) -> Watch:
    """Put a residence under active watch, until a day when one is set.

    Refuses a second watch, a day to come, a last day gone by, no reason or one about a person.
    """
    held = Residence.objects.select_for_update().get(pk=residence.pk)
    if held.watched:
        raise CannotWatch("Cette résidence est déjà sous veille.")
    if started_on > today:
        raise CannotWatch("Une veille commence aujourd’hui ou avant.", field="started_on")
    if until is not None and until <= today:
        raise CannotWatch("Le dernier jour est passé\u00a0: choisissez un jour à venir.", field="until")
    reason = _checked(reason)
    if not reason:
        raise CannotWatch("Dites pourquoi cette résidence est mise sous veille.", field="reason")
    watch = Watch.objects.create(residence=held, reason=reason, started_on=started_on, until=until, started_by=actor)
    _mark(actor, held, watched=True, change="watch_started")
    return watch


@transaction.atomic
def end_watch(*, actor: User | None, residence: Residence, reason: str = "", today: date) -> Watch:
    """End the active watch of a residence. Refuses when there is none, and a reason about a person."""
    held = Residence.objects.select_for_update().get(pk=residence.pk)
    watch = Watch.objects.filter(residence=held, ended_on=None).first()
    if watch is None:
        raise CannotWatch("Cette résidence n’est plus sous veille.")
    watch.ended_on, watch.ended_by, watch.end_reason = max(today, watch.started_on), actor, _checked(reason)
    watch.save(update_fields=["ended_on", "ended_by", "end_reason"])
    _mark(actor, held, watched=False, change="watch_ended")
    return watch


@job(queue="housekeeping")
def end_watches_due() -> int:
    """Each night: end the watches whose last day is past. How many."""
    return end_due(today=localdate())


@transaction.atomic
def end_due(*, today: date) -> int:
    """End the watches whose last day is past; the day of their end is that day. Twice does nothing more."""
    due = Watch.objects.select_for_update(of=["self"]).filter(ended_on=None, until__lt=today)
    watches = list(due.select_related("residence").order_by("pk"))
    for watch in watches:
        watch.ended_on, watch.end_reason = watch.until, "Arrivée à son dernier jour"
        watch.save(update_fields=["ended_on", "end_reason"])
        _mark(None, watch.residence, watched=False, change="watch_ended")
    return len(watches)


@transaction.atomic
def take_back_watch(*, actor: User, watch: Watch) -> None:
    """Undo what was just done to a watch: one that runs never was, one that ended runs again.

    Harmless twice. Refuses to run again when another watch began meanwhile.
    """
    held = Residence.objects.select_for_update().get(pk=watch.residence_id)
    kept = Watch.objects.filter(pk=watch.pk).first()
    if kept is None:
        return
    if kept.ended_on is None:
        kept.delete()
        _mark(actor, held, watched=False, change="watch_taken_back")
        return
    if held.watched:
        raise CannotWatch("Une autre veille a commencé depuis\u00a0: celle-ci ne peut plus reprendre.")
    kept.ended_on, kept.ended_by, kept.end_reason = None, None, ""
    kept.save(update_fields=["ended_on", "ended_by", "end_reason"])
    _mark(actor, held, watched=True, change="watch_resumed")


def _checked(reason: str) -> str:
    text = clean_text(reason)[:REASON_LENGTH]
    if check_note(text):
        raise CannotWatch(
            "Cette raison parle d’une personne ou de sa vie privée\u00a0: parlez du lieu.", field="reason"
        )
    return text


def _mark(actor: User | None, residence: Residence, *, watched: bool, change: str) -> None:
    residence.watched = watched
    residence.save(update_fields=["watched"])
    record_audit(actor=actor, action=AuditAction.HOUSING_CHANGED, subject=residence, detail={"change": change})
