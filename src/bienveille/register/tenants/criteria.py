"""What an audience may ask about people: age, living alone, language, ways to reach them, marks."""

from datetime import date
from typing import Any

from bienveille.ground.lib.criteria import (
    NOT_OPPOSED,
    Bounds,
    Condition,
    Criterion,
    Flag,
    Names,
    Over,
    Pick,
    read_bounds,
    read_choices,
    read_flag,
)
from bienveille.ground.lib.languages import NAMES as LANGUAGES
from bienveille.ground.lib.languages import language_name
from bienveille.ground.lib.typography import listed
from bienveille.register.tenants.choices import ContactKind, ContactStatus, MarkKind
from bienveille.register.tenants.rules import latest_birth

#: Alive and living there on the day given as parameter (once).
PRESENT = "(p.left_on IS NULL OR p.left_on > %s) AND NOT p.deceased"
#: Those who may be asked for: present, and not opposed to being called (GDPR art. 21).
ELIGIBLE = f"{PRESENT} AND {NOT_OPPOSED}"
#: A number or address that may be used; in the words of the partial index `contact_point_usable`.
USABLE = f"k.status IN ('{ContactStatus.VALID.value}', '{ContactStatus.UNVERIFIED.value}')"

OLDEST = 130

_MARK_PHRASES = {
    MarkKind.LIVES_ALONE: "dont une personne se dit seule",
    MarkKind.WIDOWED: "dont une personne est veuve",
    MarkKind.DISABILITY_DECLARED: "dont une personne a déclaré un handicap",
    MarkKind.CARER: "dont une personne est aidante",
    MarkKind.HEAT_RISK: "dont une personne est sensible aux fortes chaleurs",
    MarkKind.POWER_DEPENDENT: "dont une personne dépend d’un appareil électrique",
    MarkKind.HARD_OF_HEARING: "dont une personne entend mal",
    MarkKind.DOES_NOT_READ: "dont une personne ne lit pas le français",
    MarkKind.SURROUNDED: "dont une personne est bien entourée",
}
_CHANNELS = {ContactKind.PHONE.value: "par téléphone", ContactKind.EMAIL.value: "par courriel"}


def _aged(bounds: tuple[int | None, int | None], on: date) -> Condition:
    """Ages in full years; an unknown birth date is no age at all."""
    low, high = bounds
    parts, params = [], []
    if low is not None:
        parts.append("p.birth_date <= %s")
        params.append(latest_birth(low, on))
    if high is not None:
        parts.append("p.birth_date > %s")
        params.append(latest_birth(high + 1, on))
    return Condition(Over.PERSON, " AND ".join(parts), tuple(params))


def _age_phrase(bounds: tuple[int | None, int | None], names: Names) -> str:
    low, high = bounds
    if high is None:
        return f"dont une personne a {low} ans ou plus"
    if low is None:
        return f"dont une personne a {high} ans ou moins"
    return f"dont une personne a {low} ans" if low == high else f"dont une personne a de {low} à {high} ans"


def _alone(alone: bool, on: date) -> Condition:
    return Condition(Over.PEOPLE, "count(*) = 1" if alone else "count(*) <> 1")


def _some_person(extra: str, on: date, *params: Any, join: str = "") -> Condition:
    sql = f"EXISTS (SELECT FROM tenants_person p {join} WHERE p.household_id = h.id AND {ELIGIBLE} AND {extra})"
    return Condition(Over.HOUSEHOLD, sql, (on, *params))


def _speaking(codes: tuple[str, ...], on: date) -> Condition:
    return _some_person("p.languages && %s::varchar[]", on, list(codes))


def _reachable(kinds: tuple[str, ...], on: date) -> Condition:
    join = "JOIN tenants_contactpoint k ON k.person_id = p.id"
    return _some_person(f"k.kind = ANY(%s) AND {USABLE}", on, list(kinds), join=join)


def _marked(kinds: tuple[str, ...], on: date) -> Condition:
    join = "JOIN tenants_mark m ON m.person_id = p.id"
    return _some_person("m.kind = ANY(%s) AND m.expires_on > %s", on, list(kinds), on, join=join)


def _disability(declared: bool, on: date) -> Condition:
    marked = _marked((MarkKind.DISABILITY_DECLARED.value,), on)
    return marked if declared else Condition(Over.HOUSEHOLD, f"NOT {marked.sql}", marked.params)


AGE = Criterion(
    name="age",
    label="Âge",
    parse=lambda value: read_bounds(value, least=0, most=OLDEST),
    condition=_aged,
    phrase=_age_phrase,
    control=Bounds("ans", start=75),
)
LIVES_ALONE = Criterion(
    name="lives_alone",
    label="Vit seul",
    parse=read_flag,
    condition=_alone,
    phrase=lambda alone, names: "vivant seuls" if alone else "ne vivant pas seuls",
    control=Flag("vit seul", "ne vit pas seul"),
)
LANGUAGE = Criterion(
    name="language",
    label="Langue parlée",
    parse=lambda value: read_choices(value, LANGUAGES),
    condition=_speaking,
    phrase=lambda codes, names: f"dont une personne parle {listed(map(language_name, codes), 'ou')}",
    control=Pick("une langue", options=lambda: LANGUAGES),
)
REACHABLE_BY = Criterion(
    name="reachable_by",
    label="Joignable par",
    parse=lambda value: read_choices(value, ContactKind.values),
    condition=_reachable,
    phrase=lambda kinds, names: f"joignables {listed([_CHANNELS[kind] for kind in kinds], 'ou')}",
    control=Pick("un moyen", options=lambda: _CHANNELS),
)
MARK = Criterion(
    name="mark",
    label="Repère",
    parse=lambda value: read_choices(value, MarkKind.values),
    condition=_marked,
    phrase=lambda kinds, names: listed([_MARK_PHRASES[MarkKind(kind)] for kind in kinds], "ou"),
    control=Pick("un repère", options=lambda: {kind.value: str(kind.label) for kind in MarkKind}),
)
DISABILITY_DECLARED = Criterion(
    name="disability_declared",
    label="Handicap déclaré",
    parse=read_flag,
    condition=_disability,
    phrase=lambda declared, names: (
        _MARK_PHRASES[MarkKind.DISABILITY_DECLARED] if declared else "dont personne n’a déclaré de handicap"
    ),
    control=Flag("une personne a déclaré un handicap", "personne n’a déclaré de handicap"),
)

CRITERIA = (AGE, LIVES_ALONE, LANGUAGE, REACHABLE_BY, MARK, DISABILITY_DECLARED)
