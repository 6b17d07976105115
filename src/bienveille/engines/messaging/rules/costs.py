"""What a mailing costs, from the prices that the landlord has told; a price nobody told costs nothing to guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bienveille.engines.messaging.choices import Channel

#: What a price is of: one part of an SMS, one letter with its postage, one e-mail.
PRICED = (Channel.SMS, Channel.LETTER)


@dataclass(frozen=True, slots=True)
class Cost:
    """One channel: so many messages, in so many paid pieces, for so many euros when the price is known."""

    channel: str
    messages: int
    pieces: int
    euros: Decimal | None


def costs(messages: Mapping[str, int], *, parts: int, prices: Mapping[str, Decimal]) -> list[Cost]:
    """By channel, in the order given. `parts`: SMS that the text takes for one person."""
    found = []
    for channel, many in messages.items():
        pieces = many * max(1, parts) if channel == Channel.SMS else many
        price = Decimal(0) if channel not in PRICED else prices.get(channel)
        found.append(Cost(channel, many, pieces, None if price is None else price * pieces))
    return found


def total(found: list[Cost]) -> Decimal | None:
    """The sum; None when a price that matters is not known."""
    euros = [one.euros for one in found if one.messages]
    return sum((one for one in euros if one is not None), Decimal(0)) if None not in euros else None


def read_prices(stored: object) -> dict[str, Decimal]:
    """Prices as the landlord's settings keep them, in words of figures; what is no price is left out."""
    prices = {}
    for channel, written in stored.items() if isinstance(stored, Mapping) else ():
        try:
            prices[str(channel)] = Decimal(str(written))
        except InvalidOperation:
            continue
    return prices
