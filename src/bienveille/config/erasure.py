"""What each package does when people are erased: what holds an erasure back, what goes with them, what stays counted.

The register erases people and knows nothing of what stands above it (`register/tenants/operations/departures.py`).
"""

from bienveille.engines.cases.operations.erasing import forget_cases, held_by_cases
from bienveille.engines.dispatch.operations.erasing import held_by_calls
from bienveille.engines.messaging.operations.erasing import forget_messages, held_by_messages
from bienveille.register.tenants.operations import Erasing
from bienveille.services.outreach.operations.erasing import forget_calls

#: In this order: situations hang from calls, messages from both.
ERASING: tuple[Erasing, ...] = (
    Erasing("une situation suivie, jusqu’à sa clôture", held_by_cases, forget_cases),
    Erasing("une campagne qui doit encore appeler, jusqu’à sa clôture au plus tard", held_by_calls, forget_calls),
    Erasing("un message qui part ou qui attend une réponse", held_by_messages, forget_messages),
)
