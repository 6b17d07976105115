"""Languages as exports name them, to ISO 639-1 codes, and their French names."""

import re

from bienveille.ground.lib.words import plain

NAMES = {
    "fr": "français", "en": "anglais", "ar": "arabe", "tr": "turc", "pt": "portugais", "es": "espagnol",
    "it": "italien", "de": "allemand", "nl": "néerlandais", "pl": "polonais", "ro": "roumain", "ru": "russe",
    "uk": "ukrainien", "bg": "bulgare", "sq": "albanais", "sr": "serbe", "hr": "croate", "bs": "bosnien",
    "mk": "macédonien", "el": "grec", "hu": "hongrois", "cs": "tchèque", "sk": "slovaque", "hy": "arménien",
    "ka": "géorgien", "az": "azéri", "ku": "kurde", "fa": "persan", "ps": "pachto", "ur": "ourdou", "hi": "hindi",
    "bn": "bengali", "ta": "tamoul", "zh": "chinois", "vi": "vietnamien", "th": "thaï", "km": "khmer", "lo": "lao",
    "ja": "japonais", "ko": "coréen", "mn": "mongol", "so": "somali", "am": "amharique", "ti": "tigrigna",
    "wo": "wolof", "bm": "bambara", "ff": "peul", "ln": "lingala", "sw": "swahili", "mg": "malgache",
    "ht": "créole haïtien", "he": "hébreu", "sg": "sango", "kg": "kikongo", "ce": "tchétchène",
}  # fmt: skip

_SYNONYMS = {
    "francais": "fr", "francaise": "fr", "fra": "fr", "fre": "fr", "french": "fr", "france": "fr",
    "langue francaise": "fr", "english": "en", "eng": "en", "gb": "en", "uk": "uk", "ang": "en",
    "arabe litteraire": "ar", "arabe dialectal": "ar", "darija": "ar", "ara": "ar", "marocain": "ar",
    "algerien": "ar", "tunisien": "ar", "turque": "tr", "tur": "tr", "por": "pt", "port": "pt", "portugaise": "pt",
    "bresilien": "pt", "esp": "es", "spa": "es", "castillan": "es", "ita": "it", "all": "de", "ger": "de", "deu": "de",
    "pol": "pl", "roumaine": "ro", "rou": "ro", "moldave": "ro", "russe": "ru", "rus": "ru", "ukr": "uk",
    "ukrainienne": "uk", "kosovar": "sq", "serbo croate": "sr", "hollandais": "nl", "flamand": "nl", "grecque": "el",
    "farsi": "fa", "dari": "fa", "iranien": "fa", "pachtou": "ps", "pashto": "ps", "urdu": "ur", "mandarin": "zh",
    "cantonais": "zh", "chi": "zh", "zho": "zh", "chinoise": "zh", "poular": "ff", "pulaar": "ff", "fulani": "ff",
    "tigrinya": "ti", "creole": "ht", "cambodgien": "km", "laotien": "lo", "kurmandji": "ku", "sorani": "ku",
    "vietnamienne": "vi", "anglaise": "en", "allemande": "de", "italienne": "it", "espagnole": "es",
    "polonaise": "pl", "armenienne": "hy", "georgienne": "ka",
}  # fmt: skip
_BY_WORD = {code: code for code in NAMES} | {plain(name): code for code, name in NAMES.items()} | _SYNONYMS
_SEPARATORS = re.compile(r"[/;,+&|]|\bet\b|\bou\b|\n")


def read_language(cell: object) -> str | None:
    """The ISO 639-1 code of one language ("Turc" → "tr", "FR" → "fr"), or None."""
    return _BY_WORD.get(plain(cell)) if isinstance(cell, str) else None


def read_languages(cell: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The codes of a list ("français/turc", "français ; anglais"), each once, and the words that name no language."""
    codes: dict[str, None] = {}
    unknown: list[str] = []
    for piece in _SEPARATORS.split(cell) if isinstance(cell, str) else ():
        if not piece.strip():
            continue
        code = read_language(piece)
        if code:
            codes[code] = None
        else:
            unknown.append(piece.strip())
    return tuple(codes), tuple(unknown)


def language_name(code: str) -> str:
    """The French name of a code, or the code itself."""
    return NAMES.get(code, code)
