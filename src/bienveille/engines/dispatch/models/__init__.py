"""What a queue of households stores."""

from bienveille.engines.dispatch.models.batches import Batch, BatchLine, WeekPlan
from bienveille.engines.dispatch.models.openings import Opening
from bienveille.engines.dispatch.models.queues import (
    Attempt,
    Contact,
    Lane,
    PlannedCall,
    Queue,
)
from bienveille.engines.dispatch.models.steps import Explanation, Step

__all__ = [
    "Attempt",
    "Batch",
    "BatchLine",
    "Contact",
    "Explanation",
    "Lane",
    "Opening",
    "PlannedCall",
    "Queue",
    "Step",
    "WeekPlan",
]
