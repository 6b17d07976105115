"""Letters: addressed, numbered, sorted and set as PDF/UA-1, against Typst alone on the same content."""

import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import typst

ROWS_A_STAIRCASE = 25

_PARAGRAPHS = (
    "Madame, Monsieur,",
    "La chaleur annoncée pour les prochains jours peut être éprouvante, surtout dans un logement exposé au soleil. "
    "Dans votre résidence, une pièce fraîche est ouverte au rez-de-chaussée, chaque jour de 10 h à 19 h. Vous pouvez "
    "y passer quelques heures, seul ou accompagné, sans prévenir.",
    "Buvez régulièrement, même sans soif. Fermez les volets dans la journée, aérez la nuit. Mouillez votre visage et "
    "vos avant-bras. Donnez de vos nouvelles à vos proches et à vos voisins, et prenez des leurs.",
    "Si vous vous sentez fatigué, ou si une personne de votre immeuble vous inquiète, appelez votre agence : "
    "quelqu’un vous répond tous les jours, et nous pouvons vous rappeler régulièrement jusqu’à la fin de l’épisode.",
    "Nous restons à vos côtés.",
)


def run(rows: int = 10_000, runs: int = 3) -> dict[str, object]:
    """`rows` one-page letters, sorted by residence and staircase, in files of five hundred."""
    ours, alone, size, memory = [], [], 0, 0
    for _ in range(runs):
        started = time.perf_counter()
        size = sum(len(pdf) for pdf in _ours(rows))
        ours.append(rows / (time.perf_counter() - started))
        memory = memory or _peak()
        alone.append(_alone(rows))
    ratios = [one / limit for one, limit in zip(ours, alone, strict=True)]
    return {
        "name": "letters",
        "ours": round(median(ours), 1),
        "limit": round(median(alone), 1),
        "unit": "letters/s",
        "ratio": round(median(ratios), 3),
        "runs": runs,
        "letters": rows,
        "kilobytes_a_letter": round(size / rows / 1000, 1),
        "memory_mib": memory,
    }


def _peak() -> int:
    """MiB at most: this process when nothing but our own letters was set, and the largest press."""
    return sum(resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _ours(rows: int) -> Iterator[bytes]:
    from bienveille.engines.messaging.operations.letters import set_sheaves
    from bienveille.engines.messaging.rules.letters import sheaves_for_post

    for _, done in set_sheaves(sheaves_for_post(_letters(rows)), _head(), cover=False):
        yield done.pdf


def _alone(rows: int) -> float:
    """Typst and nothing else: the same pages, whose data was written down beforehand."""
    from bienveille.engines.messaging.operations.letters import TEMPLATE, sheaf_data
    from bienveille.engines.messaging.rules.letters import sheaves_for_post

    written = [
        json.dumps(sheaf_data(sheaf, _head(), cover=False), ensure_ascii=False)
        for sheaf in sheaves_for_post(_letters(rows))
    ]
    compiled: Any = typst.compile
    started = time.perf_counter()
    for data in written:
        compiled(
            str(TEMPLATE),
            root=str(Path(TEMPLATE).parent),
            format="pdf",
            pdf_standards="ua-1",
            ignore_system_fonts=True,
            sys_inputs={"data": data},
        )
    return rows / (time.perf_counter() - started)


def _head():  # type: ignore[no-untyped-def]
    from bienveille.engines.messaging.operations.letters import Letterhead

    sender = ("Agence Rive gauche", "4 quai des Tanneurs", "69003 Lyon", "04 65 71 01 42")
    return Letterhead("Habitat des Deux-Rives", sender, "Le 22 novembre 2026", ("Claire Morin",), "CANICULE-2026")


def _letters(rows: int):  # type: ignore[no-untyped-def]
    """Letters in delivery order, from homes that come in any order. Each run has its own words: nothing is reused."""
    from bienveille.engines.messaging.rules.letters import Home, Letter, address_lines, delivery_key, letter_number

    _RUN.append(1)
    homes = [(rank * 7919 % rows, _home(rank * 7919 % rows, Home)) for rank in range(rows)]
    homes.sort(key=lambda one: delivery_key(one[1]))
    return [
        Letter(
            key=UUID(int=rank + 1),
            number=letter_number(rank + 1 + rows * len(_RUN)),
            address=address_lines(f"Madame Élise Rey-{rank % 997}", home),
            subject="Votre résidence pendant la canicule",
            body=(f"Lettre {len(_RUN)}-{rank}", *_PARAGRAPHS),
            place=(home.residence, home.staircase),
        )
        for rank, home in homes
    ]


_RUN: list[int] = []


def _home(rank: int, home):  # type: ignore[no-untyped-def]
    staircase, flat = divmod(rank, ROWS_A_STAIRCASE)
    site, stair = divmod(staircase, 4)
    return home(
        residence=f"Les Hauts de l’Œuvre {site}",
        building="B",
        staircase=str(stair + 1),
        floor=flat // 5,
        door=str(flat),
        street=f"{site % 200 + 1} bis, rue du Maréchal-de-Lattre-de-Tassigny",
        postal_code="69003",
        town="Lyon 3e",
    )
