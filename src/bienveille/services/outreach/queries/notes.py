"""Notes kept despite a warning, in every campaign: which wait to be read again, which were."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import Report
from bienveille.services.outreach.queries.coordination import within


def notes_kept(
    scope: Scope, *, on: date, read: bool, campaign: UUID | None = None, agency: UUID | None = None
) -> QuerySet[Report]:
    """« Notes à relire »: about households of a scope, still kept on a day (1 query when read, 1 for its count)."""
    found = Report.objects.filter(
        within(scope, "attempt__contact__lane__agency"),
        attempt__undone_at=None,
        note_kept_despite_guard=True,
        read_again_at__isnull=not read,
        expires_on__gte=on,
    ).exclude(note="")
    if scope.nothing:
        return found.none()
    if campaign:
        found = found.filter(attempt__contact__queue__campaign=campaign)
    if agency:
        found = found.filter(attempt__contact__lane__agency=agency)
    related = ("attempt__caller", "attempt__contact__queue__campaign", "attempt__contact__lane__agency")
    return found.select_related(*related).order_by("attempt__at", "pk")


def count_notes_to_read(scope: Scope, on: date) -> int:
    """How many notes wait to be read again in a scope (1 query)."""
    return notes_kept(scope, on=on, read=False).count()
