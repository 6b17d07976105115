"""What is kept of people has an end that the code knows: every table is declared once, and both documents say the same."""

import tomllib

import pytest
from django.apps import apps
from django.db import models
from tests.architecture.house import ROOT

from bienveille.config.schedule import PURGES
from bienveille.faces.cli import privacy
from bienveille.faces.cli.main import main

DECLARED = tomllib.loads(privacy.DECLARED.read_text(encoding="utf-8"))
ENDS = {label: end for one in DECLARED["treatment"] for label, end in one["tables"].items()}
MODELS = {model._meta.label: model for model in apps.get_models() if model.__module__.startswith("bienveille.")}


def test_g31_every_table_says_how_its_rows_end():
    assert set(MODELS) - set(ENDS) == set(), (
        "tables that src/bienveille/config/privacy.toml does not know: say their end"
    )
    assert set(ENDS) - set(MODELS) == set(), "declared, and gone"
    assert sum(len(one["tables"]) for one in DECLARED["treatment"]) == len(ENDS)


def test_g31_everything_has_an_end():
    """A new table of people is born with its end: there is no way to say « not yet »."""
    kinds = {end.partition(":")[0] for end in ENDS.values()}
    assert kinds == {"purge", "with", "nobody", "staff", "until"}


@pytest.mark.parametrize("label", [label for label, end in ENDS.items() if end.startswith("purge:")])
def test_g31_a_purge_that_is_named_runs_every_night(label):
    assert ENDS[label].partition(":")[2] in {job.name.rpartition(".")[2] for job, _ in PURGES}


@pytest.mark.parametrize("label", [label for label, end in ENDS.items() if end.startswith("with:")])
def test_g31_what_ends_with_another_row_does(label):
    parent = ENDS[label].partition(":")[2]
    cascades = {
        field.related_model._meta.label
        for field in MODELS[label]._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
    }
    assert parent in cascades
    assert not ENDS[parent].startswith("nobody")


def test_g31_nothing_said_of_a_tenant_is_declared_of_nobody():
    """A foreign key to somebody, or to what was said of them, and « nobody » do not go together."""
    people = {"tenants.Household", "tenants.Person", "dispatch.Contact", "dispatch.Attempt", "cases.Case"}
    views = {"tenants.ErpCorrection"}  # no row of its own
    wrong = [
        label
        for label, end in ENDS.items()
        if (end == "nobody" or end.startswith("staff:")) and label not in views
        for field in MODELS[label]._meta.concrete_fields
        if field.is_relation and field.related_model._meta.label in people
    ]
    assert sorted(set(wrong)) == ["outreach.DebriefRequest"]  # of a call, by the caller: its words go at the end


def test_each_measure_names_tests_that_exist():
    assert {one["fear"] for one in DECLARED["measure"]} == set(privacy.FEARS)
    assert [path for one in DECLARED["measure"] for path in one["proof"] if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", [privacy.REGISTER, privacy.ASSESSMENT])
def test_the_documents_are_up_to_date(name):
    assert (ROOT / "docs" / "rgpd" / name).read_text(encoding="utf-8") == privacy.documents()[name], (
        "run ./bienveille privacy docs/rgpd"
    )


def test_the_command_writes_both(tmp_path, capsys):
    assert main(["privacy", str(tmp_path / "new")]) == 0
    assert [line.rpartition("/")[2] for line in capsys.readouterr().out.split()] == [
        privacy.REGISTER,
        privacy.ASSESSMENT,
    ]
    assert len(list((tmp_path / "new").iterdir())) == 2
