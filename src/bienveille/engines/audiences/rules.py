"""An audience's rule: read from its document, checked, said in French. Pure; its SQL is assembled in `queries`."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bienveille.ground.lib.criteria import Criterion, InvalidValue, Names
from bienveille.ground.lib.typography import listed
from bienveille.ground.platform.refusal import Refusal

DEEPEST = 10
MOST_LEAVES = 100


class InvalidRule(Refusal):
    """The rule of an audience cannot be understood, or names something that does not exist."""

    message = "Cette règle ne désigne pas un public."


@dataclass(frozen=True)
class All:
    """Every part holds; no part at all: everybody."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Any_:
    """At least one part holds."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Rule"


@dataclass(frozen=True)
class Leaf:
    """One criterion with its clean value."""

    criterion: Criterion
    value: Any


type Rule = All | Any_ | Not | Leaf
type Criteria = Mapping[str, Criterion]
#: French names of codes, by criterion.
type AllNames = Mapping[str, Names]


def read_rule(document: object, criteria: Criteria) -> Rule:
    """The rule of a document such as `{"all": [{"age": {"min": 75}}, {"not": {"agency": "STE"}}]}`.

    Refuses an unknown predicate, a value that means nothing, an empty `any`, and what is too deep or too long.
    Codes are not looked up here: see `queries.check`.
    """
    rule = _read(document, criteria, DEEPEST)
    if sum(1 for _ in leaves(rule)) > MOST_LEAVES:
        raise InvalidRule(f"Une règle compte au plus {MOST_LEAVES} critères.")
    return rule


def _read(document: object, criteria: Criteria, depth: int) -> Rule:
    if not isinstance(document, dict) or len(document) != 1:
        raise InvalidRule('Chaque critère s’écrit comme un objet à une seule clé, par exemple {"lives_alone": true}.')
    if depth == 0:
        raise InvalidRule(f"Les « all », « any » et « not » s’emboîtent sur {DEEPEST} niveaux au plus.")
    ((name, value),) = document.items()
    if name == "not":
        return Not(_read(value, criteria, depth - 1))
    if name in ("all", "any"):
        if not isinstance(value, list | tuple):
            raise InvalidRule(f"« {name} » attend une liste de critères.")
        if name == "any" and not value:
            raise InvalidRule("« any » attend au moins un critère.")
        parts = tuple(_read(part, criteria, depth - 1) for part in value)
        return All(parts) if name == "all" else Any_(parts)
    criterion = criteria.get(name)
    if criterion is None:
        raise InvalidRule(_unknown(name, criteria))
    try:
        return Leaf(criterion, criterion.parse(value))
    except InvalidValue as error:
        raise InvalidRule(f"Critère « {name} » : {error}.") from None


def _unknown(name: object, criteria: Criteria) -> str:
    known = ["all", "any", "not", *sorted(criteria)]
    close = difflib.get_close_matches(str(name), known, 1)
    hint = f"vouliez-vous dire « {close[0]} » ?" if close else f"les critères sont {', '.join(known)}."
    return f"Le critère « {name} » est inconnu ; {hint}"


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Its criteria, from left to right."""
    match rule:
        case Leaf():
            yield rule
        case Not(part):
            yield from leaves(part)
        case All(parts) | Any_(parts):
            for part in parts:
                yield from leaves(part)


def codes_of(rule: Rule) -> dict[str, tuple[Criterion, set[str]]]:
    """Codes of the register that the rule names, by criterion."""
    found: dict[str, tuple[Criterion, set[str]]] = {}
    for leaf in leaves(rule):
        if leaf.criterion.known is not None:
            found.setdefault(leaf.criterion.name, (leaf.criterion, set()))[1].update(leaf.value)
    return found


def sentence(rule: Rule, names: AllNames) -> str:
    """« Ménages de l’agence de Lyon dont une personne a 75 ans ou plus, vivant seuls, sauf ceux habitant Bron »."""
    parts = _flat(rule)
    kept = [part for part in parts if not isinstance(part, Not)]
    left_out = [part.part for part in parts if isinstance(part, Not)]
    places = [_phrase(part, names) for part in kept if isinstance(part, Leaf) and part.criterion.place]
    others = [_phrase(part, names) for part in kept if not (isinstance(part, Leaf) and part.criterion.place)]
    start = " ".join(["Ménages" if kept else "Tous les ménages", *places, *others[:1]])
    exceptions = [f"sauf ceux {_phrase(part, names)}" for part in left_out]
    return ", ".join([start, *others[1:], *exceptions])


def _flat(rule: Rule) -> list[Rule]:
    """The parts that must all hold, `all` within `all` and double negations undone."""
    match rule:
        case All(parts):
            return [piece for part in parts for piece in _flat(part)]
        case Not(Not(part)):
            return _flat(part)
        case Not(Any_(parts)):
            return [piece for part in parts for piece in _flat(Not(part))]
        case _:
            return [rule]


def _phrase(rule: Rule, names: AllNames) -> str:
    match rule:
        case Leaf(criterion, value):
            return criterion.phrase(value, names.get(criterion.name, {}))
        case Any_((part,)):
            return _inner(part, names)
        case Any_(parts):
            return ", ".join(f"soit {_inner(part, names)}" for part in parts)
        case _:
            return _inner(rule, names)


def _inner(rule: Rule, names: AllNames) -> str:
    """A part inside another one: what belongs together stays together, in brackets when it is long."""
    flat = _flat(rule)
    if not flat:
        return "sans autre condition"
    words = [
        f"autres que ceux {_phrase(part.part, names)}" if isinstance(part, Not) else _phrase(part, names)
        for part in flat
    ]
    return words[0] if len(words) == 1 else f"({listed(words)})"


def registry(*groups: tuple[Criterion, ...]) -> dict[str, Criterion]:
    """Criteria by name; two of the same name, or one named like a connective, are a fault of the program."""
    criteria: dict[str, Criterion] = {}
    for criterion in (criterion for group in groups for criterion in group):
        if criterion.name in criteria or criterion.name in ("all", "any", "not"):
            raise ValueError(f"Criterion declared twice, or named like a connective: {criterion.name}")
        criteria[criterion.name] = criterion
    return criteria
