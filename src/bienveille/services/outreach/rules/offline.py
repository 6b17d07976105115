"""Lists that callers fill in without connection: their columns, what each filled row says. No database, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from bienveille.engines.cases.rules import CONFIDENTIAL_NEEDS
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.dates import OK, read_date
from bienveille.ground.lib.filling_sheets import FillColumn
from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.note_guard import check_note
from bienveille.ground.lib.typography import short_day
from bienveille.ground.lib.words import plain
from bienveille.services.outreach.choices import Grade

NOTE_LENGTH = 500
OUTCOMES = {one.label: one.value for one in Outcome}
GRADES = {one.label: one.value for one in Grade}
#: What is told of violence is written on no sheet: it is typed on the screen.
NEEDS = {one.label: one.value for one in Need if one not in CONFIDENTIAL_NEEDS}
YES = ("Oui", "Non")

#: Field → column of the sheet, in order. What is filled in comes after what is read.
COLUMNS: dict[str, FillColumn] = {
    "rank": FillColumn("N°", 5),
    "name": FillColumn("Ménage", 26),
    "people": FillColumn("Personnes", 30),
    "phones": FillColumn("Téléphones", 22),
    "when": FillColumn("Quand appeler", 18),
    "why": FillColumn("Pourquoi cet appel", 26),
    "called_on": FillColumn("Appelé le (JJ/MM/AAAA)", 14, fill=True),
    "called_at": FillColumn("Heure (HH:MM)", 9, fill=True),
    "outcome": FillColumn("Comment l’appel s’est terminé", 20, fill=True, answers=tuple(OUTCOMES)),
    "grade": FillColumn("Niveau", 10, fill=True, answers=tuple(GRADES)),
    "need": FillColumn("Besoin", 20, fill=True, answers=tuple(NEEDS)),
    "need_more": FillColumn("Autre besoin", 20, fill=True, answers=tuple(NEEDS)),
    "call_back_on": FillColumn("Rappeler le (JJ/MM/AAAA)", 14, fill=True),
    "weekly": FillColumn("Chaque semaine", 10, fill=True, answers=YES),
    "note": FillColumn("Une phrase utile", 44, fill=True),
    "key": FillColumn("Clé de la ligne", 4, hidden=True),
    "token": FillColumn("Jeton de la ligne", 4, hidden=True),
}
FILLED = tuple(name for name, column in COLUMNS.items() if column.fill)
_BY_TITLE = {plain(column.title): name for name, column in COLUMNS.items()}
_CLOCK = re.compile(r"\s*(\d{1,2})\s*(?:[:hH.]\s*(\d{1,2})?)?\s*(?:min)?\s*")


def is_title(cell: str) -> bool:
    """Whether a cell is the title of a column of these lists."""
    return plain(cell) in _BY_TITLE


def places_of(header: Sequence[str]) -> dict[str, int]:
    """Field → place in the sheet, whatever the order of the columns."""
    return {_BY_TITLE[plain(title)]: place for place, title in enumerate(header) if plain(title) in _BY_TITLE}


def missing_titles(places: Mapping[str, int]) -> list[str]:
    """Titles without which a sheet is no list of ours: the keys, and how the call ended."""
    return [COLUMNS[name].title for name in ("key", "token", "outcome") if name not in places]


def notice(*, purpose: str, caller: str, made_on: date, delete_after: date, landlord: str) -> list[str]:
    """What stands on top of a list: for what, until when, what to do with it."""
    return [
        f"Liste de {caller}, faite le {short_day(made_on)} pour {landlord or 'le bailleur'}.",
        f"But\u00a0: {purpose.lower()}. Ces données ne servent à rien d’autre.",
        f"Effacez ce fichier et les copies papier après le {short_day(delete_after)}.",
        "Danger pour la vie\u00a0: appelez le 15 (114 par SMS) avant d’écrire. Notez un besoin, jamais une maladie.",
        "Remplissez les colonnes jaunes des ménages appelés, puis déposez le fichier dans «\u00a0Ma semaine\u00a0».",
    ]


@dataclass(frozen=True)
class Wrong:
    """What cannot be read in a row: the column's title, what stands there, why it cannot be."""

    column: str
    value: str
    message: str


@dataclass(frozen=True)
class FilledRow:
    """One row of a sheet that came back. `row` counts as spreadsheets of ours do: header = 1."""

    row: int
    key: UUID | None
    token: UUID | None
    name: str = ""
    at: datetime | None = None
    outcome: str = ""
    grade: str = ""
    needs: tuple[str, ...] = ()
    call_back_on: date | None = None
    weekly: bool = False
    note: str = ""
    wrong: tuple[Wrong, ...] = ()
    doubts: tuple[str, ...] = field(default_factory=tuple)

    @property
    def filled(self) -> bool:
        """Whether something was written in it."""
        return bool(
            self.wrong or self.outcome or self.grade or self.needs or self.note or self.call_back_on or self.weekly
        )


def read_row(
    row: int, cells: Sequence[Any], places: Mapping[str, int], *, now: datetime, since: date | None = None
) -> FilledRow:
    """Types one row; each thing that cannot be read is told with its column. `now` has the landlord's time zone."""
    raw = {name: cells[place] if place < len(cells) else "" for name, place in places.items()}
    texts = {name: clean_text(value) if value is not None else "" for name, value in raw.items()}
    wrong: list[Wrong] = []
    key, token = _key(texts.get("key", "")), _key(texts.get("token", ""))
    written = any(texts.get(name) for name in FILLED)
    outcome = _choice("outcome", texts, OUTCOMES, wrong)
    grade = _choice("grade", texts, GRADES, wrong)
    needs = [_choice(name, texts, NEEDS, wrong) for name in ("need", "need_more")]
    weekly = _choice("weekly", texts, {"Oui": "oui", "Non": ""}, wrong) == "oui"
    note = texts.get("note", "")
    if len(note) > NOTE_LENGTH:
        wrong.append(
            Wrong(COLUMNS["note"].title, note[:40] + "…", f"{len(note)} caractères\u00a0; {NOTE_LENGTH} au plus.")
        )
    call_back_on = _day("call_back_on", raw, texts, wrong, now.year + 2)
    at = _moment(raw, texts, wrong, now) if written else None
    if written and not outcome and not any(one.column == COLUMNS["outcome"].title for one in wrong):
        wrong.append(Wrong(COLUMNS["outcome"].title, "", "Dites comment l’appel s’est terminé."))
    if at and call_back_on and call_back_on < at.date():
        wrong.append(Wrong(COLUMNS["call_back_on"].title, short_day(call_back_on), "Ce jour précède l’appel."))
    if weekly and outcome and outcome != Outcome.REACHED:
        wrong.append(
            Wrong(COLUMNS["weekly"].title, "Oui", "Un appel chaque semaine se convient avec une personne jointe.")
        )
    doubts = tuple(f"{found.excerpt}\u00a0: {found.advice}" for found in check_note(note)) if note else ()
    return FilledRow(
        row=row,
        key=key,
        token=token,
        name=texts.get("name", ""),
        at=at,
        outcome=outcome,
        grade=grade,
        needs=tuple(dict.fromkeys(need for need in needs if need)),
        call_back_on=call_back_on,
        weekly=weekly,
        note=note,
        wrong=tuple(wrong),
        doubts=doubts,
    )


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _choice(name: str, texts: Mapping[str, str], answers: Mapping[str, str], wrong: list[Wrong]) -> str:
    text = texts.get(name, "")
    if not text:
        return ""
    found = {plain(label): value for label, value in answers.items()}.get(plain(text))
    if found is None:
        known = ", ".join(list(answers)[:4])
        wrong.append(Wrong(COLUMNS[name].title, text[:40], f"Réponse inconnue. Par exemple\u00a0: {known}."))
    return found or ""


def _day(
    name: str, raw: Mapping[str, Any], texts: Mapping[str, str], wrong: list[Wrong], last_year: int
) -> date | None:
    if not texts.get(name):
        return None
    read = read_date(raw[name], last_year=last_year)
    if read.status != OK or read.value is None:
        wrong.append(Wrong(COLUMNS[name].title, texts[name][:40], "Écrivez une date qui existe, comme 30/11/2026."))
        return None
    return read.value


def _moment(raw: Mapping[str, Any], texts: Mapping[str, str], wrong: list[Wrong], now: datetime) -> datetime | None:
    """When the call was made; the middle of that day when no hour is written, the sheet's coming back at the latest."""
    if not texts.get("called_on"):
        wrong.append(Wrong(COLUMNS["called_on"].title, "", "Dites quel jour l’appel a été passé."))
        return None
    day = _day("called_on", raw, texts, wrong, now.year)
    if day is None:
        return None
    hour: time | None = time(12)
    if texts.get("called_at"):
        hour = _hour(raw["called_at"])
    if hour is None:
        wrong.append(Wrong(COLUMNS["called_at"].title, texts["called_at"][:40], "Écrivez une heure, comme 14:30."))
        return None
    moment = datetime.combine(day, hour, tzinfo=now.tzinfo)
    if day > now.date() or (texts.get("called_at") and moment > now):
        wrong.append(Wrong(COLUMNS["called_on"].title, texts["called_on"][:40], "Cet appel serait dans l’avenir."))
        return None
    if day < now.date() - timedelta(days=60):
        wrong.append(
            Wrong(
                COLUMNS["called_on"].title, texts["called_on"][:40], "Il y a plus de deux mois\u00a0: vérifiez l’année."
            )
        )
        return None
    return min(moment, now)


def _hour(cell: Any) -> time | None:
    if isinstance(cell, datetime):
        return cell.time().replace(second=0, microsecond=0)
    if isinstance(cell, time):
        return cell.replace(second=0, microsecond=0)
    if isinstance(cell, timedelta):
        cell = cell.total_seconds() / 86400
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if 0 <= cell < 1:
            minutes = round(cell * 1440)
            return time(minutes // 60 % 24, minutes % 60)
        return time(int(cell)) if 0 <= cell < 24 and cell == int(cell) else None
    found = _CLOCK.fullmatch(str(cell))
    if found is None:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def as_plain(row: FilledRow) -> dict[str, Any]:
    """A row in plain words for a signed page, read again by `from_plain`."""
    return {
        "row": row.row,
        "key": str(row.key),
        "token": str(row.token),
        "name": row.name,
        "at": row.at.isoformat() if row.at else "",
        "outcome": row.outcome,
        "grade": row.grade,
        "needs": list(row.needs),
        "call_back_on": row.call_back_on.isoformat() if row.call_back_on else "",
        "weekly": row.weekly,
        "note": row.note,
    }


def from_plain(raw: Mapping[str, Any], zone: tzinfo) -> FilledRow:
    """The row that `as_plain` wrote."""
    return FilledRow(
        row=raw["row"],
        key=UUID(raw["key"]),
        token=UUID(raw["token"]),
        name=raw["name"],
        at=datetime.fromisoformat(raw["at"]).astimezone(zone) if raw["at"] else None,
        outcome=raw["outcome"],
        grade=raw["grade"],
        needs=tuple(raw["needs"]),
        call_back_on=date.fromisoformat(raw["call_back_on"]) if raw["call_back_on"] else None,
        weekly=raw["weekly"],
        note=raw["note"],
    )
