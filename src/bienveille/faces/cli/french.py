"""argparse in French: a parser whose help, usage and errors speak the user's language; no command."""

from __future__ import annotations

import argparse
from typing import NoReturn

# argparse asks gettext for these sentences and no catalogue of Python's has them in French.
_SENTENCES = {
    "usage: ": "usage\u00a0: ",
    "positional arguments": "arguments",
    "options": "options",
    "show this help message and exit": "affiche cette aide et s’arrête",
    "show program's version number and exit": "affiche la version et s’arrête",
    "unrecognized arguments: %s": "arguments inconnus\u00a0: %s",
    "the following arguments are required: %s": "il manque\u00a0: %s",
    "one of the arguments %s is required": "il faut l’un de ces arguments\u00a0: %s",
    "not allowed with argument %s": "incompatible avec %s",
    "expected one argument": "attend une valeur",
    "expected at most one argument": "attend une valeur au plus",
    "expected at least one argument": "attend au moins une valeur",
    "ambiguous option: %(option)s could match %(matches)s": "option ambiguë\u00a0: %(option)s peut être %(matches)s",
    "ignored explicit argument %r": "n’attend pas de valeur (%r)",
    "invalid %(type)s value: %(value)r": "valeur incorrecte\u00a0: %(value)r",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r n’existe pas\u00a0; possibles\u00a0: %(choices)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s\u00a0: %(message)s",
    "%(prog)s: error: %(message)s\n": "%(prog)s\u00a0: %(message)s\n",
    " (default: %(default)s)": " (par défaut\u00a0: %(default)s)",
    "subcommands": "commandes",
}


def _in_french(sentence: str) -> str:
    return _SENTENCES.get(sentence, sentence)


def _counted_in_french(singular: str, plural: str, number: int) -> str:
    if singular == "expected %s argument":
        return "attend %s valeur" if number <= 1 else "attend %s valeurs"
    return singular if number <= 1 else plural


argparse._ = _in_french  # type: ignore[attr-defined]
argparse.ngettext = _counted_in_french  # type: ignore[attr-defined]


class Parser(argparse.ArgumentParser):
    """Options written in full, errors in one sentence with where to look, exit code 2."""

    def __init__(self, *arguments: object, **options: object) -> None:
        options.setdefault("allow_abbrev", False)
        super().__init__(*arguments, **options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}\u00a0: {message}.\nVoir {self.prog} --help\n")
