"""Setting letters: from a sheaf of them to one tagged PDF, and the list of pages that a postal platform reads."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from bienveille.engines.messaging.rules.letters import CHUNK, LINES, Sheaf, bars, grouped
from bienveille.ground.lib.spreadsheets import Column, Sheet, csv_lines
from bienveille.ground.lib.typography import counted
from bienveille.ground.platform.pdf import Press

TEMPLATE = Path(__file__).resolve().parent.parent / "documents" / "letter.typ"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every letter of a mailing bears: who writes, from where, who signs. `made`: « Le 22 novembre 2026 »."""

    landlord: str
    sender: tuple[str, ...]
    made: str
    signature: tuple[str, ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SetSheaf:
    """A sheaf as a PDF. `pages`: the first page of each letter, from 1; `page_count`: of the whole file."""

    pdf: bytes
    pages: tuple[tuple[UUID, int], ...]
    page_count: int


def set_sheaves(sheaves: Iterable[Sheaf], head: Letterhead, *, cover: bool) -> Iterator[tuple[Sheaf, SetSheaf]]:
    """Each sheaf with its PDF, in the order given; with `cover`, a sheet on top says where they go and how many.

    As many presses as processors, each closed after some five hundred letters: memory does not grow with the mailing.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        ahead: deque[Future[list[tuple[Sheaf, SetSheaf]]]] = deque()
        for batch in _batches(sheaves):
            ahead.append(pool.submit(_set_batch, batch, head, cover))
            if len(ahead) > (os.cpu_count() or 1):
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()


def _batches(sheaves: Iterable[Sheaf]) -> Iterator[list[Sheaf]]:
    batch: list[Sheaf] = []
    for sheaf in sheaves:
        batch.append(sheaf)
        if sum(len(one.letters) for one in batch) >= CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


def _set_batch(batch: list[Sheaf], head: Letterhead, cover: bool) -> list[tuple[Sheaf, SetSheaf]]:
    with Press() as press:
        return [(sheaf, _set(press, sheaf, head, cover=cover)) for sheaf in batch]


def _set(press: Press, sheaf: Sheaf, head: Letterhead, *, cover: bool) -> SetSheaf:
    pdf, marks = press.set(TEMPLATE, sheaf_data(sheaf, head, cover=cover), mark="page")
    *letters, (_, last) = marks
    return SetSheaf(pdf, tuple((UUID(key), page) for key, page in letters), last)


def sheaf_data(sheaf: Sheaf, head: Letterhead, *, cover: bool) -> dict[str, Any]:
    """What the template reads: all that the pages bear, and nothing to decide."""
    title = ", ".join(filter(None, (sheaf.residence, sheaf.staircase))) or head.reference or "Lettres"
    if sheaf.parts > 1:
        title = f"{title} ({sheaf.part} sur {sheaf.parts})"
    return {
        "title": title,
        "landlord": head.landlord,
        "sender": head.sender,
        "made": head.made,
        "signature": head.signature,
        "cover": {"title": title, "lines": _cover(sheaf, head)} if cover else None,
        "letters": [
            {
                "key": str(letter.key),
                "number": grouped(letter.number),
                "bars": bars(letter.number),
                "to": letter.address,
                "subject": letter.subject,
                "body": blocks(letter.body),
                "language": letter.language,
                "sender": letter.sender or head.sender,
                "reference": head.reference,
            }
            for letter in sheaf.letters
        ],
    }


def platform_rows(name: str, sheaf: Sheaf, done: SetSheaf) -> list[list[str]]:
    """For each letter of a file: its name, first and last page, address lines, number."""
    after = [page for _, page in done.pages[1:]] + [done.page_count + 1]
    return [
        [name, str(first), str(end - 1), *(letter.address + ("",) * LINES)[:LINES], letter.number]
        for letter, (_, first), end in zip(sheaf.letters, done.pages, after, strict=True)
    ]


def platform_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """The list of a batch as a postal platform reads it: semicolons, one line for each letter, UTF-8 with its mark."""
    titles = ("fichier", "page_debut", "page_fin", *(f"adresse_{rank}" for rank in range(1, LINES + 1)), "numero")
    return b"".join(csv_lines(Sheet("Lettres", [Column(title) for title in titles], rows)))


def _cover(sheaf: Sheaf, head: Letterhead) -> list[str]:
    lines = [counted(len(sheaf.letters), "lettre"), "À glisser dans les boîtes, dans cet ordre."]
    return [*lines, head.reference] if head.reference else lines


def blocks(body: Sequence[str]) -> list[str | list[str]]:
    """Paragraphs; lines that begin with a dash or a bullet, one after another, are a list."""
    blocks: list[str | list[str]] = []
    for paragraph in body:
        for line in paragraph.split("\n"):
            text = line.strip()
            if text[:2] not in ("- ", "• "):
                blocks.append(text)
            elif blocks and isinstance(blocks[-1], list):
                blocks[-1].append(text[2:])
            else:
                blocks.append([text[2:]])
    return [block for block in blocks if block]
