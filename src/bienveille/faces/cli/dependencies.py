"""`dependencies`: what Bienveille is made of (`list`, CycloneDX), and whether a weakness of it is known (`audit`)."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

NAME = "dependencies"
HELP = "dire de quels paquets Bienveille est fait, et si l’un d’eux a une faille connue"
NEEDS_DATABASE = False

ROOT = Path(__file__).resolve().parents[4]
LOCK, LOCK_OF_TOOLS = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
ASSETS = ROOT / "src/bienveille/ground/ui/static/vendor/MANIFEST.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="écrire la liste des composants (SBOM), au format CycloneDX 1.6")
    listing.add_argument("file", nargs="?", metavar="FICHIER", help="où l’écrire (sans précision\u00a0: la sortie)")
    actions.add_parser("audit", help="demander à la base publique des failles\u00a0; il y faut le réseau")


def run(options: argparse.Namespace) -> int:
    if options.action == "audit":
        return audit()
    from bienveille.faces.cli.main import given_path

    text = json.dumps(bill_of_materials(), ensure_ascii=False, indent=2) + "\n"
    if options.file:
        given_path(options.file).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return 0


def audit() -> int:
    """Every locked package, those of the tools too, by version and hash: nothing of this machine is looked at.

    A package that the public base does not answer for is not a package without weakness: then nothing is said clean.
    """
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner=off"]
    for lock in (LOCK, LOCK_OF_TOOLS):
        command += ["--requirement", str(lock)]
    done = subprocess.run([*command, "--format=json"], capture_output=True, text=True, check=False)
    try:
        weak, unknown, count = read_answer(done.stdout)
    except (ValueError, KeyError):
        unknown, weak, count = ["tous"], [], 0
    for line in weak:
        print(line)
    if weak:
        print("Mettez ces paquets à jour dans les sept jours, ou écrivez pourquoi non.")
        return 1
    if unknown:
        told = "aucun paquet" if len(unknown) >= count else f"ces paquets\u00a0: {', '.join(unknown)}"
        start = "La base des failles n’a répondu pour" if len(unknown) >= count else "La base n’a pas répondu pour"
        print(f"{start} {told}.", file=sys.stderr)
        print("Rien n’est prouvé. Recommencez d’une machine qui la joint.", file=sys.stderr)
        return 4
    print(f"Aucune faille connue dans les {count} paquets verrouillés.")
    return 0


def read_answer(text: str) -> tuple[list[str], list[str], int]:
    """A sentence for each known weakness, the packages that nobody answered for, and how many were asked about."""
    weak, unknown, asked = set(), set(), set()
    for package in json.loads(text)["dependencies"]:
        asked.add(package["name"])
        if "skip_reason" in package:
            unknown.add(package["name"])
        for flaw in package.get("vulns", ()):
            better = ", ".join(flaw["fix_versions"]) or "aucune version"
            weak.add(f"{package['name']} {package['version']}\u00a0: {flaw['id']}, corrigée dans {better}")
    return sorted(weak), sorted(unknown), len(asked)


def bill_of_materials() -> dict[str, Any]:
    """The CycloneDX document of what a landlord runs: the same for the same locks, whatever the machine or the day.

    Packages of Python as locked, with the hashes of their files; files of the browser as vendored, with their licence.
    """
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.license import LicenseExpression
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    product = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref=project["name"],
        licenses=[LicenseExpression(project["license"])],
    )
    parts = []
    for kind, name, version, licence, hashes in (*_locked(LOCK), *_vendored()):
        folder, _, short = name.rpartition("/")
        address = PackageURL(kind, folder or None, short, version)
        parts.append(
            Component(
                name=name,
                version=version,
                type=ComponentType.LIBRARY,
                purl=address,
                bom_ref=str(address),
                licenses=[LicenseExpression(licence)] if licence else [],
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
            )
        )
    document = Bom(components=parts)
    document.metadata.component = product
    document.register_dependency(product, parts)
    content: dict[str, Any] = json.loads(JsonV1Dot6(document).output_as_string())
    del content["metadata"]["timestamp"]  # what it says does not depend on the day
    digest = hashlib.sha256(LOCK.read_bytes() + ASSETS.read_bytes()).hexdigest()
    content["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, f'bienveille/{digest}')}"
    return content


type Part = tuple[str, str, str, str, list[str]]


def _locked(lock: Path) -> Iterator[Part]:
    """Kind, name, version, licence (a lock does not say) and hashes of each package of a lock."""
    text = lock.read_text(encoding="utf-8")
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        if found := re.match(r"([\w.-]+)==([^\s;\\]+)", block):
            yield "pypi", found[1], found[2], "", sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))


def _vendored() -> Iterator[Part]:
    """The same of each package whose files the browser receives."""
    packages: dict[tuple[str, str, str], list[str]] = {}
    for file in json.loads(ASSETS.read_text(encoding="utf-8")).values():
        packages.setdefault((file["package"], file["version"], file["licence"]), []).append(file["sha256"])
    for (name, version, licence), hashes in sorted(packages.items()):
        yield "npm", name, version, licence, sorted(set(hashes))
