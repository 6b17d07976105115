"""One matrix of real objects, made from the URLconf: every address × every role × whose object it is × every method.

Two sides of one landlord hold the same kinds of objects (`world.py`), and a word found nowhere else is planted in every
free text of the other side. Whoever works on one side is told exactly the same about what the other side holds as about
what does not exist: same status, same body, not one planted word; and nothing changes there. A parameter that no object
of the world answers to fails the test, so that a new address joins the matrix or is not merged.

`shared = true` in policy.toml: the object is for everybody whom the line names, wherever they work (directories, texts,
campaigns of the whole landlord). Then only what is private is looked for in the answer.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.architecture.policy import EVERYBODY, SIGNED_IN, Route, routes, table
from tests.architecture.world import Side, fingerprint, make_side, plant
from tests.journeys.test_protected_address import text_of

from bienveille.engines.cases.models import Case
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import OpenSession, User
from bienveille.register.accounts.operations import create_api_token
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db

#: Beside GET and POST; test_policy.py has PUT, PATCH and DELETE of what does not exist.
METHODS_OF = {"nobody": ("head", "options"), Role.ADMINISTRATOR: ("put", "patch", "delete", "options")}
SEARCHES = {"workspace:search", "workspace:people", "workspace:cases", "workspace:inbox", "workspace:residences"}
#: Pages that sign out.
LEAVES = {"account_logout", "ui:leave"}
#: What each parameter names: model, and the column that the address holds.
KINDS = {
    "absence_id": "cases.caseabsence",
    "attempt_id": "dispatch.attempt",
    "audience_id": "audiences.audience",
    "batch_id": "dispatch.batch",
    "call_id": "outreach.volunteercall",
    "campaign_id": "outreach.campaign",
    "case_id": "cases.case",
    "check_id": "messaging.addresscheck",
    "contact_id": "dispatch.contact",
    "contact_point_id": "tenants.contactpoint",
    "debrief_id": "outreach.debriefrequest",
    "delivery_id": "messaging.delivery",
    "dwelling_id": "housing.dwelling",
    "entry_id": "wording.wordingentry",
    "file_id": "accounts.largefile",
    "first_id": "tenants.person",
    "grant_id": "accounts.rolegrant",
    "household_id": "tenants.household",
    "line_id": "dispatch.batchline",
    "lot_id": "letting.stocklot",
    "mailing_id": "messaging.mailing",
    "mark_id": "tenants.mark",
    "merge_id": "tenants.merge",
    "message_id": "messaging.inboundmessage",
    "notice_id": "messaging.notice",
    "offer_id": "outreach.volunteeroffer",
    "partner_referral_id": "cases.partnerreferral",
    "passkey_id": "accounts.passkey",
    "person_id": "tenants.person",
    "plan_id": "dispatch.weekplan",
    "planned_call_id": "dispatch.plannedcall",
    "poster_id": "messaging.poster",
    "posting_id": "messaging.posting",
    "print_id": "messaging.print",
    "proposal_id": "neighbourhood.watchproposal",
    "referral_id": "outreach.referral",
    "register_request_id": "cases.registerrequest",
    "relative_id": "tenants.relative",
    "relay_id": "neighbourhood.relaytenant",
    "report_id": "outreach.report",
    "residence_id": "housing.residence",
    "run_id": "imports.importrun",
    "second_id": "tenants.person",
    "step_id": "dispatch.step",
    "template_id": "messaging.template",
    "token_id": "accounts.apitoken",
    "turn_id": "cases.dutyturn",
    "user_id": "accounts.user",
    "verbatim_id": "outreach.verbatim",
    "watch_id": "housing.watch",
}
#: The same word for two things, or a word that is not a key.
OTHERWISE = {
    "workspace:remove_line": {"line_id": "messaging.line"},
    "accounts:session_end": {"key": "accounts.opensession"},
}
#: Parameters that name a place of a list, a commune, a name that everybody shares: no row of somebody in particular.
NOT_A_ROW = {"batch", "code", "item", "key", "kind", "name", "number", "rank", "rest", "section", "slug"}
#: Links: whoever holds one is somebody. Their refusals: `tests/portal/test_portal.py`, `TestLinksThatOpenNothing`.
LINKS = {"secret", "token", "uidb36"}
#: What may change on the other side without anybody having touched it.
LIVES = frozenset({"accounts.auditentry", "accounts.opensession", "accounts.user"})
#: Models whose free texts are for every member of the staff: whoever is on the other side may be told.
KNOWN_TO_ALL = (
    "accountsCompany", "messagingNotice", "accountsAgency", "accountsUser", "audiencesAudience", "questionnaires", "messagingTemplate",
    "messagingText", "messagingPoster", "partners", "outreachCampaign", "outreachWave", "wording", "housingCommune",
    "importsImport",
)  # fmt: skip
_KEYS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,64}")
_ONCE = re.compile(r"(?<=[\"'=])[A-Za-z0-9_\-]{64}(?=[\"'&])|nonce=\"[^\"]*\"|data-bv-left=\"\d+\"|nonce-[\w+/=\-]+")
#: Links to the files of a page, which say only what changes in its address.
FILES = re.compile(r'href="([^"#]*[?&]export=csv[^"#]*)"')
#: Answers that do not depend on what the address names.
REFUSALS = (401, 403, 404, 405)
NOBODY = "00000000-0000-7000-8000-000000000000"


@dataclass
class Actor:
    """Somebody of the first side, signed in and with a token; nobody at all when `user` is missing."""

    role: str
    client: Client
    token: dict[str, str]
    user: User | None = None
    usual: dict[int, Any] = field(default_factory=dict)

    def asks(self, method: str, address: str) -> Any:
        headers = self.token if address.startswith("/api/") else {}
        # What one answer would have said on the next page is no part of that page.
        self.client.cookies.pop("messages", None)
        return getattr(self.client, method)(address, headers=headers)


def actor(user: User | None, role: str) -> Actor:
    client = Client(raise_request_exception=False)
    if user is None:
        return Actor(role, client, {})
    client.force_login(user)
    secret = create_api_token(actor=user, user=user, label="", now=timezone.now())
    return Actor(role, client, {"authorization": f"Bearer {secret}"}, user)


@dataclass
class World:
    here: Side
    there: Side


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refusals: writing each down would take most of the time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def world() -> World:
    cache.clear()
    here, there = make_side("here"), make_side("there")
    for side in (here, there):
        client = Client()
        client.force_login(side.users[Role.DIRECTOR])
        side.rows["accounts.opensession"] = [_session_of(side)]
    assert min(plant(here), plant(there)) > 40
    return World(here, there)


def _session_of(side: Side) -> str:
    return OpenSession.objects.filter(user=side.users[Role.DIRECTOR]).latest("started_at").pk


def kind_of(route: Route, parameter: str) -> str | None:
    """The model that a parameter of a route names; None for what is nobody's row."""
    otherwise = OTHERWISE.get(route.name, {})
    return otherwise.get(parameter) or KINDS.get(parameter)


def objects_of(route: Route) -> list[str]:
    return [name for name in route.parameters if kind_of(route, name)]


def foreign_addresses(
    route: Route, theirs: Side, ours: Side | None, only: dict[str, list[Any]] | None = None
) -> Iterator[tuple[str, str]]:
    """Addresses on what a side holds, each with that of nothing: all keys theirs, then ours but for the last ones."""
    named = objects_of(route)
    rows = {name: (only or {}).get(name) or theirs.rows.get(kind_of(route, name), []) for name in named}
    for first in range(len(named) if ours else 1):
        base = {**route.parameters, **{name: ours.rows[kind_of(route, name)][0] for name in named[:first]}}
        changed = {name: rows[name] for name in named[first:]}
        nothing = dict.fromkeys(changed, NOBODY)
        for rank in range(min(max(map(len, changed.values())), 2)):
            # The first and the last: a list that is long enough holds different situations.
            chosen = {name: keys[-rank] for name, keys in changed.items()}
            yield reverse(route.name, kwargs={**base, **chosen}), reverse(route.name, kwargs={**base, **nothing})


def said(response: Any) -> tuple[int, str, str]:
    """An answer without what differs each time: keys, one-time values."""
    text = text_of(response)
    return response.status_code, _KEYS.sub("·", response.get("Location", "")), _ONCE.sub("·", _KEYS.sub("·", text))


def private_words(text: str, side: Side) -> set[str]:
    """The words planted on that side that are not for the whole staff."""
    found = re.findall(rf"Kanari{side.mark}([A-Za-z]+)", text)
    return {word for word in found if not word.startswith(KNOWN_TO_ALL)}


def may_open(line: dict[str, Any], role: str) -> bool:
    return line["who"] in (EVERYBODY, SIGNED_IN) or role in line["who"]


def test_every_parameter_is_of_a_known_kind(world):
    unknown, empty = set(), set()
    for route in routes():
        for name in route.parameters:
            kind = kind_of(route, name)
            if kind is None and name not in NOT_A_ROW | LINKS:
                unknown.add((route.name, name))
            if kind is not None and not (world.here.rows.get(kind) and world.there.rows.get(kind)):
                empty.add((route.name, name, kind))
    assert unknown == set(), "parameters that the matrix does not know: add their kind to KINDS, and a row to world.py"
    assert empty == set(), "kinds without a row on both sides: make one in world.py"


#: Workers share them: the roles that open most, one group each.
GROUPS = (
    (Role.ADMINISTRATOR, "nobody"),
    (Role.DIRECTOR, "none"),
    (Role.AGENCY_MANAGER,),
    tuple(role for role in Role.values if role not in (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER)),
)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0])
def test_what_another_agency_holds_is_like_what_does_not_exist(group, world):
    """Nobody, somebody without a role, and each role of the first agency, on the objects of the other."""
    users = {**world.here.users, "nobody": None, "none": UserFactory()}
    before = fingerprint(world.there, LIVES)
    wrong = []
    for role in group:
        somebody = actor(users[role], role)
        for route in routes():
            if objects_of(route):
                addresses = list(foreign_addresses(route, world.there, world.here))
                wrong += faults_of(somebody, route, addresses, world.there)
    wrong += changes(world.there, before)
    assert wrong == [], f"{len(wrong)}\n" + "\n".join(wrong)


def test_what_another_caller_holds_is_like_what_does_not_exist(world):
    """A caller of the same agency, on the calls, lists, promises, keys and tokens of their neighbour."""
    somebody = actor(UserFactory(roles=[(Role.CALLER, world.here.agency)], agency=world.here.agency), Role.CALLER)
    before, wrong = fingerprint(world.here, LIVES), []
    for route in routes():
        if objects_of(route) and table()[route.name]["who"] == SIGNED_IN:
            wrong += faults_of(somebody, route, list(foreign_addresses(route, world.here, None)), world.here)
    wrong += changes(world.here, before)
    assert wrong == [], "\n".join(wrong)


def test_a_confidential_case_is_like_what_does_not_exist(world):
    """Whoever follows the cases of its agency and was not named to read it, wherever its key is put."""
    secret = Case.objects.get(kind="confidential", agency=world.here.agency)
    about = {
        "case_id": [secret.pk],
        "household_id": [secret.household_id],
        "person_id": list(Person.objects.filter(household=secret.household_id).values_list("pk", flat=True)),
    }
    words = {f"Kanarihere{label}" for label in ("casesCaseActiontext", "lettingRehousing")}
    wrong = []
    for role in (Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER, Role.SOCIAL_WORKER):
        somebody = actor(world.here.users[role], role)
        for route in routes():
            if "case_id" not in route.parameters:
                continue
            for theirs, nothing in foreign_addresses(route, world.here, None, about):
                for method in ("get", "post"):
                    heard, expected = said(somebody.asks(method, theirs)), said(somebody.asks(method, nothing))
                    if heard != expected or any(word in heard[2] for word in words):
                        wrong.append(f"{role} {method} {route.name}: {heard[0]}, of nothing {expected[0]}")
    assert wrong == [], "\n".join(wrong)


def test_lists_say_nothing_of_another_agency(world):
    """Every page without an object, with its files, every search of the planted words: nothing of the other side."""
    wrong, opened, files = [], 0, 0
    for role in (Role.DIRECTOR, Role.SOCIAL_WORKER, Role.CALLER):
        somebody = actor(world.here.users[role], role)
        for route in routes():
            if objects_of(route) or not may_open(table()[route.name], role) or route.name in LEAVES:
                continue
            address = reverse(route.name, kwargs=route.parameters)
            for asked in (address, f"{address}?q=Kanarithere") if route.name in SEARCHES else (address,):
                page = somebody.asks("get", asked)
                opened += page.status_code == 200
                told = {asked: text_of(page)}
                for link in sorted({urljoin(asked, one) for one in FILES.findall(told[asked])}):
                    told[link] = text_of(somebody.asks("get", link))
                    files += 1
                leaks = {where: private_words(text, world.there) for where, text in told.items()}
                wrong += [f"{role} {route.name} {where}: {sorted(words)}" for where, words in leaks.items() if words]
    assert wrong == [], "\n".join(wrong)
    assert opened > 50
    assert files > 10


def test_no_method_opens_what_get_and_post_do_not(world):
    """HEAD, PUT, PATCH, DELETE and OPTIONS, by nobody and by who may do most, on objects of their own side."""
    wrong, before = [], fingerprint(world.here, LIVES)
    administrator = world.here.users[Role.ADMINISTRATOR]
    for somebody in (actor(None, "nobody"), actor(administrator, Role.ADMINISTRATOR)):
        for route in routes():
            named = objects_of(route)
            line = table()[route.name]
            address = reverse(
                route.name,
                kwargs={**route.parameters, **{one: world.here.rows[kind_of(route, one)][0] for one in named}},
            )
            if line["who"] == EVERYBODY:
                continue
            for method in METHODS_OF[somebody.role]:
                answer = somebody.asks(method, address)
                if answer.status_code not in (*REFUSALS, 302) or (method == "head" and answer.content):
                    wrong.append(f"{somebody.role} {method} {route.name}: {answer.status_code}")
    wrong += changes(world.here, before)
    assert wrong == [], "\n".join(wrong)


def test_what_is_theirs_opens_so_the_matrix_can_see(world):
    """Each address with an object is opened by somebody on their own side: a refusal above is a refusal of something."""
    reached = set()
    for role in (Role.AGENCY_MANAGER, Role.SOCIAL_WORKER, Role.COMMUNICATION, Role.CALLER):
        somebody = actor(world.here.users[role], role)
        for route in routes():
            if route.name not in reached and objects_of(route) and may_open(table()[route.name], role):
                for address, _nothing in foreign_addresses(route, world.here, None):
                    if somebody.asks("get", address).status_code == 200:
                        reached.add(route.name)
                        break
    assert len(reached) > 60, sorted(reached)


def changes(side: Side, before: dict[str, str]) -> list[str]:
    after = fingerprint(side, LIVES)
    return [f"somebody changed {label}" for label in before if before[label] != after[label]]


def faults_of(somebody: Actor, route: Route, addresses: list[tuple[str, str]], theirs: Side) -> list[str]:
    """What one person is told of somebody else's objects beyond what they are told of nothing."""
    line, wrong = table()[route.name], []
    allowed = somebody.role != "nobody" and may_open(line, somebody.role)
    if not allowed and somebody.role not in ("none", Role.CALLER):
        return []  # refused by their role alone, before any object: test_policy opens every route as every role
    for address, nothing in addresses if allowed else addresses[:1]:
        for method in ("get", "post") if allowed else ("post",):
            what = f"{somebody.role} {method} {route.name}"
            answer = somebody.asks(method, address)
            heard = said(answer)
            leaked = private_words(heard[2] + str(answer.headers), theirs)
            if allowed and heard[1].startswith("/connexion/"):
                wrong.append(f"{what}: sent to sign in, so nothing was tried")
            if (leaked and not (line.get("shared") and line["who"] == EVERYBODY)) or heard[0] >= 500:
                wrong.append(f"{what}: {heard[0]} says {sorted(leaked)}")
            if line.get("shared") or heard == somebody.usual.get(heard[0]):
                continue
            expected = said(somebody.asks(method, nothing))
            if heard != expected:
                wrong.append(f"{what}: {heard[:2]}, but of nothing {expected[:2]}")
            elif heard[0] in REFUSALS:
                # One page for every refusal of that kind: what equals it says nothing more.
                somebody.usual.setdefault(heard[0], heard)
    return wrong
