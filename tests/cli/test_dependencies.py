"""What we are made of: complete, in the published shape, the same each time; and an audit that never says clean unheard."""

import json
import re
from pathlib import Path

import cyclonedx.schema
import jsonschema_rs
import pytest

from bienveille.faces.cli import dependencies
from bienveille.faces.cli.main import main

SCHEMAS = Path(cyclonedx.schema.__file__).parent / "_res"


def schema(name):
    return json.loads((SCHEMAS / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document():
    return dependencies.bill_of_materials()


def test_g37_every_locked_package_is_in_it_by_its_hashes(document):
    held = {part["purl"]: part for part in document["components"]}
    lock = dependencies.LOCK.read_text(encoding="utf-8")
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        assert held[f"pkg:pypi/{name}@{version}"]["hashes"], name
    assert "pkg:npm/htmx.org@2.0.11" in held
    assert {part["licenses"][0]["expression"] for part in held.values() if "licenses" in part} >= {"0BSD", "OFL-1.1"}
    assert max(len(line.get("dependsOn", ())) for line in document["dependencies"]) == len(held)


def test_g37_it_has_the_published_shape(document):
    beside = [
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema(name)) for name in ("jsf-0.82", "spdx")
    ]
    registry = jsonschema_rs.Registry(beside)
    validator = jsonschema_rs.validator_for(schema("bom-1.6"), registry=registry)
    validator.validate(document)
    with pytest.raises(jsonschema_rs.ValidationError):
        validator.validate(document | {"components": [{"name": "nothing else"}]})


def test_g37_the_same_locks_give_the_same_list(document, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BIENVEILLE_CALLED_FROM", str(tmp_path))
    assert main(["dependencies", "list", "sbom.json"]) == 0
    assert main(["dependencies", "list"]) == 0
    assert capsys.readouterr().out == (tmp_path / "sbom.json").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8")) == document


ANSWER = {
    "dependencies": [
        {"name": "safe", "version": "1", "vulns": []},
        {"name": "weak", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]},
        {"name": "unheard", "skip_reason": "not found"},
    ]
}


@pytest.mark.parametrize(
    ("kept", "code", "said"),
    [
        ([0], 0, "Aucune faille connue dans les 1 paquets"),
        ([0, 1, 2], 1, "weak 2\u00a0: PYSEC-1, corrigée dans 3"),
        ([0, 2], 4, "n’a pas répondu pour ces paquets\u00a0: unheard"),
        ([2], 4, "n’a répondu pour aucun paquet"),
        (None, 4, "n’a répondu pour aucun paquet"),
    ],
)
def test_g37_the_audit_never_says_clean_what_nobody_answered_for(monkeypatch, capsys, kept, code, said):
    class Done:
        stdout = "" if kept is None else json.dumps({"dependencies": [ANSWER["dependencies"][rank] for rank in kept]})

    monkeypatch.setattr(dependencies.subprocess, "run", lambda *arguments, **options: Done)
    assert main(["dependencies", "audit"]) == code
    told = capsys.readouterr()
    assert said in told.out + told.err
