"""A directory of partners as a table: the schema's own columns, or a sheet made by hand with one line for each service.

Cells become records of the schema, so that one reading judges them all (`rules/partners.py`). Lists are read as people
and software write them: separated by commas, as JSON, as the text of a Python list.
"""

import ast
import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bienveille.ground.lib.dates import read_date
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.words import plain
from bienveille.register.imports.rules.cells import Issue, shown
from bienveille.register.imports.rules.partners import SERVICE, STRUCTURE, Entry
from bienveille.register.partners.rules import need_of_words, read_partner_phone

SCHEMA, BY_HAND = "schema", "by hand"
#: Where cards of a sheet made by hand come from: the landlord's own list.
SHEET_SOURCE = "liste"
_IGNORE = "ignore"  # the official checker's sheets have a column `__ignore__`
_LISTS = {
    "thematiques", "publics", "modes_accueil", "zone_eligibilite", "modes_mobilisation", "mobilisable_par",
    "reseaux_porteurs",
}  # fmt: skip
_NUMBERS = {"longitude", "latitude", "volume_horaire_hebdomadaire", "nombre_semaines"}

# Titles of a sheet made by hand, compared without accents or case.
_TITLES = {
    "structure": "structure | partenaire | organisme | association | nom de la structure | nom du partenaire | "
    "nom structure | organisation",
    "service": "service | action | aide | ce qu ils font | nom du service | nom service | aide proposee | prestation",
    "description": "description | detail | details | precisions | descriptif",
    "needs": "besoins | besoin | themes | theme | domaine | domaines",
    "thematiques": "thematiques | thematique",
    "type": "type | type de service",
    "zone": "zone | secteur | territoire | communes couvertes | zone d intervention | zone eligibilite | couverture",
    "adresse": "adresse | adresse postale | rue",
    "code_postal": "code postal | cp",
    "commune": "commune | ville",
    "code_insee": "code insee | insee | code commune",
    "telephone": "telephone | tel | numero | numero de telephone",
    "courriel": "courriel | email | e mail | mail | adresse electronique",
    "site_web": "site | site web | site internet",
    "horaires_accueil": "horaires | heures d ouverture | ouverture | horaires d accueil",
    "conditions_acces": "conditions | conditions d acces | pour qui",
    "frais": "frais | cout | tarif | gratuit",
    "date_maj": "mis a jour le | date | date de mise a jour | maj | verifie le | date maj",
    "id": "identifiant | id | reference",
}
_FIELD_BY_TITLE = {title.strip(): name for name, titles in _TITLES.items() for title in titles.split("|")}
#: A sheet made by hand says at least who, what, and where.
_NEEDED = (
    {"structure", "service", "commune"},
    {"structure", "service", "code_insee"},
    {"structure", "service", "zone"},
)
_SCHEMA_STRUCTURE = {"id", "nom", "source", "date_maj"}
_SLUG = re.compile(r"[^a-z0-9]+")


def directory_kind(header: Sequence[str]) -> str:
    """`SCHEMA` for the schema's own columns, `BY_HAND` for a sheet of one line for each service, else nothing."""
    names = {_schema_name(title) for title in header}
    if names >= _SCHEMA_STRUCTURE:
        return SCHEMA
    fields = {_FIELD_BY_TITLE.get(plain(title), "") for title in header}
    return BY_HAND if any(needed <= fields for needed in _NEEDED) else ""


def read_sheet(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]], today: dt.date
) -> tuple[list[Entry], list[Issue]]:
    """The records of a table, and what was doubtful in its cells; numbers are those of its rows."""
    if directory_kind(header) == SCHEMA:
        return _schema_rows(header, rows), []
    return _hand_rows(header, rows, today)


# ---- The schema's own columns


def _schema_name(title: str) -> str:
    return title.strip().strip("_").lower().replace(" ", "_")


def _schema_rows(header: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]]) -> list[Entry]:
    names = [_schema_name(title) for title in header]
    kind = SERVICE if "structure_id" in names else STRUCTURE
    entries: list[Entry] = []
    for number, cells in rows:
        record = {name: value for name, cell in zip(names, cells, strict=False) if (value := _value(name, cell))}
        if not record.pop(_IGNORE, None):
            entries.append((kind, number, record))
    return entries


def _value(name: str, cell: Any) -> Any:
    """A cell as the schema has it; what is empty is nothing."""
    if name in _LISTS:
        return _listed(cell)
    if name == "date_maj" and isinstance(cell, dt.date):
        return cell.strftime("%Y-%m-%d")
    if name in _NUMBERS and isinstance(cell, (int, float)):
        return cell
    if isinstance(cell, float) and cell.is_integer():  # a code or a number that the spreadsheet took for a figure
        cell = int(cell)
    text = clean_text(cell)
    if text.lower() in ("nan", "none", "null"):
        return None
    if name in ("code_insee", "code_postal") and text.isdigit() and len(text) == 4:  # 01004 without its zero
        return f"0{text}"
    if name == "siret":
        return text.replace(" ", "")
    return text


def _listed(cell: Any) -> list[str]:
    """['a', 'b'], ["a", "b"], {a,b} or a, b."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = clean_text(cell)
    if text.startswith("[") and text.endswith("]"):
        for read in (json.loads, ast.literal_eval):
            try:
                found = read(text)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            if isinstance(found, list):
                return [str(one).strip() for one in found if str(one).strip()]
    parts = re.split(r"[,;|\n]", text.strip("[]{}"))
    return [word for part in parts if (word := part.strip().strip("'\""))]


# ---- A sheet made by hand


def _hand_rows(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[Any]]], today: dt.date
) -> tuple[list[Entry], list[Issue]]:
    fields: dict[str, tuple[int, str]] = {}
    for place, title in enumerate(header):
        if (name := _FIELD_BY_TITLE.get(plain(title), "")) and name not in fields:
            fields[name] = (place, title)
    entries: list[Entry] = []
    doubts: list[Issue] = []
    known: set[str] = set()
    for number, cells in rows:
        row = {name: cells[place] if place < len(cells) else None for name, (place, _) in fields.items()}
        titles = {name: title for name, (_, title) in fields.items()}
        structure, service = _records(number, row, titles, today, doubts)
        if structure.get("id") not in known:
            known.add(structure.get("id", ""))
            entries.append((STRUCTURE, number, structure))
        if structure.get("id"):
            entries.append((SERVICE, number, service))
    return entries, doubts


def _records(
    number: int, row: Mapping[str, Any], titles: Mapping[str, str], today: dt.date, doubts: list[Issue]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The structure and the service of one line; a line without a name of structure has no identifier."""
    text = {name: _value(name, cell) or "" for name, cell in row.items()}
    place = {name: text[name] for name in ("adresse", "code_postal", "commune", "code_insee") if text.get(name)}
    name, does = text.get("structure", ""), text.get("service", "")
    where = place.get("code_insee") or place.get("code_postal") or place.get("commune", "")
    shared = {"source": SHEET_SOURCE, "date_maj": _updated(number, row, titles, today, doubts), **place}
    contact = _contact(number, row, titles, doubts)
    key = _slug((text.get("id") and f"{text['id']} {name}") or f"{name} {where}") if name else ""
    structure = {**shared, **contact, "id": key and f"{SHEET_SOURCE}--{key}", "nom": name}
    for extra in ("site_web", "horaires_accueil"):
        if text.get(extra):
            structure[extra] = text[extra]
    service: dict[str, Any] = {
        **shared,
        **contact,
        "structure_id": structure["id"],
        "id": f"{SHEET_SOURCE}--{key}--{_slug(does)}" if does else "",
        "nom": does,
        "description": text.get("description") or f"{does}, {name}",
        "needs": _needs(number, row, titles, today, doubts),
    }
    for extra in ("type", "conditions_acces", "horaires_accueil"):
        if text.get(extra):
            service[extra] = text[extra]
    if themes := _listed(row.get("thematiques")):
        service["thematiques"] = themes
    if zone := _zone(number, row, titles, doubts):
        service["zone_eligibilite"] = zone
    if cost := {"oui": "gratuit", "gratuit": "gratuit", "non": "payant", "payant": "payant"}.get(
        plain(text.get("frais", ""))
    ):
        service["frais"] = cost
    return structure, service


def _slug(text: str) -> str:
    return _SLUG.sub("-", plain(text)).strip("-")[:120]


def _updated(
    number: int, row: Mapping[str, Any], titles: Mapping[str, str], today: dt.date, doubts: list[Issue]
) -> str:
    """The day the line was true: its own, else the day of the import."""
    cell = row.get("date_maj")
    if cell in (None, ""):
        return today.isoformat()
    found = read_date(cell, last_year=today.year).value
    if found is None or not dt.date(2000, 1, 1) <= found <= today:
        doubts.append(Issue(number, titles["date_maj"], shown(cell), "unknown_date"))
        return today.isoformat()
    return found.isoformat()


def _contact(number: int, row: Mapping[str, Any], titles: Mapping[str, str], doubts: list[Issue]) -> dict[str, str]:
    contact: dict[str, str] = {}
    if cell := row.get("telephone"):
        if phone := read_partner_phone(cell):
            contact["telephone"] = phone
        else:
            doubts.append(Issue(number, titles["telephone"], shown(cell), "invalid_phone"))
    if email := clean_text(row.get("courriel")):
        if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            contact["courriel"] = email
        else:
            doubts.append(Issue(number, titles["courriel"], shown(email), "invalid_email"))
    return contact


def _needs(
    number: int, row: Mapping[str, Any], titles: Mapping[str, str], today: dt.date, doubts: list[Issue]
) -> list[str]:
    """The needs that a cell names; the whole cell first, because « Ménage, aide à domicile » is one."""
    cell = clean_text(row.get("needs"))
    if not cell:
        return []
    if whole := need_of_words(cell, today):
        return [whole]
    needs: dict[str, None] = {}
    for words in re.split(r"[,;|/\n]", cell):
        if need := need_of_words(words, today):
            needs[need] = None
        elif words.strip():
            doubts.append(Issue(number, titles["needs"], shown(words), "unknown_value"))
    return list(needs)


def _zone(number: int, row: Mapping[str, Any], titles: Mapping[str, str], doubts: list[Issue]) -> list[str]:
    """Codes of communes, EPCI and départements, or « France ». Without any, the service is for its own commune."""
    zone: dict[str, None] = {}
    for words in _listed(row.get("zone")):
        code = words.upper().replace(" ", "")
        if plain(words) in ("france", "france entiere", "toute la france", "national"):
            zone["france"] = None
        elif re.fullmatch(r"\d{9}|(?:\d{2}|2[AB])\d{3}|\d{2}|2[AB]|97\d", code):
            zone[code] = None
        else:
            doubts.append(Issue(number, titles["zone"], shown(words), "unknown_place"))
    return list(zone)
