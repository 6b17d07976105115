"""Records opened one after another by somebody who was not handed them: the direction is told within a minute."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import now as clock

from bienveille.ground.platform.jobs import job
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations.accounts import record_audit
from bienveille.register.accounts.queries import told_of_browsing, who_browses, who_watches_accounts
from bienveille.register.accounts.rules import BROWSING_WINDOW


def tell_of_browsing(*, now: datetime) -> int:
    """Write to the direction about whoever opened many records lately, once an hour each. How many people.

    Whoever browses is not written to about themselves. Sent before it is written down: a message that did not leave
    leaves the next minute.
    """
    told = 0
    for user_id, records in who_browses(now).items():
        with transaction.atomic():
            # Two workers at once: the second waits here, then reads that it was told.
            user = User.objects.select_for_update(of=("self",)).get(pk=user_id)
            watchers = [email for email in who_watches_accounts() if email != user.email]
            if not watchers or told_of_browsing(user, now):
                continue
            _write(user, records, watchers)
            record_audit(
                actor=None,
                action=AuditAction.ACCOUNT_CHANGED,
                subject=user,
                reason="beaucoup de fiches ouvertes en peu de temps",
                detail={"did": "browsing_told", "records": records},
            )
            told += 1
    return told


def _write(user: User, records: int, watchers: list[str]) -> None:
    minutes = int(BROWSING_WINDOW.total_seconds() // 60)
    account = settings.PUBLIC_URL + reverse("accounts:user", kwargs={"user_id": user.pk})
    EmailMessage(
        subject="Beaucoup de fiches ouvertes en peu de temps",
        body=f"{user.display_name} a ouvert {records} fiches différentes en {minutes} minutes, sans qu’on les lui ait "
        f"confiées.\n\nC’est peut-être son travail. Sinon, fermez son compte\u00a0: ses sessions s’arrêtent aussitôt.\n"
        f"{account}\n\nChaque fiche dit qui l’a regardée.\n",
        bcc=watchers,
    ).send()


@job(queue="schedule")
def watch_browsing() -> int:
    """Tell the direction of whoever goes through records that nobody handed them. How many people."""
    return tell_of_browsing(now=clock())
