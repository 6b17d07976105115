"""The fields of an audience: its name and purpose, and its rule typed question by question, kept between clicks."""

import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from bienveille.engines.audiences import queries
from bienveille.engines.audiences.rules import (
    DEEPEST_GROUP,
    JOINS,
    MOST_LEAVES,
    Ask,
    Group,
    InvalidRule,
    Kept,
    Part,
    Path,
    added,
    document_of,
    new_question,
    part_at,
    read_rule,
    replaced,
    sketch_of,
)
from bienveille.ground.lib.criteria import Names, Pick
from bienveille.register.accounts.rules import Scope

#: A list up to this length is shown whole, as boxes; a longer one is searched.
SHORT_LIST = 12
SAMPLE = 10
EVERYBODY: dict[str, Any] = {"all": []}
_FIELD = re.compile(r"n((?:\d{1,2}-)*\d{1,2})?:(join|ask|not|kept|value|min|max|q)")
#: How the parts of a group are joined: said between two parts, and when the group is chosen.
_BETWEEN = {"all": "et", "any": "ou", "none": "ni"}
JOIN_LABELS = {
    "all": "Tous ces critères à la fois",
    "any": "Au moins un de ces critères",
    "none": "Aucun de ces critères",
}


class AudienceForm(forms.Form):
    """What an audience is called and what it is for."""

    name = forms.CharField(
        label="Nom du public",
        max_length=150,
        error_messages={"required": "Donnez un nom à ce public."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    purpose = forms.ChoiceField(
        label="À quoi serviront ces données ?",
        help_text="Cette finalité limite tout usage de la liste.",
        error_messages={"required": "Choisissez à quoi servira ce public."},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        purposes = dict(queries.purposes())
        if kept := self.initial.get("purpose"):
            purposes.setdefault(kept, kept)
        purpose = self.fields["purpose"]
        assert isinstance(purpose, forms.ChoiceField)
        purpose.choices = [("", "Choisir"), *purposes.items()]


class SavedForm(forms.Form):
    """One of the saved audiences."""

    audience = forms.ChoiceField(
        label="Un public enregistré",
        error_messages={"required": "Choisissez un public.", "invalid_choice": "Ce public n’existe plus."},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        audience = self.fields["audience"]
        assert isinstance(audience, forms.ChoiceField)
        saved = queries.saved_audiences()
        audience.choices = [("", "Choisir"), *((str(one.pk), one.name) for one in saved)]


def _text(path: Path) -> str:
    return "-".join(map(str, path))


def _path(text: str) -> Path:
    return tuple(int(rank) for rank in text.split("-")) if re.fullmatch(r"(\d{1,2}-)*\d{1,2}", text) else ()


def read_sketch(data: QueryDict) -> Group:
    """The rule as it stands in the fields of a page; what is not one of our fields is ignored."""
    fields: dict[Path, dict[str, list[str]]] = {}
    for key in data:
        if isinstance(key, str) and (found := _FIELD.fullmatch(key)):
            fields.setdefault(_path(found[1] or ""), {})[found[2]] = [str(value) for value in data.getlist(key)]
    part = _read_part((), fields)
    return part if isinstance(part, Group) else Group("all")


def _read_part(path: Path, fields: dict[Path, dict[str, list[str]]]) -> Part | None:
    own = fields.get(path, {})
    if "kept" in own:
        try:
            document = json.loads(own["kept"][0])
        except ValueError:
            return None
        return Kept(document) if isinstance(document, dict) else None
    if "ask" in own:
        typed: dict[str, list[str]] = {name: own[name] for name in ("value", "min", "max", "q") if name in own}
        return Ask(own["ask"][0], typed, excluded="not" in own)
    if "join" not in own or len(path) > DEEPEST_GROUP:
        return None
    inner = sorted(one for one in fields if len(one) == len(path) + 1 and one[: len(path)] == path)[:MOST_LEAVES]
    parts = tuple(part for one in inner if (part := _read_part(one, fields)) is not None)
    return Group(own["join"][0] if own["join"][0] in JOINS else "all", parts)


@dataclass
class Builder:
    """A rule being written, with what the page says of it: faults, sentence, households."""

    sketch: Group
    on: date
    scope: Scope
    checked: bool = False  # whether faults are told: not before somebody asked for something
    new: Path | None = None  # what was just added: the page goes there
    faults: dict[Path, str] = field(default_factory=dict)
    proposals: dict[Path, Names] = field(default_factory=dict)
    document: dict[str, Any] | None = None
    count: queries.Count | None = None
    left_out: queries.LeftOut | None = None
    sentence: str = ""
    sample: list[queries.Designated] | None = None

    @classmethod
    def of(cls, document: dict[str, Any], *, on: date, scope: Scope) -> "Builder":
        """A rule that is kept, shown as fields."""
        try:
            read_rule(document, queries.criteria())
        except InvalidRule:  # a criterion that no longer exists: kept, and told
            sketch = Group("all", (Kept(document),))
        else:
            sketch = sketch_of(document, queries.criteria())
        builder = cls(sketch, on, scope)
        builder.look()
        return builder

    @classmethod
    def typed(cls, data: QueryDict, *, on: date, scope: Scope) -> "Builder":
        """What the page sent, after what its button asks: `add:0`, `group:`, `remove:0-1`, `negate:1`, `find:0`…"""
        builder = cls(read_sketch(data), on, scope)
        act, _, place = data.get("do", "").partition(":")
        path = _path(place)
        builder._find()
        match act:
            case "add" if new := queries.criteria().get(data.get(f"n{place}:new", "")):
                builder._add(path, new_question(new))
            case "group" if len(path) < DEEPEST_GROUP:
                builder._add(path, Group("any"))
            case "remove":
                builder.sketch = replaced(builder.sketch, path, None)
            case "negate" if isinstance(part := part_at(builder.sketch, path), Ask):
                turned = Ask(part.criterion, part.typed, excluded=not part.excluded)
                builder.sketch = replaced(builder.sketch, path, turned)
        builder.checked = act in ("save", "sample")
        builder.look()
        if act == "sample" and builder.document is not None:
            rule = read_rule(builder.document, queries.criteria())
            builder.sample = queries.sample(rule, on, limit=SAMPLE, scope=scope)
        return builder

    def _add(self, path: Path, part: Part) -> None:
        group = part_at(self.sketch, path)
        if isinstance(group, Group) and len(group.parts) < MOST_LEAVES:
            self.new = (*path, len(group.parts))
            self.sketch = added(self.sketch, path, part)

    def _find(self) -> None:
        """Looks up what was typed in the search of each long list: one answer is chosen, several are proposed."""
        for path, part in _asks(self.sketch, ()):
            criterion = queries.criteria().get(part.criterion)
            text = "".join(part.typed.get("q", ())[:1]).strip()[:100]
            if not text or criterion is None or not isinstance(criterion.control, Pick):
                continue
            found = dict(_search(criterion.control, text))
            typed = {name: list(values) for name, values in part.typed.items()}
            if len(found) == 1:
                typed["value"] = list(dict.fromkeys([*typed.get("value", []), *found]))
                typed.pop("q")
            elif found:
                self.proposals[path] = found
            else:
                self.faults[path] = f"Rien ne correspond à « {text} ». Essayez le début du nom."
            self.sketch = replaced(self.sketch, path, Ask(part.criterion, typed, part.excluded))

    def look(self) -> None:
        """Reads the fields; when they mean something, says it in French and counts (2 queries, 2 a kind of code)."""
        searching = set(self.proposals)
        self.document, faults = document_of(self.sketch, queries.criteria())
        self.faults = {
            path: text for path, text in {**faults, **self.faults}.items() if path not in searching or self.checked
        }
        if self.document is None:
            return
        try:
            rule = queries.check(self.document)
        except InvalidRule as refusal:
            self.faults[()] = str(refusal)
            self.document = None
            return
        self.sentence = queries.describe(self.document)
        self.count = queries.count(rule, self.on, scope=self.scope)
        self.left_out = queries.left_out(rule, self.on, scope=self.scope)

    @property
    def valid(self) -> bool:
        return self.document is not None and not self.faults

    @property
    def errors(self) -> list[dict[str, str]]:
        """For the list of errors of the page: what is wrong, and the field that mends it."""
        if not self.checked:
            return []
        lines = []
        for path, text in sorted(self.faults.items()):
            part = part_at(self.sketch, path)
            criterion = queries.criteria().get(part.criterion) if isinstance(part, Ask) else None
            label = criterion.label if criterion else ""
            lines.append({"label": label, "text": text, "target": f"n{_text(path)}"})
        return lines

    @property
    def tree(self) -> dict[str, Any]:
        """The whole rule, part by part, as the template shows it."""
        return self._shown(self.sketch, ())

    @property
    def widest(self) -> int:
        """The largest agency, to draw the others in proportion."""
        return max((agency.households for agency in self.count.by_agency), default=1) if self.count else 1

    @property
    def agencies(self) -> list[tuple[queries.AgencyCount, str]]:
        """Each agency and the width of its bar."""
        rows = self.count.by_agency if self.count else []
        return [(agency, f"{100 * agency.households / self.widest:.1f}%") for agency in rows]

    def _shown(self, part: Part, path: Path, between: str = "") -> dict[str, Any]:
        text = _text(path)
        fault = self.faults.get(path, "") if self.checked or path in self._searched() else ""
        base = {"place": text, "prefix": f"n{text}", "between": between, "fault": fault, "new": path == self.new}
        match part:
            case Kept(document):
                told = queries.describe(document) if path not in self.faults else "Critère qui n’est pas reconnu"
                return {**base, "kind": "kept", "sentence": told, "document": json.dumps(document)}
            case Group(join, parts):
                rows = [
                    self._shown(one, (*path, rank), _BETWEEN[join] if rank else "") for rank, one in enumerate(parts)
                ]
                joins = [(value, label, value == join) for value, label in JOIN_LABELS.items()]
                deeper = len(path) < DEEPEST_GROUP
                offered = offered_criteria()
                return {**base, "kind": "group", "joins": joins, "rows": rows, "deeper": deeper, "offered": offered}
            case Ask(name, typed, excluded):
                return {**base, **self._question(name, typed, path), "excluded": excluded}

    def _searched(self) -> set[Path]:
        return {path for path, part in _asks(self.sketch, ()) if "".join(part.typed.get("q", ())).strip()}

    def _question(self, name: str, typed: Any, path: Path) -> dict[str, Any]:
        criterion = queries.criteria().get(name)
        control = criterion.control if criterion else None
        if criterion is None or control is None:
            return {"kind": "ask", "criterion": name, "label": name, "control": "unknown"}
        shown = {
            "kind": "ask",
            "criterion": name,
            "label": criterion.label,
            "control": control.kind,
            "settings": control,
        }
        if not isinstance(control, Pick):
            return shown | {"typed": {key: "".join(typed.get(key, ())[:1]) for key in ("value", "min", "max")}}
        chosen = list(typed.get("value", ()))
        options = control.options() if control.options else {}
        if options and len(options) <= SHORT_LIST:
            boxes = [(code, label, code in chosen) for code, label in options.items()]
            return shown | {"boxes": boxes, "long": False}
        names = criterion.known(chosen) if criterion.known and chosen else options
        boxes = [(code, names.get(code, code), True) for code in chosen]
        proposals = self.proposals.get(path, {})
        boxes += [(code, label, False) for code, label in proposals.items() if code not in chosen]
        return shown | {
            "boxes": boxes,
            "long": True,
            "noun": control.noun,
            "q": "".join(typed.get("q", ())[:1]),
            "several": len(proposals) > 1,
        }


def offered_criteria() -> list[tuple[str, str]]:
    """Every question that can be typed, name and label, in the order of the packages that declare them."""
    return [(name, criterion.label) for name, criterion in queries.criteria().items() if criterion.control]


def _asks(part: Part, path: Path) -> list[tuple[Path, Ask]]:
    match part:
        case Ask():
            return [(path, part)]
        case Group(_, parts):
            return [found for rank, one in enumerate(parts) for found in _asks(one, (*path, rank))]
    return []


def _search(control: Pick, text: str) -> Names:
    """Words of the list that have this text: all of the list when it is known, else as the criterion searches it."""
    if control.find is not None:
        return control.find(text)
    wanted = text.casefold()
    options = control.options() if control.options else {}
    exact = {code: name for code, name in options.items() if wanted in (name.casefold(), code.casefold())}
    near = {code: name for code, name in options.items() if wanted in name.casefold()}
    return exact if len(exact) == 1 else dict(list(near.items())[:SHORT_LIST])
