"""The sheets of an XLSForm read as the document of a guide, or all that is not understood, by sheet, row and column.

What would be lost is an error with what to do instead; what only concerns the look or the gathering of data on a
telephone is a notice. The document itself is then checked as any other, and its faults find their row.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..choices import Need, QuestionKind
from .definition import DEFAULT_TEXT_ANSWER, Definition
from .editing import new_key
from .faults import faults
from .reading import KEY, VALUE, parse
from .relevance import NotUnderstood, from_relevant
from .workbooks import Grid, second_opinion
from .xlsform_terms import (
    ALIASES,
    LENGTH,
    LOOKS,
    NO,
    NOTED_BY_ITSELF,
    OTHER_SHEETS,
    REFUSED_COLUMNS,
    REFUSED_TYPES,
    SIMPLE_TYPES,
    YES,
    aliased,
    bounds_of,
    column_of,
    filled,
    letter,
    same_meaning,
    value_of,
)
from .xlsform_writing import ADVICE_LABEL, DEFAULT_DECIMALS, OWN, to_sheets


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a workbook: where, what, what to do. `row` counts as spreadsheets do, from 1."""

    sheet: str
    row: int | None
    column: str
    text: str


@dataclass(slots=True)
class FromWorkbook:
    """What a workbook gives: its document, what prevents it from being used, what was set aside without harm."""

    document: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    @property
    def definition(self) -> Definition:
        """The guide, when there is no problem."""
        return parse(self.document)


def from_sheets(grids: Mapping[str, Grid]) -> FromWorkbook:
    """The document of these sheets, with everything that is not understood; nothing is dropped in silence."""
    return _Reader(grids).read()


@dataclass(slots=True)
class _Row:
    """One line of a sheet: its number, its cells by title; `column` names a title with its letter."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, title: str) -> str:
        return self.cells.get(title, "")


class _Reader:
    def __init__(self, grids: Mapping[str, Grid]) -> None:
        self.grids = grids
        self.found = FromWorkbook()
        self.language = ""
        self.letters: dict[tuple[str, str], str] = {}
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.list_rows: dict[str, list[int]] = {}
        self.keys: set[str] = set()
        self.section_keys: set[str] = set()
        self.earlier: dict[str, dict[str, Any]] = {}
        self.rows: list[tuple[int, list[tuple[int, str]]]] = []  # row of each section, and (row, list) of its items

    def read(self) -> FromWorkbook:
        if not self.grids.get("survey"):
            self._problem(
                "survey",
                None,
                "",
                "la feuille « survey » manque. C’est elle qui porte les questions : nommez-la ainsi.",
            )
            return self.found
        for name in self.grids:
            if name in OTHER_SHEETS:
                self._problem(name, None, "", "cette feuille n’est pas comprise. Retirez-la, et ce qui s’y rapporte.")
        settings = self._sheet("settings")
        self._settings(settings[0] if settings else _Row(2, {}))
        self._choices(self._sheet("choices"))
        self._survey(self._sheet("survey"))
        if not self.found.problems:
            self._check()
        return self.found

    # ---- Sheets ----

    def _sheet(self, name: str) -> list[_Row]:
        """The lines of a sheet that hold something, by title; several languages are brought back to one."""
        grid = self.grids.get(name) or []
        top = next((rank for rank, row in enumerate(grid) if any(row)), None)
        if top is None:
            return []
        titles = [self._title(name, rank, title) for rank, title in enumerate(grid[top])]
        doubles = {title for title in titles if title and titles.count(title) > 1}
        for title in sorted(doubles):
            self._problem(name, top + 1, title, "deux colonnes portent ce titre. Gardez-en une.")
        rows = []
        for number, cells in enumerate(grid[top + 1 :], start=top + 2):
            row = {title: text for title, text in zip(titles, cells, strict=False) if title and text}
            if any(cells):
                rows.append(_Row(number, row))
        self._columns(name, top + 1, [title for title in titles if title], rows)
        return rows

    def _title(self, sheet: str, rank: int, raw: str) -> str:
        title = re.sub(r"\s*::?\s*", "::", raw.strip(), count=1)
        plain = re.sub(r"^bienveille_", OWN, title.casefold())
        base, _, tail = plain.partition("::")
        base = ALIASES.get(base, base)
        if base in ("label", "hint", "constraint_message", "required_message", "guidance_hint") and tail:
            code = re.search(r"\(([a-z]{2,3})\)\s*$", plain)
            wanted = self._wanted(sheet, base)
            plain = base if plain == wanted else f"{base}::{code[1] if code else tail}"
        else:
            plain = ALIASES.get(plain, f"{base}::{tail}" if tail else base)
        self.letters[sheet, plain] = f"{raw.strip()} (colonne {letter(rank)})"
        return plain

    def _wanted(self, sheet: str, base: str) -> str:
        """The title of the column to read among several languages: the default one, else French, else the first."""
        top = next((row for row in self.grids[sheet] if any(row)), [])
        titles = [re.sub(r"\s*::?\s*", "::", cell.strip(), count=1).casefold() for cell in top]
        ours = [title for title in titles if title.partition("::")[0] in (base, *aliased(base))]
        if any("::" not in title for title in ours):
            return ""
        default = self._default_language().casefold()
        for wanted in (default, "(fr)", "français", "francais", "french"):
            chosen = [title for title in ours if wanted and wanted in title]
            if chosen:
                return chosen[0]
        return ours[0] if ours else ""

    def _default_language(self) -> str:
        grid = self.grids.get("settings") or []
        filled = [row for row in grid if any(row)]
        if len(filled) < 2:
            return ""
        titles = [cell.strip().casefold() for cell in filled[0]]
        place = titles.index("default_language") if "default_language" in titles else -1
        return filled[1][place].strip() if 0 <= place < len(filled[1]) else ""

    def _columns(self, sheet: str, row: int, titles: list[str], rows: list[_Row]) -> None:
        known = {
            "survey": {"type", "name", "label", "hint", "required", "relevant", "constraint", "parameters"},
            "choices": {"list_name", "name", "label"},
            "settings": {"form_title", "form_id", "version", "name", "default_language"},
        }[sheet]
        own = {
            "survey": {"label", "say", "key", "relevant", "decimals", "min_label", "max_label"},
            "choices": {"advice", "needs"},
            "settings": {"description"},
        }[sheet]
        known |= {f"{OWN}{one}" for one in own}
        for title in dict.fromkeys(titles):
            base = title.partition("::")[0]
            filled = [one for one in rows if one[title]]
            if title in known or not filled:
                continue
            if base in ("label", "hint"):
                self._notice(sheet, row, title, "une seule langue est gardée : cette colonne n’est pas lue.")
            elif base in LOOKS and base != "disabled":
                self._notice(sheet, row, title, f"cette colonne n’est pas lue : {LOOKS[base]}.")
            elif base == "disabled" and sheet == "survey":
                for one in filled:
                    if one[title].casefold() in YES:
                        self._problem(sheet, one.number, title, "ligne désactivée. Retirez-la du classeur.")
            elif sheet == "settings":
                self._notice(sheet, row, title, "ce réglage sert aux outils de terrain : il n’est pas lu ici.")
            elif base in REFUSED_COLUMNS:
                for one in filled:
                    self._problem(sheet, one.number, title, f"cela n’est pas compris. {REFUSED_COLUMNS[base]}")
            elif base == OWN.rstrip(":"):
                self._problem(sheet, row, title, "cette colonne « bienveille » n’existe pas. Vérifiez son titre.")
            elif sheet == "choices" or base in ("note", "notes", "comment", "comments", "#"):
                self._notice(sheet, row, title, "cette colonne n’est pas lue.")
            else:
                self._problem(
                    sheet, row, title, "cette colonne n’est pas comprise. Retirez-la, ou videz-la si elle ne sert pas."
                )

    # ---- What the sheets say ----

    def _settings(self, row: _Row) -> None:
        code = re.search(r"\(([a-z]{2,3})\)\s*$", row["default_language"])
        document = self.found.document
        document["title"] = row["form_title"] or "Questionnaire importé"
        if not row["form_title"]:
            self._notice("settings", row.number, "form_title", "il n’y a pas de titre : changez-le dans le brouillon.")
        if row[f"{OWN}description"]:
            document["description"] = row[f"{OWN}description"]
        if code and code[1] != "fr":
            document["language"] = code[1]
        document["sections"] = []

    def _choices(self, rows: list[_Row]) -> None:
        for row in rows:
            name = row["list_name"]
            if not name or not row["name"]:
                missing = "list_name" if not name else "name"
                self._problem(
                    "choices", row.number, missing, "cette case est vide. Donnez un nom à la liste et au choix."
                )
                continue
            own = self.lists.setdefault(name, [])
            value = row["name"] if VALUE.fullmatch(row["name"]) else value_of(row["name"])
            if not value:
                self._problem(
                    "choices",
                    row.number,
                    "name",
                    f"« {row['name']} » ne donne aucun nom. Écrivez des lettres.",
                )
                continue
            if any(choice["value"] == value for choice in own):
                self._problem(
                    "choices",
                    row.number,
                    "name",
                    f"« {row['name']} » est déjà dans cette liste. Renommez-le.",
                )
                continue
            choice: dict[str, Any] = {
                "value": value,
                "label": self._words("choices", row, "label"),
                "_name": row["name"],
            }
            if row[f"{OWN}advice"]:
                choice["advice"] = row[f"{OWN}advice"]
            if needs := row[f"{OWN}needs"].split():
                by_label = {need.label.casefold(): need.value for need in Need}
                choice["needs"] = [by_label.get(one.casefold(), one) for one in needs]
                if unknown := [one for one in choice["needs"] if one not in Need.values]:
                    self._problem(
                        "choices",
                        row.number,
                        f"{OWN}needs",
                        f"besoin « {unknown[0]} » inconnu. Besoins possibles : {', '.join(Need.values)}.",
                    )
            own.append(choice)
            self.list_rows.setdefault(name, []).append(row.number)

    def _survey(self, rows: list[_Row]) -> None:
        section: dict[str, Any] | None = None
        grouped = False
        for row in rows:
            kind = re.sub(r"\s+", " ", row["type"].strip()).replace("begin_", "begin ").replace("end_", "end ")
            plain = kind.casefold()
            if not plain:
                self._problem("survey", row.number, "type", "le type manque. Écrivez text, select_one liste, note…")
            elif plain == "begin group":
                if grouped:
                    self._problem(
                        "survey",
                        row.number,
                        "type",
                        "un groupe dans un groupe n’est pas compris. Mettez-les l’un après l’autre.",
                    )
                    continue
                grouped = True
                section = self._begin(row)
            elif plain == "end group":
                if not grouped:
                    self._problem("survey", row.number, "type", "aucun groupe n’est ouvert ici. Retirez cette ligne.")
                grouped, section = False, None
            elif plain.split(" ")[0] in NOTED_BY_ITSELF and plain.split(" ")[0] not in SIMPLE_TYPES:
                self._notice("survey", row.number, "type", "l’outil le sait déjà : cette ligne n’est pas reprise.")
            else:
                if section is None:
                    section = self._begin(_Row(row.number, {"label": "Questions", "name": "questions"}))
                item = self._item(row, kind)
                if item is not None:
                    section["items"].append(item)
        if grouped:
            self._problem("survey", self.rows[-1][0], "type", "ce groupe n’est pas fermé. Ajoutez une ligne end_group.")

    def _begin(self, row: _Row) -> dict[str, Any]:
        key = row[f"{OWN}key"] or self._key(row, self.section_keys)
        self.section_keys.add(key)
        section: dict[str, Any] = {"key": key, "title": self._words("survey", row, "label")}
        section |= filled(say=row[f"{OWN}say"], help=row["hint"])
        self._condition(row, section)
        section["items"] = []
        self.found.document["sections"].append(section)
        self.rows.append((row.number, []))
        return section

    def _item(self, row: _Row, kind: str) -> dict[str, Any] | None:
        first, _, rest = kind.partition(" ")
        name = first.casefold()
        item: dict[str, Any] = {"key": row[f"{OWN}key"] or self._key(row, self.keys)}
        own_list = ""
        if name in ("select_one", "select_multiple") and rest:
            own_list, *more = rest.split(" ")
            if more:
                self._problem(
                    "survey",
                    row.number,
                    "type",
                    f"« {' '.join(more)} » n’est pas compris. Ajoutez « Autre » à la liste.",
                )
            item["kind"] = (QuestionKind.SINGLE if name == "select_one" else QuestionKind.MULTIPLE).value
            self._listed(row, own_list, item)
        elif name in SIMPLE_TYPES:
            item["kind"] = SIMPLE_TYPES[name].value
        else:
            advice = REFUSED_TYPES.get(kind.casefold()) or REFUSED_TYPES.get(name)
            advice = (
                advice or "Types possibles : text, integer, decimal, date, select_one, select_multiple, range, note."
            )
            self._problem("survey", row.number, "type", f"« {kind} » n’est pas compris. {advice}")
            return None
        self.keys.add(item["key"])
        words = self._words("survey", row, "label")
        if row[f"{OWN}label"] or item["kind"] == QuestionKind.ADVICE:
            item |= {"label": row[f"{OWN}label"] or ADVICE_LABEL, "say": words}
        else:
            item["label"] = words
        item |= filled(help=row["hint"])
        self._required(row, item)
        self._limits(row, item, name)
        self._condition(row, item)
        self.rows[-1][1].append((row.number, own_list))
        if item["kind"] != QuestionKind.ADVICE:
            values = {choice["_name"]: choice["value"] for choice in self.lists.get(own_list, [])}
            known = item | {"values": values | {value: value for value in values.values()}}
            self.earlier[row["name"]] = known
        return item

    def _listed(self, row: _Row, name: str, item: dict[str, Any]) -> None:
        if name not in self.lists:
            self._problem(
                "survey",
                row.number,
                "type",
                f"la liste « {name} » n’est pas dans la feuille choices. Ajoutez-la.",
            )
        item["choices"] = [
            {key: value for key, value in one.items() if key != "_name"} for one in self.lists.get(name, [])
        ]

    def _key(self, row: _Row, taken: set[str]) -> str:
        name = row["name"]
        if not name:
            self._problem("survey", row.number, "name", "le nom manque. Donnez un nom court, sans espace.")
            return new_key("", taken)
        if name in taken or (taken is self.keys and name in self.earlier):
            self._problem("survey", row.number, "name", f"« {name} » est déjà pris plus haut. Renommez cette ligne.")
        if KEY.fullmatch(name):
            return name
        key = new_key(name, taken)
        self._notice("survey", row.number, "name", f"« {name} » s’appellera « {key} » ici.")
        return key

    def _words(self, sheet: str, row: _Row, title: str) -> str:
        words = row[title]
        if not words:
            self._problem(sheet, row.number, title, "le texte manque. Écrivez ce que l’appelant lit ou coche.")
        if re.search(r"\$\{[^}]*\}", words):
            self._problem(
                sheet, row.number, title, "un texte ne peut pas reprendre une réponse (${…}). Écrivez-le sans."
            )
        return words

    def _required(self, row: _Row, item: dict[str, Any]) -> None:
        answer = row["required"].strip().casefold()
        if answer not in YES | NO:
            self._problem(
                "survey",
                row.number,
                "required",
                f"« {row['required']} » n’est pas compris. Écrivez yes ou no.",
            )
        elif answer in YES and item["kind"] != QuestionKind.ADVICE:
            item["required"] = True

    def _limits(self, row: _Row, item: dict[str, Any], type_name: str) -> None:
        kind, constraint = item["kind"], row["constraint"]
        if kind == QuestionKind.SCALE:
            self._range(row, item)
        elif row["parameters"]:
            self._notice("survey", row.number, "parameters", "ces paramètres ne sont pas lus.")
        if kind == QuestionKind.NUMBER:
            decimals = row[f"{OWN}decimals"] or (str(DEFAULT_DECIMALS) if type_name == "decimal" else "0")
            if not re.fullmatch(r"[0-6]", decimals):
                self._problem("survey", row.number, f"{OWN}decimals", "écrivez un nombre de décimales entre 0 et 6.")
            elif decimals != "0":
                item["decimals"] = int(decimals)
        if not constraint:
            return
        if kind == QuestionKind.TEXT and (found := LENGTH.fullmatch(constraint.strip())):
            item["max_length"] = int(found[2]) - (found[1] == "<")
            if item["max_length"] == DEFAULT_TEXT_ANSWER:
                del item["max_length"]
        elif kind == QuestionKind.NUMBER and (bounds := bounds_of(constraint)) is not None:
            item |= bounds
        else:
            how = {
                QuestionKind.TEXT: "Écrivez string-length(.) <= 200, ou retirez la limite.",
                QuestionKind.NUMBER: "Écrivez . >= 0 and . <= 20, avec des nombres entiers.",
            }.get(QuestionKind(kind), "Retirez la limite : ce type n’en a pas.")
            self._problem("survey", row.number, "constraint", f"« {constraint} » n’est pas compris. {how}")

    def _range(self, row: _Row, item: dict[str, Any]) -> None:
        given = dict(re.findall(r"(\w+)\s*=\s*([^\s;,]+)", row["parameters"].casefold()))
        numbers = {
            name: given.get(name, otherwise) for name, otherwise in (("start", "0"), ("end", "10"), ("step", "1"))
        }
        if not all(re.fullmatch(r"-?\d+", one) for one in numbers.values()) or numbers["step"] != "1":
            self._problem(
                "survey", row.number, "parameters", "une échelle va de un en un : écrivez start=0 end=10 step=1."
            )
            numbers = {"start": "0", "end": "10"}
        item |= {"min": int(numbers["start"]), "max": int(numbers["end"])}
        item |= filled(min_label=row[f"{OWN}min_label"], max_label=row[f"{OWN}max_label"])

    def _condition(self, row: _Row, part: dict[str, Any]) -> None:
        relevant = row["relevant"]
        if not relevant:
            return
        try:
            condition = from_relevant(relevant, self.earlier)
        except NotUnderstood as refused:
            self._problem("survey", row.number, "relevant", str(refused))
            return
        exact = row[f"{OWN}relevant"]
        part["show_if"] = (_exactly(exact, condition) if exact else None) or condition

    # ---- The whole ----

    def _check(self) -> None:
        """The document as any guide, each fault at its row; then what the tools of ODK say of the workbook."""
        for fault in faults(self.found.document):
            if fault.section is None or fault.section >= len(self.rows):
                self._problem("settings", None, "", fault.text)
                continue
            number, items = self.rows[fault.section]
            choice = re.search(r", choix (\d+)$", fault.place)
            if fault.item is not None and fault.item < len(items):
                number, own_list = items[fault.item]
                if choice and own_list:
                    rows = self.list_rows[own_list]
                    self._problem("choices", rows[int(choice[1]) - 1], column_of(fault.text, "label"), fault.text)
                    continue
            self._problem("survey", number, column_of(fault.text, "label"), fault.text)
        if self.found.problems:
            return
        said, row = second_opinion(to_sheets(self.found.definition, form_id="import", version="1"))
        if said:
            self._problem("survey", row, "", f"les outils d’ODK refusent ce questionnaire : {said}")

    def _problem(self, sheet: str, row: int | None, title: str, text: str) -> None:
        self.found.problems.append(Problem(sheet, row, self._column(sheet, title), text))

    def _notice(self, sheet: str, row: int | None, title: str, text: str) -> None:
        self.found.notices.append(Problem(sheet, row, self._column(sheet, title), text))

    def _column(self, sheet: str, title: str) -> str:
        return self.letters.get((sheet, title), title)


def _exactly(written: str, read: dict[str, Any]) -> dict[str, Any] | None:
    """The condition in our own words, unless the expression beside it was changed since."""
    try:
        own = json.loads(written)
    except ValueError:
        return None
    return own if same_meaning(own, read) else None
