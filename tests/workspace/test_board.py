"""The live board: what it says, what it costs whatever the number of calls, and what the wall must not show."""

from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import CallerPause, Referral
from bienveille.services.outreach.operations import close_campaign, fold_calls, pause_campaign
from bienveille.services.outreach.rules import Day, signs_of, state_of

pytestmark = pytest.mark.django_db
N = "\u00a0"
HTMX = {"HX-Request": "true"}


def working_days(count):
    """The last `count` days but weekends, the oldest first, at eleven."""
    day, found = timezone.localdate(), []
    while len(found) < count:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            found.append(timezone.make_aware(datetime.combine(day, time(11))))
    return found[::-1]


@pytest.fixture
def caller(db):
    return UserFactory(roles=["caller"], first_name="Josiane", last_name="Tellier")


@pytest.fixture
def campaign(caller):
    for agency, count in [(AgencyFactory(lyon=True), 14), (AgencyFactory(saint_etienne=True), 6)]:
        for _ in range(count):
            HouseholdFactory(agency=agency, age=82, phone=True)
    return make_campaign(now=timezone.now() - timedelta(days=9), name="Grand froid")


@pytest.fixture
def director(client):
    client.user = UserFactory(roles=["director"])
    client.force_login(client.user)
    return client


def text_of(client, campaign, page="board", **query) -> str:
    response = client.get(reverse(f"workspace:{page}", args=[campaign.pk], query=query))
    assert response.status_code == 200
    return response.content.decode()


class TestBoard:
    def test_says_where_it_stands(self, director, campaign, caller):
        for day in working_days(4):
            call(campaign, caller, "reached", now=day)
            call(campaign, caller, "refused", now=day)
        text = text_of(director, campaign)
        assert "Quatre ménages sur dix ont été joints" in text or "Deux ménages sur dix ont été joints" in text
        assert "Chaque ménage a un état" in text
        assert "Fin prévue" in text
        assert "huit fois sur dix" in text
        assert "Deux appelants de plus" in text
        assert "Agence de Lyon" in text

    def test_too_early_to_foresee(self, director, campaign, caller):
        call(campaign, caller, "reached", now=working_days(1)[0])
        assert "Il faut trois jours d’appels" in text_of(director, campaign)

    def test_red_situation_first_with_the_time_it_waits(self, director, campaign, caller):
        for grade in ("orange", "red"):
            call(campaign, caller, "reached", now=timezone.now() - timedelta(minutes=12), grade=grade)
        text = text_of(director, campaign)
        assert "Deux situations attendent quelqu’un" in text
        assert f"attend depuis 12{N}min" in text
        assert text.index("grade-red") < text.index("grade-orange")
        assert AuditEntry.objects.filter(action=AuditAction.HOUSEHOLD_LISTED).exists()
        taken = Referral.objects.get(grade="red")
        url = reverse("workspace:take_referral", args=[taken.pk])
        response = director.post(url, {"back": "board"})
        assert response.url == reverse("workspace:board", args=[campaign.pk])
        assert "Une situation attend quelqu’un" in text_of(director, campaign)

    def test_only_situations_of_ones_agencies(self, client, campaign, caller):
        client.force_login(UserFactory(roles=[("agency_manager", AgencyFactory(code="ZZZ"))]))
        call(campaign, caller, "reached", now=timezone.now(), grade="red")
        assert "Aucune situation n’attend" in text_of(client, campaign)

    def test_unchanged_is_not_sent_again(self, director, campaign, caller):
        url = reverse("workspace:board", args=[campaign.pk])
        full = director.get(url)
        seen = full.context["seen"]
        for part in ("tableau", "equipe"):
            again = director.get(url, {"partie": part, "vu": seen}, headers=HTMX)
            assert again.status_code in (204, 200)  # 200 when the minute has turned between the two
            fresh = director.get(url, {"partie": part}, headers=HTMX)
            assert fresh.status_code == 200
            assert b"<html" not in fresh.content
            same = director.get(url, {"partie": part}, headers={**HTMX, "If-None-Match": fresh["ETag"]})
            assert same.status_code in (304, 200)
        call(campaign, caller, "reached", now=timezone.now())
        moved = director.get(url, {"partie": "tableau", "vu": seen}, headers=HTMX)
        assert moved.status_code == 200

    def test_draft_has_no_board(self, director, campaign):
        draft = make_campaign(opened=False, name="Brouillon")
        assert director.get(reverse("workspace:board", args=[draft.pk])).status_code == 404

    def test_a_closed_one_has_its_report(self, director, campaign):
        close_campaign(campaign_id=campaign.pk, actor=None, now=timezone.now())
        response = director.get(reverse("workspace:board", args=[campaign.pk]))
        assert response.url == reverse("workspace:campaign_report", args=[campaign.pk])

    def test_paused_is_said(self, director, campaign):
        pause_campaign(campaign_id=campaign.pk, actor=None, paused=True)
        assert "Les appels sont en pause" in text_of(director, campaign)

    @pytest.mark.parametrize("page", ["board", "wall"])
    def test_same_queries_whatever_the_calls(self, director, campaign, caller, page):
        days = working_days(4)
        for day in days:
            call(campaign, caller, "reached", now=day)
        text_of(director, campaign, page)
        with CaptureQueriesContext(
            connection,
        ) as few:
            text_of(director, campaign, page)
        for day in days:
            for _ in range(3):
                call(campaign, UserFactory(roles=["caller"]), "no_answer", now=day + timedelta(minutes=5))
        fold_calls()
        with CaptureQueriesContext(connection) as many:
            text_of(director, campaign, page)
        assert len(few) == len(many) <= 16


class TestWall:
    def test_nobodys_name(self, director, campaign, caller):
        call(campaign, caller, "reached", now=timezone.now(), grade="red")
        text = text_of(director, campaign, "wall")
        assert "Tellier" not in text
        assert "Josiane" not in text
        for name in campaign.queue.contacts.values_list("household__name", flat=True):
            assert name not in text
        assert "appel aujourd’hui" in text
        assert "Agence de Lyon" in text

    def test_renews_itself(self, director, campaign):
        url = reverse("workspace:wall", args=[campaign.pk])
        part = director.get(url, {"partie": "mur"}, headers=HTMX)
        assert part.status_code == 200
        assert b"<html" not in part.content


class TestSigns:
    NOON = timezone.make_aware(datetime(2027, 1, 4, 12, 0))

    def day(self, **facts):
        usual = {
            "calls": 5, "usual": 6.0, "last_at": self.NOON - timedelta(minutes=10), "held_since": None,
            "lease_until": None, "due": 0, "rests": False, "grave_at": None,
        }  # fmt: skip
        return Day(**{**usual, **facts})

    @pytest.mark.parametrize(
        ("facts", "signs"),
        [
            ({}, []),
            ({"grave_at": NOON}, ["grave"]),
            ({"calls": 12}, ["heavy"]),
            ({"calls": 7, "usual": 2.0}, []),
            ({"due": 11}, ["promises"]),
            ({"last_at": NOON - timedelta(hours=1)}, ["quiet"]),
            ({"held_since": NOON, "lease_until": NOON - timedelta(minutes=1)}, ["kept_long"]),
            ({"rests": True, "last_at": NOON - timedelta(hours=2)}, []),
        ],
    )
    def test_signs(self, facts, signs):
        assert signs_of(self.day(**facts), self.NOON, waiting=10) == signs

    def test_nothing_of_the_evening(self):
        evening = self.NOON.replace(hour=21)
        assert state_of(self.day(), evening) == ""
        assert signs_of(self.day(last_at=self.NOON), evening, waiting=10) == []

    def test_quiet_only_while_households_wait(self):
        assert signs_of(self.day(last_at=self.NOON - timedelta(hours=1)), self.NOON, waiting=0) == []

    def test_states(self):
        assert state_of(self.day(), self.NOON) == "free"
        assert state_of(self.day(held_since=self.NOON), self.NOON) == "in_call"
        assert state_of(self.day(rests=True), self.NOON) == "resting"


def test_who_rests_is_told(director, campaign, caller):
    call(campaign, caller, "reached", now=timezone.now() - timedelta(minutes=1))
    CallerPause.objects.create(user=caller, until=timezone.localdate() + timedelta(days=2), created_at=timezone.now())
    assert "Se repose, reprend" in text_of(director, campaign)
