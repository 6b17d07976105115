"""docs/contracts tells the truth: each example has its schema's shape, and so has what the software really answers."""

import copy
import json
import tomllib
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate, now
from tests.accounts.factories import UserFactory
from tests.architecture.house import ROOT
from tests.architecture.json_schema import faults
from tests.outreach.factories import document, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.config.criteria import CRITERIA
from bienveille.engines.audiences.rules import InvalidRule, read_rule
from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.queries import ledger
from bienveille.engines.questionnaires.choices import QuestionKind
from bienveille.register.accounts.operations import create_api_token
from bienveille.register.imports.choices import Reason, RunState
from bienveille.register.imports.queries import register_figures
from bienveille.services.outreach.choices import Grade, Priority, Purpose
from bienveille.services.outreach.operations import create_campaign
from bienveille.services.outreach.queries import figures
from bienveille.services.outreach.rules import read_document

CONTRACTS = ROOT / "docs" / "contracts"
NAMES = {
    "import", "register", "campaign", "audience", "figures", "ledger", "next", "attempt", "attempt-answer", "problem",
    "bench", "import-run", "report", "lists",
}  # fmt: skip


def schema(name):
    return CONTRACTS / f"{name}.schema.json"


def read(name):
    return json.loads(schema(name).read_text(encoding="utf-8"))


def example(name):
    path = CONTRACTS / f"{name}.example.json"
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    return tomllib.loads((CONTRACTS / f"{name}.example.toml").read_text(encoding="utf-8"))


def test_every_shape_is_there():
    assert {path.name.removesuffix(".schema.json") for path in CONTRACTS.glob("*.schema.json")} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
class TestExamples:
    def test_has_the_shape(self, name):
        assert faults(example(name), schema(name)) == []

    def test_the_shape_refuses_something(self, name):
        """Each key that is required, taken away, is missed; another type is refused."""
        assert faults([], schema(name))
        for key in read(name).get("required", []):
            broken = copy.deepcopy(example(name))
            del broken[key]
            assert faults(broken, schema(name)), key


class TestClosedLists:
    """What a schema lists is what the code knows."""

    def test_campaign(self):
        properties = read("campaign")["properties"]
        assert properties["purpose"]["enum"] == Purpose.values
        assert properties["waves"]["items"]["properties"]["priority"]["items"]["enum"] == Priority.values

    def test_attempt(self):
        assert read("attempt")["properties"]["outcome"]["enum"] == Outcome.values
        assert set(read("attempt")["properties"]["grade"]["enum"]) == {"", None, *Grade.values}

    def test_import(self):
        assert read("import-run")["properties"]["state"]["enum"] == RunState.values
        for name in ("import", "import-run"):
            assert set(read(name)["$defs"]["issue"]["properties"]["reason"]["enum"]) == set(Reason.values), name

    def test_questions(self):
        sections = read("next")["properties"]["questionnaire"]["properties"]["sections"]
        kinds = sections["items"]["properties"]["items"]["items"]["properties"]["kind"]["enum"]
        assert set(kinds) == set(QuestionKind.values)

    def test_audience(self):
        told = {choice["required"][0] for choice in read("audience")["$defs"]["rule"]["anyOf"]}
        assert told == {"all", "any", "not", *CRITERIA}


class TestDocuments:
    def test_the_campaign_of_the_example_is_read(self):
        parsed, errors = read_document(example("campaign"))
        assert errors == {}
        assert parsed.max_attempts == 5

    def test_the_audience_of_the_example_is_read(self):
        assert read_rule(example("audience"), CRITERIA)

    @pytest.mark.parametrize(
        "rule",
        [
            {}, {"any": []}, {"age": {}}, {"age": {"min": "75"}}, {"age": {"from": 75}}, {"lives_alone": "yes"},
            {"reachable_by": "fax"}, {"silent_for_months": 0}, {"floor_without_lift": 3}, {"unknown": 1},
            {"age": {"min": 75}, "qpv": True},
        ],
    )  # fmt: skip
    def test_what_the_schema_refuses_the_software_refuses(self, rule):
        assert faults(rule, schema("audience"))
        with pytest.raises(InvalidRule):
            read_rule(rule, CRITERIA)

    @pytest.mark.django_db
    def test_a_campaign_can_be_made_from_the_example(self):
        make_campaign(opened=False)  # publishes the guides
        assert create_campaign(document=example("campaign"), actor=None).waves.count() == 2


@pytest.mark.django_db
class TestRealAnswers:
    @pytest.fixture
    def campaign(self):
        for age in (91, 84, 77):
            HouseholdFactory(age=age, phone=True)
        return make_campaign(now=now())

    @pytest.fixture
    def post(self):
        user = UserFactory(roles=["caller"], service="Service social")
        secret = create_api_token(actor=None, user=user, label="essai", now=now())

        def send(path, body=None):
            return Client().post(
                f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
                headers={"Authorization": f"Bearer {secret}"},
            )  # fmt: skip

        return send

    def test_a_whole_call(self, campaign, post):
        sheet = post(f"/campaigns/{campaign.pk}/next").json()
        assert faults(sheet, schema("next")) == []
        body = {
            **example("attempt"), "token": sheet["token"],
            "call_back_on": (localdate() + timedelta(days=7)).isoformat(),
        }  # fmt: skip
        assert faults(body, schema("attempt")) == []
        answer = post(f"/contacts/{sheet['contact']}/attempts", body)
        assert answer.status_code == 201
        assert faults(answer.json(), schema("attempt-answer")) == []
        again = post(f"/contacts/{sheet['contact']}/attempts", body)
        assert again.status_code == 409
        assert faults(again.json(), schema("problem")) == []
        numbers = json.loads(json.dumps(figures(campaign)))
        assert faults(numbers, schema("figures")) == []
        assert (numbers["reached"], numbers["needs"]) == (1, {"meals": 1})
        assert numbers["by_agency"]
        assert numbers["by_service"]
        states = ledger(campaign.queue).as_dict()
        assert faults(states, schema("ledger")) == []
        assert sum(states.values()) == 2 * states["target"] == 6

    def test_refusals(self, campaign, post):
        sheet = post(f"/campaigns/{campaign.pk}/next").json()
        for answer in (
            post("/campaigns", document()),
            post(f"/contacts/{sheet['contact']}/attempts", {"outcome": "sung"}),
            post(f"/contacts/{sheet['household']['id']}/release", {"token": sheet["token"]}),
            Client().post(f"/api/v1/campaigns/{campaign.pk}/next"),
        ):
            assert 400 <= answer.status_code < 500
            assert faults(answer.json(), schema("problem")) == []

    def test_register(self):
        HouseholdFactory(age=80, phone=True)
        assert faults(register_figures(on=localdate()), schema("register")) == []
