"""What the cases of a household add to its history: what was done, by whom. Calls tell themselves."""

from uuid import UUID

from bienveille.engines.cases.choices import ActionKind
from bienveille.engines.cases.models import CaseAction
from bienveille.engines.cases.queries.reach import within
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.register.accounts.rules import Scope


def case_events_for_household(household_id: UUID, scope: Scope, *, limit: int = 100) -> list[CaseAction]:
    """What was done in the cases of a household that these agencies follow, the newest first (1 query, 0 for nobody).

    Nothing of a confidential case, even for its readers: somebody may look over their shoulder. What a call signalled
    is told by the call.
    """
    if scope.nothing:
        return []
    rows = CaseAction.objects.filter(within(scope, "case__agency"), case__household=household_id).exclude(
        case__kind__in=CONFIDENTIAL
    )
    rows = rows.exclude(kind=ActionKind.SIGNALLED, source__isnull=False)
    return list(rows.select_related("by", "to").order_by("-at", "-revision", "-pk")[:limit])
