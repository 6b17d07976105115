"""What comes back from a provider, whichever it is: news of a message that left, or somebody's answer."""

from dataclasses import dataclass

from bienveille.engines.messaging.rules.receipts import Receipt


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody wrote to us. `name`: the provider's own name for it; `part`: reference, how many, which one."""

    channel: str
    sender: str
    to: str
    text: str
    name: str = ""
    subject: str = ""
    part: tuple[int, int, int] | None = None


type News = Receipt | Reply
