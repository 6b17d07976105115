"""Saved profiles without a file: titles learnt, changed, taken back; a title that may never be read; deleted when free."""

from zlib import crc32

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.imports.models import ImportProfile, ImportRun
from bienveille.register.imports.rules.profiles import title_fault
from bienveille.register.tenants.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    made = Client()
    made.force_login(UserFactory(roles=["director"]))
    return made


@pytest.fixture
def profile():
    return ImportProfile.objects.create(
        name="lundi",
        label="Export du lundi",
        columns={"tenants": {"bail x": "lease_number", "zone": ""}},
        saved_at=timezone.now(),
    )


def text(response) -> str:
    return response.content.decode()


def typed(**changes):
    """What the page posts when nothing is touched."""
    blank = {
        f"{kind}-{part}{n}": ""
        for kind in ("housing", "tenants", "staff")
        for part in ("title", "field")
        for n in range(3)
    }
    return blank | {BAIL: "lease_number", ZONE: ""} | changes


URL = "/imports/profils/lundi/"
BAIL, ZONE = (f"tenants-t{crc32(title):08x}" for title in (b"bail x", b"zone"))


def test_the_list_and_the_page_say_what_is_known(client, profile):
    assert "--profile lundi" in text(client.get(reverse("imports:profiles")))
    page = text(client.get(URL))
    assert "bail x" in page
    assert page.count("<form") >= 1
    assert client.get("/imports/profils/rien/").status_code == 404


def test_nothing_saved_yet(client):
    assert "Aucun profil pour l’instant" in text(client.get(reverse("imports:profiles")))


def test_the_same_again_changes_nothing(client, profile):
    assert client.post(URL, typed()).status_code == 302
    assert ImportProfile.objects.get().saved_by_id is None
    assert not AuditEntry.objects.filter(action="import.changed").exists()


def test_a_title_learnt_by_somebody_else_meanwhile_stays(client, profile):
    """The page did not know of it."""
    answer = typed()
    ImportProfile.objects.update(columns={"tenants": {"bail x": "lease_number", "aaa": "phone", "zone": ""}})
    client.post(URL, answer)
    assert ImportProfile.objects.get().columns["tenants"]["aaa"] == "phone"


def test_learnt_changed_and_taken_back(client, profile, tmp_path):
    answer = client.post(
        URL,
        typed(**{
            ZONE: "-", "tenants-title0": "N° de l’OCCUPATION", "tenants-field0": "lease_number",
            "staff-title2": "Courriel Pro", "staff-field2": "email",
        }),
    )  # fmt: skip
    assert answer.status_code == 302
    assert ImportProfile.objects.get().columns == {
        "tenants": {"bail x": "lease_number", "n de l occupation": "lease_number"},
        "staff": {"courriel pro": "email"},
    }
    entry = AuditEntry.objects.get(action="import.changed")
    assert (entry.detail, entry.subject_id) == ({"did": "profile", "titles": 3}, profile.pk)
    landlord = Landlord(tmp_path)
    row = tenant()
    row["N° de l'occupation"] = row.pop("N_CONTRAT")
    landlord.imports(homes=[home()], tenants=[row], profile="lundi")
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "said"),
    [("Observations", "jamais lue"), ("SOLDE", "laissée de côté"), ("Handicap", "Accessibilité"), ("BAIL X", "déjà")],
)
def test_what_may_not_be_taught_is_said_and_kept(client, profile, title, said):
    response = client.post(URL, typed(**{"tenants-title0": title, "tenants-field0": "phone"}))
    assert response.status_code == 422
    assert said in text(response)
    assert f'value="{title}"' in text(response)
    assert ImportProfile.objects.get().columns == profile.columns


def test_a_title_without_a_letter():
    assert title_fault("tenants", " - ").startswith("Écrivez")
    assert title_fault("tenants", "Zone") == ""


def test_deleted_after_a_question(client, profile):
    url = reverse("imports:delete_profile", args=["lundi"])
    assert "Garder le profil" in text(client.get(url))
    assert client.post(url).status_code == 302
    assert not ImportProfile.objects.exists()
    assert AuditEntry.objects.get(action="import.changed").detail == {"did": "profile_deleted"}


def test_not_while_an_import_waits_with_it(client, profile):
    ImportRun.objects.create(state="ready", profile="lundi", started_at=timezone.now())
    response = client.post(reverse("imports:delete_profile", args=["lundi"]))
    assert response.status_code == 409
    assert "Un import en attente" in text(response)
    assert ImportProfile.objects.exists()


def test_who_may_not_import_finds_nothing(profile):
    client = Client()
    client.force_login(UserFactory(roles=["agency_manager"]))
    for url in (reverse("imports:profiles"), URL, reverse("imports:delete_profile", args=["lundi"])):
        assert client.get(url).status_code == 403
