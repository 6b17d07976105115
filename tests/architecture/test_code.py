"""The rules of docs/architecture.md that concern Python and that no import contract can say."""

import ast
import re
from pathlib import Path

import pytest
from tests.architecture.house import (
    HOUSE,
    imports_of,
    packages_with_rooms,
    python_files,
    room_of,
    shown,
    tree_of,
)

ROOMS = {
    "choices", "rules", "models", "queries", "access", "criteria", "channels", "operations", "forms", "views", "urls",
    "admin", "adapters", "middleware", "apps", "migrations", "templates", "templatetags", "static",
}  # fmt: skip
FORBIDDEN_NAMES = {"helpers.py", "utils.py", "services.py", "managers.py", "misc.py", "common.py", "signals.py"}
LONGEST_FILE = 500
SQL_ROOMS = {"queries", "operations", "criteria", "migrations"}
#: Outside the rooms: the platform speaks to PostgreSQL itself, and the tests' settings drop databases left behind.
SQL_ELSEWHERE = ("ground/platform/", "config/settings_test.py")
SQL_CALLS = {"execute", "executemany", "cursor", "raw", "extra", "copy_expert"}
WRITES = {"save", "create", "bulk_create", "update", "bulk_update", "delete", "get_or_create", "update_or_create"}
CLOCKS = {"now", "today", "utcnow", "localtime", "localdate", "time", "monotonic"}


def is_generated(path: Path) -> bool:
    return path.name == "__init__.py" and not path.read_text(encoding="utf-8").strip()


def called(node: ast.AST) -> list[ast.Call]:
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def all_of(path: Path) -> set[str]:
    """The names of a module's `__all__`."""
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return {function.name for function in public_functions(path)}


def public_functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in tree_of(path).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def decorators_of(function: ast.FunctionDef) -> set[str]:
    return {ast.unparse(node).split("(")[0].split(".")[-1] for node in function.decorator_list}


class TestRooms:
    @pytest.mark.parametrize("package", packages_with_rooms(), ids=shown)
    def test_a_package_has_no_room_of_its_own_invention(self, package):
        strange = [
            entry.name
            for entry in package.iterdir()
            if entry.name not in ("__init__.py", "__pycache__")
            and entry.name.removesuffix(".py") not in ROOMS
            # A folder without code is data: guides, profiles of import…
            and (entry.is_file() or any(entry.rglob("*.py")))
        ]
        assert strange == []

    def test_no_module_says_nothing_of_what_it_holds(self):
        assert [shown(path) for path in python_files() if path.name in FORBIDDEN_NAMES] == []

    def test_no_empty_room(self):
        empty = [shown(path) for path in python_files() if path.name != "__init__.py" and not tree_of(path).body]
        assert empty == []

    @pytest.mark.parametrize("package", packages_with_rooms(), ids=shown)
    def test_templates_and_tags_bear_the_name_of_the_package(self, package):
        folders = [entry.name for entry in package.glob("templates/*")]
        tags = [entry.stem for entry in package.glob("templatetags/*.py") if entry.name != "__init__.py"]
        # `account`: overrides of the sign-in library's own templates.
        assert set(folders) <= {package.name, "account"}
        assert set(tags) <= {package.name}


class TestModules:
    def test_each_begins_with_one_sentence(self):
        silent = []
        for path in python_files():
            first = (ast.get_docstring(tree_of(path)) or "").split("\n\n")[0]
            if not is_generated(path) and not first.rstrip().endswith((".", "…")):
                silent.append(shown(path))
        assert silent == []

    def test_none_is_longer_than_one_can_read(self):
        long = {
            shown(path): count
            for path in python_files()
            if (count := path.read_text(encoding="utf-8").count("\n")) > LONGEST_FILE
        }
        assert long == {}

    def test_no_signal(self):
        heard = [
            f"{shown(path)}:{line}"
            for path in python_files(migrations=True)
            for module, name, line in imports_of(path)
            if module.startswith("django.dispatch") or "signals" in (*module.split("."), name)
        ]
        assert heard == []

    def test_only_commands_print(self):
        printing = [
            f"{shown(path)}:{call.lineno}"
            for path in python_files(migrations=True)
            if not path.is_relative_to(HOUSE / "faces" / "cli")
            for call in called(tree_of(path))
            if isinstance(call.func, ast.Name) and call.func.id == "print"
        ]
        assert printing == []

    def test_sql_stays_in_its_rooms(self):
        astray = [
            f"{shown(path)}:{call.lineno}"
            for path in python_files()
            if room_of(path) not in SQL_ROOMS and not shown(path).startswith(SQL_ELSEWHERE)
            for call in called(tree_of(path))
            if name_of(call) in SQL_CALLS or name_of(call) == "RawSQL"
        ]
        assert astray == []

    def test_migrations_know_only_what_never_changes(self):
        platform = "bienveille.ground.platform"  # the form of what is sealed has a version of its own
        known = ("bienveille.ground.lib.ids", f"{platform}.text_search", f"{platform}.sealed_")
        wrong = [
            f"{shown(path)}: {module}"
            for path in python_files(migrations=True)
            if "migrations" in path.parts
            for module, name, _ in imports_of(path)
            if module.startswith("bienveille") and not f"{module}.{name}".startswith(known)
        ]
        assert wrong == []


class TestRules:
    def test_the_clock_is_an_argument(self):
        looking = [
            f"{shown(path)}:{call.lineno}"
            for path in python_files()
            if room_of(path) == "rules" or path.is_relative_to(HOUSE / "ground" / "lib")
            for call in called(tree_of(path))
            if isinstance(call.func, ast.Attribute)
            and call.func.attr in CLOCKS
            and ast.unparse(call.func.value).split(".")[-1] in ("datetime", "date", "dt", "time", "timezone")
            and not call.args
            # `moment.time()` of a variable is no clock.
            and ast.unparse(call.func.value)[0].islower()
        ]
        assert looking == []


class TestOperations:
    def operations(self):
        """Functions of operations.py; of a package, those that its `__all__` offers."""
        for path in python_files():
            if room_of(path) != "operations":
                continue
            offered = all_of(path.with_name("__init__.py")) if path.parent.name == "operations" else None
            for function in public_functions(path):
                if offered is None or function.name in offered:
                    yield path, function

    def test_there_are_some(self):
        assert len(list(self.operations())) > 40

    def test_every_argument_is_named(self):
        positional = [
            f"{shown(path)}: {function.name}"
            for path, function in self.operations()
            if (function.args.args or function.args.posonlyargs or function.args.vararg)
            and "contextmanager" not in decorators_of(function)
            and self.writes(function)
        ]
        assert positional == []

    def test_what_writes_more_than_once_is_one_transaction(self):
        torn = [
            f"{shown(path)}: {function.name}"
            for path, function in self.operations()
            if self.writes(function) > 1
            and "atomic" not in decorators_of(function)
            and not any(name_of(call) == "atomic" for call in called(function))
        ]
        assert torn == []

    @staticmethod
    def writes(function: ast.FunctionDef) -> int:
        """Calls that write, in the function itself."""
        return sum(
            name_of(call) == "record_audit"
            or (
                isinstance(call.func, ast.Attribute)
                and call.func.attr in WRITES
                # `errors.update(…)` is a dictionary's.
                and not (call.func.attr == "update" and isinstance(call.func.value, ast.Name))
            )
            for call in called(function)
        )

    def test_each_says_what_it_does(self):
        silent = [f"{shown(path)}: {f.name}" for path, f in self.operations() if not ast.get_docstring(f)]
        assert silent == []


class TestQueries:
    def test_each_says_what_it_costs(self):
        """A query of a package says its number of queries in its docstring, or « no query »."""
        silent = []
        for path in python_files():
            if room_of(path) != "queries":
                continue
            for function in public_functions(path):
                touches = any(name_of(call) in SQL_CALLS for call in called(function)) or any(
                    isinstance(node, ast.Attribute) and node.attr == "objects" for node in ast.walk(function)
                )
                if touches and not re.search(r"quer(y|ies)|round trip", ast.get_docstring(function) or ""):
                    silent.append(f"{shown(path)}: {function.name}")
        assert silent == []


class TestScreens:
    """Views load through `access` and `queries`: models are there to name types, nothing else."""

    def screens(self):
        for path in python_files():
            if room_of(path) in ("views", "urls", "templatetags", "middleware"):
                yield path

    def test_models_only_name_types(self):
        used = []
        for path in self.screens():
            models = {name for module, name, _ in imports_of(path) if module.endswith(".models")}
            annotations = {
                id(inner)
                for node in ast.walk(tree_of(path))
                for annotation in annotations_of(node)
                for inner in ast.walk(annotation)
            }
            used += [
                f"{shown(path)}:{node.lineno} {node.id}"
                for node in ast.walk(tree_of(path))
                if isinstance(node, ast.Name) and node.id in models and id(node) not in annotations
            ]
        assert used == []

    def test_nothing_is_written_or_looked_up_there(self):
        forbidden = {"objects", "save", "bulk_create", "select_for_update", "get_or_create", "update_or_create"}
        wrong = [
            f"{shown(path)}:{node.lineno} .{node.attr}"
            for path in self.screens()
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Attribute) and node.attr in forbidden
        ]
        assert wrong == []

    def test_views_are_functions(self):
        """But for those of the sign-in library, which are classes."""
        classes = []
        for path in self.screens():
            borrowed = {name for module, name, _ in imports_of(path) if module.startswith("allauth")}
            classes += [
                f"{shown(path)}: {base}"
                for node in tree_of(path).body
                if isinstance(node, ast.ClassDef)
                for base in map(ast.unparse, node.bases)
                if base.endswith("View") and base.split(".")[0] not in borrowed | {"allauth_views"}
            ]
        assert classes == []


def annotations_of(node: ast.AST) -> list[ast.expr]:
    found = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    # `cast(Household, row)` and `isinstance(row, Household)` name a type too.
    if isinstance(node, ast.Call) and name_of(node) in ("cast", "isinstance"):
        found += node.args
    return [annotation for annotation in found if annotation is not None]
