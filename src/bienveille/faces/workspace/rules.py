"""Words that screens make of figures and facts: titles that say the fact, homes in one line. No database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from bienveille.engines.dispatch.rules import starts_at
from bienveille.ground.lib.calling_hours import PLACES
from bienveille.ground.lib.languages import NAMES as LANGUAGES
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import (
    NBSP,
    WEEKDAYS,
    clock,
    counted,
    day_in_words,
    listed,
    number,
    percent,
    plural,
    short_day,
)
from bienveille.ground.lib.words import plain
from bienveille.register.tenants.choices import DayPart, MaritalStatus, Title
from bienveille.register.tenants.rules import wish_words

#: The sign of each thing that happens to a case.
CASE_ICONS = {
    "call": "telephone", "visit": "house-door", "letter": "envelope", "referral": "send", "meeting": "calendar-event",
    "note": "journal-text", "signalled": "flag", "taken": "person-check", "left": "arrow-counterclockwise",
    "handed": "arrow-right", "closed": "check-circle-fill", "reopened": "arrow-repeat",
}  # fmt: skip

_TENTHS = ("", "Un", "Deux", "Trois", "Quatre", "Cinq", "Six", "Sept", "Huit", "Neuf")


def reached_title(reached: int, target: int) -> str:
    """« Huit ménages sur dix ont été joints »: the fact, rounded down so that it never flatters."""
    if target == 0:
        return "Personne n’est encore dans cette campagne"
    if reached == 0:
        return "Aucun ménage n’a encore été joint"
    if reached >= target:
        return "Tous les ménages ont été joints" if target > 1 else "Le ménage a été joint"
    tenths = reached * 10 // target
    if tenths == 0:
        return "Moins d’un ménage sur dix a été joint"
    if tenths == 1:
        return "Un ménage sur dix a été joint"
    return f"{_TENTHS[tenths]} ménages sur dix ont été joints"


@dataclass(frozen=True)
class KeyFigure:
    """One figure of a campaign, its words in the right number, and what puts it in proportion."""

    value: int
    label: str
    detail: str = ""


def key_figures(numbers: Mapping[str, Any], target: int) -> list[KeyFigure]:
    """The five figures that a landlord publishes of a campaign."""
    called, calls, reached = numbers["called"], numbers["outgoing_calls"], numbers["reached"]
    weekly, referrals = numbers["weekly_recurring"], numbers["referrals"]
    return [
        KeyFigure(called, plural(called, "ménage appelé", "ménages appelés"), f"sur {counted(target, 'ménage')}"),
        KeyFigure(calls, plural(calls, "appel sortant", "appels sortants")),
        KeyFigure(
            reached,
            plural(reached, "ménage joint", "ménages joints"),
            f"{percent(numbers['reached_share'], 1)} des appelés" if called else "",
        ),
        KeyFigure(weekly, plural(weekly, "rappel chaque semaine", "rappels chaque semaine")),
        KeyFigure(referrals, plural(referrals, "mise en relation", "mises en relation")),
    ]


@dataclass(frozen=True)
class Row:
    """One line of a table: its word, its figure."""

    label: str
    value: int


def sorted_rows(values: Mapping[str, int], labels: Mapping[str, str]) -> list[Row]:
    """The figures that are not nil, the largest first, then in the order of the labels."""
    order = list(labels)
    kept = [(key, value) for key, value in values.items() if value]
    kept.sort(key=lambda pair: (-pair[1], order.index(pair[0]) if pair[0] in order else len(order)))
    return [Row(labels.get(key, key), value) for key, value in kept]


def home_line(dwelling: Any) -> str:
    """« Résidence Les Tilleuls, bât. B, 4e étage, Villeurbanne »; what is unknown is left out."""
    building = dwelling.building
    residence = building.residence
    parts = [residence.name]
    if building.code:
        parts.append(f"bât.{NBSP}{building.code}")
    if dwelling.staircase:
        parts.append(f"esc.{NBSP}{dwelling.staircase}")
    if dwelling.floor is not None:
        parts.append(floor_words(dwelling.floor))
    if dwelling.door:
        parts.append(f"porte{NBSP}{dwelling.door}")
    if residence.commune:
        parts.append(residence.commune.name)
    return ", ".join(parts)


def floor_words(floor: int) -> str:
    """0 → rez-de-chaussée, 1 → 1er étage, −1 → 1er sous-sol."""
    if floor == 0:
        return "rez-de-chaussée"
    ordinal = "1er" if abs(floor) == 1 else f"{abs(floor)}e"
    return f"{ordinal} {'étage' if floor > 0 else 'sous-sol'}"


def people_line(people: Any) -> str:
    """« 84 ans, vit seule », « deux personnes, 84 et 79 ans »: what a caller must know before ringing."""
    ages = [person.age for person in people if person.age is not None]
    if len(people) == 1:
        return counted(ages[0], "an") if ages else ""
    several = f"{number(len(people))} personnes"
    if not ages:
        return several
    words = [number(age) for age in ages]
    return f"{several}, {' et '.join([', '.join(words[:-1]), words[-1]] if len(words) > 1 else words)} ans"


def phone_kind(number: str) -> str:
    """Portable or fixed, by the French numbering plan; another country's number is just a telephone."""
    if number.startswith(("+336", "+337")):
        return "Portable"
    return "Fixe" if number.startswith("+33") else "Téléphone"


def home_facts(dwelling: Any) -> list[tuple[str, str]]:
    """What is known of a home, as keys and values; what is unknown is left out."""
    residence = dwelling.building.residence
    place = " ".join(
        part for part in (residence.postal_code, residence.commune.name if residence.commune else "") if part
    )
    size = [dwelling.get_type_display()] if dwelling.type else []
    if dwelling.surface:
        size.append(f"{number(dwelling.surface.normalize())}{NBSP}m²")
    if dwelling.lift is not None:
        size.append("avec ascenseur" if dwelling.lift else "sans ascenseur")
    facts = [
        ("Résidence", residence.name + (", sous veille" if residence.watched else "")),
        ("Adresse", ", ".join(part for part in (residence.address, place) if part)),
        ("Logement", ", ".join(size)),
        ("Agence", residence.agency.name),
    ]
    return [(label, words) for label, words in facts if words]


def phone_words(line: Any, *, alone: bool, today: date) -> str:
    """« Fixe, a répondu hier », « Portable de Mme Odette Marchandeau, à vérifier »: what is known of a number."""
    kind = phone_kind(line.number)
    words = kind if alone and line.own else f"{kind}, {line.whose}"
    if line.answered_on:
        return f"{words}, a répondu {day_in_words(line.answered_on, today)}"
    return f"{words}, à vérifier" if line.status == "unverified" else words


def event_detail(event: Any) -> str:
    """« 9 min, par Josiane T., Grand froid 2026 »: what stands after the hour of a call."""
    lasted = f"{event.minutes}{NBSP}min, " if event.minutes and event.minutes < 180 else ""
    return f"{lasted}par {event.caller}, {event.campaign}"


def moment_words(when: str) -> str:
    """« le matin », « l’après-midi », « vers 14 h 30 »; nothing when any time will do."""
    if when in ("", "morning", "afternoon"):
        return {"": "", "morning": "le matin", "afternoon": "l’après-midi"}[when]
    return f"vers {clock(time.fromisoformat(when))}"


def weekly_words(due_on: date, when: str, every_days: int = 7) -> str:
    """« Chaque mardi vers 14 h 30 », « Un mardi sur deux », « Tous les 3 jours »."""
    weekday = WEEKDAYS[due_on.weekday()]
    match every_days:
        case 1:
            rhythm = "Chaque jour"
        case 7:
            rhythm = f"Chaque {weekday}"
        case 14:
            rhythm = f"Un {weekday} sur deux"
        case _:
            rhythm = f"Tous les {every_days}\u00a0jours"
    return f"{rhythm} {moment_words(when)}".strip()


def moments() -> list[tuple[str, str]]:
    """The moments of a day for which a call may be promised: any, half a day, each half hour."""
    hours = [f"{hour:02d}:{minute:02d}" for hour in range(9, 20) for minute in (0, 30) if (hour, minute) <= (19, 0)]
    halves = [("", "À toute heure"), ("morning", "Le matin"), ("afternoon", "L’après-midi")]
    return halves + [(hour, moment_words(hour).capitalize()) for hour in hours]


@dataclass(frozen=True)
class DayGroup:
    """Promised calls under one title."""

    title: str
    calls: list[Any]


def by_day(planned: Sequence[Any], today: date) -> list[DayGroup]:
    """Promised calls in three groups: late, today, later; empty ones are left out."""
    ordered = sorted(planned, key=lambda one: (one.due_on, one.due_when == "", starts_at(one.due_when)))
    groups = [
        DayGroup("En retard", [one for one in ordered if one.due_on < today]),
        DayGroup("Aujourd’hui", [one for one in ordered if one.due_on == today]),
        DayGroup("Dans la semaine", [one for one in ordered if one.due_on > today]),
    ]
    return [group for group in groups if group.calls]


def language_choices() -> list[tuple[str, str]]:
    """Languages by their French name, for a list."""
    named = sorted(LANGUAGES.items(), key=lambda pair: plain(pair[1]))
    return [("", "Non connue"), *((code, name.capitalize()) for code, name in named)]


_CHANGES = {
    "added": ("Ajout à la fiche", "person-plus"),
    "corrected": ("Correction", "pencil"),
    "left": ("N’habite plus là", "box-arrow-right"),
    "came_back": ("Habite toujours là", "house-door"),
    "deceased": ("Décès noté", "heart"),
    "death_taken_back": ("Décès démenti", "arrow-counterclockwise"),
    "opposed": ("Ne veut plus d’appels", "telephone-x"),
    "opposition_withdrawn": ("Accepte de nouveau les appels", "telephone"),
    "address_protected": ("Adresse protégée", "shield-lock"),
    "address_unprotected": ("Adresse de nouveau visible", "shield-check"),
    "contact_point_added": ("Numéro ou adresse ajouté", "plus-lg"),
    "contact_point_corrected": ("Numéro ou adresse corrigé", "pencil"),
    "contact_point_wrong": ("Numéro ou adresse signalé faux", "x-lg"),
    "contact_point_stop": ("Numéro ou adresse à ne plus utiliser", "x-lg"),
    "contact_point_unverified": ("Numéro ou adresse à vérifier", "question-lg"),
    "contact_point_valid": ("Numéro ou adresse de nouveau utilisable", "check-lg"),
    "contact_point_verified": ("Numéro ou adresse vérifié", "check-lg"),
    "mark_noted": ("Repère noté", "flag"),
    "mark_renewed": ("Repère encore vrai", "flag"),
    "mark_removed": ("Repère terminé", "flag"),
    "relative_added": ("Proche ajouté", "people"),
    "relative_corrected": ("Proche corrigé", "people"),
    "relative_removed": ("Proche retiré", "people"),
    "merged": ("Réunie avec une autre fiche", "person-check"),
    "merged_away": ("Fiche fermée : réunie à une autre", "person-check"),
    "merge_undone": ("Réunion de fiches défaite", "arrow-counterclockwise"),
    "said_apart": ("Pas la même personne qu’un nom proche", "person-check"),
    "relay_named": ("Devient locataire relais", "people"),
    "relay_ended": ("N’est plus locataire relais", "people"),
    "relay_resumed": ("De nouveau locataire relais", "people"),
    "relay_taken_back": ("Relais noté par erreur", "people"),
    "apart_taken_back": ("Peut-être la même personne qu’un nom proche", "person-check"),
    "weekly_stopped": ("Appel de chaque semaine arrêté", "pause-circle"),
    "weekly_resumed": ("Appel de chaque semaine repris", "play-circle"),
}
_FIELDS = {
    "title": "civilité",
    "last_name": "nom",
    "first_name": "prénom",
    "birth_date": "date de naissance",
    "role": "place dans le bail",
    "marital_status": "situation de famille",
    "languages": "langues",
    "best_time": "moment préféré",
}


def change_words(change: str, fields: Sequence[str] = ()) -> tuple[str, str]:
    """What an audited change did, in words, and its sign: « Correction : nom, date de naissance ». Never a value."""
    words, sign = _CHANGES.get(change, ("Fiche modifiée", "pencil"))
    named = [_FIELDS[name] for name in fields if name in _FIELDS]
    if change == "corrected" and named:
        words += f"{NBSP}: {listed(named)}"
    return words, sign


@dataclass(frozen=True)
class Compared:
    """One field of two people, in words."""

    name: str
    label: str
    first: str
    second: str
    differs: bool


_LISTS: dict[str, Any] = {"title": Title, "marital_status": MaritalStatus, "best_time": DayPart}


def compared(first: Any, second: Any, names: Sequence[str]) -> list[Compared]:
    """Fields of two people side by side; nothing written reads « rien »."""
    rows = []
    for name in names:
        one, other = getattr(first, name), getattr(second, name)
        words = (_in_words(name, one), _in_words(name, other))
        rows.append(Compared(name, _FIELDS[name].capitalize(), *words, one != other))
    return rows


def _in_words(name: str, value: Any) -> str:
    if name in _LISTS and value:
        return str(_LISTS[name](value).label)
    return _said(listed([language_name(code) for code in value]) if name == "languages" else value)


@dataclass(frozen=True)
class Difference:
    """One field that two people changed: what it says now, what was typed."""

    label: str
    now: str
    typed: str


def differences(rows: Sequence[tuple[str, Any, Any]]) -> list[Difference]:
    """The fields whose two values differ, as words; nothing written reads « rien »."""
    shown = [(label, _said(now), _said(typed)) for label, now, typed in rows]
    return [Difference(label, now, typed) for label, now, typed in shown if now != typed]


def _said(value: Any) -> str:
    if value in (None, "", [], ()):
        return "rien"
    return short_day(value) if isinstance(value, date) else str(value)


_MOBILES = ("+336", "+337", "+590690", "+590691", "+594694", "+596696", "+596697", "+262692", "+262693", "+262639")


def is_mobile(number: str) -> bool:
    """Whether a text message may be sent to a number (E.164) of France."""
    return number.startswith(_MOBILES)


def there_words(there: datetime, here: datetime, place: str, people: Sequence[str]) -> str:
    """« Il est 10 h 12 chez elle (La Réunion) », when their clock is not ours; empty when it is."""
    if there.utcoffset() == here.utcoffset():
        return ""
    alone = people[0] if len(people) == 1 else ""
    whose = "elle" if alone.startswith("Mme") else "lui" if alone.startswith("M. ") else "eux"
    return f"Il est {clock(there)} chez {whose} ({PLACES[place].name})"


def wish_shown(known: Any) -> dict[str, Any] | None:
    """A wish as the page of a household shows it."""
    if known is None:
        return None
    return {
        "words": wish_words(known.not_on, known.parts, known.in_writing),
        "said_on": known.said_on,
        "source": known.get_source_display(),
        "by": known.noted_by.display_name if known.noted_by else "",
    }
