"""What a text may ask of the register, written between braces: the closed list, what is wrong, and the words put in.

Nothing is ever evaluated: a name of the list is replaced by its value, once; a value that holds braces stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bienveille.ground.lib.words import plain

from .sms_parts import Alphabet, lighten, measure


@dataclass(frozen=True, slots=True)
class Variable:
    """One name of the list: what it becomes, an example, and other words by which people may look for it."""

    name: str
    meaning: str
    example: str
    also: tuple[str, ...] = ()


VARIABLES = (
    Variable(
        "civilité et nom",
        "La personne à qui l’on écrit",
        "Mme Delacroix-Fontaine",
        ("nom", "locataire", "destinataire", "prénom", "civilité", "nom du locataire", "madame", "monsieur"),
    ),
    Variable("adresse", "Numéro et rue de la résidence", "12 rue des Acacias", ("rue", "adresse postale")),
    Variable("commune", "Commune de la résidence", "Val-des-Tilleuls", ("ville", "localité")),
    Variable("résidence", "Nom de la résidence", "Les Acacias", ("nom de la résidence", "immeuble", "site")),
    Variable("bâtiment", "Bâtiment du logement", "B", ("bat", "tour")),
    Variable("entrée", "Escalier ou hall du logement", "2", ("hall", "escalier", "cage")),
    Variable("logement", "Référence du logement", "0412-B-203", ("appartement", "numéro de logement")),
    Variable("agence", "Agence dont dépend la résidence", "Agence du Val", ("nom de l’agence", "bureau")),
    Variable(
        "téléphone de l’agence",
        "Numéro de l’agence, aux heures d’ouverture",
        "01 99 00 12 34",
        ("téléphone", "tel", "numéro de l’agence", "tel agence", "téléphone agence"),
    ),
    Variable(
        "numéro d’astreinte",
        "Numéro des urgences techniques, nuit et week-end",
        "01 99 00 56 78",
        ("astreinte", "urgence", "téléphone d’astreinte"),
    ),
    Variable("bailleur", "Nom du bailleur", "Habitat du Val", ("organisme", "société", "signature")),
    Variable("date", "Jour de l’envoi, en toutes lettres", "lundi 23 novembre 2026", ("jour", "date du jour")),
)
BY_NAME = {plain(one.name): one for one in VARIABLES}
EXAMPLES = {one.name: one.example for one in VARIABLES}

_ASKED = re.compile(r"\{\{([^{}]*)\}\}")
_BLANK = re.compile(r"\[([^\[\]\n]{1,60})\]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that would not be replaced: where it stands, why, and the name that was perhaps meant."""

    written: str
    sentence: str
    meant: str = ""


def faults(text: str) -> list[Fault]:
    """What keeps a text from being sent: unknown names and lonely braces, each said once, in the order of the text."""
    found: dict[str, Fault] = {}
    for match in _ASKED.finditer(text):
        written = match.group(1).strip()
        if plain(written) not in BY_NAME:
            found.setdefault(written, _unknown(written))
    rest = _ASKED.sub("", text)
    if "{" in rest or "}" in rest:
        found["{"] = Fault(
            "{",
            "Une accolade est seule\u00a0: une variable s’écrit entre deux accolades ouvrantes et deux accolades"
            " fermantes, par exemple {{ agence }}.",
        )
    return list(found.values())


def asked(text: str) -> list[str]:
    """Names of the list that a text asks for, as the list writes them, each once."""
    found = (BY_NAME.get(plain(match.group(1))) for match in _ASKED.finditer(text))
    return list(dict.fromkeys(one.name for one in found if one))


def blanks(text: str) -> list[str]:
    """What is still to be written by hand: « [jour] », « [heure] »; each once."""
    return list(dict.fromkeys(match.group(1).strip() for match in _BLANK.finditer(text)))


def missing(text: str, values: Mapping[str, str]) -> list[str]:
    """Names that a text asks for and that are empty for this household."""
    return [name for name in asked(text) if not values.get(name, "").strip()]


def render(text: str, values: Mapping[str, str]) -> str:
    """The text with its values put in; a name without a value leaves nothing, one that is unknown stays as written."""

    def put(match: re.Match[str]) -> str:
        variable = BY_NAME.get(plain(match.group(1)))
        return values.get(variable.name, "") if variable else match.group(0)

    return _ASKED.sub(put, text)


def render_sms(text: str, values: Mapping[str, str]) -> str:
    """The text of an SMS: when its own words are light, a name with « ç » does not make it cost twice as much."""
    if measure(_ASKED.sub("", text)).alphabet is Alphabet.GSM7:
        values = {name: lighten(value) for name, value in values.items()}
    return render(text, values)


def _unknown(written: str) -> Fault:
    if not written:
        return Fault("", "Il manque un nom entre les accolades.")
    names = {plain(other): one.name for one in VARIABLES for other in (*one.also, one.name)}
    near = get_close_matches(plain(written), names, n=1, cutoff=0.6)
    meant = names[near[0]] if near else ""
    sentence = f"La variable «\u00a0{written}\u00a0» n’existe pas."
    if meant:
        sentence += f" Vouliez-vous écrire {{{{ {meant} }}}}\u00a0?"
    return Fault(written, sentence, meant)
