"""The last correction by hand, taken back: for half an hour, by who made it, through the same operations."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from bienveille.faces.workspace.views import Request
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.access import role_required
from bienveille.register.tenants import operations
from bienveille.register.tenants.access import KEEPERS, get_contact_point_for, get_person_for, writable_kinds
from bienveille.register.tenants.choices import ContactStatus

WHY = "Correction annulée"
LASTS = timedelta(minutes=30)
_KEY = "correction"


def can_be_undone(request: Request, household_id: UUID, kind: str, subject_id: UUID, before: dict[str, Any]) -> None:
    """Keeps what the last correction replaced, in the session of who made it."""
    kept = {name: value.isoformat() if isinstance(value, date) else value for name, value in before.items()}
    request.session[_KEY] = {
        "household": str(household_id),
        "kind": kind,
        "subject": str(subject_id),
        "before": kept,
        "at": timezone.now().isoformat(),
    }


def last_correction(request: Request, household_id: UUID) -> dict[str, Any] | None:
    """The correction of this household that may still be taken back; an old one is forgotten."""
    kept: dict[str, Any] | None = request.session.get(_KEY)
    if kept is None:
        return None
    if timezone.now() - datetime.fromisoformat(kept["at"]) > LASTS:
        del request.session[_KEY]
        return None
    return kept if kept["household"] == str(household_id) else None


@require_POST
@role_required(*KEEPERS)
def undo_correction(request: Request, household_id: UUID) -> HttpResponse:
    """Put back what the last correction of this household replaced."""
    kept = last_correction(request, household_id)
    if kept is None:
        messages.error(request, "Cette correction ne peut plus être annulée. Corrigez de nouveau la fiche.")
        return redirect("workspace:household", household_id)
    del request.session[_KEY]
    try:
        _put_back(request, kept)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "La correction est annulée.")
    return redirect("workspace:household", household_id)


def _put_back(request: Request, kept: dict[str, Any]) -> None:
    subject, before = UUID(kept["subject"]), kept["before"]
    if kept["kind"] == "point":
        point = get_contact_point_for(request.user, subject, reason=WHY, write=True)
        operations.flag_contact_point(
            actor=request.user, contact_point=point, status=ContactStatus(before["status"]), now=timezone.now()
        )
        return
    person = get_person_for(request.user, subject, reason=WHY, write=True)
    if kept["kind"] == "mark":
        if before["kind"] not in writable_kinds(request.user):
            raise PermissionDenied
        ends = date.fromisoformat(before.pop("expires_on"))
        operations.add_mark(actor=request.user, person=person, today=timezone.localdate(), expires_on=ends, **before)
        return
    if before.get("birth_date"):
        before["birth_date"] = date.fromisoformat(before["birth_date"])
    operations.correct_person(actor=request.user, person=person, changes=before, today=timezone.localdate())
