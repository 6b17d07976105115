"""Residences on the screens: who sees which, whose names, what changes and how it is taken back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.housing.factories import BuildingFactory, DwellingFactory, ResidenceFactory, ResidenceManagerFactory
from tests.neighbourhood.factories import make_relay
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.housing.models import ResidenceManager, Watch
from bienveille.register.housing.operations import start_watch
from bienveille.services.neighbourhood.models import RelayTenant

pytestmark = pytest.mark.django_db
REASON = "Ascenseur en panne, étages élevés"


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def elms(here):
    return ResidenceFactory(agency=here, name="Résidence Les Ormes", code="ORM-1", in_qpv=True, qpv_code="QN06901M")


@pytest.fixture
def household(elms):
    return HouseholdFactory(residence=elms, age=82, phone=True, first_name="Éléonore", last_name="Lefèvre")


@pytest.fixture
def manager(here):
    return UserFactory(roles=[("agency_manager", here)])


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def keeper(elms):
    user = UserFactory(roles=["building_manager"], first_name="Malik", last_name="Sorel")
    ResidenceManagerFactory(user=user, residence=elms)
    return user


def page(client, residence, **query):
    return client.get(reverse("workspace:residence", args=[residence.pk]), query)


def body(response):
    return response.content.decode()


class TestList:
    def test_its_figures_and_nobody_named(self, as_manager, household):
        ResidenceFactory(agency=AgencyFactory(saint_etienne=True), name="Ailleurs")
        html = body(as_manager.get(reverse("workspace:residences")))
        assert "Résidence Les Ormes" in html
        assert "Ailleurs" not in html
        assert "Lefèvre" not in html

    def test_a_building_manager_sees_his_own(self, client, keeper, elms):
        ResidenceFactory(agency=elms.agency, name="La voisine")
        client.force_login(keeper)
        html = body(client.get(reverse("workspace:residences")))
        assert "Les Ormes" in html
        assert "La voisine" not in html

    def test_nothing_to_see_says_why(self, client):
        client.force_login(UserFactory(roles=["building_manager"]))
        assert "Aucune résidence pour vous" in body(client.get(reverse("workspace:residences")))

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_taken_away_and_audited(self, as_manager, household, kind):
        answer = as_manager.get(reverse("workspace:residences"), {"export": kind})
        assert len(b"".join(answer.streaming_content)) > 100
        assert AuditEntry.objects.get(action="data.exported").reason == "Liste des résidences"

    @pytest.mark.parametrize("order", ["name", "-homes", "-elders", "-alone", "-last", "commune", "-watched"])
    def test_sorted(self, as_manager, household, order):
        assert "Les Ormes" in body(as_manager.get(reverse("workspace:residences"), {"tri": order}))


class TestPage:
    def test_says_who_lives_there(self, as_manager, elms, household):
        DwellingFactory(building=BuildingFactory(residence=elms, code="B"), occupancy="vacant_technical")
        campaign = make_campaign(now=timezone.now())
        call(campaign, UserFactory(roles=["caller"]), "reached", now=timezone.now())
        html = body(page(as_manager, elms))
        for words in [
            "Mme Éléonore Lefèvre",
            "82\u00a0ans",
            "Oui, QN06901M",
            "Vide (travaux",
            "Joint",
            "1 sans locataire",
        ]:
            assert words in html, words
        assert AuditEntry.objects.get(action="household.listed").subject_id == elms.pk

    def test_of_another_agency_does_not_exist(self, client, elms):
        client.force_login(UserFactory(roles=[("agency_manager", AgencyFactory(saint_etienne=True))]))
        assert page(client, elms).status_code == 404

    def test_a_building_manager_reads_no_name_but_the_relays(self, client, keeper, elms, household):
        make_relay(HouseholdFactory(residence=elms, age=60, first_name="Aïcha", last_name="Relais"),
                   until=timezone.localdate() + timedelta(days=90), agreed_on=timezone.localdate())  # fmt: skip
        client.force_login(keeper)
        html = body(page(client, elms))
        assert "Lefèvre" not in html
        assert "Aïcha Relais" in html
        assert "Occupé" in html
        assert "82\u00a0ans" not in html
        assert "lived_in=elder" not in html
        assert "Mettre sous veille" not in html

    @pytest.mark.parametrize(("role", "told"), [("director", True), ("social_worker", False)])
    def test_a_protected_address_stays_hidden(self, client, elms, role, told):
        hidden = HouseholdFactory(residence=elms, age=88, protected=True, last_name="Cachée")
        client.force_login(UserFactory(roles=[role]))
        for query in ({}, {"lived_in": "elder"}, {"lived_in": "alone"}):
            assert ("Cachée" in body(page(client, elms, **query))) is told
        exported = page(client, elms, export="csv")
        assert ("Cachée" in b"".join(exported.streaming_content).decode()) is told
        assert str(hidden.pk) not in body(page(client, elms)) or told

    def test_leads_to_an_audience(self, as_manager, elms):
        html = body(page(as_manager, elms))
        url = reverse("audiences:new", query={"residence": "ORM-1"})
        assert url in html
        assert "Résidence Les Ormes" in body(as_manager.get(url))

    def test_found_from_the_search_and_the_household(self, as_manager, elms, household):
        url = reverse("workspace:residence", args=[elms.pk])
        assert url in body(as_manager.get(reverse("workspace:search"), {"q": "ormes"}))
        assert url in body(as_manager.get(reverse("workspace:household", args=[household.pk])))

    def test_costs_the_same_whatever_it_holds(self, as_manager, elms):
        def cost():
            with CaptureQueriesContext(connection) as seen:
                assert page(as_manager, elms).status_code == 200
            return len(seen)

        def grow(times):
            for _ in range(times):
                make_relay(HouseholdFactory(residence=elms, age=80, alone=False),
                           agreed_on=timezone.localdate(), until=timezone.localdate() + timedelta(days=9))  # fmt: skip
                ResidenceManagerFactory(residence=elms, user=UserFactory(roles=["building_manager"]))
                UserFactory(roles=["building_manager"])

        grow(2)
        cost()
        few = cost()
        grow(8)
        assert cost() == few


class TestWatch:
    def post(self, client, residence, **typed):
        return client.post(reverse("workspace:watch", args=[residence.pk]), typed, follow=True)

    def test_started_then_taken_back(self, as_manager, elms):
        html = body(self.post(as_manager, elms, do="start", reason=REASON, started_on="2026-01-05"))
        assert REASON in html
        watch = Watch.objects.get()
        url = reverse("workspace:take_back_watch", args=[watch.pk])
        assert url in html
        as_manager.post(url)
        assert not Watch.objects.exists()

    def test_ended_then_taken_back(self, as_manager, elms, manager):
        start_watch(actor=manager, residence=elms, reason=REASON, started_on=timezone.localdate(),
                    today=timezone.localdate())  # fmt: skip
        html = body(self.post(as_manager, elms, do="end", reason="Réparé"))
        watch = Watch.objects.get()
        assert (watch.ended_by_id, watch.end_reason) == (manager.pk, "Réparé")
        assert "Veilles passées" in html
        as_manager.post(reverse("workspace:take_back_watch", args=[watch.pk]))
        elms.refresh_from_db()
        assert elms.watched

    @pytest.mark.parametrize(
        ("typed", "said"),
        [({"reason": ""}, "Dites pourquoi"), ({"reason": "Un diabétique"}, "parlez du lieu"),
         ({"started_on": "2999-01-01"}, "aujourd’hui ou avant"), ({"started_on": "31/02/2026"}, "date qui existe")],
    )  # fmt: skip
    def test_refused_and_kept(self, as_manager, elms, typed, said):
        answer = self.post(as_manager, elms, **{"do": "start", "reason": REASON, "started_on": "2026-01-05", **typed})
        assert answer.status_code == 422
        assert said in body(answer)
        assert "invalid-feedback" in body(answer)
        assert not Watch.objects.exists()

    def test_not_by_who_only_reads(self, client, here, elms):
        client.force_login(UserFactory(roles=[("social_worker", here)]))
        assert self.post(client, elms, do="start", reason=REASON, started_on="2026-01-05").status_code == 403

    def test_all_of_them_with_their_figures(self, as_manager, elms, household, manager):
        for residence in (elms, *ResidenceFactory.create_batch(3, agency=elms.agency)):
            start_watch(actor=manager, residence=residence, reason=REASON, started_on=timezone.localdate(),
                        today=timezone.localdate())  # fmt: skip
        ResidenceFactory(agency=elms.agency, name="Tranquille")
        html = body(as_manager.get(reverse("workspace:watched_residences")))
        assert "4\u00a0résidences sous veille" in html
        assert "Tranquille" not in html

    def test_none(self, as_manager, elms):
        assert "Rien à surveiller" in body(as_manager.get(reverse("workspace:watched_residences")))


class TestManagers:
    def post(self, client, residence, **typed):
        return client.post(reverse("workspace:change_managers", args=[residence.pk]), typed, follow=True)

    def test_named_then_removed(self, as_manager, elms):
        user = UserFactory(roles=["building_manager"], first_name="Malik", last_name="Sorel")
        for _ in range(2):
            assert "Malik Sorel s’occupe" in body(self.post(as_manager, elms, do="add", user=user.pk))
        assert ResidenceManager.objects.get().user_id == user.pk
        assert "ne s’occupe plus" in body(self.post(as_manager, elms, do=f"remove:{user.pk}"))
        assert not ResidenceManager.objects.exists()
        changes = [one.detail["change"] for one in AuditEntry.objects.filter(action="housing.changed").order_by("id")]
        assert changes == ["manager_added", "manager_removed"]

    def test_refused(self, as_manager, elms):
        assert "Choisissez un gardien" in body(self.post(as_manager, elms, do="add"))
        stranger = UserFactory(roles=["caller"])
        assert self.post(as_manager, elms, do="add", user=stranger.pk).status_code == 404
        assert self.post(as_manager, elms, do="add", user="x").status_code == 404
        assert self.post(as_manager, elms, do="burn", user=stranger.pk).status_code == 404


class TestRelays:
    def typed(self, **other):
        today = timezone.localdate()
        return {"role": "Affiche les messages", "limits": "Pas le soir", "agreed_on": today.isoformat(),
                "until": (today + timedelta(days=200)).isoformat(), **other}  # fmt: skip

    def url(self, name, *args):
        return reverse(f"workspace:{name}", args=[one.pk for one in args])

    def test_chosen_noted_ended_and_back(self, as_manager, elms, household):
        person = household.people.get()
        chosen = self.url("name_relay", elms, person)
        assert chosen in body(as_manager.get(self.url("choose_relay", elms), {"q": "lefevre"}))
        html = body(as_manager.post(chosen, self.typed(), follow=True))
        assert "Affiche les messages" in html
        relay = RelayTenant.objects.get()
        assert "n’est plus relais" in body(as_manager.post(self.url("end_relay", relay), follow=True))
        as_manager.post(self.url("take_back_relay", relay))
        relay.refresh_from_db()
        assert relay.ended_on is None
        as_manager.post(self.url("take_back_relay", relay))
        assert not RelayTenant.objects.exists()

    def test_refused_and_kept(self, as_manager, elms, household):
        url = self.url("name_relay", elms, household.people.get())
        answer = as_manager.post(url, self.typed(until="2020-01-01"))
        assert answer.status_code == 422
        assert "jour à venir" in body(answer)
        assert "invalid-feedback" in body(answer)
        assert "Pas le soir" in body(answer)

    def test_nobody_of_that_name(self, as_manager, elms, household):
        assert "Personne de ce nom" in body(as_manager.get(self.url("choose_relay", elms), {"q": "zzz"}))

    def test_not_for_a_building_manager(self, client, keeper, elms, household):
        client.force_login(keeper)
        assert client.get(self.url("choose_relay", elms)).status_code == 403
        today = timezone.localdate()
        relay = make_relay(household, agreed_on=today, until=today + timedelta(days=9))
        assert client.post(self.url("end_relay", relay)).status_code == 403

    def test_not_of_another_agency(self, client, elms, household):
        client.force_login(UserFactory(roles=[("social_worker", AgencyFactory(saint_etienne=True))]))
        assert client.get(self.url("choose_relay", elms)).status_code == 404


class TestMap:
    def points(self, client, **query):
        answer = client.get(reverse("workspace:residences_points"), query)
        assert answer["Content-Type"].startswith("application/geo+json")
        return answer.json()["features"]

    @pytest.fixture(autouse=True)
    def placed(self, elms, household):
        elms.latitude, elms.longitude = 45.76, 4.83
        elms.save()
        ResidenceFactory(agency=elms.agency, name="Sans place")
        ResidenceFactory(agency=AgencyFactory(saint_etienne=True), name="Ailleurs", latitude=45.4, longitude=4.4)

    def test_the_points_of_ones_agencies_and_nobody_named(self, as_manager, elms):
        (point,) = self.points(as_manager)
        assert point["geometry"] == {"type": "Point", "coordinates": [4.83, 45.76]}
        assert point["properties"] == {
            "name": "Résidence Les Ormes", "commune": "Villeurbanne", "homes": 1, "elders": 1, "alone": 1,
            "watched": False, "url": reverse("workspace:residence", args=[elms.pk]),
        }  # fmt: skip

    def test_filtered_as_the_list(self, as_manager, client):
        assert self.points(as_manager, watched="yes") == []
        client.force_login(UserFactory(roles=["director"]))
        assert [one["properties"]["name"] for one in self.points(client, q="aill")] == ["Ailleurs"]

    def test_the_list_beside_says_the_same_without_a_script(self, as_manager):
        html = body(as_manager.get(reverse("workspace:residences_map"), {"q": "orm"}))
        assert "Les Ormes" in html
        assert "Sans place" not in html
        assert reverse("workspace:residences_points") + "?q=orm" in html

    def test_nothing_placed_says_how(self, client):
        client.force_login(UserFactory(roles=["building_manager"]))
        assert "n’a encore de coordonnées" in body(client.get(reverse("workspace:residences_map")))
