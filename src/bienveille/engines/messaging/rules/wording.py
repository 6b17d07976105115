"""Variants and costs in words, as screens say them."""

from bienveille.engines.messaging.choices import Channel
from bienveille.ground.lib.languages import NAMES
from bienveille.ground.lib.typography import counted, number

from .sms_parts import ROOM, Alphabet, Length


def variant_words(channel: str, language: str, easy: bool) -> str:
    """« SMS », « E-mail, facile à lire », « SMS en anglais »."""
    words = str(Channel(channel).label)
    if language != "fr":
        words += f" en {NAMES.get(language, language)}"
    return f"{words}, facile à lire" if easy else words


def cost_words(length: Length) -> str:
    """« 2 SMS par personne : 171 caractères sur 306, il en reste 135 »."""
    if not length.parts:
        return "Rien n’est écrit."
    alone, each = ROOM[length.alphabet]
    room = alone if length.parts == 1 else each * length.parts
    words = f"{number(length.parts)} SMS par personne\u00a0: {number(length.units)} caractères sur {number(room)}"
    words += f", il en reste {number(length.left)}." if length.left else "."
    if length.alphabet is Alphabet.UCS2:
        words += f" Un signe particulier réduit chaque SMS à {counted(ROOM[Alphabet.UCS2][0], 'caractère')}."
    return words
