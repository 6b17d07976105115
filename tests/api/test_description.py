"""The description of the API tells the truth, to programs (OpenAPI) and to people (a page that needs no script)."""

import json
import re
from html.parser import HTMLParser

import jsonschema_rs
import pytest
from django.test import Client
from django.urls import reverse
from tests.architecture.house import ROOT
from tests.architecture.policy import routes, table

from bienveille.faces.api.views.description import PROBLEMS, document
from bienveille.faces.api.views.examples import EXAMPLES

pytestmark = pytest.mark.django_db
OPERATIONS = [
    (path, method, operation) for path, methods in document()["paths"].items() for method, operation in methods.items()
]
#: A shape of docs/contracts → the one of the description.
CONTRACTS = {
    "next": "NextOut", "attempt-answer": "AttemptOut", "figures": "FiguresOut", "ledger": "LedgerOut",
    "problem": "Problem", "register": "RegisterOut", "attempt": "AttemptIn", "import-run": "ImportOut",
}  # fmt: skip


def validator(name):
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": document()["components"]})


class Page(HTMLParser):
    """Anchors and links of a page, and whether anything in it would run."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links, self.titles, self.inline = set(), [], 0, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors |= {given["id"]} if "id" in given else set()
        self.titles += tag == "h1"
        if tag == "a":
            self.links.append(given.get("href", ""))
        if (tag == "script" and "src" not in given) or any(name.startswith("on") or name == "style" for name in given):
            self.inline.append(tag)


def test_the_document_is_served_to_anybody():
    answer = Client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == json.loads(json.dumps(document()))
    assert answer.json()["openapi"].startswith("3.1")


def test_every_route_is_described():
    told = {re.sub(r"\{\w+\}", "*", path) for path in document()["paths"]}
    silent = {"api:openapi-json", "api:docs", "api:api-root", "api:unknown"}
    for route in routes():
        if route.name.startswith("api:") and route.name not in silent:
            address = reverse(route.name, kwargs=route.parameters)
            for value in route.parameters.values():
                address = address.replace(str(value), "*")
            assert address in told, route.name
    assert {name for name, line in table().items() if line.get("by")} >= silent


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=lambda one: one if isinstance(one, str) else ""
)
class TestOperation:
    def test_says_what_it_is_in_french(self, path, method, operation):
        assert operation["summary"]
        assert operation["description"].rstrip().endswith(".")
        assert all(one["description"] for one in operation["parameters"])

    def test_says_every_answer(self, path, method, operation):
        answers = set(operation["responses"])
        assert {"401", "429", "500", "503"} <= answers
        assert answers & {"200", "201", "202", "204"}
        if "{" in path:
            assert "404" in answers
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= answers

    def test_has_an_example_of_each_shape(self, path, method, operation):
        for status in ("200", "201"):
            content = operation["responses"].get(status, {}).get("content", {})
            for media in content.values():
                assert media["schema"]["$ref"].rpartition("/")[2] in EXAMPLES


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_have_their_shape(name):
    validator(name).validate(EXAMPLES[name])


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_the_examples_of_the_contracts_have_the_described_shape(name):
    example = json.loads((ROOT / "docs" / "contracts" / f"{name}.example.json").read_text(encoding="utf-8"))
    validator(CONTRACTS[name]).validate(example)
    described = document()["components"]["schemas"][CONTRACTS[name]]
    schema = json.loads((ROOT / "docs" / "contracts" / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert set(schema["required"]) <= set(described["properties"])


def test_headers_that_programs_need():
    responses = document()["components"]["responses"]
    assert set(responses) == {f"P{status}" for status in PROBLEMS}
    for status in (429, 503):
        assert responses[f"P{status}"]["headers"]["Retry-After"]["required"]
    for answer in responses.values():
        (media,) = answer["content"]
        assert media == "application/problem+json"
    keyed = {
        operation["operationId"] for _, _, operation in OPERATIONS
        if any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
    }  # fmt: skip
    assert keyed == {"create_campaign", "record_attempt", "deposit_files"}


class TestPage:
    def test_says_all_that_the_document_says_without_a_script(self):
        answer = Client().get("/api/v1/docs")
        text = answer.content.decode()
        page = Page(text)
        assert (answer.status_code, page.titles, page.inline) == (200, 1, [])
        for path, _, operation in OPERATIONS:
            assert operation["operationId"].replace("_", "-") in page.anchors
            assert path in text
            assert operation["summary"].replace("’", "’") in text
        for name in document()["components"]["schemas"]:
            assert f"forme-{name}" in page.anchors
        dead = [link for link in page.links if link.startswith("#") and link[1:] not in page.anchors]
        assert dead == []
        assert "Authorization: Bearer" in text
        assert not re.search(r"https?://(?!testserver)", text)
