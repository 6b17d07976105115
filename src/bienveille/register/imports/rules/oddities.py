"""What is out of the ordinary in an import that nobody watched: from its figures and those of the imports before.

The sentences go by e-mail: they hold counts, never a name, a file's name nor a value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bienveille.ground.lib.typography import counted, number

#: Below, a share says nothing.
FEW_REJECTS, FEW_WARNINGS, FEW_RECORDS = 10, 50, 20
#: Shares taken as usual when nothing came before.
FIRST_REJECTS, FIRST_WARNINGS = 0.02, 0.25
FAR_FEWER = 0.7
LABELS = {"housing": "Patrimoine", "tenants": "Locataires", "staff": "Collaborateurs", "partners": "Partenaires"}
HELD = {"tenants": "bail en cours n’est", "staff": "compte de collaborateur n’est"}
HELD_MANY = {"tenants": "baux en cours ne sont", "staff": "comptes de collaborateurs ne sont"}


@dataclass(frozen=True, slots=True)
class Read:
    """The figures of one file."""

    kind: str
    records: int
    rejected: int
    warned: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Watched:
    """An import that came by itself, and the files of each kind applied before it, the newest first."""

    state: str
    files: Sequence[Read] = ()
    before: Mapping[str, Sequence[Read]] = field(default_factory=dict)


def oddities(run: Watched) -> list[str]:
    """What somebody should look at, in French; empty when the night was ordinary."""
    if run.state == "refused":
        return ["Les fichiers sont refusés\u00a0: rien n’est écrit, le registre est comme hier."]
    if run.state == "mapping":
        return ["Les colonnes d’un fichier ne sont plus reconnues\u00a0: rien n’est écrit, dites ce qu’elles sont."]
    found = [sentence for file in run.files for sentence in _of_file(file, run.before.get(file.kind, ()))]
    if run.state == "ready":
        found = [*_held(run.files), *found]
        found.append("Rien n’est écrit\u00a0: l’import attend votre choix.")
    return found


def _held(files: Sequence[Read]) -> Iterable[str]:
    """Who is held while somebody decides; a few that stay because some rows could not be read are no news."""
    for file in files:
        if file.held:
            words = (HELD if file.held == 1 else HELD_MANY).get(file.kind, "fiches connues ne sont")
            yield f"{LABELS.get(file.kind, 'Fichier')}\u00a0: {number(file.held)} {words} pas dans le fichier."


def _of_file(file: Read, before: Sequence[Read]) -> Iterable[str]:
    label = LABELS.get(file.kind, "Fichier")
    if before and before[0].records >= FEW_RECORDS and file.records < FAR_FEWER * before[0].records:
        read = counted(file.records, "ligne")
        yield f"{label}\u00a0: {read} dans le fichier, contre {number(before[0].records)} la fois d’avant."
    rejects = _share([(one.rejected, one.records) for one in before], FIRST_REJECTS)
    if file.rejected >= FEW_REJECTS and file.rejected / file.records > 2 * rejects + 0.01:
        yield _far_above(label, counted(file.rejected, "ligne rejetée", "lignes rejetées"), file.records, rejects)
    warnings = _share([(one.warned, one.records) for one in before], FIRST_WARNINGS)
    if file.warned >= FEW_WARNINGS and file.warned / file.records > 2 * warnings + 0.05:
        yield _far_above(label, counted(file.warned, "ligne à relire", "lignes à relire"), file.records, warnings)


def _share(parts: Sequence[tuple[int, int]], first: float) -> float:
    total = sum(of for _, of in parts)
    return sum(part for part, _ in parts) / total if total else first


def _far_above(label: str, words: str, records: int, usual: float) -> str:
    expected = number(round(usual * records))
    return f"{label}\u00a0: {words} sur {number(records)}\u00a0; d’ordinaire, on en attendrait {expected}."


def silence_words(days: int) -> str:
    """ "aucun fichier depuis 3 jours"."""
    return f"aucun fichier depuis {counted(days, 'jour')}"
