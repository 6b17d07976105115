"""When and for whom callers can call: said by themselves or by their coordination, listed, taken away; who may."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.factories import AgencyFactory, UserFactory

from bienveille.register.accounts.models import AuditEntry, User
from bienveille.register.accounts.operations import change_availability

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency():
    return AgencyFactory(name="Agence de Lyon")


@pytest.fixture
def caller(agency):
    return UserFactory(first_name="Josiane", last_name="Tournier", agency=agency, roles=["caller"], languages=["fr"])


def client_of(user) -> Client:
    made = Client()
    made.force_login(user)
    return made


def text(response) -> str:
    return response.content.decode()


def typed(**changes):
    return {"hours_per_week": "2,5", "languages": ["fr", "tr"], "covers": [], "skills": "deuil, tact"} | changes


class TestMine:
    URL = reverse("accounts:my_availability")

    def test_said_and_kept(self, caller, agency):
        client = client_of(caller)
        assert client.post(self.URL, typed(covers=[str(agency.pk)])).status_code == 302
        said = User.objects.get(pk=caller.pk)
        assert (float(said.hours_per_week), said.languages, said.skills) == (2.5, ["fr", "tr"], ["deuil", "tact"])
        assert list(said.covers.all()) == [agency]
        page = text(client.get(self.URL))
        assert 'value="2,5"' in page
        assert 'value="deuil, tact"' in page
        assert page.count(" checked") == 3

    def test_it_is_audited_without_values_and_the_same_again_is_silent(self, caller):
        client = client_of(caller)
        for _ in range(2):
            client.post(self.URL, typed())
        (entry,) = AuditEntry.objects.filter(action="account.changed", actor=caller)
        assert entry.detail == {"did": "change", "fields": ["hours_per_week", "languages", "skills"]}

    def test_emptied(self, caller, agency):
        change_availability(
            actor=caller, user=caller, hours_per_week=3, languages=["fr"], skills=["x"], covers=[agency.pk]
        )
        client_of(caller).post(self.URL, {"hours_per_week": "", "skills": ""})
        said = User.objects.get(pk=caller.pk)
        assert (said.hours_per_week, said.languages, said.skills, said.covers.count()) == (None, [], [], 0)

    @pytest.mark.parametrize(
        ("field", "value"),
        [("hours_per_week", "beaucoup"), ("hours_per_week", "61"), ("languages", ["klingon"]), ("covers", ["x"])],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, caller, field, value):
        response = client_of(caller).post(self.URL, typed(**{field: value}))
        assert response.status_code == 422
        assert 'value="deuil, tact"' in text(response)
        assert User.objects.get(pk=caller.pk).skills == []

    def test_one_finds_it_from_ones_account(self, caller):
        assert self.URL in text(client_of(caller).get(reverse("accounts:account")))


class TestCoordination:
    def test_who_manages_the_agency_corrects_it(self, caller, agency):
        manager = UserFactory(roles=[("agency_manager", agency)])
        url = reverse("accounts:availability", args=[caller.pk])
        assert "Josiane Tournier" in text(client_of(manager).get(url))
        assert client_of(manager).post(url, typed()).status_code == 302
        assert User.objects.get(pk=caller.pk).skills == ["deuil", "tact"]
        assert AuditEntry.objects.filter(action="account.changed", actor=manager, subject_id=caller.pk).exists()

    def test_nobody_else(self, caller, agency):
        url = reverse("accounts:availability", args=[caller.pk])
        elsewhere = UserFactory(roles=[("agency_manager", AgencyFactory())])
        assert client_of(elsewhere).get(url).status_code == 404
        assert client_of(elsewhere).post(url, typed()).status_code == 404
        assert client_of(UserFactory(roles=["social_worker"])).get(url).status_code == 403
        assert client_of(caller).get(url).status_code == 403

    def test_only_callers_and_open_accounts(self, agency):
        director = client_of(UserFactory(roles=["director"]))
        for user in (UserFactory(roles=["social_worker"]), UserFactory(roles=["caller"], closed=True)):
            assert director.get(reverse("accounts:availability", args=[user.pk])).status_code == 404


class TestList:
    URL = reverse("accounts:availabilities")

    def test_the_callers_of_ones_agencies(self, caller, agency):
        UserFactory(last_name="Ailleurs", agency=AgencyFactory(), roles=["caller"])
        UserFactory(last_name="Sociale", agency=agency, roles=["social_worker"])
        page = text(client_of(UserFactory(roles=[("agency_manager", agency)])).get(self.URL))
        assert "Josiane Tournier" in page
        assert "Ailleurs" not in page
        assert "Sociale" not in page
        assert "Ailleurs" in text(client_of(UserFactory(roles=["director"])).get(self.URL))

    def test_found_by_language_and_by_name(self, caller):
        UserFactory(last_name="Yilmaz", roles=["caller"], languages=["tr"])
        client = client_of(UserFactory(roles=["director"]))
        page = text(client.get(self.URL, {"language": "tr"}))
        assert "Yilmaz" in page
        assert "Tournier" not in page
        assert "Tournier" in text(client.get(self.URL, {"text": "tourn"}))

    def test_taken_away_it_is_audited(self, caller):
        director = UserFactory(roles=["director"])
        answer = client_of(director).get(self.URL, {"export": "csv"})
        assert answer.status_code == 200
        assert b"Tournier" in b"".join(answer.streaming_content if answer.streaming else [answer.content])
        assert AuditEntry.objects.get(action="data.exported", actor=director).detail == {"rows": 1, "form": "csv"}

    def test_nobody_yet(self):
        assert "Aucun appelant" in text(client_of(UserFactory(roles=["director"])).get(self.URL))

    def test_it_costs_the_same_however_many_they_are(self, agency):
        client = client_of(UserFactory(roles=["director"]))
        client.get(self.URL)
        counts = []
        for many in (2, 20):
            for _ in range(many):
                UserFactory(agency=agency, roles=["caller"]).covers.add(agency)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(self.URL).status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1]
