"""Where a mailing may go from where it stands, and when a second person must read it."""

from collections.abc import Mapping

from bienveille.engines.messaging.choices import MailingState

S = MailingState
#: What may be done in each state, and the state it leads to.
STEPS: Mapping[str, Mapping[str, str]] = {
    "ask": {S.DRAFT: S.ASKED},
    "approve": {S.ASKED: S.READY},
    "send_back": {S.ASKED: S.DRAFT, S.READY: S.DRAFT},
    "settle": {S.DRAFT: S.READY},
    "start": {S.READY: S.SENDING},
    "pause": {S.SENDING: S.PAUSED},
    "resume": {S.PAUSED: S.SENDING},
    "stop": {S.ASKED: S.STOPPED, S.READY: S.STOPPED, S.SENDING: S.STOPPED, S.PAUSED: S.STOPPED},
    "finish": {S.SENDING: S.DONE},
}
#: Above so many households, a second person reads before anything leaves, unless the landlord says another number.
APPROVED_ABOVE = 200
#: A landlord cannot do without the second person by saying a number that no mailing reaches.
HIGHEST_ABOVE = 5_000


def step(state: str, doing: str) -> str | None:
    """The state that follows; None when this cannot be done from here."""
    return STEPS[doing].get(state)


def read_above(said: object) -> int:
    """The landlord's own number, ours when none that holds was said."""
    whole = isinstance(said, int) and not isinstance(said, bool)
    return said if whole and 0 <= said <= HIGHEST_ABOVE else APPROVED_ABOVE  # type: ignore[return-value, operator]


def needs_approval(households: int, *, above: int) -> bool:
    """Whether a second person must read it first."""
    return households > above
