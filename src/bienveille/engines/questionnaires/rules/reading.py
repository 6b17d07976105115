"""Reads a document into a guide, or says in French all that is wrong and where; shapes are in definition."""

import re

from ..choices import Need, QuestionKind
from .definition import DEFAULT_TEXT_ANSWER, All, Any, Choice, Condition, Definition, Item, Match, Section

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
VALUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
SLUG = re.compile(r"[a-z][a-z0-9-]{0,59}", re.ASCII)
MAX_SECTIONS, MAX_ITEMS, MAX_CHOICES = 20, 200, 50
MAX_LABEL, MAX_WORDS = 300, 2000
MAX_TEXT_ANSWER = 4000
MAX_SCALE_STEPS = 11
NUMBER_LIMIT = 1_000_000_000
MAX_CONDITION_DEPTH, MAX_CONDITIONS = 3, 12
CONDITION_KINDS = (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.SCALE)


class InvalidDefinition(ValueError):
    """The document is no usable guide; `errors` says in French everything that is wrong, and where."""

    def __init__(self, errors: list[str]):
        super().__init__(" ".join(errors))
        self.errors = errors


def is_slug(name: str) -> bool:
    """Whether a guide may bear this name, as in `senior-welfare`."""
    return SLUG.fullmatch(name) is not None


def parse(document: object, *, whole: bool = True) -> Definition:
    """The definition of this document; raises InvalidDefinition with every fault found.

    Not `whole`: a piece of a guide, that may ask nothing yet.
    """
    return _Reader(whole).read(document)


class _Reader:
    """Reads a document once from top to bottom, noting each fault with its place."""

    def __init__(self, whole: bool) -> None:
        self.complete = whole
        self.errors: list[str] = []
        self.earlier: dict[str, Item] = {}
        self.keys: set[str] = set()

    def read(self, document: object) -> Definition:
        if not isinstance(document, dict):
            raise InvalidDefinition(["Le questionnaire doit être un objet avec un titre et des parties."])
        place = "Questionnaire"
        self.only(place, document, {"title", "description", "language", "sections"})
        title = self.text(place, document, "title", required=True)
        description = self.text(place, document, "description", limit=MAX_WORDS)
        language = self.text(place, document, "language") or "fr"
        if not re.fullmatch(r"[a-z]{2,3}", language):
            self.error(place, f"la langue « {_short(language)} » doit être un code comme « fr ».")
        sections = []
        for rank, raw in enumerate(self.list(place, document, "sections", MAX_SECTIONS), start=1):
            sections.append(self.section(rank, raw))
        if not sections:
            self.error(place, "il faut au moins une partie.")
        if len(self.keys) > MAX_ITEMS:
            self.error(place, f"plus de {MAX_ITEMS} questions.")
        if self.complete and not self.earlier and not self.errors:
            self.error(place, "il faut au moins une question.")
        if self.errors:
            raise InvalidDefinition(self.errors)
        return Definition(
            title=title,
            description=description,
            language=language,
            sections=tuple(section for section in sections if section is not None),
        )

    def section(self, rank: int, raw: object) -> Section | None:
        place = f"Partie {rank}"
        if not isinstance(raw, dict):
            self.error(place, "un objet est attendu.")
            return None
        self.only(place, raw, {"key", "title", "say", "help", "show_if", "items"})
        key = self.key(place, raw)
        if key:
            place = f"Partie « {key} »"
        show_if = self.condition(place, raw.get("show_if"))
        items = []
        for number, raw_item in enumerate(self.list(place, raw, "items", MAX_ITEMS), start=1):
            item = self.item(f"{place}, question {number}", place, raw_item)
            if item is not None:
                items.append(item)
                if item.is_question:
                    self.earlier[item.key] = item
        return Section(
            key=key,
            title=self.text(place, raw, "title", required=True),
            say=self.text(place, raw, "say", limit=MAX_WORDS),
            help=self.text(place, raw, "help", limit=MAX_WORDS),
            show_if=show_if,
            items=tuple(items),
        )

    def item(self, place: str, section: str, raw: object) -> Item | None:
        if not isinstance(raw, dict):
            self.error(place, "un objet est attendu.")
            return None
        key = self.key(place, raw)
        if key:
            place = f"{section}, question « {key} »"
            if key in self.keys:
                self.error(place, "cette clé est déjà prise par une autre question.")
        self.keys.add(key or place)
        kind_name = raw.get("kind")
        if not isinstance(kind_name, str) or kind_name not in QuestionKind.values:
            self.error(
                place,
                f"type « {_short(kind_name)} » inconnu. Types possibles : {', '.join(QuestionKind.values)}.",
            )
            return None
        kind = QuestionKind(kind_name)
        self.only(place, raw, _FIELDS | _FIELDS_OF_KIND[kind])
        minimum, maximum = self.bounds(place, raw, kind)
        required = raw.get("required", False)
        if not isinstance(required, bool):
            self.error(place, "« required » doit être vrai ou faux.")
            required = False
        return Item(
            key=key,
            kind=kind,
            label=self.text(place, raw, "label", required=True),
            say=self.text(place, raw, "say", limit=MAX_WORDS, required=kind == QuestionKind.ADVICE),
            help=self.text(place, raw, "help", limit=MAX_WORDS),
            required=required,
            choices=self.choices(place, raw, kind),
            minimum=minimum,
            maximum=maximum,
            minimum_label=self.text(place, raw, "min_label"),
            maximum_label=self.text(place, raw, "max_label"),
            decimals=self.whole(place, raw, "decimals", 0, 6) or 0,
            max_length=self.whole(place, raw, "max_length", 1, MAX_TEXT_ANSWER) or DEFAULT_TEXT_ANSWER,
            show_if=self.condition(place, raw.get("show_if")),
        )

    def choices(self, place: str, raw: dict, kind: QuestionKind) -> tuple[Choice, ...]:
        if kind not in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
            return ()
        found: list[Choice] = []
        for rank, one in enumerate(self.list(place, raw, "choices", MAX_CHOICES), start=1):
            where = f"{place}, choix {rank}"
            if not isinstance(one, dict):
                self.error(where, "un objet avec « value » et « label » est attendu.")
                continue
            self.only(where, one, {"value", "label", "advice", "needs"})
            value = self.text(where, one, "value", required=True)
            if value and not VALUE.fullmatch(value):
                self.error(where, f"valeur « {_short(value)} » à écrire en minuscules sans accent, chiffres, - ou _.")
            if any(choice.value == value for choice in found):
                self.error(where, f"la valeur « {_short(value)} » est déjà prise.")
            needs = []
            for need in self.list(where, one, "needs", len(Need.values)):
                if isinstance(need, str) and need in Need.values:
                    needs.append(Need(need))
                else:
                    self.error(where, f"besoin « {_short(need)} » inconnu.")
            found.append(
                Choice(
                    value=value,
                    label=self.text(where, one, "label", required=True),
                    advice=self.text(where, one, "advice", limit=MAX_WORDS),
                    needs=tuple(needs),
                )
            )
        if len(found) < (2 if kind == QuestionKind.SINGLE else 1):
            self.error(place, "il n’y a pas assez de choix.")
        return tuple(found)

    def bounds(self, place: str, raw: dict, kind: QuestionKind) -> tuple[int | None, int | None]:
        if kind not in (QuestionKind.SCALE, QuestionKind.NUMBER):
            return None, None
        low = self.whole(place, raw, "min", -NUMBER_LIMIT, NUMBER_LIMIT)
        high = self.whole(place, raw, "max", -NUMBER_LIMIT, NUMBER_LIMIT)
        if kind == QuestionKind.SCALE and (low is None or high is None):
            self.error(place, "une échelle demande « min » et « max ».")
        elif low is not None and high is not None and low >= high:
            self.error(place, "« min » doit être plus petit que « max ».")
        elif kind == QuestionKind.SCALE and (high or 0) - (low or 0) >= MAX_SCALE_STEPS:
            self.error(place, f"une échelle a {MAX_SCALE_STEPS} degrés au plus.")
        return low, high

    def condition(self, place: str, raw: object, depth: int = 1) -> Condition | None:
        if raw is None:
            return None
        if not isinstance(raw, dict):
            self.error(place, "la condition « show_if » doit être un objet.")
            return None
        if depth > MAX_CONDITION_DEPTH:
            self.error(place, f"la condition a plus de {MAX_CONDITION_DEPTH} niveaux.")
            return None
        for word, shape in (("all", All), ("any", Any)):
            if word in raw:
                self.only(place, raw, {word})
                parts = [self.condition(place, part, depth + 1) for part in self.list(place, raw, word, MAX_CONDITIONS)]
                if not parts or None in parts:
                    self.error(place, f"la condition « {word} » doit lister des conditions.")
                    return None
                condition = shape(tuple(part for part in parts if part is not None))
                if sum(1 for _ in condition.questions()) > MAX_CONDITIONS:
                    self.error(place, f"la condition cite plus de {MAX_CONDITIONS} réponses.")
                    return None
                return condition
        return self.match(place, raw)

    def match(self, place: str, raw: dict) -> Match | None:
        self.only(place, raw, {"question", "equals", "one_of", "includes"})
        question = raw.get("question")
        item = self.earlier.get(question) if isinstance(question, str) else None
        if item is None:
            self.error(place, f"la condition cite « {_short(question)} », qui n’est pas une question posée avant.")
            return None
        if item.kind not in CONDITION_KINDS:
            self.error(place, f"la condition cite « {item.key} », qui n’est ni un choix ni une échelle.")
            return None
        operators = [word for word in ("equals", "one_of", "includes") if word in raw]
        if len(operators) != 1:
            self.error(place, "la condition demande un seul de « equals », « one_of », « includes ».")
            return None
        operator = operators[0]
        if (operator == "includes") != (item.kind == QuestionKind.MULTIPLE):
            right = "includes" if item.kind == QuestionKind.MULTIPLE else "equals"
            self.error(place, f"pour « {item.key} », la condition s’écrit avec « {right} ».")
            return None
        wanted = raw[operator]
        values = wanted if isinstance(wanted, list) and operator != "equals" else [wanted]
        possible: list[str | int] = [choice.value for choice in item.choices]
        if item.kind == QuestionKind.SCALE and item.minimum is not None and item.maximum is not None:
            possible = list(range(item.minimum, item.maximum + 1))
        wrong = [value for value in values if type(value) not in (str, int) or value not in possible]
        for value in wrong:
            self.error(place, f"« {_short(value)} » n’est pas une réponse possible à « {item.key} ».")
        if wrong or not values or len(values) > MAX_CHOICES:
            if not wrong:
                self.error(place, f"la condition sur « {item.key} » ne cite aucune réponse, ou en cite trop.")
            return None
        return Match(item.key, tuple(dict.fromkeys(values)))

    # Small pieces

    def key(self, place: str, raw: dict) -> str:
        key = self.text(place, raw, "key", required=True)
        if key and not KEY.fullmatch(key):
            self.error(
                place,
                f"la clé « {_short(key)} » doit commencer par une lettre"
                " et n’avoir que des minuscules sans accent, des chiffres ou _.",
            )
            return ""
        return key

    def text(self, place: str, raw: dict, name: str, *, required: bool = False, limit: int = MAX_LABEL) -> str:
        value = raw.get(name, "")
        if not isinstance(value, str):
            self.error(place, f"« {name} » doit être un texte.")
            return ""
        value = value.strip()
        if required and not value:
            self.error(place, f"« {name} » manque.")
        if len(value) > limit:
            self.error(place, f"« {name} » dépasse {limit} caractères.")
        if any(_unprintable(character) for character in value):
            self.error(place, f"« {name} » contient un caractère illisible.")
        return value

    def list(self, place: str, raw: dict, name: str, limit: int) -> list:
        value = raw.get(name, [])
        if not isinstance(value, list):
            self.error(place, f"« {name} » doit être une liste.")
            return []
        if len(value) > limit:
            self.error(place, f"« {name} » dépasse {limit} éléments.")
            return []
        return value

    def whole(self, place: str, raw: dict, name: str, low: int, high: int) -> int | None:
        value = raw.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.error(place, f"« {name} » doit être un nombre entier entre {low} et {high}.")
            return None
        return value

    def only(self, place: str, raw: dict, allowed: set[str]) -> None:
        for name in raw:
            if name not in allowed:
                self.error(place, f"champ « {_short(name)} » inconnu ici.")

    def error(self, place: str, message: str) -> None:
        self.errors.append(f"{place} : {message}")


_FIELDS = {"key", "kind", "label", "say", "help", "show_if"}
_FIELDS_OF_KIND: dict[QuestionKind, set[str]] = {
    QuestionKind.ADVICE: set(),
    QuestionKind.TEXT: {"required", "max_length"},
    QuestionKind.SINGLE: {"required", "choices"},
    QuestionKind.MULTIPLE: {"required", "choices"},
    QuestionKind.SCALE: {"required", "min", "max", "min_label", "max_label"},
    QuestionKind.NUMBER: {"required", "min", "max", "decimals"},
    QuestionKind.DATE: {"required"},
}


def _short(value: object) -> str:
    if isinstance(value, int) and abs(value) > 10**20:  # Python refuses to write very long integers
        return "un très grand nombre"
    text = str(value) if isinstance(value, (str, int, float)) else type(value).__name__
    return text if len(text) <= 60 else text[:59] + "…"


def _unprintable(character: str) -> bool:
    """PostgreSQL's jsonb refuses NUL, UTF-8 refuses lone surrogates; no label needs other controls."""
    code = ord(character)
    return (code < 32 and character != "\n") or code == 127 or 0xD800 <= code <= 0xDFFF
