"""Everything that the description of the API allows, and more, is asked: nothing fails, nothing undocumented comes back.

Requests are made up from the OpenAPI document, well and badly shaped, by several programs, about campaigns and
households that exist and others that do not. The same ones at each run; a fault is shown with its command line.
"""

from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils.timezone import localdate, now
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from tests.accounts.factories import UserFactory
from tests.api.programs import Api
from tests.outreach.factories import call, make_campaign

from bienveille.engines.audiences.operations import save_audience
from bienveille.faces.api.views.description import document

pytestmark = pytest.mark.django_db

#: Requests for each operation, each way of making them up.
EXAMPLES = 20
NAMES = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "missing_required_header",
]  # fmt: skip
OPERATIONS = sorted(
    (path, method) for path, methods in document()["paths"].items() for method in methods
)  # fmt: skip


@pytest.fixture(scope="module")
def schema():
    return schemathesis.openapi.from_dict(document())


@pytest.fixture
def world(campaign, request, tmp_path):
    """Something behind each address: campaigns in every state, somebody in hand, a promise, an audience."""
    request.getfixturevalue("settings").MEDIA_ROOT = tmp_path / "kept"
    manager = Api(UserFactory(roles=["director"]))
    caller = Api(UserFactory(roles=["caller"]))
    deposit = manager.deposit(("locataires.csv", b"N_CONTRAT;NOM;CODE_LOGEMENT;ROLE\n1;MARTIN;1;TITULAIRE\n"))
    call(campaign, caller.user, "reached", now(), call_back_on=localdate(), note="Merci.")
    sheet = caller.post(f"/campaigns/{campaign.pk}/next").json()
    draft = make_campaign(opened=False, name="Brouillon")
    save_audience(actor=manager.user, name="Seuls", rule={"lives_alone": True}, purpose="Prendre des nouvelles")
    # Requests share the transaction of the test, as those of Django's own client do.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {
        "programs": [manager, caller, Api(UserFactory(roles=["depositor"]))],
        "values": {
            "campaign_id": [str(campaign.pk), str(draft.pk), str(uuid4())],
            "contact_id": [sheet["contact"], str(uuid4())],
            "slug": ["senior-welfare"],
            "run_id": [deposit.json()["id"], str(uuid4())],
        },
        "token": sheet["token"],
    }
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_nothing_undocumented(schema, world, path, method, mode):
    operation = schema[path][method]
    operation.app = get_wsgi_application()
    checks = CHECKS.get_by_names(NAMES)

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def ask(case, data):
        program = data.draw(st.sampled_from(world["programs"]))
        for name, values in world["values"].items():
            if name in case.path_parameters and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(st.sampled_from(values))
        if isinstance(case.body, dict) and "token" in case.body and data.draw(st.booleans()):
            case.body["token"] = world["token"]
        response = case.call(headers={"Authorization": f"Bearer {program.secret}"})
        case.validate_response(response, checks=checks)

    ask()
