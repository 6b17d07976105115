"""Notices and the numbers of sites: what is shown, to whom, from when to when."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory

from bienveille.engines.messaging.access import get_line_for, get_notice_for, hears
from bienveille.engines.messaging.models import Line, Notice
from bienveille.engines.messaging.operations.notices import (
    CannotPublish,
    end_notice,
    publish_notice,
    purge_notices,
    remove_line,
    set_line,
)
from bienveille.engines.messaging.queries.notices import numbers_by_residence, running_notices
from bienveille.engines.messaging.rules.notices import SiteNumber, numbers_of_site, why_not_shown
from bienveille.register.accounts.models import AuditEntry

NOW = datetime(2026, 7, 14, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def say(title: str = "L’eau est coupée", **more) -> Notice:
    facts = {
        "actor": more.pop("actor", None) or UserFactory(roles=["communication"]),
        "body": "",
        "urgent": False,
        "agency": None,
        "residence": None,
        "starts_at": NOW - HOUR,
        "ends_at": NOW + HOUR,
        "now": NOW,
    }
    return publish_notice(title=title, **{**facts, **more})


class TestRules:
    def test_the_closest_number_of_each_kind(self) -> None:
        here, near, far = uuid4(), uuid4(), uuid4()
        lines = [
            SiteNumber("on_call", "+33111111111", ""),
            SiteNumber("on_call", "+33222222222", "", agency=near),
            SiteNumber("office", "+33333333333", "", agency=near),
            SiteNumber("office", "+33444444444", "", residence=here),
            SiteNumber("office", "+33555555555", "", residence=far),
        ]
        found = numbers_of_site(lines, residence=here, agency=near)
        assert [(one.kind, one.number[-1]) for one in found] == [("office", "4"), ("on_call", "2")]
        elsewhere = numbers_of_site(reversed(lines), residence=uuid4(), agency=uuid4())
        assert [(one.kind, one.number[-1]) for one in elsewhere] == [("on_call", "1")]

    @pytest.mark.parametrize(
        ("starts", "ends", "fault"),
        [(-HOUR, HOUR, False), (HOUR, HOUR, True), (-2 * HOUR, -HOUR, True), (-HOUR, timedelta(days=92), True)],
    )
    def test_hours_that_hold(self, starts: timedelta, ends: timedelta, fault: bool) -> None:
        assert (why_not_shown(NOW + starts, NOW + ends, NOW) is not None) is fault


@pytest.mark.django_db
class TestOperations:
    def test_shown_between_its_hours_the_crises_first(self) -> None:
        say("Travaux")
        say("Coupure", urgent=True, starts_at=NOW - 2 * HOUR)
        say("Demain", starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
        assert [one.title for one in running_notices(NOW)] == ["Coupure", "Travaux"]
        assert running_notices(NOW + 3 * HOUR) == []
        assert AuditEntry.objects.filter(reason="Avis publié").count() == 3

    def test_a_residence_hears_itself_its_agency_and_what_is_for_all(self) -> None:
        here, other = ResidenceFactory(), ResidenceFactory()
        say("Ici", residence=here)
        say("Agence", agency=here.agency)
        say("Tous")
        say("Ailleurs", residence=other)
        assert {one.title for one in running_notices(NOW, residence=here)} == {"Ici", "Agence", "Tous"}

    def test_hours_that_do_not_hold_are_refused(self) -> None:
        with pytest.raises(CannotPublish) as refused:
            say(ends_at=NOW - HOUR, starts_at=NOW - 2 * HOUR)
        assert refused.value.field == "ends_at"
        assert not Notice.objects.exists()

    def test_changed_in_place(self) -> None:
        first = say()
        same = say("L’eau est revenue", notice=first)
        assert same.pk == first.pk
        assert Notice.objects.get().title == "L’eau est revenue"

    def test_ended_at_once_and_twice_is_once(self) -> None:
        author, shown = UserFactory(), say()
        for _ in range(2):
            end_notice(actor=author, notice=shown, now=NOW)
        assert Notice.objects.get().ends_at == NOW
        assert AuditEntry.objects.filter(reason="Avis retiré").count() == 1

    def test_one_that_never_began_is_erased(self) -> None:
        planned = say(starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
        end_notice(actor=UserFactory(), notice=planned, now=NOW)
        assert not Notice.objects.exists()

    def test_erased_a_year_after_its_end(self) -> None:
        today = timezone.now()
        for days in (364, 366):
            ended = today - timedelta(days=days)
            say(f"{days}", starts_at=ended - HOUR, ends_at=ended, now=ended - HOUR)
        purge_notices()
        assert [one.title for one in Notice.objects.all()] == ["364"]

    def test_a_number_replaces_the_one_of_its_kind_and_place(self) -> None:
        actor = UserFactory()
        for number in ("+33465710142", "+33465710143"):
            line = set_line(actor=actor, kind="on_call", number=number, hours="", agency=None, residence=None)
        assert Line.objects.get().number == "+33465710143"
        remove_line(actor=actor, line=line)
        remove_line(actor=actor, line=line)
        assert not Line.objects.exists()

    def test_numbers_of_many_residences_cost_one_query(self) -> None:
        counts = []
        for size in (1, 5):
            residences = [ResidenceFactory() for _ in range(size)]
            for one in residences:
                set_line(
                    actor=UserFactory(), kind="office", number="+33465710142", hours="", agency=None, residence=one
                )
            with CaptureQueriesContext(
                connection,
            ) as queries:
                found = numbers_by_residence(residences)
            assert all(len(found[one.pk]) == 1 for one in residences)
            counts.append(len(queries))
        assert counts == [1, 1]


@pytest.mark.django_db
class TestAccess:
    def test_only_for_the_places_that_one_covers(self) -> None:
        lyon, other = AgencyFactory(lyon=True), AgencyFactory()
        manager = UserFactory(roles=[("agency_manager", lyon)])
        for mine, place in ((True, lyon), (False, other), (False, None)):
            shown = say(agency=place)
            line = set_line(
                actor=manager, kind="on_call", number="+33465710142", hours="", agency=place, residence=None
            )
            if mine:
                assert get_notice_for(manager, shown.pk) == shown
                assert get_line_for(manager, line.pk) == line
                continue
            with pytest.raises(Http404):
                get_notice_for(manager, shown.pk)
            with pytest.raises(Http404):
                get_line_for(manager, line.pk)

    def test_callers_of_an_agency_hear_what_is_for_it(self) -> None:
        lyon, other = AgencyFactory(lyon=True), AgencyFactory()
        caller = UserFactory(roles=[("caller", lyon)])
        assert hears(caller, say(agency=lyon))
        assert hears(caller, say())
        assert not hears(caller, say(agency=other))


@pytest.mark.django_db
class TestPages:
    def _typed(self, **more: str) -> dict[str, str]:
        day = timezone.localdate() + timedelta(days=1)
        return {
            "title": "L’eau est coupée",
            "body": "Des bouteilles sont au rez-de-chaussée.",
            "place": "tout",
            "residence": "",
            "urgent": "on",
            "starts_on": f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}",
            "starts_time": "08:00",
            "ends_on": f"{day:%Y-%m-%d}",
            "ends_time": "18:00",
            **more,
        }

    def test_published_then_shown_on_home_and_on_the_page_of_the_site(self, client: Client) -> None:
        here = ResidenceFactory(name="Les Tilleuls")
        client.force_login(UserFactory(roles=["communication"]))
        answer = client.post(reverse("workspace:new_notice"), self._typed(residence=here.code))
        assert answer.status_code == 302
        assert Notice.objects.get().residence_id == here.pk
        assert "L’eau est coupée" in client.get("/").content.decode()
        assert "Les Tilleuls" in client.get(reverse("workspace:notices")).content.decode()
        client.logout()
        client.force_login(UserFactory(roles=[("caller", AgencyFactory())]))
        assert "L’eau est coupée" not in client.get("/").content.decode()
        client.logout()
        set_line(
            actor=UserFactory(), kind="on_call", number="+33465710142", hours="la nuit", agency=None, residence=None
        )
        page = client.get(reverse("portal:site", args=[here.pk])).content.decode()
        assert "Des bouteilles sont au rez-de-chaussée." in page
        assert "tel:+33465710142" in page
        assert "L’eau est coupée" in client.get(reverse("portal:thanks")).content.decode()

    def test_what_is_wrong_is_said_and_what_was_typed_kept(self, client: Client) -> None:
        client.force_login(UserFactory(roles=["communication"]))
        typed = self._typed(residence="nulle part", ends_on="2020-01-01")
        answer = client.post(reverse("workspace:new_notice"), typed)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Aucune résidence ne répond à ce nom ici." in page
        assert "Des bouteilles" in page
        answer = client.post(reverse("workspace:new_notice"), self._typed(ends_on="2020-01-01"))
        assert answer.status_code == 422
        assert "Cette fin" in answer.content.decode() or "La fin vient avant" in answer.content.decode()

    def test_two_residences_of_the_same_name_ask_for_the_code(self, client: Client) -> None:
        ResidenceFactory(name="Les Tilleuls", code="T1")
        ResidenceFactory(name="Les Tilleuls", code="T2")
        client.force_login(UserFactory(roles=["communication"]))
        page = client.post(reverse("workspace:new_notice"), self._typed(residence="tilleuls"))
        assert page.status_code == 422
        assert "Plusieurs résidences" in page.content.decode()

    def test_changed_then_no_longer_shown(self, client: Client) -> None:
        client.force_login(UserFactory(roles=["communication"]))
        client.post(reverse("workspace:new_notice"), self._typed())
        shown = Notice.objects.get()
        assert "Des bouteilles" in client.get(reverse("workspace:notice", args=[shown.pk])).content.decode()
        client.post(reverse("workspace:notice", args=[shown.pk]), self._typed(title="L’eau revient"))
        client.post(reverse("workspace:stop_notice", args=[shown.pk]))
        shown.refresh_from_db()
        assert (shown.title, shown.ends_at <= timezone.now()) == ("L’eau revient", True)
        assert "L’eau revient" not in client.get(reverse("portal:thanks")).content.decode()

    def test_a_number_is_set_and_removed(self, client: Client) -> None:
        client.force_login(UserFactory(roles=["communication"]))
        page = reverse("workspace:site_lines")
        typed = {"kind": "on_call", "place": "tout", "residence": "", "number": "04 65 71 01 42", "hours": ""}
        assert client.post(page, {**typed, "number": "123456789012"}).status_code == 422
        assert client.post(page, typed).status_code == 302
        assert "04" in client.get(page).content.decode()
        client.post(reverse("workspace:remove_line", args=[Line.objects.get().pk]))
        assert not Line.objects.exists()

    def test_an_unknown_site(self, client: Client) -> None:
        assert client.get(reverse("portal:site", args=[uuid4()])).status_code == 404
