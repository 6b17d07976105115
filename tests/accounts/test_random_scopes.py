"""Rights drawn at random: what lists, searches and files say equals a naive reading (G2); taken back, they stop (G4)."""

import csv
import io
import random
from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, CompanyFactory, RoleGrantFactory, UserFactory
from tests.housing.factories import ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts import operations
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import ApiToken, RoleGrant

pytestmark = pytest.mark.django_db

#: How many people get random rights; how many are stopped at a random point.
PEOPLE, STOPPED = 40, 60
#: Roles that read the records of the agencies where they have them (docs/privacy.md), and nobody else.
READ = {"administrator", "director", "agency_manager", "social_worker"}
LETTERS = "abcdefghijkl"


@dataclass
class Place:
    """An agency with one household and one residence, whose words are nowhere else."""

    agency: object
    name: str
    residence: str


@dataclass
class Somebody:
    """Rights as they were drawn: (role, company or None, agency or None)."""

    user: object
    client: Client
    grants: list[tuple[str, object, object]] = field(default_factory=list)

    def reads(self, place: Place) -> bool:
        """The naive reading: one of the roles that read, over everything, that company or that agency."""
        for role, company, agency in self.grants:
            everywhere = company is None and agency is None
            if role in READ and (everywhere or company == place.agency.company or agency == place.agency):
                return True
        return False


@pytest.fixture
def places():
    companies = [CompanyFactory(), CompanyFactory(), CompanyFactory()]
    made = []
    for rank, letter in enumerate(LETTERS[:7]):
        agency = AgencyFactory(company=companies[rank % 3])
        residence = ResidenceFactory(agency=agency, code=f"R{letter * 4}", name=f"Zorlu{letter * 4}")
        HouseholdFactory(residence=residence, age=80, last_name=f"Wubqa{letter * 4}")
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
    if answer.status_code in (403, 404):
        return ""
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8-sig")
    return (
        "\n".join(" ".join(row) for row in csv.reader(io.StringIO(text), delimiter=";")) if answer.streaming else text
    )


def test_g2_lists_searches_and_files_equal_a_naive_reading(places):
    chance, wrong, seen, refused = random.Random(2), [], 0, 0
    for _ in range(PEOPLE):
        somebody = draw(chance, places)
        get = somebody.client.get
        told = {
            "list": words(get("/locataires/?q=Wubqa")),
            "file": words(get("/locataires/?q=Wubqa&export=csv")),
            "search": words(get("/recherche/?q=Wubqa")),
            "residences": words(get("/residences/")),
            "file of residences": words(get("/residences/?export=csv")),
            "search of residences": words(get("/recherche/?q=Zorlu")),
        }
        for place in places:
            expected = somebody.reads(place)
            for where, text in told.items():
                found = (place.residence if "residences" in where else place.name).lower() in text.lower()
                if found != expected:
                    wrong.append((somebody.grants, where, place.agency.name, "shown" if found else "missing"))
            seen, refused = seen + expected, refused + (not expected)
    assert wrong == []
    assert min(seen, refused) > PEOPLE


def test_g4_taken_back_at_any_moment_the_next_request_is_refused(places):
    chance, wrong = random.Random(4), []
    boss = UserFactory(roles=[Role.ADMINISTRATOR])
    pages = ("/", "/locataires/", "/residences/", "/mon-compte/", "/recherche/?q=Wubqa", "/locataires/?export=csv")
    for _ in range(STOPPED):
        user, now = UserFactory(roles=[chance.choice(sorted(READ))]), timezone.now()
        tabs = [Client() for _ in range(chance.randint(1, 2))]
        for tab in tabs:
            tab.force_login(user)
        secret = operations.create_api_token(actor=user, user=user, label="", now=now)
        token = {"authorization": f"Bearer {secret}"}
        for _ in range(chance.randint(0, 4)):
            assert chance.choice(tabs).get(chance.choice(pages)).status_code == 200
        if chance.random() < 0.5:
            assert tabs[0].get("/api/v1/me", headers=token).status_code == 200
        how = chance.choice(("closed", "sessions", "token", "role", "password"))
        page = chance.choice(pages)
        if how == "closed":
            operations.deactivate_user(actor=boss, user=user, now=now)
        elif how == "sessions":
            operations.end_sessions(user=user)
        elif how == "token":
            operations.revoke_api_token(actor=user, token=ApiToken.objects.get(user=user), now=now)
        elif how == "role":
            grant = RoleGrant.objects.get(user=user)
            operations.revoke_role(actor=boss, user=user, role=Role(grant.role))
            page = chance.choice(("/locataires/", "/locataires/?export=csv"))
        else:
            operations.change_password(actor=boss, user=user, password="encore quatre mots neufs")
        if how == "token":
            told = {tabs[0].get("/api/v1/me", headers=token).status_code}
            expected = {401}
        else:
            told = {tab.get(page).status_code for tab in tabs}
            expected = {403} if how == "role" else {302}
        if how == "closed":
            told.add(tabs[0].get("/api/v1/me", headers=token).status_code)
            expected = {302, 401}
        if told != expected:
            wrong.append((how, page, told))
    assert wrong == []
