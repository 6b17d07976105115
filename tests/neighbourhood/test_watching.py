"""Places proposed for a watch: the figures, who is never counted, accepted or refused; visits; the last day."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, BuildingFactory, DwellingFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case
from bienveille.register.housing.models import Residence, ResidenceManager, Watch
from bienveille.register.housing.operations import end_due, start_watch
from bienveille.services.neighbourhood import operations as do
from bienveille.services.neighbourhood import rules
from bienveille.services.neighbourhood.models import WatchProposal, WatchVisit
from bienveille.services.neighbourhood.queries import signs_by_place
from bienveille.services.neighbourhood.rules import Place, Signs

TODAY = MONDAY.date()
SOON = TODAY + timedelta(days=60)


class TestClusters:
    @pytest.mark.parametrize(
        ("signs", "expected"),
        [
            (Signs(10, 5, 5, 0), True),
            (Signs(9, 9, 9, 0), False),  # too few live there: they would be known
            (Signs(10, 4, 4, 4), False),  # too few worry: they would be pointed at
            (Signs(25, 5, 0, 5), True),
            (Signs(26, 5, 0, 5), False),  # less than one in five
        ],
    )
    def test_thresholds(self, signs, expected):
        assert rules.is_cluster(signs) is expected

    def test_the_narrowest_place_is_proposed_once(self):
        residence, building, other = uuid4(), uuid4(), uuid4()
        signs = {
            Place(residence, building, "1"): Signs(12, 6, 6, 0),
            Place(residence, building, "2"): Signs(12, 0, 0, 0),
            Place(residence, other, ""): Signs(12, 0, 0, 0),
        }
        assert rules.clusters(signs) == {Place(residence, building, "1"): Signs(12, 6, 6, 0)}

    def test_small_staircases_add_up(self):
        residence, building = uuid4(), uuid4()
        signs = {Place(residence, building, str(rank)): Signs(6, 3, 1, 2) for rank in range(2)}
        assert rules.clusters(signs) == {Place(residence, building): Signs(12, 6, 2, 4)}

    def test_a_place_left_alone_is_not_proposed_nor_what_is_around_it(self):
        place = Place(uuid4(), uuid4(), "1")
        assert rules.clusters({place: Signs(12, 6, 6, 0)}, [place]) == {}

    def test_words_never_tell_of_a_few_people(self):
        assert "5 sans aucune réponse" in rules.signs_words(Signs(20, 6, 1, 5))
        assert "1 avec" not in rules.signs_words(Signs(20, 6, 1, 5))

    @pytest.mark.parametrize(("days", "refused"), [(0, True), (1, False), (365, False), (366, True)])
    def test_a_watch_has_a_last_day_within_a_year(self, days, refused):
        assert bool(rules.watch_refusal(until=TODAY + timedelta(days=days), today=TODAY)) is refused


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def manager(lyon):
    return UserFactory(roles=[("agency_manager", lyon)])


@pytest.fixture
def crowd(lyon):
    """Twelve households of one staircase, five of which have an orange case."""
    residence = ResidenceFactory(agency=lyon, code="TILLEULS", name="Les Tilleuls")
    building = BuildingFactory(residence=residence, code="A")
    homes = [
        HouseholdFactory(dwelling=DwellingFactory(building=building, staircase="2"), age=80, phone=True)
        for _ in range(12)
    ]
    for home in homes[:5]:
        make_case("orange", household=home)
    return residence


@pytest.mark.django_db
class TestProposing:
    def test_figures_of_a_staircase_once(self, crowd):
        for _ in range(2):
            do.propose_watches(today=TODAY)
        one = WatchProposal.objects.select_related("building").get()
        assert (one.staircase, one.households, one.worrying, one.grave, one.silent) == ("2", 12, 5, 5, 0)
        assert do.place_words(one) == "Bâtiment A, escalier 2"

    def test_confidential_cases_are_not_counted(self, crowd):
        Case.objects.filter(pk=Case.objects.first().pk).update(kind="confidential")
        assert do.propose_watches(today=TODAY) == 0

    def test_old_ones_are_not_counted_and_a_watched_residence_is_left(self, crowd, manager):
        assert do.propose_watches(today=TODAY + timedelta(days=120)) == 0
        start_watch(actor=manager, residence=crowd, reason="Ascenseur", started_on=TODAY, today=TODAY)
        assert do.propose_watches(today=TODAY) == 0

    def test_one_query_whatever_the_places(self, crowd):
        def queries():
            with CaptureQueriesContext(connection) as found:
                signs_by_place(TODAY - timedelta(days=90))
            return len(found)

        before = queries()
        HouseholdFactory()
        assert queries() == before == 1

    def test_forgotten_when_nobody_answers(self, crowd):
        do.propose_watches(today=TODAY)
        do.forget_watching(today=TODAY + timedelta(days=31))
        assert not WatchProposal.objects.exists()


@pytest.mark.django_db
class TestAnswering:
    @pytest.fixture
    def proposal(self, crowd):
        do.propose_watches(today=TODAY)
        return WatchProposal.objects.get()

    def test_accepted_until_a_day_then_it_ends_by_itself(self, proposal, manager, crowd):
        watch = do.accept_proposal(actor=manager, proposal=proposal, until=SOON, today=TODAY)
        assert "5 ménages sur 12" in watch.reason
        assert Residence.objects.get(pk=crowd.pk).watched
        assert end_due(today=SOON) == 0
        for expected in (1, 0):
            assert end_due(today=SOON + timedelta(days=1)) == expected
        assert Watch.objects.get().ended_on == SOON
        assert not Residence.objects.get(pk=crowd.pk).watched

    def test_answered_twice_is_refused(self, proposal, manager):
        do.accept_proposal(actor=manager, proposal=proposal, until=SOON, today=TODAY)
        with pytest.raises(do.CannotDecide):
            do.refuse_proposal(actor=manager, proposal=proposal, reason="Réparé", today=TODAY)

    @pytest.mark.parametrize("reason", ["", "La dame du 3e a un cancer"])
    def test_refused_with_a_reason_about_the_place(self, proposal, manager, reason):
        with pytest.raises(do.CannotDecide):
            do.refuse_proposal(actor=manager, proposal=proposal, reason=reason, today=TODAY)

    def test_once_refused_it_is_left_alone_for_a_season(self, proposal, manager):
        do.refuse_proposal(actor=manager, proposal=proposal, reason="Panne réparée", today=TODAY)
        assert do.propose_watches(today=TODAY + timedelta(days=1)) == 0


@pytest.mark.django_db
class TestVisits:
    @pytest.fixture
    def watch(self, crowd, manager):
        return start_watch(actor=manager, residence=crowd, reason="Ascenseur", started_on=TODAY, today=TODAY)

    def test_noted_then_erased(self, watch, manager):
        do.note_visit(actor=manager, watch=watch, on=TODAY, seen="Hall propre", keep=False, today=TODAY)
        assert WatchVisit.objects.get().expires_on == TODAY + timedelta(days=365)
        do.forget_watching(today=TODAY + timedelta(days=366))
        assert not WatchVisit.objects.exists()

    @pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY + timedelta(days=1)])
    def test_not_before_the_watch_nor_to_come(self, watch, manager, day):
        with pytest.raises(do.CannotNoteVisit):
            do.note_visit(actor=manager, watch=watch, on=day, seen="Hall propre", keep=False, today=TODAY)

    def test_words_about_a_person_are_shown_again_then_kept_if_one_insists(self, watch, manager):
        said = {"actor": manager, "watch": watch, "on": TODAY, "seen": "Soigne son cancer", "today": TODAY}
        with pytest.raises(do.CannotNoteVisit):
            do.note_visit(**said, keep=False)
        assert do.note_visit(**said, keep=True).kept_despite_guard


@pytest.mark.django_db
class TestScreens:
    @pytest.fixture
    def proposal(self, crowd):
        day = timezone.localdate()
        Case.objects.update(opened_at=timezone.now())
        do.propose_watches(today=day)
        return WatchProposal.objects.get()

    def text(self, response):
        return response.content.decode().replace("\u00a0", " ")

    def test_accepted_from_the_list_then_a_visit_is_noted(self, client, manager, proposal, crowd):
        client.force_login(manager)
        page = self.text(client.get(reverse("workspace:watched_residences")))
        assert "Les Tilleuls" in page
        assert "5 ménages sur 12" in page
        address = reverse("workspace:decide_watch", args=[proposal.pk])
        assert client.post(address, {"do": "accept", "until": "2020-01-01"}).status_code == 422
        until = (timezone.localdate() + timedelta(days=30)).isoformat()
        page = self.text(client.post(address, {"do": "accept", "until": until}, follow=True))
        assert "est sous veille" in page
        assert "Surveiller un voisin" in page
        own = reverse("workspace:watched_residence", args=[crowd.pk])
        today = timezone.localdate().isoformat()
        assert client.post(own, {"on": today, "seen": "Soigne son cancer"}).status_code == 422
        assert "Boîtes pleines" in self.text(client.post(own, {"on": today, "seen": "Boîtes pleines"}, follow=True))

    def test_refused_from_its_page(self, client, manager, proposal):
        client.force_login(manager)
        address = reverse("workspace:decide_watch", args=[proposal.pk])
        assert client.post(address, {"do": "refuse", "reason": ""}).status_code == 422
        client.post(address, {"do": "refuse", "reason": "Ascenseur réparé hier"})
        proposal.refresh_from_db()
        assert proposal.state == "refused"

    def test_others_answer_nothing(self, client, proposal, lyon, crowd):
        for role, agency, expected in (
            ("agency_manager", AgencyFactory(), 404),
            ("social_worker", lyon, 403),
            ("caller", lyon, 403),
        ):
            client.force_login(UserFactory(roles=[(role, agency)]))
            assert client.get(reverse("workspace:decide_watch", args=[proposal.pk])).status_code == expected
        keeper = UserFactory(roles=["building_manager"])
        client.force_login(keeper)
        own = reverse("workspace:watched_residence", args=[crowd.pk])
        assert client.get(own).status_code == 404
        ResidenceManager.objects.create(residence=crowd, user=keeper)
        page = self.text(client.get(own))
        assert "Proposées pour une veille" not in self.text(client.get(reverse("workspace:watched_residences")))
        assert "Nommer un relais" not in page
