"""Profiles: what else an import may keep, for which purpose and how long; what the landlord's own columns become.

Built-in ones are files of the folder `profiles`; those saved from an import are rows of `ImportProfile`.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bienveille.ground.lib.words import plain
from bienveille.register.imports.rules.columns import group_of

FOLDER = Path(__file__).parent.parent / "profiles"


@dataclass(frozen=True, slots=True)
class MarkRule:
    """A column answered by yes gives the person this mark for so many months."""

    column: str
    mark: str
    months: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A purpose and the facts it may keep; what the columns of this landlord's files become."""

    name: str
    label: str
    purpose: str
    marks: tuple[MarkRule, ...] = ()
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # kind → title → field


def title_fault(kind: str, title: str) -> str:
    """Why nobody may say what a title becomes, in French; nothing when one may."""
    if not plain(title):
        return "Écrivez le titre de la colonne, tel que le fichier le porte."
    match group_of(kind, title):
        case "never":
            return "Une colonne de commentaires n’est jamais lue."
        case "aside":
            return "Cette colonne est laissée de côté\u00a0: elle n’aide pas à accompagner les locataires."
        case "by_profile":
            return "Cette colonne n’est lue qu’avec le profil «\u00a0Accessibilité\u00a0»."
    return ""


def profile_names() -> list[str]:
    """The profiles that may be asked for."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_profile(name: str) -> Profile | None:
    """The profile of that name, or None."""
    if not re.fullmatch(r"[a-z0-9-]+", name) or name not in profile_names():
        return None
    return read_profile(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))


def read_profile(document: Mapping[str, object]) -> Profile:
    """A profile without a purpose is no profile: the key is required."""
    marks = document.get("marks", [])
    assert isinstance(marks, list)
    return Profile(
        name=str(document["name"]),
        label=str(document["label"]),
        purpose=str(document["purpose"]),
        marks=tuple(MarkRule(str(m["column"]), str(m["mark"]), int(m["months"])) for m in marks),
    )
