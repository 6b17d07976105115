"""What two packages do together, in one transaction: a message received becomes a situation."""

from datetime import datetime

from django.db import transaction

from bienveille.engines.cases.models import Case
from bienveille.engines.cases.operations import Signal, signal_household
from bienveille.engines.messaging.models import InboundMessage
from bienveille.engines.messaging.operations.inbox import link_case, take_open
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User


class NoHousehold(Refusal):
    """A situation is somebody's."""

    message = "Choisissez d’abord le ménage qui a écrit."


@transaction.atomic
def case_from_message(*, actor: User, message: InboundMessage, signal: Signal, now: datetime) -> Case:
    """The household's open situation hears of what it wrote, or one opens; the message is dealt with."""
    held = take_open(message)
    if held.household_id is None:
        raise NoHousehold
    case = signal_household(actor=actor, household_id=held.household_id, signal=signal, now=now)
    link_case(actor=actor, message=held, case_id=case.pk, now=now)
    return case
