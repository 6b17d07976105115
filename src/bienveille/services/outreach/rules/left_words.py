"""Words left when nobody answers: on a voicemail, in a text message, with a relative. They never say why we call.

Anybody in the home may hear or read them: they name the landlord and promise another call, nothing more.
"""

from collections.abc import Mapping

from bienveille.ground.lib.note_guard import check_words

#: What stands for a name in a text: who calls, and for whom.
LANDLORD, CALLER = "{bailleur}", "{appelant}"
VOICEMAIL = (
    "Bonjour, ici {appelant}, pour {bailleur}. Je vous appelais simplement, rien d’urgent. "
    "Je vous rappellerai un autre jour. Merci, à bientôt."
)
SMS = "Bonjour, {bailleur} a essayé de vous appeler. Rien d’urgent : nous vous rappellerons. {appelant}"
#: What may be said to a relative, and to whoever answers a wrong number.
RELATIVE = (
    "Bonjour, ici {appelant}, pour {bailleur}. Je n’arrive pas à joindre {personne}. "
    "Savez-vous comment et quand je pourrais lui parler ?"
)
LONGEST = {"voicemail": 400, "sms": 306}  # two text messages


def read_texts(raw: object) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The texts of a document, and what is wrong: field, French sentence. An empty one is the house's own."""
    if not isinstance(raw, Mapping):
        return {}, [("texts", "Les textes sont un objet.")]
    texts: dict[str, str] = {}
    wrong: list[tuple[str, str]] = []
    for key, value in raw.items():
        field = f"texts.{key}"
        if key not in LONGEST:
            wrong.append((field, "Ce texte n’existe pas : « voicemail » ou « sms »."))
            continue
        if not isinstance(value, str) or "\0" in value:
            wrong.append((field, "Écrivez un texte."))
            continue
        text = " ".join(value.split())
        wrong += [(field, sentence) for sentence in faults(str(key), text)]
        texts[str(key)] = text
    return texts, wrong


def faults(name: str, text: str) -> list[str]:
    """What keeps a text from being left to anybody; nothing for an empty one."""
    if not text:
        return []
    found = []
    if len(text) > LONGEST[name]:
        found.append(f"{LONGEST[name]} caractères au plus.")
    if LANDLORD not in text:
        found.append("Le texte nomme le bailleur : écrivez {bailleur} là où son nom doit venir.")
    if check_words(text):
        found.append(
            "Ce texte parle de santé ou de vie privée : n’importe qui dans le foyer peut l’entendre ou le lire."
        )
    return found


def said(text: str, *, landlord: str, caller: str, person: str = "") -> str:
    """A text with its names in place."""
    words = text.replace(LANDLORD, landlord or "votre bailleur").replace(CALLER, caller)
    return words.replace("{personne}", person).strip()
