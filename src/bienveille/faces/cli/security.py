"""`security`: what a published list of security requirements asks, and what answers, as a table (docs/asvs.md)."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

NAME = "security"
HELP = "écrire la table des exigences de sécurité (ASVS) et de ce qui y répond"
NEEDS_DATABASE = False

ROOT = Path(__file__).resolve().parents[4]
DECLARED = ROOT / "docs" / "asvs.toml"
TABLE = "asvs.md"
#: How a requirement is answered → the word of the table.
ANSWERS = {"tests": "tested", "by": "by design", "na": "N/A", "missing": "missing"}

type Requirement = Mapping[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DOSSIER", help="où écrire la table (Markdown)")


def run(options: argparse.Namespace) -> int:
    from bienveille.faces.cli.main import given_path

    folder = given_path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_text(document(), encoding="utf-8")
    print(folder / TABLE)
    return 0


def read() -> tuple[dict[str, str], dict[str, Requirement]]:
    """Titles of the chapters by number, requirements by theirs."""
    declared = tomllib.loads(DECLARED.read_text(encoding="utf-8"))
    chapters = {number: one["title"] for number, one in declared.pop("chapters").items()}
    return chapters, declared


def answer_of(requirement: Requirement) -> str:
    """The one key that answers; ValueError when there is none, or two."""
    (found,) = (key for key in ANSWERS if key in requirement)
    return found


def counts(requirements: Mapping[str, Requirement]) -> dict[str, int]:
    """How many are answered in each way; they add up to all."""
    found = [answer_of(one) for one in requirements.values()]
    return {key: found.count(key) for key in ANSWERS}


def document() -> str:
    """The table; the same for the same declarations."""
    return "\n".join(_lines(*read())) + "\n"


def _lines(chapters: dict[str, str], requirements: dict[str, Requirement]) -> Iterator[str]:
    sums = counts(requirements)
    told = ", ".join(f"{sums[key]} {word}" for key, word in ANSWERS.items())
    partly = sum("but" in one for one in requirements.values())
    yield "# ASVS 5.0.0, line by line"
    yield ""
    yield "Written by `./bienveille security docs` from `docs/asvs.toml`. The numbers are those of the OWASP"
    yield "Application Security Verification Standard 5.0.0, where the requirements are to be read; what is asked is"
    yield "told here in our own words. Levels 1 and 2 as far as they apply (no LDAP, XPath, LaTeX, JNDI, memcache,"
    yield "memory by hand, GraphQL, WebSocket, SAML, WebRTC, nor provider of identities), and fifteen of level 3."
    yield ""
    yield f"**{len(requirements)} requirements: {told}.** Something remains of {partly} of those that are answered."
    yield ""
    yield f"| Chapter | All | {' | '.join(ANSWERS.values())} |"
    yield f"|---|{'---|' * (len(ANSWERS) + 1)}"
    for number, title in chapters.items():
        inside = _of(number, requirements)
        row = counts(inside)
        yield f"| V{number} {title} | {len(inside)} | {' | '.join(str(row[key] or '') for key in ANSWERS)} |"
    yield ""
    yield "## What is missing"
    yield ""
    for number, one in requirements.items():
        if answer_of(one) == "missing":
            yield f"- **{number}** {one['asks']} {one['missing']} *({one['since']:%d/%m/%Y})*"
    for number, title in chapters.items():
        yield ""
        yield f"## V{number} {title}"
        yield ""
        yield "| | Level | Asked | Answer |"
        yield "|---|---|---|---|"
        for name, one in _of(number, requirements).items():
            yield f"| {name} | {one['level']} | {one['asks']} | {_told(one)} |"


def _of(chapter: str, requirements: Mapping[str, Requirement]) -> dict[str, Requirement]:
    return {number: one for number, one in requirements.items() if number.partition(".")[0] == chapter}


def _told(requirement: Requirement) -> str:
    kind = answer_of(requirement)
    said = requirement[kind]
    if kind == "tests":
        files: dict[str, list[str]] = {}
        for test in said:
            path, _, name = test.partition("::")
            files.setdefault(path, []).append(f"`{re.sub(r'^.*::', '', name)}`")
        said = "; ".join(f"`{path}`: {', '.join(names)}" for path, names in files.items())
    else:
        said = {"by": "", "na": "N/A: ", "missing": "**Missing.** "}[kind] + said
    return f"{said}. *But {requirement['but']}.*" if "but" in requirement else said
