"""An audience's rule: read from its document, checked, said in French, written field by field. Its SQL: `queries`."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bienveille.ground.lib.criteria import Bounds, Criterion, Flag, InvalidValue, Names, Typed, Whole
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


# ---- A rule being written: the same tree, with what was typed instead of values, right or wrong.

#: Groups inside groups that the builder shows as fields; what is deeper is shown as text and kept as it is.
DEEPEST_GROUP = 2
JOINS = ("all", "any", "none")


@dataclass(frozen=True)
class Ask:
    """One question as it is typed. `excluded`: the households that answer are left out."""

    criterion: str
    typed: Typed
    excluded: bool = False


@dataclass(frozen=True)
class Kept:
    """A part that the builder cannot show as fields: shown as a sentence, never changed, never lost."""

    document: Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """Parts that must all hold, or one of them, or none of them."""

    join: str
    parts: tuple["Part", ...] = ()


type Part = Ask | Kept | Group
#: Where a part stands: (1, 0) is the first part of the second part of the whole.
type Path = tuple[int, ...]


def sketch_of(document: Mapping[str, Any], criteria: Criteria) -> Group:
    """A rule as fields; the document has been read without refusal."""
    part = _sketched(document, criteria, 0)
    return part if isinstance(part, Group) else Group("all", (part,))


def _sketched(document: Mapping[str, Any], criteria: Criteria, depth: int) -> Part:
    ((name, value),) = document.items()
    if name == "not":
        ((inner, parts),) = value.items()
        if inner == "any":
            return _group("none", parts, document, criteria, depth)
        part = _sketched(value, criteria, depth)
        if isinstance(part, Ask):
            return Ask(part.criterion, part.typed, excluded=not part.excluded)
        return Kept(document)
    if name in JOINS:
        return _group(name, value, document, criteria, depth)
    control = criteria[name].control
    typed = control.write(value) if control else None
    return Kept(document) if typed is None else Ask(name, typed)


def _group(join: str, parts: Any, document: Mapping[str, Any], criteria: Criteria, depth: int) -> Part:
    if depth > DEEPEST_GROUP or (depth and not parts):
        return Kept(document)
    return Group(join, tuple(_sketched(part, criteria, depth + 1) for part in parts))


def document_of(sketch: Group, criteria: Criteria) -> tuple[dict[str, Any] | None, dict[Path, str]]:
    """The rule's document, and every fault by place in French; None when there is one."""
    faults: dict[Path, str] = {}
    document = _written(sketch, criteria, (), faults)
    return (None if faults else document), faults


def _written(part: Part, criteria: Criteria, path: Path, faults: dict[Path, str]) -> dict[str, Any]:
    match part:
        case Kept(document):
            try:
                read_rule(document, criteria)
            except InvalidRule as refusal:
                faults[path] = str(refusal)
            return dict(document)
        case Ask(name, typed, excluded):
            criterion = criteria.get(name)
            if criterion is None or criterion.control is None:
                faults[path] = "Ce critère n’existe pas."
                return {}
            try:
                value = criterion.control.read(typed)
                criterion.parse(value)
            except InvalidValue as error:
                text = str(error)
                faults[path] = f"{text[:1].upper()}{text[1:]}."
                return {}
            return {"not": {name: value}} if excluded else {name: value}
        case Group(join, parts):
            if not parts and (path or join != "all"):
                faults[path] = "Ce groupe est vide : ajoutez un critère, ou retirez-le."
            written = [_written(inner, criteria, (*path, rank), faults) for rank, inner in enumerate(parts)]
            return {"not": {"any": written}} if join == "none" else {join: written}


def part_at(sketch: Group, path: Path) -> Part | None:
    """The part that stands at a place, if there is one."""
    part: Part = sketch
    for rank in path:
        if not isinstance(part, Group) or rank >= len(part.parts):
            return None
        part = part.parts[rank]
    return part


def replaced(sketch: Group, path: Path, new: Part | None) -> Group:
    """The sketch with another part at a place, or without it. The whole itself is only replaced by a group."""
    if not path:
        return new if isinstance(new, Group) else Group("all")
    rank, rest = path[0], path[1:]
    parts = list(sketch.parts)
    if rank >= len(parts):
        return sketch
    inner = parts[rank]
    if not rest:
        parts[rank : rank + 1] = [] if new is None else [new]
    elif isinstance(inner, Group):
        parts[rank] = replaced(inner, rest, new)
    return Group(sketch.join, tuple(parts))


def added(sketch: Group, path: Path, part: Part) -> Group:
    """The sketch with one more part at the end of a group."""
    group = part_at(sketch, path)
    if not isinstance(group, Group):
        return sketch
    return replaced(sketch, path, Group(group.join, (*group.parts, part)))


def new_question(criterion: Criterion) -> Ask:
    """A question just added, with the usual bound already typed."""
    match criterion.control:
        case Bounds(start=int(start)):
            return Ask(criterion.name, {"min": [str(start)]})
        case Whole(start=int(start)):
            return Ask(criterion.name, {"value": [str(start)]})
        case Flag():
            return Ask(criterion.name, {"value": ["yes"]})
    return Ask(criterion.name, {})
