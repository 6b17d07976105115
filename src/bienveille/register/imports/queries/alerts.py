"""Who asked to be told of odd imports, what is usual, and when something last came by itself."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, Max, Window
from django.db.models.functions import RowNumber

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.imports.choices import RunState
from bienveille.register.imports.models import DroppedFile, ImportAlert, ImportFile, ImportRun
from bienveille.register.imports.rules.oddities import Read

USUAL = 10  # files of a kind that say what is ordinary


def alert_of(user: User) -> ImportAlert | None:
    """What somebody asked to be told, for the page "Être prévenu" (1 query)."""
    return ImportAlert.objects.filter(user=user).first()


def alerts_due() -> list[ImportAlert]:
    """Those who asked and may still import, with their account (1 query)."""
    asked = ImportAlert.objects.select_related("user").filter(
        user__is_active=True,
        user__grants__role__in=(Role.ADMINISTRATOR, Role.DIRECTOR),
        user__grants__company=None,
        user__grants__agency=None,
    )
    return list(asked.order_by("user__email").distinct())


def reads_of(import_run: ImportRun) -> list[Read]:
    """The figures of a run's files (1 query)."""
    return [_read(file) for file in ImportFile.objects.filter(run=import_run).order_by("rank", "id")]


def usual_reads(kinds: Iterable[str], *, but: ImportRun) -> dict[str, list[Read]]:
    """The last files applied of these kinds, the newest first, whatever brought them (1 query)."""
    files = ImportFile.objects.filter(kind__in=set(kinds), run__state=RunState.APPLIED).exclude(run=but)
    ranked = files.annotate(
        place=Window(RowNumber(), partition_by=[F("kind")], order_by=[F("run__started_at").desc(), F("id").desc()])
    ).filter(place__lte=USUAL)
    found: dict[str, list[Read]] = {}
    for file in ranked.order_by("kind", "place"):
        found.setdefault(file.kind, []).append(_read(file))
    return found


def last_arrival() -> datetime | None:
    """When something last came by itself, the same files again included; None when nothing ever did (2 queries)."""
    run = ImportRun.objects.filter(automatic=True).aggregate(last=Max("started_at"))["last"]
    dropped = DroppedFile.objects.aggregate(last=Max("taken_at"))["last"]
    known = [moment for moment in (run, dropped) if moment]
    return max(known) if known else None


def _read(file: ImportFile) -> Read:
    return Read(file.kind, file.records, file.rejected, file.warned, int(file.extra.get("held", 0)))
