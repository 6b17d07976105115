"""`import` and `register`: shapes, exit codes, standard output and standard error."""

import json
from pathlib import Path

import pytest
import xlsxwriter
from tests.imports.factories import Landlord, home, tenant

from bienveille.faces.cli import import_, register
from bienveille.faces.cli.french import Parser
from bienveille.register.housing.models import Dwelling

pytestmark = pytest.mark.django_db

CONTRACTS = Path(__file__).parents[2] / "docs" / "contracts"
SCHEMA = json.loads((CONTRACTS / "import.schema.json").read_text(encoding="utf-8"))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
ORG = ("--org", "Habitat des Trois Rivières")


def check(value, schema, where="$"):
    """The part of JSON Schema that our contracts use; an undescribed key is a failure too."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if "enum" in schema:
        assert value in schema["enum"], where
    if "type" in schema:
        assert isinstance(value, TYPES[schema["type"]]), where
        assert schema["type"] != "integer" or not isinstance(value, bool), where
    if "minimum" in schema:
        assert value >= schema["minimum"], where
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= value.keys(), where
        assert value.keys() <= schema["properties"].keys(), where
        for key, inner in value.items():
            check(inner, schema["properties"][key], f"{where}.{key}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            check(inner, schema["items"], f"{where}[{index}]")


def run(command, *arguments):
    parser = Parser(prog=command.NAME)
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def homes(tmp_path):
    return Landlord(tmp_path).path("patrimoine", [home(), home("0001-2")])


@pytest.fixture
def tenants(tmp_path):
    return Landlord(tmp_path).path(
        "locataires", [tenant(), tenant(N_CONTRAT="2", NOM=""), tenant(PRENOM="Luc", EMAIL="x@x")]
    )


@pytest.fixture
def workbook(tmp_path):
    path = tmp_path / "logements.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, code in (("Octobre", "0001-8"), ("Novembre", "0001-9")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(home()))
            sheet.write_row(1, 0, list(home(code).values()))
    return path


@pytest.mark.parametrize(("asked", "code"), [((), "0001-8"), (("--sheet", " novembre"), "0001-9")])
def test_the_sheet_that_is_named_is_read(workbook, asked, code):
    assert run(import_, workbook, *ORG, *asked) == 0
    assert list(Dwelling.objects.values_list("code", flat=True)) == [code]


def test_a_sheet_that_is_not_there_is_said_with_those_that_are(capsys, workbook):
    assert run(import_, workbook, *ORG, "--sheet", "Mars {x}") == 4
    assert (
        "pas de feuille «\u00a0Mars {x}\u00a0»\u00a0; ses feuilles\u00a0: Octobre, Novembre." in capsys.readouterr().err
    )


def test_the_example_is_of_the_shape():
    check(json.loads((CONTRACTS / "import.example.json").read_text(encoding="utf-8")), SCHEMA)


def test_json_is_alone_on_standard_output_and_of_the_shape(capsys, homes, tenants):
    assert run(import_, tenants, homes, *ORG, "--json") == 3
    document = json.loads(capsys.readouterr().out)
    check(document, SCHEMA)
    assert (document["applied"], document["org"]) == (True, ORG[1])
    assert document["files"][0]["rejects"] == [
        {
            "row": 3,
            "column": "NOM",
            "value": "",
            "reason": "missing_name",
            "message": "Le nom est absent.",
        }
    ]
    assert [warning["value"] for warning in document["files"][0]["warnings"]] == ["x@x"]


def test_without_rejects_it_exits_0(homes):
    assert run(import_, homes, *ORG) == 0


def test_a_dry_run_says_so_and_writes_nothing(capsys, homes, tenants):
    assert run(import_, homes, tenants, *ORG, "--dry-run", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    check(document, SCHEMA)
    assert document["applied"] is False
    assert run(import_, homes, *ORG, "--dry-run") == 0
    assert "rien n’est écrit" in capsys.readouterr().out
    assert not Dwelling.objects.exists()


def test_a_wrong_file_is_refused_in_one_sentence(capsys, homes, tmp_path):
    wrong = tmp_path / "courrier.pdf"
    wrong.write_bytes(b"%PDF-1.4")
    assert run(import_, homes, wrong, *ORG, "--json") == 4
    out, err = capsys.readouterr()
    document = json.loads(out)
    check(document, SCHEMA)
    assert (document["applied"], document["files"]) == (False, [])
    assert document["refusal"] == err.strip()
    assert err.startswith("«\u00a0courrier.pdf\u00a0» n’est pas importé")
    assert not Dwelling.objects.exists()


def test_an_empty_database_asks_for_the_landlord(capsys, homes):
    assert run(import_, homes) == 4
    assert "--org" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_wrong_usage(capsys, tmp_path):
    assert run(import_, tmp_path / "rien.csv", *ORG) == 2
    assert "introuvable" in capsys.readouterr().err


def test_an_unknown_profile_is_wrong_usage(homes):
    with pytest.raises(SystemExit) as caught:
        run(import_, homes, "--profile", "tout")
    assert caught.value.code == 2


def test_the_report_for_people_groups_what_must_be_corrected(capsys, homes, tenants):
    assert run(import_, homes, tenants, *ORG) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Habitat des Trois Rivières\u00a0: import appliqué."
    assert "    1 × NOM\u00a0: Le nom est absent. ligne 3" in lines
    assert any("--json" in line for line in lines)


def test_register_counts_on_a_day(capsys, homes, tenants):
    run(import_, homes, tenants, *ORG)
    capsys.readouterr()
    assert run(register, "--on", "2026-11-21", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["dwellings"], figures["households"], figures["persons"], figures["with_phone"]) == (2, 1, 2, 1)
    assert (figures["households_75+_LYO"], figures["households_75+_alone_all"]) == (1, 0)
    assert run(register, "--on", "2009-01-01", "--json") == 0
    assert json.loads(capsys.readouterr().out)["households"] == 0
    assert run(register) == 0
    assert "Ménages" in capsys.readouterr().out


def test_register_wants_a_day(capsys):
    with pytest.raises(SystemExit) as caught:
        run(register, "--on", "hier")
    assert caught.value.code == 2
