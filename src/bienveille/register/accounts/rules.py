"""Pure decisions about rights: who covers whom. No database, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Grant:
    """A role with its scope; neither company nor agency means everything."""

    role: str
    company: UUID | None = None
    agency: UUID | None = None


@dataclass(frozen=True)
class Scope:
    """Agencies that somebody covers: `everything`, or those listed (and every agency of the companies listed)."""

    everything: bool = False
    companies: frozenset[UUID] = frozenset()
    agencies: frozenset[UUID] = frozenset()

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.companies or self.agencies)

    def covers(self, *, company: UUID | None, agency: UUID | None) -> bool:
        """Whether an agency of a company is inside; something with neither is seen only by who sees everything."""
        return self.everything or (agency in self.agencies) or (company in self.companies)


def scope_of(grants: Iterable[Grant], roles: Iterable[str]) -> Scope:
    """The union of the scopes that these grants give to any of these roles."""
    wanted = set(roles)
    kept = [grant for grant in grants if grant.role in wanted]
    return Scope(
        everything=any(grant.company is None and grant.agency is None for grant in kept),
        companies=frozenset(grant.company for grant in kept if grant.company),
        agencies=frozenset(grant.agency for grant in kept if grant.agency),
    )
