"""What the demo tried beside calls: visits asked of the building manager, a letter, a worry, one explanation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from bienveille.register.accounts.models import User


def knock(director: User, keeper: User, queue_id: UUID, now: datetime) -> None:
    """Steps for a few of those whom calls did not reach. Harmless twice."""
    from bienveille.engines.dispatch.models import Contact, Step
    from bienveille.engines.dispatch.operations.steps import end_step, explain, plan_step
    from bienveille.register.housing.operations import add_manager

    if Step.objects.exists():
        return
    contacts = Contact.objects.filter(queue_id=queue_id, state="unreachable").exclude(
        household__people__protected_address=True
    )
    silent = list(contacts.select_related("household__dwelling__building__residence").order_by("priority", "id")[:6])
    ago = now - timedelta(days=1)
    for rank, contact in enumerate(silent[:4]):
        home = contact.household.dwelling
        if home is None:
            continue
        add_manager(actor=director, residence=home.building.residence, user=keeper)
        say = "Dites que nous rappellerons jeudi matin." if rank == 1 else ""
        due_on = (now + timedelta(days=rank)).date()
        visit = plan_step(actor=director, contact_id=contact.pk, kind="visit", assigned_to=keeper, due_on=due_on,
                          say=say, now=ago)  # fmt: skip
        if rank >= 2:
            end_step(actor=keeper, step_id=visit.pk, result=("absent", "worried")[rank - 2], now=ago)
        if rank == 2:
            plan_step(actor=director, contact_id=contact.pk, kind="letter", assigned_to=keeper,
                      due_on=(now + timedelta(days=2)).date(), say="", now=now)  # fmt: skip
    if len(silent) > 4:
        explain(actor=director, contact_ids=[silent[4].pk], words="Chez sa fille jusqu’au printemps", now=ago)
