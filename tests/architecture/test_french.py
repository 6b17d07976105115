"""French as it is printed: spaces before double signs, curved apostrophes, French quotes, in every text a user reads.

A text of the code is taken for French when it holds an accent, a French quote or an elision; docstrings and comments
are English and not looked at. tests/ui looks at the same spaces in HTML.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.house import HOUSE, ROOT, house_files, python_files, room_of, shown, tree_of

FRENCH = re.compile(r"[àâçéèêëîïôùûüœÀÂÇÉÈÊÎÔŒ«»’]|\b(?:[ldjnsctm]|qu|jusqu|lorsqu|puisqu)'[a-zàâéèêîô]", re.IGNORECASE)
#: (what is wrong, how it is seen). `\x00` stands for a value put in the text.
FAULTS = {
    "a breaking space before : ; ! ? » %": re.compile(r"[\w\x00)»”’] [:;!?»%](?=\s|$|\x00|[.,)])"),
    "no space before ; ! ?": re.compile(r"[A-Za-zàâçéèêëîïôùûüœ)»][;!?](?=\s|$)"),
    "no space before :": re.compile(r"(?<!Authorizatio)[A-Za-zàâçéèêëîïôùûüœ)»]:(?=\s)"),
    "a breaking space or none after «": re.compile(r"«(?!\u00a0)"),
    "a breaking space or none before »": re.compile(r"(?<!\u00a0)»"),
    "a no-break space of another kind": re.compile("[\u202f\u2007\u2060]"),
    "a straight apostrophe": re.compile(r"\w'(?=[A-Za-zàâçéèêëîïôùûüœ])"),
    "straight quotes": re.compile(r'(?:^|[\s(])"[^"=<>{}]{2,40}"(?=[\s.,;)]|$)'),
    "three dots instead of …": re.compile(r"[a-zàâçéèêëîïôùûüœ]\.\.\.(?=\s|$)"),
}
#: Modules whose sentences pass through `spaced()` before they are shown: plain spaces are theirs.
SPACED_LATER = {
    "lib/typography.py",
    "lib/note_guard.py",
    "lib/note_lexicon.py",
    "imports/rules/messages.py",
    "ui/views.py",
}
#: Tables of characters, in which a quotation mark quotes nothing.
CHARACTERS = {"lib/decoding.py", "platform/text_search.py", "messaging/rules/sms_parts.py"}
REGULAR_EXPRESSION = re.compile(r"\\[sbdwSB]|\(\?")


def faults(text: str, *, spaced_later: bool = False) -> list[str]:
    """What is wrong with a French text."""
    found = []
    for what, pattern in FAULTS.items():
        if spaced_later and "space" in what:
            continue
        found += [f"{what}: {text[max(0, m.start() - 15) : m.end() + 10]!r}" for m in pattern.finditer(text)]
    return found


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Constant texts of a module, values put in them replaced; no docstring, no SQL, no regular expression."""
    skipped: set[int] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in ast.walk(node) if part is not node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            skipped.update(id(part) for argument in node.args[:1] for part in ast.walk(argument))
        elif isinstance(node, ast.keyword) and node.arg == "help_text":
            skipped.update(id(part) for part in ast.walk(node))
    for node in ast.walk(tree_of(path)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "\x00" for part in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def values_of(document: object) -> Iterator[str]:
    """Every text of a TOML document but those that say they are in another language."""
    if isinstance(document, dict):
        if document.get("language", "fr") != "fr":
            return
        for value in document.values():
            yield from values_of(value)
    elif isinstance(document, list):
        for value in document:
            yield from values_of(value)
    elif isinstance(document, str):
        yield document


@pytest.mark.parametrize(
    "text",
    [
        "Attention : la date passée", "Attention: la date est passée", "Êtes-vous là?", "Il dit «oui» à tout",
        "l'agence", "le bouton « Appeler » est à gauche", "choisissez \"Appeler\" à gauche", "à suivre...",
        "Déjà ? Oui", "\x00 : terminé", "90 % joints déjà",
    ],
)  # fmt: skip
def test_faults_are_seen(text):
    assert FRENCH.search(text)
    assert faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "Attention\u00a0: la date", "14:30 à Lyon", "https://exemple.fr/à", "«\u00a0oui\u00a0»", "l’agence",
        "à suivre…", "é:\x00", "Êtes-vous là\u00a0?", "90\u00a0% déjà", "(à 9\u00a0h), puis", "où=\"x\"",
    ],
)  # fmt: skip
def test_good_french_is_left_alone(text):
    assert faults(text) == []


@pytest.mark.parametrize("path", python_files(), ids=shown)
def test_modules(path):
    if room_of(path) == "queries" or path.as_posix().endswith(tuple(CHARACTERS)):
        return
    spaced_later = path.as_posix().endswith(tuple(SPACED_LATER))
    wrong = [
        f"line {line}: {fault}"
        for line, text in texts_of(path)
        if FRENCH.search(text) and "SELECT" not in text and not REGULAR_EXPRESSION.search(text)
        for fault in faults(text, spaced_later=spaced_later)
    ]
    assert wrong == []


@pytest.mark.parametrize("path", [p for p in house_files(".toml") if p.name != "policy.toml"], ids=shown)
def test_documents(path):
    texts = values_of(tomllib.loads(path.read_text(encoding="utf-8")))
    assert [fault for text in texts if FRENCH.search(text) for fault in faults(text)] == []


@pytest.mark.parametrize("path", [*house_files(".html"), *house_files(".txt")], ids=shown)
def test_templates(path):
    """Words between tags, and those given to tags and attributes."""
    text = re.sub(r"\{#.*?#\}|<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.S)
    given = [words for tag in re.findall(r"\{%.*?%\}", text, re.S) for words in re.findall(r'"([^"]*)"', tag)]
    bare = re.sub(r"\{\{.*?\}\}", "\x00", re.sub(r"\{%.*?%\}", "", text, flags=re.S), flags=re.S)
    given += re.findall(r'(?:title|alt|placeholder|label|aria-label|content)="([^"]*)"', bare)
    given += re.split(r"\s*\n\s*", re.sub(r"<[^>]*>", "", bare).replace("&nbsp;", "\u00a0"))
    assert [fault for words in given if FRENCH.search(words) for fault in faults(words)] == []


def test_launcher():
    """What the launcher says: its texts are between quotes of the shell."""
    launcher = next(path for path in (ROOT / "bienveille", ROOT / "bienveille.sh") if path.is_file())
    said = re.findall(
        r"^\s*(?:say|die|explain_failure)\s+(['\"])(.*?)\1\s*$", launcher.read_text("utf-8"), re.MULTILINE
    )
    texts = [re.sub(r"\$\{?\w+\}?", "\x00", text) for _, text in said]
    assert len(texts) > 10
    assert [fault for text in texts if FRENCH.search(text) for fault in faults(text)] == []


def test_script():
    """Texts of the page's script."""
    source = (HOUSE / "ground/ui/static/ui/app.js").read_text(encoding="utf-8")
    source = re.sub(r"^\s*//.*$|/\*.*?\*/", "", source, flags=re.MULTILINE | re.DOTALL)
    texts = [re.sub(r"\$\{[^}]*\}", "\x00", text) for _, text in re.findall(r"([\"'`])((?:(?!\1).)*)\1", source)]
    assert [fault for text in texts if FRENCH.search(text) for fault in faults(text)] == []
