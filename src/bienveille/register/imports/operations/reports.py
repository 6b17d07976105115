"""What is told by e-mail of imports that nobody watches: what is odd, and silence. Counts and a link, never a name."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from bienveille.ground.lib.typography import short_day
from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.models import User
from bienveille.register.imports.choices import AT_WORK, Departures, RunState
from bienveille.register.imports.models import ImportAlert, ImportRun
from bienveille.register.imports.queries.alerts import alerts_due, last_arrival, reads_of, usual_reads
from bienveille.register.imports.rules.oddities import Watched, oddities, silence_words


@transaction.atomic
def choose_alerts(*, actor: User, wanted: bool, silence_days: int | None, now: dt.datetime) -> None:
    """Ask to be told of what is odd in one's landlord's imports, or ask no more. Harmless twice."""
    if not wanted:
        ImportAlert.objects.filter(user=actor).delete()
        return
    ImportAlert.objects.update_or_create(
        user=actor,
        defaults={"silence_days": silence_days, "silence_said_at": None},
        create_defaults={"silence_days": silence_days, "created_at": now},
    )


@job(queue="imports")
def report_run(*, run_id: str) -> None:
    """Look for what is odd in a run that came by itself, keep it, and tell those who asked, once for a run."""
    with transaction.atomic():
        import_run = ImportRun.objects.select_for_update().get(pk=run_id)
        if not import_run.automatic or import_run.reported_at or import_run.state in AT_WORK:
            return
        import_run.reported_at = timezone.now()
        import_run.oddities = [] if import_run.state == RunState.CANCELLED else _oddities(import_run)
        import_run.save(update_fields=["reported_at", "oddities"])
        if import_run.oddities:
            for alert in alerts_due():
                send_alert.enqueue(run_id=import_run.pk, user_id=alert.user_id)


def _oddities(import_run: ImportRun) -> list[str]:
    files = reads_of(import_run)
    if import_run.departures != Departures.AUTO:  # somebody said it already
        files = [replace(file, held=0) for file in files]
    before = usual_reads({file.kind for file in files if file.kind}, but=import_run)
    return oddities(Watched(import_run.state, files, before))


@job(queue="messages", retry_on=(OSError,))
def send_alert(*, run_id: str, user_id: str) -> None:
    """Send what was found odd in a run to one of those who asked and may still import."""
    import_run = ImportRun.objects.get(pk=run_id)
    user = _still_told(user_id)
    if user is None or not import_run.oddities:
        return
    context = {
        "day": short_day(timezone.localtime(import_run.started_at).date()),
        "oddities": import_run.oddities,
        "url": _address("imports:run", import_run.pk),
        "alerts_url": _address("imports:alerts"),
    }
    subject = "Bienveille\u00a0: un import de fichiers demande votre attention"
    EmailMessage(subject=subject, body=render_to_string("imports/mail_odd.txt", context), to=[user.email]).send()


@job(queue="imports")
def watch_silence() -> int:
    """Tell those who asked that no file came for so many days, once for each silence. How many were told."""
    now = timezone.now()
    last = last_arrival()
    told = 0
    for alert in alerts_due():
        since = last or (alert.created_at if settings.IMPORT_DROPS else None)
        if since is None or alert.silence_days is None:
            continue
        days = (timezone.localtime(now).date() - timezone.localtime(since).date()).days
        if days < alert.silence_days or (alert.silence_said_at and alert.silence_said_at > since):
            continue
        with transaction.atomic():
            unsaid = ImportAlert.objects.filter(pk=alert.pk, silence_said_at=alert.silence_said_at)
            if unsaid.update(silence_said_at=now):
                send_silence.enqueue(user_id=alert.user_id, days=days)
                told += 1
    return told


@job(queue="messages", retry_on=(OSError,))
def send_silence(*, user_id: str, days: int) -> None:
    """Say to one of those who asked that nothing came, if they may still import."""
    user = _still_told(user_id)
    if user is None:
        return
    words = silence_words(days)
    context = {"words": words, "url": _address("imports:runs"), "alerts_url": _address("imports:alerts")}
    body = render_to_string("imports/mail_silence.txt", context)
    EmailMessage(subject=f"Bienveille\u00a0: {words}", body=body, to=[user.email]).send()


def _still_told(user_id: str) -> User | None:
    """Who asked to be told, unless their account, their role or their wish went meanwhile."""
    return next((alert.user for alert in alerts_due() if str(alert.user_id) == str(user_id)), None)


def _address(route: str, *key: UUID) -> str:
    """The address of a page as people type it; nothing when this installation does not know its own."""
    root = settings.PUBLIC_URL.rstrip("/")
    return root + reverse(route, args=key) if root else ""
