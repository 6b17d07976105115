"""Progress bars of long commands: on standard error, for a person who watches; silent for a machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager

from tqdm import tqdm

_FORMAT = "{desc}\u00a0: {percentage:3.0f}\u00a0% |{bar}| {n_fmt}/{total_fmt} [{elapsed}, reste {remaining}]"
_FORMAT_WITHOUT_TOTAL = "{desc}\u00a0: {n_fmt} [{elapsed}]"


def _bar(title: str, total: int | None, quiet: bool) -> tqdm:
    return tqdm(
        total=total,
        desc=title,
        file=sys.stderr,
        disable=quiet or not sys.stderr.isatty(),
        leave=False,
        mininterval=0.2,
        bar_format=_FORMAT if total else _FORMAT_WITHOUT_TOTAL,
    )


def each[Item](items: Iterable[Item], title: str, *, total: int | None = None, quiet: bool = False) -> Iterator[Item]:
    """Go through the items while a bar shows how far we are. `quiet`: with --json."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with _bar(title, total, quiet) as bar:
        for item in items:
            yield item
            bar.update()


@contextmanager
def counter(title: str, *, total: int | None = None, quiet: bool = False) -> Iterator[tqdm]:
    """A bar moved by hand: `with counter("Lecture", total=size) as bar: bar.update(len(chunk))`."""
    with _bar(title, total, quiet) as bar:
        yield bar
