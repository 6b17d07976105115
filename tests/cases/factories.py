"""Situations signalled by the real operation, for the tests of cases and of their screens."""

from datetime import datetime
from typing import Any

from tests.dispatch.factories import MONDAY
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import Signal, signal_household


def make_case(grade: str = "red", *, now: datetime = MONDAY, agency: Any = None, **more: Any) -> Case:
    """A case just opened for a household of its own, or for `household`."""
    household = more.pop("household", None)
    if household is None:
        household = HouseholdFactory(age=82, phone=True, **({"agency": agency} if agency else {}))
    actor = more.pop("actor", None)
    return signal_household(actor=actor, household_id=household.pk, signal=Signal(grade=grade, **more), now=now)
