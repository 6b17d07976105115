"""The import contracts can fail: one violation of each is planted in a copy of the house, and each is caught."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINES, REGISTER, SERVICES = "bienveille.engines", "bienveille.register", "bienveille.services"

#: Contract → the module where the line is planted, and what it imports. A missing module is made.
PLANTED = {
    "floors": ("bienveille.ground.platform.planted", f"{REGISTER}.accounts.choices"),
    "faces": ("bienveille.faces.api.forms", "bienveille.faces.cli.french"),
    "services": (f"{SERVICES}.tickets.rules", f"{SERVICES}.outreach.rules"),
    "engines": (f"{ENGINES}.audiences.rules", f"{ENGINES}.dispatch.choices"),
    "register": (f"{REGISTER}.housing.rules", f"{REGISTER}.tenants.rules"),
    "ground": ("bienveille.ground.ui.rules", "bienveille.ground.platform.refusal"),
    "rooms": (f"{REGISTER}.accounts.models", f"{REGISTER}.accounts.operations"),
    "rules": (f"{ENGINES}.dispatch.rules", "django.db"),
    "lib": ("bienveille.ground.lib.words", "django.conf"),
    "queue": (f"{SERVICES}.outreach.operations", "procrastinate"),
    "screens": ("bienveille.faces.workspace.forms", f"{REGISTER}.accounts.views"),
    "forms": ("bienveille.faces.workspace.urls", f"{REGISTER}.accounts.forms"),
    "migrations": (f"{ENGINES}.dispatch.migrations.0001_initial", f"{ENGINES}.dispatch.choices"),
}


def _contract_names() -> dict[str, str]:
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    return dict(re.findall(r"\[importlinter:contract:(\w+)\]\nname = (.+)", text))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[str, str]:
    """Name of each contract → KEPT or BROKEN, on the copy with every violation (about 2 s)."""
    copy = tmp_path_factory.mktemp("house")
    source = ROOT / "src" / "bienveille"
    shutil.copytree(
        source,
        copy / "src" / "bienveille",
        ignore=lambda folder, names: [n for n in names if Path(folder, n).is_file() and not n.endswith(".py")],
    )
    shutil.copy(ROOT / ".importlinter", copy)
    for module, imported in PLANTED.values():
        path = copy / "src" / Path(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for folder in (path.parent, path.parent.parent):
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").touch()
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\nimport {imported}\n")
    # Two inventions that no import reveals: a room and a package that the house does not have.
    (copy / "src/bienveille/register/tenants/helpers.py").write_text("")
    (copy / "src/bienveille/extra").mkdir()
    (copy / "src/bienveille/extra/__init__.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / "src"), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    told = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    told["output"] = re.sub(r"\s+", " ", done.stdout)
    return told


def test_every_contract_has_its_violation():
    assert set(_contract_names()) == set(PLANTED)


@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_planted_violation_is_caught(contract, verdicts):
    assert verdicts[_contract_names()[contract]] == "BROKEN"
    module, imported = PLANTED[contract]
    imported = imported.split(".")[0] if not imported.startswith("bienveille") else imported
    assert f"{module} -> {imported} (l." in verdicts["output"]


@pytest.mark.parametrize("invention", ["bienveille.register.tenants.helpers", "bienveille.extra"])
def test_an_unknown_room_or_package_is_caught(invention, verdicts):
    assert invention in verdicts["output"].replace(f"{invention}.", "")
