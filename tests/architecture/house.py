"""The house seen from outside: its files, packages, floors and syntax trees, for the tests of its rules."""

import ast
import configparser
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "src" / "bienveille"
DOMAIN_FLOORS = ("services", "engines", "register")
#: Faces that have the rooms of a domain package; `cli` has one module per command.
FACES_WITH_ROOMS = ("workspace", "portal", "steering", "api")


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that git follows or would follow: what is ignored is nobody's business."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file() and not path.is_symlink()))


def house_files(suffix: str) -> list[Path]:
    """Files of the package with this suffix, without what others wrote."""
    return [
        path
        for path in repository_files()
        if path.is_relative_to(HOUSE) and path.suffix == suffix and "vendor" not in path.parts
    ]


def python_files(*, migrations: bool = False) -> list[Path]:
    """Modules of the package; migrations only when asked for."""
    return [path for path in house_files(".py") if migrations or "migrations" not in path.parts]


def shown(path: Path) -> str:
    """A path as told in a failure."""
    return path.relative_to(HOUSE if path.is_relative_to(HOUSE) else ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def packages() -> list[Path]:
    """Every package of a floor: services/outreach, engines/dispatch…"""
    floors = [HOUSE / floor for floor in (*DOMAIN_FLOORS, "faces", "ground")]
    return sorted(folder for floor in floors for folder in floor.iterdir() if (folder / "__init__.py").exists())


def packages_with_rooms() -> list[Path]:
    return [
        folder
        for folder in packages()
        if folder.parent.name in DOMAIN_FLOORS or (folder.parent.name == "faces" and folder.name in FACES_WITH_ROOMS)
    ]


def package_of(path: Path) -> Path | None:
    """The package that a file belongs to; None for config and for the root."""
    parts = path.relative_to(HOUSE).parts
    return HOUSE / parts[0] / parts[1] if len(parts) > 2 and parts[0] != "config" else None


def room_of(path: Path) -> str:
    """The room that a module of a package stands in: `operations` for operations.py and operations/tenants.py."""
    package = package_of(path)
    return path.relative_to(package).parts[0].removesuffix(".py") if package else ""


def imports_of(path: Path) -> Iterator[tuple[str, str, int]]:
    """(module, name or "", line) for each import of a module, wherever it stands in it."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name, node.lineno) for alias in node.names)


@cache
def heights() -> dict[str, int]:
    """Height of each package in the house, from the import contracts: who is higher may know who is lower.

    Neighbours of one line have the same height and ignore each other.
    """
    contracts = configparser.ConfigParser(delimiters=("=",))
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    lines: list[list[str]] = []
    for floor in ("ground", "register", "engines", "services", "faces"):
        layers = contracts[f"importlinter:contract:{floor}"]["layers"].strip().splitlines()
        lines += [
            [f"{floor}.{name.strip(' ()')}" for name in line.split("|")] for line in reversed(layers) if line.strip()
        ]
    return {name: height for height, line in enumerate(lines) for name in line}


def may_know(knowing: Path, known: Path) -> bool:
    """Whether a package may speak of another one."""
    level = heights()
    above, below = (f"{folder.parent.name}.{folder.name}" for folder in (knowing, known))
    return knowing == known or level[above] > level[below]
