"""What the screens of imports share: whose request it is, statuses, the name of an import."""

from django.http import HttpRequest
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from bienveille.ground.lib.typography import short_day
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.imports.models import ImportRun

INVALID, CONFLICT = 422, 409


class Request(HttpRequest):
    """A request of somebody signed in, as the views get it."""

    user: User
    htmx: HtmxDetails


def named(shown: ImportRun) -> str:
    """What an import is called in titles and trails."""
    return f"Import du {short_day(timezone.localtime(shown.started_at).date())}"


def brought_by(shown: ImportRun) -> str:
    """Who made an import, or where it came from."""
    if shown.actor:
        return shown.actor.display_name
    return "Dossier surveillé" if shown.channel == AuditChannel.JOB else "Ligne de commande"
