"""`campaign lists`: what it writes, what it says, what it refuses."""

import csv
import json
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.dispatch.models import Contact, WeekPlan
from bienveille.faces.cli import campaign as command
from bienveille.faces.cli.french import Parser
from bienveille.ground.platform.refusal import Refusal
from bienveille.services.outreach.operations import CannotList

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> int:
    parser = Parser(prog="campaign")
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


@pytest.fixture
def campaign():
    agency = AgencyFactory()
    for age in (84, 82, 80):
        HouseholdFactory(agency=agency, age=age, phone=True)
    UserFactory(first_name="Josiane", last_name="Appel", agency=agency, hours_per_week=0.4, roles=["caller"])
    UserFactory(first_name="Marc", last_name="Relais", agency=agency, hours_per_week=0.4, roles=["caller"])
    return make_campaign(now=timezone.now())


def test_one_workbook_for_each_caller_and_whom_nobody_has(campaign, tmp_path, capsys):
    out = tmp_path / "listes"
    assert run("lists", str(campaign.pk), "--out", str(out), "--week", "next", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (len(said["lists"]), said["left_out"]) == (2, 1)
    names = {path.name for path in out.iterdir()}
    assert names == {"non-places.csv", *(name for one in said["lists"] for name in one["files"])}
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())
    rows = list(csv.reader((out / "non-places.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0] == ["Ménage", "Agence", "Langue", "Vague", "Raison"]
    assert rows[1][-1] == "Les heures de la semaine sont toutes prises"
    assert Contact.objects.exclude(kept_for=None).count() == 2


def test_the_lists_in_force_are_written_again_as_they_are(campaign, tmp_path, capsys):
    run("lists", str(campaign.pk), "--out", str(tmp_path / "a"))
    run("lists", str(campaign.pk), "--out", str(tmp_path / "b"), "--pdf")
    assert WeekPlan.objects.count() == 1
    assert "2 listes, 2 ménages ; 1 ménage sans appelant." in capsys.readouterr().out.replace("\xa0", " ")
    assert len(list((tmp_path / "b").glob("*.pdf"))) == 2


def test_refusals(campaign, tmp_path):
    with pytest.raises(Refusal, match="identifiant"):
        run("lists", "01900000-0000-7000-8000-000000000000", "--out", str(tmp_path))
    (tmp_path / "fichier").write_text("x")
    with pytest.raises(Refusal, match="ne peut pas être créé"):
        run("lists", str(campaign.pk), "--out", str(tmp_path / "fichier"))
    draft = make_campaign(opened=False, name="Brouillon", now=timezone.now() + timedelta(days=1))
    with pytest.raises(CannotList):
        run("lists", str(draft.pk), "--out", str(tmp_path))
