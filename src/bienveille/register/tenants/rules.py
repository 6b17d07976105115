"""Pure decisions about people: ages, who is there, who may be called, how long a mark holds. No database, no clock."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from hashlib import sha256
from typing import Any, Protocol

from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.lib.typography import WEEKDAYS, counted, listed, short_day
from bienveille.register.accounts.choices import Role
from bienveille.register.tenants.choices import ContactStatus, DayPart, MaritalStatus, MarkKind, PersonRole, Title


class Somebody(Protocol):
    """What the rules need to know of a person; a row of `tenants.Person` fits."""

    title: str
    left_on: date | None
    deceased: bool
    opposed_on: date | None
    protected_address: bool


def latest_birth(age: int, on: date) -> date:
    """The last birth date with which somebody is at least that old, in full years, on that day.

    Born on 29 February, one grows older on 1 March of the other years.
    """
    year = on.year - age
    if (on.month, on.day) == (2, 29) and not (year % 4 == 0 and (year % 100 or year % 400 == 0)):
        return date(year, 2, 28)
    return date(year, on.month, on.day)


def age_on(birth: date | None, on: date) -> int | None:
    """Full years; None when the birth date is unknown or still to come."""
    if birth is None or birth > on:
        return None
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def age_words(age: int | None) -> str:
    """« 82 ans », « 1 an », « moins d’un an »; nothing when unknown."""
    if age is None:
        return ""
    return counted(age, "an") if age else "moins d’un an"


def is_present(person: Somebody, on: date) -> bool:
    """Alive and living there that day."""
    return not person.deceased and (person.left_on is None or person.left_on > on)


def is_eligible(person: Somebody, on: date) -> bool:
    """May be called: present, and has not objected (GDPR art. 21)."""
    return is_present(person, on) and person.opposed_on is None


def may_be_called(people: Iterable[Somebody], on: date) -> bool:
    """Whether a household may be in an audience: somebody eligible, nobody present at a protected address."""
    present = [person for person in people if is_present(person, on)]
    return any(is_eligible(person, on) for person in present) and not any(p.protected_address for p in present)


def lives_alone(people: Iterable[Somebody], on: date) -> bool:
    """Exactly one living person is there, opposed or not."""
    return sum(is_present(person, on) for person in people) == 1


def alone_words(person: Somebody) -> str:
    """« vit seule » or « vit seul », by the person's title."""
    return "vit seule" if person.title == Title.MRS else "vit seul"


_SAID_OF_HER = {
    MarkKind.LIVES_ALONE: "Vit seule",
    MarkKind.WIDOWED: "Veuve",
    MarkKind.CARER: "Aidante",
    MarkKind.SURROUNDED: "Bien entourée",
}


def mark_words(kind: str, title: str) -> str:
    """A mark in words that agree with the person: « Vit seule », « Veuf »."""
    label = MarkKind(kind).label
    return _SAID_OF_HER.get(MarkKind(kind), label) if title == Title.MRS else label


#: Days a mark is believed when nobody says otherwise. Choices of the house, not law: a need is looked at again
#: every year, what comes and goes with the seasons every six months, what hardly changes every two years.
_MARK_DAYS = {
    MarkKind.LIVES_ALONE: 365,
    MarkKind.WIDOWED: 730,
    MarkKind.DISABILITY_DECLARED: 365,
    MarkKind.CARER: 365,
    MarkKind.HEAT_RISK: 183,
    MarkKind.POWER_DEPENDENT: 365,
    MarkKind.HARD_OF_HEARING: 730,
    MarkKind.DOES_NOT_READ: 730,
    MarkKind.SURROUNDED: 183,
}
LONGEST_MARK_DAYS = 730
#: A mark about to end asks whether it is still true.
STILL_TRUE_DAYS = 30

_DIRECTION = (Role.ADMINISTRATOR, Role.DIRECTOR)
_FOLLOW = (*_DIRECTION, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER)
_CALL = (*_FOLLOW, Role.CALLER)
_SITE = (*_CALL, Role.BUILDING_MANAGER)
#: Who may read each kind. What everybody on site needs to knock at a door or help in a power cut goes to building
#: managers; what changes how one speaks goes to callers; a declared disability stays with those whom the person spoke
#: to and who answer for it (GDPR art. 9): not those who only run the software.
MARK_READERS: dict[str, tuple[Role, ...]] = {
    MarkKind.LIVES_ALONE: _SITE,
    MarkKind.WIDOWED: _CALL,
    MarkKind.DISABILITY_DECLARED: (Role.DIRECTOR, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER),
    MarkKind.CARER: _CALL,
    MarkKind.HEAT_RISK: _CALL,
    MarkKind.POWER_DEPENDENT: _SITE,
    MarkKind.HARD_OF_HEARING: _SITE,
    MarkKind.DOES_NOT_READ: _SITE,
    MarkKind.SURROUNDED: _CALL,
}
#: Who may note, renew or take away each kind by hand, within the households they keep.
MARK_WRITERS: dict[str, tuple[Role, ...]] = {
    **dict.fromkeys(MarkKind, _FOLLOW),
    MarkKind.DISABILITY_DECLARED: (Role.DIRECTOR, Role.SOCIAL_WORKER),
}
#: Kinds that say something of the body: noted only for a purpose that the person agreed to.
SENSITIVE_MARKS = frozenset({MarkKind.DISABILITY_DECLARED})
_ROLES_IN_WORDS = {
    Role.ADMINISTRATOR: "administrateurs",
    Role.DIRECTOR: "direction",
    Role.AGENCY_MANAGER: "responsables d’agence",
    Role.SOCIAL_WORKER: "travailleurs sociaux",
    Role.CALLER: "appelants",
    Role.BUILDING_MANAGER: "gardiens",
}


def readable_marks(roles: Iterable[str]) -> frozenset[str]:
    """The kinds of marks that somebody with these roles may read."""
    held = set(roles)
    return frozenset(kind for kind, readers in MARK_READERS.items() if held & set(readers))


def writable_marks(roles: Iterable[str]) -> frozenset[str]:
    """The kinds of marks that somebody with these roles may note, renew or take away."""
    held = set(roles)
    return frozenset(kind for kind, writers in MARK_WRITERS.items() if held & set(writers))


def readers_words(kind: str) -> str:
    """« direction, responsables d’agence et travailleurs sociaux »: who may read a mark of that kind."""
    return listed([words for role, words in _ROLES_IN_WORDS.items() if role in MARK_READERS[kind]])


def lasting_words(kind: str) -> str:
    """« six mois », « un an », « deux ans »: how long a mark of that kind is believed by default."""
    return {183: "six mois", 365: "un an", 730: "deux ans"}[_MARK_DAYS[MarkKind(kind)]]


def mark_expiry(kind: str, noted_on: date) -> date:
    """The day a mark noted that day stops being believed, unless a shorter one is given."""
    return noted_on + timedelta(days=_MARK_DAYS[MarkKind(kind)])


_RANKS = {PersonRole.HOLDER: 0, PersonRole.CO_HOLDER: 1, PersonRole.OCCUPANT: 2}


def holder_first(person: Any) -> tuple[int, date]:
    """Who speaks for a household: the holder of the lease, then co-holders, then the eldest."""
    return _RANKS[person.role], person.birth_date or date.max


def formal_name(person: Any) -> str:
    """« Mme Odette Marchandeau », as imports write the name of a household: each word as it was typed."""
    title = Title(person.title).label if person.title else ""
    return " ".join(filter(None, [title, person.first_name, person.last_name]))[:250]


def version_of(row: Any, fields: Iterable[str]) -> str:
    """What a row said when it was read, in sixteen letters: a later correction is told when it no longer says it."""
    values = [str(getattr(row, name)) for name in fields]
    return sha256("\x1f".join([str(row.pk), *values]).encode()).hexdigest()[:16]


def file_still_says(person: Any, facts: Mapping[str, Any], changed: Iterable[str]) -> dict[str, str]:
    """What the landlord's file says of the fields corrected by hand, once these are: a field put back as the file has
    it is no longer a correction. Imports compare it with what they read (`imports.operations.tenants`).
    """
    said = dict(person.file_said)
    for name in changed:
        in_file = said.setdefault(name, as_file_text(getattr(person, name)))
        if as_file_text(facts[name]) == in_file:
            del said[name]
    return said


def as_file_text(value: Any) -> str:
    """A field as text, as PostgreSQL writes it: 1944-06-15, « fr,pt », the word itself; nothing when unknown."""
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, list) else str(value)


#: How near two names must be (0 to 1) for a common birth date to mean perhaps one person: a letter or two.
NEAR = 0.8


def near_names(one: str, other: str) -> bool:
    """Whether two searchable names (`search`) may be one person's: same words in any order, one short of a word, or a
    letter or two apart. « perrin jeanne » and « perrin jeannne marie » are near; « perrin » and « perron » too."""
    first, second = set(one.split()), set(other.split())
    if not first or not second:
        return False
    if first <= second or second <= first:
        return True
    return SequenceMatcher(None, " ".join(sorted(first)), " ".join(sorted(second))).ratio() >= NEAR


def double_words(by_birth: bool, by_phone: bool) -> str:
    """Why two people may be one, in words."""
    if by_birth and by_phone:
        return "même date de naissance, même numéro, noms proches"
    return "même date de naissance, noms proches" if by_birth else "même numéro, noms proches"


def likeness_words(first: Any, second: Any, same_number: bool) -> str:
    """Why two people whom somebody compares may be one; nothing when nothing says so."""
    if not near_names(first.search, second.search):
        return ""
    by_birth = first.birth_date is not None and first.birth_date == second.birth_date
    return double_words(by_birth, same_number) if by_birth or same_number else ""


#: What may be sent back to the landlord's software, in the order of its screens.
FIELD_WORDS = {
    "title": "Civilité",
    "last_name": "Nom",
    "first_name": "Prénom",
    "birth_date": "Date de naissance",
    "role": "Place dans le bail",
    "marital_status": "Situation de famille",
    "languages": "Langues",
    "best_time": "Moment préféré",
    "phone": "Téléphone",
    "email": "Adresse électronique",
}
_FIELD_LISTS: dict[str, Any] = {
    "title": Title,
    "role": PersonRole,
    "marital_status": MaritalStatus,
    "best_time": DayPart,
}


def said_words(field: str, text: str) -> str:
    """A field as the file writes it (`as_file_text`), in words: « Mme », « 15/06/1944 », « français et portugais »."""
    if not text:
        return "rien"
    if field in _FIELD_LISTS and text in _FIELD_LISTS[field].values:
        return str(_FIELD_LISTS[field](text).label)
    if field == "birth_date":
        return short_day(date.fromisoformat(text))
    if field == "languages":
        return listed([language_name(code) for code in text.split(",")])
    if field in ("phone", "email") and text in ("wrong", "stop"):
        return str(ContactStatus(text).label)
    return display_phone(text) if field == "phone" else text


#: What may come from either row when two are merged. The role stays: it is that of the lease of the row that is kept.
MERGED_FIELDS = ("title", "last_name", "first_name", "birth_date", "marital_status", "languages", "best_time")


def better_of(name: str, first: Any, second: Any) -> str:
    """Which row a field comes from unless somebody chooses: "first" or "second".

    What is known before what is not; what people corrected here before what the file says; else the first.
    """
    if not getattr(second, name):
        return "first"
    if not getattr(first, name):
        return "second"
    return "second" if name in second.file_said and name not in first.file_said else "first"


_PROTECTS = {"stop": 3, "wrong": 2, "valid": 1, "unverified": 0}


def stricter_status(one: str, other: str) -> str:
    """What is worth one number known twice: « ne plus utiliser » and « faux » are never lost."""
    return max(one, other, key=_PROTECTS.__getitem__)


def earliest(*days: date | None) -> date | None:
    """The first of the days that are known."""
    return min((day for day in days if day is not None), default=None)


def latest(*days: date | None) -> date | None:
    """The last of the days that are known."""
    return max((day for day in days if day is not None), default=None)


def lease_of(key: str) -> str:
    """The number of the lease in the key that a landlord’s file gives somebody: "01-2|durand anne" → "01-2"."""
    return key.rpartition("|")[0]


def wish_words(not_on: Iterable[int], parts: Iterable[str], in_writing: bool) -> str:
    """« Préfère qu’on lui écrive », « plutôt l’après-midi, jamais le mercredi »; empty when nothing was said."""
    if in_writing:
        return "Préfère qu’on lui écrive"
    wanted = [str(DayPart(part).label).lower() for part in parts]
    refused = [WEEKDAYS[day - 1] for day in sorted(not_on)]
    words = [f"plutôt {listed(wanted, 'ou')}"] if wanted else []
    if refused:
        words.append(f"jamais le {listed(refused, 'ni le')}")
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Kept:
    """How many months something is kept: as usual, at least, at most; and what it is, in words."""

    words: str
    usual: int
    least: int
    most: int


#: Choices of the house, that the landlord and its data protection officer change within bounds: no law gives them.
#: A year after departure nothing is kept any more of what was said to somebody (answers, situations, messages last a
#: year at most): who they were has no use left. Six months of calls are what following a campaign up asks for.
KEPT = {
    "departed": Kept("Personnes parties, après la fin de leur dernier bail", usual=12, least=1, most=36),
    "calls": Kept("Appels d’une campagne, après sa clôture", usual=6, least=1, most=24),
}


def read_kept(settings: Mapping[str, Any]) -> dict[str, int]:
    """The months of `KEPT` as the landlord's settings keep them; what is missing or odd is the usual number."""
    said = settings.get("kept")
    said = said if isinstance(said, Mapping) else {}
    return {
        name: said[name] if isinstance(said.get(name), int) and kept.least <= said[name] <= kept.most else kept.usual
        for name, kept in KEPT.items()
    }


def months_ago(today: date, months: int) -> date:
    """The same day of the month, that many months before; the last day of a shorter month."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
