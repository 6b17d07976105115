"""Where the residences of the demo stand, those under watch, a relay, a building manager: invented, near real towns."""

from __future__ import annotations

from datetime import date, timedelta
from math import cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bienveille.register.accounts.models import User
    from bienveille.register.housing.models import Residence

#: About the middle of each commune of the demo: latitude, longitude.
TOWNS = {
    "38053": (45.586, 5.274), "42095": (45.388, 4.288), "42187": (46.036, 4.068), "42207": (45.475, 4.515),
    "42218": (45.439, 4.387), "69149": (45.714, 4.808), "69199": (45.708, 4.853), "69266": (45.767, 4.880),
    "69381": (45.769, 4.834), "69382": (45.752, 4.828), "69385": (45.759, 4.821), "69389": (45.774, 4.806),
}  # fmt: skip
VISIT = "Affiche posée dans le hall. Boîtes aux lettres relevées, éclairage en état."
WATCHES = (
    ("Ascenseur en panne, beaucoup d’aînés aux étages élevés", 12),
    ("Chauffage collectif en travaux jusqu’à la fin du mois", 5),
)


def settle(actor: User, keeper: User, today: date) -> None:
    """Place the residences, watch two of them, which the building manager looks after, name a relay. Harmless twice."""
    from bienveille.register.accounts.rules import Scope
    from bienveille.register.housing.operations import add_manager, correct_residence, start_watch
    from bienveille.services.neighbourhood.operations import name_relay, note_visit
    from bienveille.services.neighbourhood.queries import possible_relays, residences_seen

    everywhere = residences_seen(on=today, scope=Scope(everything=True))
    found: list[Any] = sorted(everywhere, key=lambda one: (-one.alone, one.code))
    if any(one.watched for one in found):
        return
    for residence, (latitude, longitude) in _around(found):
        correct_residence(actor=actor, residence=residence, latitude=latitude, longitude=longitude)
    for residence, (reason, days) in zip(found, WATCHES, strict=False):
        began = today - timedelta(days=days)
        watch = start_watch(
            actor=actor,
            residence=residence,
            reason=reason,
            started_on=began,
            until=today + timedelta(days=60),
            today=today,
        )
        note_visit(actor=keeper, watch=watch, on=began, seen=VISIT, keep=False, today=today)
        add_manager(actor=actor, residence=residence, user=keeper)
    for person in possible_relays(found[0], today)[:1] if found else []:
        name_relay(
            actor=actor,
            person=person,
            residence=found[0],
            agreed_on=today - timedelta(days=10),
            role="Affiche les messages dans le hall et signale ce qui est en panne",
            limits="Pas le soir, et pas de clés",
            until=today + timedelta(days=180),
            today=today,
        )


def _around(found: list[Residence]) -> list[tuple[Residence, tuple[float, float]]]:
    """Each residence a little further from the middle of its town than the one before, as seeds in a sunflower."""
    ranks: dict[str, int] = {}
    placed = []
    for residence in sorted(found, key=lambda one: one.code):
        town = TOWNS.get(residence.commune_id or "")
        if town is None:
            continue
        rank = ranks[residence.commune_id or ""] = ranks.get(residence.commune_id or "", -1) + 1
        angle, metres = radians(137.5 * rank), 420 * sqrt(rank)
        north, east = metres * sin(angle) / 111_200, metres * cos(angle) / 78_000
        placed.append((residence, (round(town[0] + north, 5), round(town[1] + east, 5))))
    return placed
