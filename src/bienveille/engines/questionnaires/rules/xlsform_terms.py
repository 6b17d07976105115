"""Words of XLSForm: what is understood, what is set aside and why, what to do instead; small readings of its cells."""

import re
from typing import Any

from ..choices import QuestionKind
from .editing import new_key
from .xlsform_writing import OWN

#: Types of questions that we ask otherwise or not at all, and what to do instead.
REFUSED_TYPES = {
    "begin repeat": "Posez la question une fois, ou écrivez-la autant de fois qu’il faut.",
    "end repeat": "Retirez la répétition.",
    "calculate": "Retirez cette ligne : rien n’est calculé pendant un appel.",
    "image": "Retirez cette ligne : au téléphone, personne ne prend de photo.",
    "audio": "Retirez cette ligne : les appels ne sont pas enregistrés.",
    "video": "Retirez cette ligne.",
    "file": "Retirez cette ligne.",
    "barcode": "Retirez cette ligne, ou demandez un texte (text).",
    "geopoint": "Retirez cette ligne : l’adresse du logement est déjà connue.",
    "geotrace": "Retirez cette ligne.",
    "geoshape": "Retirez cette ligne.",
    "time": "Demandez un texte (text), ou des moments de la journée (select_one).",
    "datetime": "Demandez un jour (date), et l’heure dans une autre question.",
    "rank": "Demandez le premier choix (select_one), puis les autres (select_multiple).",
    "acknowledge": "Demandez oui ou non (select_one).",
    "trigger": "Demandez oui ou non (select_one).",
    "hidden": "Retirez cette ligne : tout ce qui est gardé se voit.",
    "xml-external": "Retirez cette ligne : les réponses possibles sont dans la feuille choices.",
    "csv-external": "Retirez cette ligne : les réponses possibles sont dans la feuille choices.",
    "select_one_from_file": "Recopiez les réponses possibles dans la feuille choices.",
    "select_multiple_from_file": "Recopiez les réponses possibles dans la feuille choices.",
    "select_one_external": "Recopiez les réponses possibles dans la feuille choices.",
}
#: What a telephone notes by itself: the software already knows who called and when.
NOTED_BY_ITSELF = {
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "start-geopoint", "background-audio",
}  # fmt: skip
SIMPLE_TYPES = {
    "text": QuestionKind.TEXT, "string": QuestionKind.TEXT, "integer": QuestionKind.NUMBER, "int": QuestionKind.NUMBER,
    "decimal": QuestionKind.NUMBER, "date": QuestionKind.DATE, "note": QuestionKind.ADVICE, "range": QuestionKind.SCALE,
}  # fmt: skip
#: Columns of `survey` that change nothing here, and why.
LOOKS = {
    "appearance": "l’apparence est celle de l’outil",
    "constraint_message": "l’outil a ses propres messages",
    "required_message": "l’outil a ses propres messages",
    "guidance_hint": "seule l’aide (hint) est montrée",
    "readonly": "une note se lit, une question se répond",
    "read_only": "une note se lit, une question se répond",
    "autoplay": "aucun son n’est joué",
    "disabled": "",
}
REFUSED_COLUMNS = {
    "default": "Retirez la réponse préremplie : l’appelant ne doit rien suggérer.",
    "calculation": "Retirez le calcul : rien n’est calculé pendant un appel.",
    "repeat_count": "Retirez la répétition.",
    "choice_filter": "Écrivez une question par liste, avec sa condition (relevant).",
    "trigger": "Retirez le calcul : rien n’est calculé pendant un appel.",
    "media": "Retirez l’image ou le son : l’appelant parle au téléphone.",
    "image": "Retirez l’image : l’appelant parle au téléphone.",
}
OTHER_SHEETS = {"external_choices", "entities", "osm"}
ALIASES = {
    "relevance": "relevant", "list name": "list_name", "list-name": "list_name", "value": "name", "caption": "label",
    "bind::relevant": "relevant", "bind::required": "required", "bind::constraint": "constraint", "form id": "form_id",
    "title": "form_title", "set form title": "form_title", "set form id": "form_id",
}  # fmt: skip
YES = {"yes", "oui", "true", "true()", "vrai", "1", "x"}
NO = {"", "no", "non", "false", "false()", "faux", "0"}
_BOUND = re.compile(r"\.\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
LENGTH = re.compile(r"string-length\(\s*\.\s*\)\s*(<=|<)\s*(\d+)")


def same_meaning(first: Any, second: Any) -> bool:
    """Whether two conditions, as documents, say the same, however they are bracketed."""
    return _canonical(first) == _canonical(second)


def _canonical(condition: Any) -> Any:
    if not isinstance(condition, dict):
        return None
    for word in ("all", "any"):
        if word in condition:
            parts: set[Any] = set()
            answers: dict[Any, set[Any]] = {}
            for part in map(_canonical, condition[word]):
                if isinstance(part, tuple) and part[0] == word:
                    parts |= part[1]
                elif isinstance(part, tuple) and part[0] == "answer" and word == "any":
                    answers.setdefault(part[1], set()).update(part[2])
                else:
                    parts.add(part)
            parts |= {("answer", question, frozenset(values)) for question, values in answers.items()}
            return next(iter(parts)) if len(parts) == 1 else (word, frozenset(parts))
    given = condition.get("includes", condition.get("one_of", condition.get("equals")))
    return "answer", condition.get("question"), frozenset(given if isinstance(given, list) else [given])


def bounds_of(constraint: str) -> dict[str, int] | None:
    """`. >= 0 and . <= 20` as smallest and largest value; None when it says something else."""
    bounds: dict[str, int] = {}
    for part in re.split(r"\s+and\s+", constraint.strip()):
        found = _BOUND.fullmatch(part.strip(" ()"))
        if found is None or "." in found[2]:
            return None
        number = int(found[2]) + {">": 1, "<": -1}.get(found[1], 0)
        name = "min" if found[1].startswith(">") else "max"
        if name in bounds:
            return None
        bounds[name] = number
    return bounds


def filled(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def value_of(name: str) -> str:
    """The name of a choice as we write it: « Très bien » → `tres_bien`."""
    words = new_key(f"v {name}", set()).removeprefix("v").strip("_")
    return words[:40]


def aliased(base: str) -> list[str]:
    return [alias for alias, name in ALIASES.items() if name == base]


def letter(rank: int) -> str:
    """0 → A, 26 → AA, as spreadsheets name their columns."""
    letters = ""
    rank += 1
    while rank:
        rank, left = divmod(rank - 1, 26)
        letters = chr(65 + left) + letters
    return letters


_COLUMN_WORDS = (
    ("condition", "relevant"),
    ("clé", "name"),
    ("valeur", "name"),
    ("aide", "hint"),
    ("besoin", f"{OWN}needs"),
    ("conseil", f"{OWN}advice"),
    ("plus petite", "constraint"),
    ("plus grande", "constraint"),
    ("échelle", "parameters"),
    ("longueur", "constraint"),
    ("assez de choix", "type"),
)


def column_of(text: str, otherwise: str) -> str:
    return next((column for word, column in _COLUMN_WORDS if word in text), otherwise)
