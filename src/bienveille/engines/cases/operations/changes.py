"""What every change of a case does: lock it, count its revision, write its line and the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from bienveille.engines.cases.choices import ActionKind
from bienveille.engines.cases.models import Case, CaseAction
from bienveille.engines.cases.queries import actions_since
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit


class CaseChanged(Refusal):
    """Somebody changed the case meanwhile; `since` says what they did. Nothing is saved, nothing typed is lost."""

    message = "Quelqu’un a agi sur cette situation pendant que vous écriviez. Lisez ce qui a changé, puis enregistrez."

    def __init__(self, since: list[CaseAction]) -> None:
        self.since = since
        super().__init__()


class CannotDoThat(Refusal):
    message = "Cette situation a changé d’état : ouvrez-la de nouveau."


def locked(case_id: UUID) -> Case:
    """The case, for this transaction alone, with its agency and household."""
    return Case.objects.select_for_update(of=["self"]).select_related("agency", "household").get(pk=case_id)


def check_revision(case: Case, revision: int | None) -> None:
    """Refuse when the case changed since what the user read; None: what was read does not matter."""
    if revision is not None and revision != case.revision:
        raise CaseChanged(actions_since(case.pk, revision))


def save_case(case: Case, *fields: str) -> None:
    """Keep what changed, one revision further."""
    case.revision += 1
    case.save(update_fields=[*fields, "revision"])


def add_event(case: Case, kind: ActionKind | str, *, by: User | None, at: datetime, **more: Any) -> CaseAction:
    """One more line in the life of a case."""
    return CaseAction.objects.create(case=case, kind=kind, by=by, at=at, revision=case.revision, **more)


def audit_case(actor: User | None, case: Case, did: str, **detail: Any) -> None:
    """Who changed which case, how: on its household when it has one, so that its page tells.

    A confidential case is written on itself alone: the page of its household tells nothing.
    """
    household_id = None if case.kind in CONFIDENTIAL else case.household_id
    record_audit(
        actor=actor,
        action=AuditAction.CASE_CHANGED,
        subject_type="tenants.Household" if household_id else "cases.Case",
        subject_id=household_id or case.pk,
        detail={"case": did, "key": str(case.pk), **detail},
    )
