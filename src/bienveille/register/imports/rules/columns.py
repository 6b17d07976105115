"""The columns of a file as people see them: what each becomes, which fields one may choose, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bienveille.ground.lib.words import plain
from bienveille.register.imports.rules import rpls
from bienveille.register.imports.rules.recognition import (
    HOUSING,
    LAYOUTS,
    STAFF,
    TENANTS,
    Chosen,
    is_left_aside,
    layout_of,
    map_columns,
)

LABELS = {
    HOUSING: {
        "agency_code": "Code de l’agence",
        "agency_name": "Nom de l’agence",
        "residence_code": "Code de la résidence",
        "residence_name": "Nom de la résidence",
        "residence_kind": "Nature de la résidence",
        "address": "Adresse",
        "postal_code": "Code postal",
        "commune": "Commune",
        "insee": "Code INSEE de la commune",
        "qpv": "Quartier prioritaire",
        "halls": "Nombre de halls",
        "dwelling_code": "Numéro du logement",
        "rpls_id": "Identifiant RPLS",
        "building": "Bâtiment",
        "staircase": "Escalier",
        "floor": "Étage",
        "door": "Porte",
        "type": "Type de logement",
        "surface": "Surface",
        "financing": "Financement",
        "lift": "Ascenseur",
        "dpe": "Étiquette énergie",
        "ownership": "Droit de propriété",
        "built_in": "Année de construction",
        "accessible": "Accessible (PMR)",
        "latitude": "Latitude",
        "longitude": "Longitude",
        "x": "Coordonnée X",
        "y": "Coordonnée Y",
        "epsg": "Système de coordonnées",
    },
    TENANTS: {
        "lease_number": "Numéro du contrat",
        "lease_kind": "Nature du contrat",
        "dwelling_code": "Numéro du logement",
        "entry": "Date d’entrée",
        "exit": "Date de sortie",
        "title": "Civilité",
        "last_name": "Nom",
        "first_name": "Prénom",
        "birth_date": "Date de naissance",
        "role": "Place dans le bail",
        "marital_status": "Situation familiale",
        "phone": "Téléphone",
        "email": "Adresse électronique",
        "language": "Langues parlées",
        "disability": "Handicap déclaré",
    },
    STAFF: {
        "last_name": "Nom",
        "first_name": "Prénom",
        "email": "Adresse électronique",
        "service": "Service",
        "agency": "Agence",
        "hours": "Heures par semaine",
        "languages": "Langues parlées",
        "covers": "Agences pour lesquelles appeler",
        "skills": "Compétences",
        "role": "Rôle",
        "phone": "Téléphone",
    },
}
#: What the declaration to the national directory says besides (RPLS).
RPLS_LABELS = {
    "rooms": "Nombre de pièces (RPLS)",
    "dpe_date": "Mois de l’étiquette énergie (RPLS)",
    "occupancy": "Occupation (RPLS)",
    "held": "Sortie du patrimoine (RPLS)",
    "qpv_code": "Code du quartier prioritaire (RPLS)",
}
#: Words of titles whose cells are free comments: nobody may ask for them.
_COMMENTS = frozenset(
    ["commentaire", "commentaires", "observation", "observations", "remarque", "remarques", "note", "notes"],
)
SAMPLES, SAMPLE_LENGTH = 3, 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its title, first values, the field it becomes, or why it is left aside.

    `group`: `field`, `unknown` (one may choose), `by_profile` (for a purpose only), `aside` and `never` (nobody may).
    """

    name: str  # of its control in the form, unique in the file
    title: str
    samples: tuple[str, ...]
    group: str
    field: str = ""
    label: str = ""

    @property
    def may_choose(self) -> bool:
        return self.group in ("field", "unknown")


def group_of(kind: str, title: str) -> str:
    """Whether a column may become a field, and if not why."""
    words = plain(title)
    if words in _COMMENTS:
        return "never"
    if is_left_aside(kind, title):
        return "aside"
    if kind == TENANTS and map_columns(kind, [title], {}).positions.keys() == {"disability"}:
        return "by_profile"
    return "field"


def describe(
    kind: str, header: Sequence[str], samples: Mapping[str, Sequence[str]], chosen: Mapping[str, str]
) -> list[Column]:
    """Every column of a file in its order."""
    mapping = map_columns(kind, header, chosen) if kind in LAYOUTS else None
    fields = {position: name for name, places in mapping.positions.items() for position in places} if mapping else {}
    columns = []
    for position, title in enumerate(header):
        if not title:
            continue
        group = group_of(kind, title) if mapping else "unknown"
        if mapping and mapping.declaration and title in mapping.ignored:
            group = "aside"
        name = fields.get(position, "")
        if group == "field" and not name:
            group = "unknown"
        columns.append(
            Column(
                f"c{position}",
                title,
                tuple(samples.get(title, ())) if group in ("field", "unknown") else (),
                group,
                name,
                labels_of(kind).get(name, "") if name else "",
            )
        )
    return columns


def labels_of(kind: str) -> dict[str, str]:
    """The fields that columns of that kind of file become, in words."""
    return {**LABELS[kind], **RPLS_LABELS} if kind == HOUSING else LABELS[kind]


def choices_for(kind: str) -> list[tuple[str, str]]:
    """What a column may become: nothing, or a field of that kind of file."""
    return [("", "Ne pas prendre"), *((name, label) for name, label in labels_of(kind).items() if name != "disability")]


def missing_fields(kind: str, header: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
    """Labels of the fields without which nothing can be read, of the nearest set; empty when all is there."""
    have = map_columns(kind, header, chosen).positions.keys()
    lacks = [sorted(required - have) for required in layout_of(kind, header).required]
    nearest = min(lacks, key=len)
    return [label for name, label in LABELS[kind].items() if name in nearest]


def doubled_fields(kind: str, posted: Mapping[str, str]) -> list[str]:
    """Labels of fields given to several columns though they fill one only."""
    given = [name for name in posted.values() if name]
    several = LAYOUTS[kind].several
    return [label for name, label in labels_of(kind).items() if given.count(name) > 1 and name not in several]


def choices_that_differ(
    kind: str, header: Sequence[str], posted: Mapping[str, str], profile: Mapping[str, str]
) -> dict[str, str]:
    """What somebody chose, by title, where it is not what the titles and the profile would give."""
    usual = {column.title: column.field for column in describe(kind, header, {}, profile) if column.may_choose}
    return {plain(title): name for title, name in posted.items() if title in usual and name != usual[title]}


def merged(profile: Chosen, own: Mapping[str, str], kind: str) -> dict[str, str]:
    """A profile's choices for that kind of file, and over them those made for this file."""
    return {**profile.get(kind, {}), **own}


def sampled(header: Sequence[str], rows: Sequence[Sequence[object]], kind: str) -> dict[str, list[str]]:
    """First values of each column that may be shown: never those of comments nor of what is left aside."""
    found: dict[str, list[str]] = {}
    declaration = rpls.is_rpls(header)
    for position, title in enumerate(header):
        if declaration and rpls.is_aside(title):
            continue
        if not title or any(group_of(one, title) != "field" for one in ([kind] if kind else LAYOUTS)):
            continue
        values = [_shown(row[position]) for row in rows if position < len(row)]
        found[title] = [value for value in dict.fromkeys(values) if value][:SAMPLES]
    return found


def _shown(cell: object) -> str:
    text = cell.strftime("%d/%m/%Y") if hasattr(cell, "strftime") else " ".join(str(cell or "").split())
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"
