"""The third-party files in the repository are those the lock file names, unchanged."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "src/bienveille/ground/ui/static/vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text())
LOCK = json.loads((ROOT / "frontend/package-lock.json").read_text())


@pytest.mark.parametrize("path", sorted(MANIFEST))
def test_file_is_what_the_manifest_says(path):
    entry = MANIFEST[path]
    assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == entry["sha256"]
    assert LOCK["packages"][f"node_modules/{entry['package']}"]["version"] == entry["version"]


def test_nothing_else_is_there():
    there = {str(path.relative_to(ROOT)) for path in VENDOR.rglob("*") if path.is_file()}
    assert there - set(MANIFEST) == {str((VENDOR / "MANIFEST.json").relative_to(ROOT))}


def test_versions_are_pinned_and_the_lock_names_no_host():
    wanted = json.loads((ROOT / "frontend/package.json").read_text())["devDependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
    assert all("resolved" not in package for package in LOCK["packages"].values())


def test_each_package_comes_with_its_licence():
    for folder in ("bootstrap", "htmx", "icons", "fonts"):
        assert list((VENDOR / folder).glob("LICENSE*")), folder


def test_the_script_agrees():
    if not (ROOT / "frontend/node_modules").is_dir() or shutil.which("node") is None:
        pytest.skip("Node or its packages are not here: the manifest alone was checked")
    result = subprocess.run(
        ["node", "frontend/vendor.mjs", "--check"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
