"""Which numbers hold for a site, how far a notice may last: facts in, verdict out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bienveille.engines.messaging.choices import LineKind

#: A notice is for a time of crisis or works: longer than this, it is no more read.
LONGEST = timedelta(days=92)
_ORDER = {str(kind): rank for rank, kind in enumerate(LineKind.values)}


@dataclass(frozen=True, slots=True)
class SiteNumber:
    """A number and the place it is for; neither residence nor agency means the whole landlord."""

    kind: str
    number: str
    hours: str
    agency: UUID | None = None
    residence: UUID | None = None

    @property
    def label(self) -> str:
        return str(LineKind(self.kind).label)


def numbers_of_site(lines: Iterable[SiteNumber], *, residence: UUID, agency: UUID) -> list[SiteNumber]:
    """Of each kind, the number of this residence, else of its agency, else of the landlord; in the order of kinds."""
    best: dict[str, SiteNumber] = {}
    for line in lines:
        if line.residence not in (None, residence) or line.agency not in (None, agency):
            continue
        if line.kind not in best or _closeness(line) > _closeness(best[line.kind]):
            best[line.kind] = line
    return sorted(best.values(), key=lambda line: _ORDER[line.kind])


def why_not_shown(starts_at: datetime, ends_at: datetime, now: datetime) -> tuple[str, str] | None:
    """What is wrong with the hours of a notice: the field and the words; None when they hold."""
    if ends_at <= starts_at:
        return "ends_at", "La fin vient avant le début\u00a0: choisissez une fin plus tardive."
    if ends_at <= now:
        return "ends_at", "Cette fin est déjà passée\u00a0: choisissez une fin à venir."
    if ends_at - starts_at > LONGEST:
        return "ends_at", "Un avis dure trois mois au plus\u00a0: choisissez une fin plus proche."
    return None


def _closeness(line: SiteNumber) -> int:
    return 2 if line.residence else 1 if line.agency else 0
