"""Ways out: what every one of them takes and answers. The settings say which ones this landlord has.

A sender never raises: each message gets one verdict. What it cannot know, it says: a doubt is never « sent ».
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from bienveille.engines.messaging.choices import Outcome
from bienveille.ground.platform.refusal import Refusal

__all__ = ["ChannelClosed", "Outcome", "Outgoing", "Sender", "Verdict", "open_channels", "sender_for"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to leave. `key` is the same at each try, and given to the provider."""

    key: UUID
    to: str
    subject: str
    text: str
    html: str = ""
    language: str = "fr"
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one message; `detail` is the provider's own word, without personal data."""

    key: UUID
    outcome: Outcome
    provider_id: str = ""
    detail: str = ""


class Sender(Protocol):
    """One way out. `longest`: seconds that a batch can last at most, all its timeouts added up."""

    honours_keys: bool
    batch: int
    longest: float

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        """One verdict for each message, as they come; never raises."""
        ...


class ChannelClosed(Refusal):
    """The landlord has no provider for this channel."""

    message = "Ce moyen d’envoi n’est pas réglé\u00a0: demandez à l’administrateur de l’activer."


def sender_for(channel: str) -> Sender:
    """The sender of a channel, from the setting CHANNELS: name of a class and its options."""
    chosen: Mapping[str, Mapping[str, object]] = settings.CHANNELS
    if channel not in chosen:
        raise ChannelClosed
    options = dict(chosen[channel])
    return import_string(str(options.pop("class")))(**options)


def open_channels() -> set[str]:
    """The channels that have a provider; letters need none."""
    return {"letter", *settings.CHANNELS}
