"""Providers that count: what a real one might answer, at will."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from bienveille.engines.messaging.channels import Outcome, Outgoing, Verdict


class Counting:
    """Counts what it gets by key. `answer` says what it makes of a message; `breaks_after` raises in the middle."""

    def __init__(
        self,
        *,
        honours_keys: bool = False,
        batch: int = 10,
        answer: Callable[[Outgoing], Outcome] = lambda one: Outcome.SENT,
        breaks_after: int | None = None,
    ) -> None:
        self.honours_keys, self.batch, self.longest = honours_keys, batch, 1.0
        self.answer, self.breaks_after = answer, breaks_after
        self.seen: Counter[UUID] = Counter()
        self.got: list[Outgoing] = []

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        for rank, one in enumerate(batch):
            if rank == self.breaks_after:
                raise ConnectionError
            self.seen[one.key] += 1
            self.got.append(one)
            yield Verdict(one.key, self.answer(one), provider_id=f"p{len(self.got)}")
