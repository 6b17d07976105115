"""What one screen gathers from several packages: the help that exists near a home, need by need."""

from dataclasses import dataclass
from typing import Any

from bienveille.engines.questionnaires.choices import Need
from bienveille.engines.questionnaires.rules import NEED_THEMATIQUES, ServiceMatch
from bienveille.register.partners.models import Service
from bienveille.register.partners.queries import services_for_commune

#: Enough to choose from while somebody waits on the phone.
PER_NEED = 3


@dataclass(frozen=True)
class LocalHelp:
    """One need, with the services that answer it near a home; none means that the landlord itself does."""

    need: str
    label: str
    by_landlord: bool
    services: tuple[Service, ...]


def help_near(home: Any) -> list[LocalHelp]:
    """For each need, up to three services that cover the home's commune, in the order of the grid (1 query).

    Needs that neither the landlord nor a known service answers are left out.
    """
    commune = home.building.residence.commune if home else None
    wanted = sorted({code for match in NEED_THEMATIQUES.values() for code in match.thematiques})
    found = services_for_commune(commune.code, wanted) if commune else []
    helps = []
    for need, match in NEED_THEMATIQUES.items():
        services = tuple(service for service in found if _answers(service, match))[:PER_NEED]
        by_landlord = not match.thematiques
        if services or by_landlord:
            helps.append(LocalHelp(need.value, Need(need).label, by_landlord, services))
    return helps


def _answers(service: Service, match: ServiceMatch) -> bool:
    if not set(service.thematiques) & set(match.thematiques):
        return False
    return not match.types or service.type in match.types
