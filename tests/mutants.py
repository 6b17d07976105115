"""Mutants: small faults put one after another in modules, each shown to the tests that pass through its line (G36).

    ./bienveille test -p tests.mutants --mutate src/bienveille/register/accounts/access.py tests/accounts -n 0

Everything happens in one run: the code of a function is replaced in place, so that whoever imported it runs the mutant,
and only the tests that passed by its line run again, until one fails. Tests that commit are left aside. Not collected.
"""

import ast
import copy
import importlib
import inspect
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

LONGEST = 30  # seconds for one test: a mutant may never end
SWAPS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip


def faults(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each small fault of one node: what it is, and what takes its place."""
    one = copy.deepcopy(node)
    match one:
        case ast.Compare(ops=[first]) if type(first) in SWAPS:
            one.ops = [SWAPS[type(first)]()]
            yield "comparison", one
        case ast.BoolOp() | ast.BinOp() if type(one.op) in SWAPS:
            one.op = SWAPS[type(one.op)]()
            yield "operator", one
        case ast.UnaryOp(op=ast.Not()):
            yield "not", one.operand
        case ast.Constant(value=bool() as value):
            yield f"{value}", ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield f"{value}", ast.Constant(value + 1)
        case ast.Return(value=ast.expr()):
            yield "return", ast.Return(ast.Constant(None))
        case ast.Raise():
            yield "raise", ast.Pass()
        case ast.If() | ast.IfExp():
            for value in (True, False):
                yield f"if {value}", type(one)(ast.Constant(value), one.body, one.orelse)
        case ast.Expr(value=ast.Call()):
            yield "call", ast.Pass()
        case ast.Call() if ast.unparse(one.func).endswith((".filter", ".exclude", ".get", "scope_for", "has_role")):
            for left in one.keywords:
                kept = [keyword for keyword in one.keywords if keyword is not left]
                yield f"without {left.arg}", ast.Call(one.func, one.args, kept)
            for left in one.args[1:]:
                kept = [argument for argument in one.args if argument is not left]
                yield f"without {ast.unparse(left)}", ast.Call(one.func, kept, one.keywords)


class Replace(ast.NodeTransformer):
    """Puts a node in the place of the one that stands where `old` stands."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.place, self.new = _place(old), new

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self.new, node) if _place(node) == self.place else self.generic_visit(node)


def _place(node: ast.AST) -> tuple[type, int, int, int, int]:
    return type(node), *(getattr(node, name, 0) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"))


def mutants(tree: ast.Module) -> Iterator[tuple[str, int, str, ast.Module]]:
    """Function, line of the fault, what it is, the whole module with it."""
    for function in (one for one in tree.body if isinstance(one, ast.FunctionDef)):
        for node in (inner for statement in function.body for inner in _of_itself(statement)):
            for what, new in faults(node):
                changed = ast.fix_missing_locations(Replace(node, new).visit(copy.deepcopy(tree)))
                yield function.name, getattr(node, "lineno", function.lineno), what, changed


def _of_itself(node: ast.AST) -> Iterator[ast.AST]:
    """Without the functions made inside: those of a decorator were made once and for all."""
    if not isinstance(node, ast.FunctionDef):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _of_itself(child)


def pytest_addoption(parser):
    parser.addoption("--mutate", action="append", default=[], help="a module whose faults the tests should see")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    paths = [Path(one).resolve() for one in session.config.getoption("mutate")]
    items = [one for one in session.items if not _commits(one)]
    passed, failed = _by_line(items, {str(path) for path in paths})
    if failed:
        pytest.exit(f"without any mutant: {failed}", returncode=1)
    total, alive = 0, []
    for path in paths:
        name = ".".join(path.with_suffix("").parts[path.parts.index("bienveille") :])
        module, tree = importlib.import_module(name), ast.parse(path.read_text(encoding="utf-8"))
        for function, line, what, changed in mutants(tree):
            made = compile(changed, str(path), "exec").co_consts
            (code,) = (one for one in made if getattr(one, "co_name", "") == function)
            target = inspect.unwrap(getattr(getattr(module, function), "func", getattr(module, function)))
            total += 1
            good, target.__code__ = target.__code__, code
            try:
                if not any(_fails(one) for one in passed[str(path), line]):
                    alive.append(f"{path}:{line} {function} ({what}), {len(passed[str(path), line])} tests")
            finally:
                target.__code__ = good
    say = session.config.pluginmanager.get_plugin("terminalreporter").write_line
    for one in alive:
        say(f"alive: {one}")
    say(f"{total - len(alive)} of {total} mutants killed")
    return True


def _commits(item) -> bool:
    mark = item.get_closest_marker("django_db")
    return mark is None or bool(mark.kwargs.get("transaction")) or "transactional_db" in item.fixturenames


def _by_line(items, files):
    """Which tests pass by each line, the quickest first; and the first that fails."""
    hits, spent, current = defaultdict(set), {}, []

    def line(code, number):
        if code.co_filename not in files:
            return sys.monitoring.DISABLE
        hits[code.co_filename, number].add(current[0])
        return None

    sys.monitoring.use_tool_id(4, "mutants")
    sys.monitoring.register_callback(4, sys.monitoring.events.LINE, line)
    sys.monitoring.set_events(4, sys.monitoring.events.LINE)
    failed = ""
    for item in items:
        current[:], begun = [item], time.monotonic()
        failed = failed or (item.nodeid if _fails(item) else "")
        spent[item] = time.monotonic() - begun
    sys.monitoring.free_tool_id(4)
    return defaultdict(list, {place: sorted(found, key=spent.get) for place, found in hits.items()}), failed


def _fails(item) -> bool:
    item._initrequest()
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("too long"))
    signal.alarm(LONGEST)
    try:  # nothing but the session is kept for whichever comes next
        return any(report.failed for report in runtestprotocol(item, log=False, nextitem=item.session))
    finally:
        signal.alarm(0)
