"""What a queue of households stores."""

from bienveille.engines.dispatch.models.openings import Opening
from bienveille.engines.dispatch.models.queues import (
    Attempt,
    Contact,
    Lane,
    PlannedCall,
    Queue,
)

__all__ = [
    "Attempt",
    "Contact",
    "Lane",
    "Opening",
    "PlannedCall",
    "Queue",
]
