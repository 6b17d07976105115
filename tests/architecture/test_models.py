"""The rules of docs/architecture.md that concern tables: foreign keys point downwards, and everything has its word."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from tests.architecture.house import HOUSE, ROOT, may_know, packages

MODELS = [model for model in apps.get_models() if model.__module__.startswith("bienveille.")]
GLOSSARY = ROOT / "docs" / "glossary.md"


def home(model: type[models.Model]) -> Path:
    return Path(apps.get_app_config(model._meta.app_label).path)


def named(model: type[models.Model]) -> str:
    return model._meta.label


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_foreign_keys_point_downwards(model):
    upwards = [
        f"{field.name} → {field.related_model._meta.label}"
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model in MODELS
        if not may_know(home(model), home(field.related_model))
    ]
    assert upwards == []


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_foreign_keys_between_packages_leave_no_trace_above(model):
    """`related_name` is code of the package below written by the one above: only "+" or a plural that reads well."""
    silent = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and home(field.related_model) != home(model)
        and field.related_model in MODELS
        and field._related_name is None
    ]
    assert silent == []


def glossary_code_names() -> set[str]:
    """What stands between backquotes in the second column of the glossary."""
    names: set[str] = set()
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5:
            names.update(cells[1].split("`")[1::2])
    return names


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_models_are_in_the_glossary(model):
    assert model._meta.object_name in glossary_code_names()


@pytest.mark.parametrize("package", packages(), ids=lambda path: path.relative_to(HOUSE).as_posix())
def test_packages_are_in_the_glossary(package):
    assert package.name in glossary_code_names()


def test_the_glossary_names_nothing_that_is_gone():
    """A name with a capital is a model; one that no code holds any more would mislead."""
    known = {model._meta.object_name for model in MODELS} | {
        node for path in HOUSE.rglob("*.py") for node in path.read_text(encoding="utf-8").split() if node[:1].isupper()
    }
    words = {word.strip("(),:.[]\"'") for entry in known for word in entry.replace("(", " ").replace(".", " ").split()}
    assert {name for name in glossary_code_names() if name[:1].isupper()} - words == set()


@pytest.mark.parametrize(
    ("knowing", "known", "allowed"),
    [
        ("engines/dispatch", "register/tenants", True),
        ("register/tenants", "engines/dispatch", False),
        ("services/outreach", "engines/dispatch", True),
        ("register/accounts", "register/housing", False),
        ("ground/ui", "ground/platform", False),
        ("faces/workspace", "faces/api", False),
    ],
)
def test_heights_are_those_of_the_contracts(knowing, known, allowed):
    assert may_know(HOUSE / knowing, HOUSE / known) is allowed
