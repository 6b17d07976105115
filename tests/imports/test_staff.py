"""Staff that join, leave and come back; what they say of their own availability; who a file never closes."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.accounts.factories import UserFactory
from tests.imports.factories import STAFF, Landlord, changes_of, home
from tests.imports.test_operations import HOMES

from bienveille.register.accounts.access import authenticate_token
from bienveille.register.accounts.models import AuditEntry, User
from bienveille.register.accounts.operations import create_api_token, deactivate_user, reactivate_user
from bienveille.register.accounts.rules import read_list, read_skills
from bienveille.register.imports.operations import import_files
from bienveille.register.imports.operations import staff as importing
from bienveille.register.imports.rules.staff import left_too_many

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def somebody(name, **changes) -> dict:
    return STAFF | {"NOM": name.upper(), "EMAIL": f"{name}@bailleur.example"} | changes


TEAM = [somebody(name) for name in ("arnaud", "berthe", "cyril", "denise")]


class TestRules:
    def test_a_list_of_words(self):
        assert read_list(" Lyon ; lyon/Saint-Étienne, ") == ("Lyon", "Saint-Étienne")
        assert read_list(None) == ()
        assert read_skills(";".join(f"compétence {n}" for n in range(20)) + ";" + "x" * 60)[-1] == "compétence 11"
        assert read_skills("x" * 60) == ("x" * 40,)

    @pytest.mark.parametrize(("absent", "known", "many"), [(1, 3, False), (2, 5, True), (1, 2, True), (0, 0, False)])
    def test_more_than_a_third(self, absent, known, many):
        assert left_too_many(absent, known) is many


@pytest.fixture
def settled(tmp_path):
    made = Landlord(tmp_path)
    other = home("0003-1", CODE_RESIDENCE="3", CODE_AGENCE="STE", LIB_AGENCE="Agence de Saint-Étienne")
    made.imports(homes=[*HOMES, other], staff=TEAM)
    return made


def active() -> set[str]:
    return set(User.objects.filter(is_active=True).values_list("last_name", flat=True))


def named(name) -> User:
    return User.objects.get(last_name=name)


@pytest.mark.django_db
class TestLeavers:
    def test_who_is_no_longer_listed_loses_access_at_once(self, settled):
        leaver = named("ARNAUD")
        leaver.set_password("quatre mots sans rapport")
        leaver.save()
        client = Client()
        client.force_login(leaver)
        assert client.get(reverse("workspace:home")).status_code == 200
        secret = create_api_token(actor=None, user=leaver, label="", now=NOW)
        file = settled.imports(staff=TEAM[1:])["staff"]
        assert (changes_of(file), file["absent"], file["held"]) == ((0, 0, 1, 3), 1, 0)
        leaver = named("ARNAUD")
        assert (leaver.is_active, leaver.left_on is not None, leaver.has_usable_password()) == (False, True, False)
        assert client.get(reverse("workspace:home")).status_code == 302
        assert authenticate_token(secret=secret, now=NOW) is None
        entry = AuditEntry.objects.filter(subject_id=leaver.pk).latest("pk")
        assert (entry.detail["did"], entry.detail["by_file"]) == ("deactivate", True)

    def test_the_same_file_again_changes_nothing(self, settled):
        settled.imports(staff=TEAM[1:])
        file = settled.imports(staff=TEAM[1:])["staff"]
        assert (changes_of(file), file["absent"]) == ((0, 0, 0, 3), 0)

    def test_more_than_a_third_missing_asks_first(self, settled):
        file = settled.imports(staff=TEAM[2:])["staff"]
        assert (file["closed"], file["absent"], file["held"]) == (0, 2, 2)
        assert active() == {"ARNAUD", "BERTHE", "CYRIL", "DENISE"}

    @pytest.mark.parametrize(("departures", "closed"), [("close", 2), ("keep", 0)])
    def test_what_somebody_said_of_the_file(self, settled, monkeypatch, departures, closed):
        said = importing.apply_staff
        monkeypatch.setattr(
            "bienveille.register.imports.operations.call.apply_staff",
            lambda source, **more: said(source, **more | {"departures": departures}),
        )
        file = settled.imports(staff=TEAM[2:])["staff"]
        assert (file["closed"], file["held"]) == (closed, 0)

    def test_an_account_opened_by_hand_is_never_closed(self, settled):
        UserFactory(last_name="MAIN")
        settled.imports(staff=TEAM[:3])
        assert "MAIN" in active()

    def test_one_opened_by_hand_then_listed_then_not(self, settled):
        UserFactory(last_name="MAIN", email="main@bailleur.example")
        settled.imports(staff=[*TEAM, somebody("main")])
        settled.imports(staff=TEAM)
        assert "MAIN" in active()

    def test_the_last_administrator_is_never_closed(self, settled):
        named("ARNAUD").grants.create(role="administrator")
        named("ARNAUD").grants.filter(role="administrator").update(agency=None)
        User.objects.filter(last_name="ARNAUD").update(password="argon2$x")
        file = settled.imports(staff=TEAM[1:])["staff"]
        assert (file["closed"], file["absent"]) == (0, 1)
        assert "ARNAUD" in active()

    def test_nor_whoever_imports(self, settled, monkeypatch):
        said = importing.apply_staff
        monkeypatch.setattr(
            "bienveille.register.imports.operations.call.apply_staff",
            lambda source, **more: said(source, **more | {"actor": named("ARNAUD")}),
        )
        assert settled.imports(staff=TEAM[1:])["staff"]["absent"] == 0

    def test_a_row_refused_is_not_an_absence(self, settled):
        """Her row has no name, his has no address: both are in the file."""
        broken = [TEAM[0] | {"NOM": ""}, TEAM[1] | {"EMAIL": "sans adresse"}, *TEAM[2:]]
        file = settled.imports(staff=broken)["staff"]
        assert (file["rejected"], file["absent"], file["closed"]) == (2, 0, 0)

    def test_a_dry_run_closes_nobody(self, settled):
        file = settled.imports(staff=TEAM[1:], dry_run=True)["staff"]
        assert file["closed"] == 1
        assert "ARNAUD" in active()


@pytest.mark.django_db
class TestBack:
    def test_who_is_listed_again_comes_back_with_their_roles_and_no_password(self, settled):
        settled.imports(staff=TEAM[1:])
        file = settled.imports(staff=TEAM)["staff"]
        assert (file["reopened"], file["closed"]) == (1, 0)
        back = named("ARNAUD")
        assert (back.is_active, back.left_on, back.has_usable_password()) == (True, None, False)
        assert [grant.role for grant in back.grants.all()] == ["caller"]

    def test_one_closed_by_hand_stays_closed(self, settled):
        deactivate_user(actor=None, user=named("ARNAUD"), now=NOW)
        assert settled.imports(staff=TEAM)["staff"]["reopened"] == 0
        assert "ARNAUD" not in active()

    def test_one_reopened_by_hand_may_leave_again(self, settled):
        settled.imports(staff=TEAM[1:])
        reactivate_user(actor=None, user=named("ARNAUD"))
        assert settled.imports(staff=TEAM[1:])["staff"]["closed"] == 1


@pytest.mark.django_db
class TestAvailability:
    FULL = somebody("arnaud", AGENCES="Agence de Lyon / STE", COMPETENCES="Langue des signes, premiers secours")

    def full(self, **changes):
        blank = {"AGENCES": "", "COMPETENCES": ""}
        return [self.FULL | changes, *(one | blank for one in TEAM[1:])]

    def test_read_when_the_file_says_it(self, settled):
        assert changes_of(settled.imports(staff=self.full())["staff"]) == (0, 1, 0, 3)
        caller = named("ARNAUD")
        assert caller.skills == ["Langue des signes", "premiers secours"]
        assert sorted(caller.covers.values_list("code", flat=True)) == ["LYO", "STE"]
        assert changes_of(settled.imports(staff=self.full())["staff"]) == (0, 0, 0, 4)

    def test_what_they_said_stays_while_the_file_repeats_itself(self, settled):
        settled.imports(staff=self.full())
        caller = named("ARNAUD")
        caller.hours_per_week, caller.languages, caller.skills = 1, ["pt"], ["tact"]
        caller.save()
        caller.covers.clear()
        assert changes_of(settled.imports(staff=self.full())["staff"]) == (0, 0, 0, 4)
        caller = named("ARNAUD")
        assert (float(caller.hours_per_week), caller.languages, caller.skills) == (1.0, ["pt"], ["tact"])
        assert not caller.covers.exists()

    def test_something_new_in_the_file_wins(self, settled):
        settled.imports(staff=self.full())
        User.objects.filter(last_name="ARNAUD").update(hours_per_week=1, skills=["tact"])
        settled.imports(staff=self.full(HEURES_SEMAINE="5"))
        caller = named("ARNAUD")
        assert (float(caller.hours_per_week), caller.skills) == (5.0, ["tact"])

    def test_an_unknown_agency_is_said_and_the_others_kept(self, settled):
        file = settled.imports(staff=self.full(AGENCES="LYO;Nulle part"))["staff"]
        assert [(one["column"], one["value"], one["reason"]) for one in file["warnings"]] == [
            ("AGENCES", "Nulle part", "unknown_value")
        ]
        assert list(named("ARNAUD").covers.values_list("code", flat=True)) == ["LYO"]

    def test_every_agency_is_none_in_particular(self, settled):
        settled.imports(staff=self.full(AGENCES="Toutes"))
        assert not named("ARNAUD").covers.exists()


@pytest.mark.django_db
def test_the_number_of_queries_does_not_follow_the_number_of_people(settled):
    many = [somebody(f"n{n}") for n in range(60)]
    counts = []
    for rows in (TEAM, [*TEAM, *many], [*TEAM, *many]):
        path = settled.path("collaborateurs", rows)
        with CaptureQueriesContext(connection) as seen:
            import_files(paths=[path], today=NOW.date())
        counts.append(len(seen))
    assert max(counts) - min(counts) <= 6, counts
