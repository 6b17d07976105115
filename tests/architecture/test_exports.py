"""Every file that people take away passes the same gate, and nothing says that it left before it may (G8)."""

import ast

import pytest
from tests.architecture.house import HOUSE

#: Files without a person, or about the one household whose record is open, or a week's list already handed out.
NOBODY_IN_NUMBERS = {
    "engines/questionnaires/views/workbooks.py": "questions, no answer",
    "faces/workspace/views/report.py": "figures, without a name",
    "faces/workspace/views/moves.py": "figures, without a name",
    "faces/workspace/views/figures.py": "figures, without a name",
    "faces/workspace/views/case_figures.py": "figures, without a name",
    "faces/workspace/views/answers.py": "figures, small numbers hidden",
    "faces/workspace/views/access_right.py": "one person's own data, asked for by them",
    "faces/workspace/views/my_week.py": "the week of one caller, already handed to them",
    "faces/workspace/views/posters.py": "a poster, a photograph of it",
}
LEAVES = ("file_response(", "FileResponse(", '"Content-Disposition"')


def sources():
    return {path.relative_to(HOUSE).as_posix(): path for path in HOUSE.rglob("*.py") if "/views" in path.as_posix()}


def leaving() -> list[str]:
    return sorted(name for name, path in sources().items() if any(word in path.read_text("utf-8") for word in LEAVES))


@pytest.mark.parametrize("name", leaving())
def test_a_file_is_weighed_or_holds_nobody(name):
    text = sources()[name].read_text("utf-8")
    assert name in NOBODY_IN_NUMBERS or ".sheet(" in text or "weigh(" in text


def test_exceptions_still_exist():
    assert set(NOBODY_IN_NUMBERS) - set(leaving()) == set()


@pytest.mark.parametrize("name", leaving())
def test_nothing_is_said_to_have_left_before_it_was_weighed(name):
    early = []
    for function in ast.walk(ast.parse(sources()[name].read_text("utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        lines = {"weighed": [], "said": []}
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called.endswith(".sheet") or called == "weigh":
                    lines["weighed"].append(node.lineno)
                if "AuditAction.EXPORTED" in ast.unparse(node) or called.endswith("_exported"):
                    lines["said"].append(node.lineno)
        if lines["weighed"] and lines["said"] and min(lines["said"]) < min(lines["weighed"]):
            early.append(function.name)
    assert early == []
