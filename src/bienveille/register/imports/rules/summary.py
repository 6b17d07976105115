"""Figures of an import as its page tells them: lines read and their sum, what the register gains, state in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bienveille.ground.lib import typography
from bienveille.register.imports.rules.activity import INTERRUPTED, NO_WORKER

#: What the register counts, by kind of file that changes it.
COUNTED = {
    "housing": (("dwellings", "Logements"),),
    "tenants": (
        ("households", "Ménages"),
        ("persons", "Personnes"),
        ("leases", "Baux en cours"),
        ("phones", "Téléphones utilisables"),
    ),
    "staff": (("users", "Comptes ouverts"),),
    "partners": (("services", "Services de partenaires"),),
}
UNITS = {"housing": "logement", "tenants": "personne", "staff": "compte", "partners": "fiche"}
SMALLEST_PART = 1.8  # percent: a part that is not nil is always seen
STATE_ICONS = {
    "mapping": "pencil",
    "checking": "hourglass-split",
    "ready": "eye",
    "applying": "hourglass-split",
    "applied": "check-lg",
    "refused": "exclamation-circle-fill",
    "cancelled": "x-lg",
}


class Counted(Protocol):
    """The figures of one file."""

    kind: str
    records: int
    accepted: int
    rejected: int
    warned: int
    created: int
    updated: int
    closed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Parts:
    """Lines read = accepted + rejected, and the width of the rejected part, ready for SVG."""

    read: int
    accepted: int
    rejected: int
    warned: int
    accepted_width: str
    rejected_width: str
    rejected_x: str


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of the register: before, after, and the difference with its sign."""

    label: str
    before: int
    after: int
    difference: str


def parts(files: Iterable[Counted]) -> Parts:
    """The lines of all the files."""
    found = list(files)
    read = sum(file.records for file in found)
    rejected = sum(file.rejected for file in found)
    share = 100 * rejected / read if read else 0.0
    if rejected and read > rejected:
        share = min(max(share, SMALLEST_PART), 100 - SMALLEST_PART)
    return Parts(
        read,
        sum(file.accepted for file in found),
        rejected,
        sum(file.warned for file in found),
        f"{100 - share:.2f}%" if read else "0%",
        f"{share:.2f}%",
        f"{100 - share:.2f}%",
    )


def changes(figures: Mapping[str, Mapping[str, int]], kinds: Iterable[str]) -> list[Change]:
    """What the register counts before and after, for what these kinds of files may change; empty when not known."""
    before, after = figures.get("before", {}), figures.get("after", {})
    wanted = set(kinds)
    return [
        Change(label, before[name], after[name], _signed(after[name] - before[name]))
        for kind, lines in COUNTED.items()
        if kind in wanted
        for name, label in lines
        if name in before and name in after
    ]


def _signed(difference: int) -> str:
    if not difference:
        return "="
    sign = "+" if difference > 0 else "−"
    return f"{sign}{typography.NBSP}{typography.number(abs(difference))}"


def file_line(file: Counted) -> str:
    """ "118 personnes créées, 212 modifiées, 71 parties, 18 000 inchangées": only what is not nil."""
    unit = UNITS.get(file.kind, "ligne")
    feminine = "" if unit in ("logement", "compte") else "e"
    told = [
        (file.created, f"créé{feminine}"),
        (file.updated, f"modifié{feminine}"),
        (file.closed, f"parti{feminine}"),
        (file.unchanged, f"inchangé{feminine}"),
    ]
    words = [
        f"{typography.counted(count, unit) if first else typography.number(count)} {typography.plural(count, word)}"
        for first, (count, word) in _with_first([(count, word) for count, word in told if count])
    ]
    return ", ".join(words) or "Rien à changer"


def _with_first[Item](items: list[Item]) -> list[tuple[bool, Item]]:
    return [(not rank, item) for rank, item in enumerate(items)]


def absent_words(kind: str, absent: int) -> str:
    """ "412 baux en cours ne sont pas dans ce fichier."; nothing when nobody is missing."""
    if not absent:
        return ""
    who = {"tenants": "bail en cours", "staff": "collaborateur connu"}.get(kind, "fiche connue")
    several = {"tenants": "baux en cours", "staff": "collaborateurs connus"}.get(kind, "fiches connues")
    verb = "n’est" if absent == 1 else "ne sont"
    return f"{typography.counted(absent, who, several)} {verb} pas dans ce fichier."


def erased_words(leases: int) -> str:
    """ "3 baux finis dont les personnes ont été effacées…": why rows that were read make nobody; empty for none."""
    if not leases:
        return ""
    stays = "il reste anonyme" if leases == 1 else "ils restent anonymes"
    which = typography.counted(leases, "bail fini", "baux finis")
    return f"{which} dont les personnes ont été effacées\u00a0: {stays}, rien n’est recréé."


def apply_words(accepted: int) -> str:
    """The button that applies what was accepted; nothing when there is nothing to apply."""
    if not accepted:
        return ""
    return "Appliquer la ligne" if accepted == 1 else f"Appliquer les {typography.counted(accepted, 'ligne')}"


def state_words(state: str, label: str, activity: str) -> dict[str, str]:
    """The state as a tag: its words and its icon."""
    if activity == INTERRUPTED:
        return {"label": "Interrompu", "icon": "exclamation-triangle"}
    if activity == NO_WORKER:
        return {"label": "En attente", "icon": "hourglass"}
    return {"label": label, "icon": STATE_ICONS[state]}
