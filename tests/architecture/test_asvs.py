"""G37: every requirement of ASVS that applies is answered once, by tests and files that exist; the document says the same."""

import ast
import datetime as dt
import re
import sys
from functools import cache

import pytest
from tests.architecture.house import ROOT

from bienveille.faces.cli import security
from bienveille.faces.cli.main import main

#: Requirements of ASVS 5.0.0 that apply: levels 1 and 2 by chapter and section (« 1-3 » is 1, 2 and 3).
APPLY = """
1.1.1-2 1.2.1-5 1.2.9 1.3.1-7 1.3.10-11 1.5.1-2
2.1.1-3 2.2.1-3 2.3.1-4 2.4.1
3.2.1-2 3.3.1-4 3.4.1-6 3.5.1-4 3.7.1-2
4.1.1-3 4.2.1
5.1.1 5.2.1-3 5.3.1-2 5.4.1-3
6.1.1-3 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-2 6.8.4
7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2
8.1.1-2 8.2.1-3 8.3.1 8.4.1
9.1.1-3 9.2.1-4
10.1.1-2 10.2.1-2 10.5.1-5
11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1
12.1.1-2 12.2.1-2 12.3.1-4
13.1.1 13.2.1-5 13.3.1-2 13.4.1-5
14.1.1-2 14.2.1-4 14.3.1-3
15.1.1-3 15.2.1-3 15.3.1-7
16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3
"""
#: Those of level 3 without which the people of this software would not be safe.
FURTHER = "1.2.10 2.3.5 3.4.7 5.2.4 5.2.6 5.3.3 6.3.7-8 7.5.3 8.3.2 14.2.6-8 15.4.1-2"

CHAPTERS, REQUIREMENTS = security.read()


def spread(text: str) -> list[str]:
    found = []
    for word in text.split():
        section, _, last = word.rpartition(".")
        first, _, end = last.partition("-")
        found += [f"{section}.{number}" for number in range(int(first), int(end or first) + 1)]
    return found


@cache
def names_in(path: str) -> set[str]:
    """Names of the tests of a file, read and not run: `test_one`, `TestClass::test_two`."""
    names: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            names |= {
                f"{node.name}::{one.name}"
                for one in node.body
                if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
            }
    return names


def test_g37_every_requirement_that_applies_is_there_once():
    lower, further = spread(APPLY), spread(FURTHER)
    assert (len(set(lower)), len(set(further))) == (209, 15)
    # A number written twice in the file does not open: TOML refuses it.
    assert sorted(REQUIREMENTS) == sorted(lower + further)
    assert {number for number, one in REQUIREMENTS.items() if one["level"] == 3} == set(further)
    assert {number.partition(".")[0] for number in REQUIREMENTS} == set(CHAPTERS)


@pytest.mark.parametrize("number", REQUIREMENTS)
def test_g37_it_is_answered_by_what_exists(number):
    one = REQUIREMENTS[number]
    kind = security.answer_of(one)
    assert set(one) <= {"level", "asks", "but", kind, *(("since",) if kind == "missing" else ())}
    assert 3 <= len(one["asks"].split()) <= 15
    if kind == "tests":
        assert one["tests"]
        for test in one["tests"]:
            path, _, name = test.partition("::")
            assert (ROOT / path).is_file(), path
            assert name in names_in(path), test
        return
    assert len(one[kind].split()) > 3
    assert "but" not in one, "what remains of something missing is said there"
    named = re.findall(r"`([\w./-]+/[\w./-]+)`", one[kind])
    assert [path for path in named if not (ROOT / path).exists()] == []
    if kind == "by":
        assert named or "`pyproject.toml`" in one["by"], "which file shows it?"
    if kind == "missing":
        assert isinstance(one["since"], dt.date)


def test_g37_they_add_up(capsys):
    sums = security.counts(REQUIREMENTS)
    assert sum(sums.values()) == len(REQUIREMENTS) == 224
    told = ", ".join(f"{security.ANSWERS[key]} {count}" for key, count in sums.items())
    with capsys.disabled():
        sys.stdout.write(f"\nASVS 5.0.0: {len(REQUIREMENTS)} requirements, {told}\n")


def test_g37_the_document_is_up_to_date(tmp_path, capsys):
    assert (ROOT / "docs" / security.TABLE).read_text(encoding="utf-8") == security.document(), (
        "run ./bienveille security docs"
    )
    assert main(["security", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / security.TABLE).read_text(encoding="utf-8") == security.document()
    assert capsys.readouterr().out.strip().endswith(security.TABLE)
