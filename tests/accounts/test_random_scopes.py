"""Rights drawn at random: what lists, searches, counts, files and the API say equals a naive reading (G2)."""

import io
import random
from dataclasses import dataclass, field

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, CompanyFactory, RoleGrantFactory, UserFactory
from tests.cases.factories import make_case
from tests.housing.factories import ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.operations import create_api_token

pytestmark = pytest.mark.django_db

#: How many people get random rights.
PEOPLE = 40
#: Roles that read the records of the agencies where they have them (docs/privacy.md), and nobody else.
READ = {"administrator", "director", "agency_manager", "social_worker"}
#: Among them, who makes audiences of the households of those agencies.
TARGET = READ - {"social_worker"}
LETTERS = "abcdefghijkl"


@dataclass
class Place:
    """An agency with one household, its case and its residence, whose words are nowhere else."""

    agency: object
    name: str
    residence: str


@dataclass
class Somebody:
    """Rights as they were drawn: (role, company or None, agency or None)."""

    user: object
    client: Client
    grants: list[tuple[str, object, object]] = field(default_factory=list)

    def reads(self, place: Place, roles: set[str] = READ) -> bool:
        """The naive reading: one of these roles, over everything, that company or that agency."""
        for role, company, agency in self.grants:
            everywhere = company is None and agency is None
            if role in roles and (everywhere or company == place.agency.company or agency == place.agency):
                return True
        return False


@pytest.fixture
def places():
    companies = [CompanyFactory(), CompanyFactory(), CompanyFactory()]
    made = []
    for rank, letter in enumerate(LETTERS[:7]):
        agency = AgencyFactory(company=companies[rank % 3])
        residence = ResidenceFactory(agency=agency, code=f"R{letter * 4}", name=f"Zorlu{letter * 4}")
        home = HouseholdFactory(residence=residence, age=80, last_name=f"Wubqa{letter * 4}")
        make_case("orange", household=home, now=timezone.now())
        made.append(Place(agency, f"Wubqa{letter * 4}", f"Zorlu{letter * 4}"))
    return made


def draw(chance: random.Random, places: list[Place]) -> Somebody:
    user = UserFactory(agency=chance.choice(places).agency)
    somebody = Somebody(user, Client())
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        # Who reads is drawn more often: the others are refused at the door, which is soon seen.
        role = chance.choice([*sorted(READ), *Role.values])
        place, over = chance.choice(places), chance.choice(("agency", "agency", "company", "everything"))
        company = place.agency.company if over == "company" else None
        agency = place.agency if over == "agency" else None
        if (role, company, agency) not in somebody.grants:
            somebody.grants.append((role, company, agency))
            RoleGrantFactory(user=user, role=role, company=company, agency=agency)
    somebody.client.force_login(user)
    return somebody


def words(answer) -> str:
    """All that an answer says, be it a page or a file; nothing when it is refused."""
    if answer.status_code in (403, 404):
        return ""
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:2] == b"PK":
        page = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
        return "\n".join(" ".join(str(value) for value in row) for row in page.iter_rows(values_only=True))
    return body.decode("utf-8-sig")


def counted(answer) -> int:
    """How many rows a page says that its list holds."""
    return answer.context["listing"].count if answer.status_code == 200 else 0


def by_agency(somebody: Somebody) -> dict[str, int]:
    """What the API counts of everybody, by agency; nothing when it is refused."""
    secret = create_api_token(actor=somebody.user, user=somebody.user, label="", now=timezone.now())
    answer = somebody.client.post(
        "/api/v1/audiences/count",
        {"audience": {"age": {"min": 60}}},
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    if answer.status_code == 403:
        return {}
    told = answer.json()
    found = {line["code"]: line["households"] for line in told["by_agency"] if line["households"]}
    assert told["households"] == sum(found.values())
    return found


def test_g2_lists_searches_counts_and_files_equal_a_naive_reading(places):
    chance, wrong, seen, refused = random.Random(2), [], 0, 0
    for _ in range(PEOPLE):
        somebody = draw(chance, places)
        get, kind = somebody.client.get, chance.choice(("csv", "xlsx"))
        people, residences, cases = get("/locataires/?q=Wubqa"), get("/residences/"), get("/situations/toutes/")
        told = {
            "list": words(people),
            "file": words(get(f"/locataires/?q=Wubqa&export={kind}")),
            "search": words(get("/recherche/?q=Wubqa")),
            "residences": words(residences),
            "file of residences": words(get(f"/residences/?export={kind}")),
            "search of residences": words(get("/recherche/?q=Zorlu")),
        }
        for place in places:
            expected = somebody.reads(place)
            for where, text in told.items():
                found = (place.residence if "residences" in where else place.name).lower() in text.lower()
                if found != expected:
                    wrong.append((somebody.grants, where, place.agency.name, "shown" if found else "missing"))
            seen, refused = seen + expected, refused + (not expected)
        theirs = sum(somebody.reads(place) for place in places)
        counts = {"people": counted(people), "residences": counted(residences), "cases": counted(cases)}
        if set(counts.values()) != {theirs}:
            wrong.append((somebody.grants, counts, f"expected {theirs}"))
        targeted = {place.agency.code: 1 for place in places if somebody.reads(place, TARGET)}
        if (told_by_api := by_agency(somebody)) != targeted:
            wrong.append((somebody.grants, "API", told_by_api, targeted))
    assert wrong == []
    assert min(seen, refused) > PEOPLE
