"""« Chiffres des situations »: exact for the team, small counts hidden for everybody, files, delays, no confidential one."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.cases.referral_factories import make_referral
from tests.housing.factories import AgencyFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.cases.models import Case, PartnerReferral
from bienveille.engines.cases.operations import Signal, close_case, reopen_case, signal_household, take_case
from bienveille.engines.cases.queries import case_figures
from bienveille.engines.cases.rules.figures import for_the_team
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope

pytestmark = pytest.mark.django_db
URL = reverse("workspace:case_figures")
NOW = timezone.now()
EVERYTHING = Scope(everything=True)


@pytest.fixture
def lyon():
    return AgencyFactory(code="LYO", name="Agence de Lyon")


@pytest.fixture
def worker(lyon):
    return UserFactory(roles=[("social_worker", lyon)])


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def found(scope=EVERYTHING, **more):
    since, until = NOW - timedelta(days=300), timezone.now() + timedelta(days=1)
    return for_the_team(case_figures(scope, since=since, until=until, now=more.pop("now", NOW), **more))


class TestCounts:
    def test_by_grade_need_agency_commune_state_and_end(self, lyon, worker):
        first = make_case("red", agency=lyon, needs=("meals", "heating"), now=NOW)
        make_case("orange", agency=lyon, needs=("meals",), now=NOW)
        make_case("orange", agency=AgencyFactory(), now=NOW)
        close_case(actor=worker, case_id=first.pk, outcome="helped", words="", revision=None, now=NOW)
        shown = found()
        assert shown.total == 3
        assert shown.grades == {"red": 1, "orange": 2}
        assert shown.needs == {"meals": 2, "heating": 1}
        assert shown.states == {"new": 2, "closed": 1}
        assert shown.outcomes == {"helped": 1}
        assert sorted(shown.agencies.values()) == [1, 2]
        assert shown.communes[lyon.pk, "Villeurbanne"] == 2
        assert (sum(shown.opened.values()), sum(shown.closed.values())) == (3, 1)

    def test_of_ones_agencies_and_of_one(self, lyon):
        make_case("red", agency=lyon, now=NOW)
        make_case("red", agency=AgencyFactory(), now=NOW)
        assert found(Scope(agencies=frozenset([lyon.pk]))).total == 1
        assert found(agency=lyon.pk).total == 1
        assert found(Scope()).total == 0

    def test_a_confidential_one_is_counted_nowhere_even_for_its_reader(self, client, lyon, worker):
        case = make_case("red", agency=lyon, now=NOW)
        Case.objects.update(kind="confidential")
        case.readers.add(worker)
        assert found().total == 0
        client.force_login(worker)
        assert "Rien à compter" in text(client.get(URL))

    def test_one_that_a_call_taken_back_opened_does_not_count(self, lyon):
        make_case("red", agency=lyon, now=NOW)
        Case.objects.update(state="closed", outcome="undone", closed_at=NOW, expires_on=NOW.date())
        assert found().total == 0


class TestDelays:
    def test_to_be_taken(self, lyon, worker):
        for minutes in (5, 9, 40):
            case = make_case("red", agency=lyon, now=NOW)
            take_case(actor=worker, case_id=case.pk, now=NOW + timedelta(minutes=minutes))
        make_case("red", agency=lyon, now=NOW)
        later = NOW + timedelta(minutes=10)
        red = found(now=later).taking["red"]
        assert (red.asked, red.in_time, red.late, red.running, red.median) == (4, 2, 1, 1, 540)
        assert red.share == pytest.approx(2 / 3)
        assert found(now=NOW + timedelta(hours=1)).taking["red"].late == 2  # still waiting, past its time

    def test_a_call_that_joins_a_followed_case_waits_for_nobody(self, lyon, worker):
        case = make_case("orange", agency=lyon, now=NOW)
        take_case(actor=worker, case_id=case.pk, now=NOW + timedelta(hours=1))
        later = NOW + timedelta(hours=2)
        signal_household(actor=None, household_id=case.household_id, signal=Signal("orange"), now=later)
        assert found().taking["orange"].asked == 1

    def test_to_be_closed_and_opened_again(self, lyon, worker):
        cases = [make_case("orange", agency=lyon, now=NOW) for _ in range(3)]
        for case, days in zip(cases, (2, 200), strict=False):
            then = NOW + timedelta(days=days)
            close_case(actor=worker, case_id=case.pk, outcome="helped", words="", revision=None, now=then)
        orange = found().closing["orange"]
        assert (orange.asked, orange.in_time, orange.late, orange.running) == (3, 1, 1, 1)
        assert orange.median == timedelta(days=101).total_seconds()
        reopen_case(actor=worker, case_id=cases[0].pk, words="", now=NOW + timedelta(days=3))
        assert found().reopened == 1


class TestPage:
    def test_the_team_reads_exact_numbers(self, client, worker, lyon):
        make_case("red", agency=lyon, needs=("meals",), now=NOW)
        client.force_login(worker)
        page = text(client.get(URL))
        assert "1\u00a0situation s’est ouverte" in page
        assert "Des nombres sont masqués" not in page
        assert "Repas" in page

    def test_everybody_else_reads_no_small_count(self, client, lyon):
        for _ in range(7):
            make_case("orange", agency=lyon, now=NOW - timedelta(days=40))
        for _ in range(3):
            make_case("red", agency=lyon, now=NOW - timedelta(days=40))
        client.force_login(UserFactory(roles=["communication"]))
        page = text(client.get(URL))
        assert "10\u00a0situations se sont ouvertes" in page
        assert "Des nombres sont masqués" in page
        rows = page[page.index('id="niveaux"') :].split("</table>")[0]
        assert rows.count('<td class="bv-num">–</td>') == 2
        told = b"".join(client.get(URL, {"export": "csv"}).streaming_content).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(told), delimiter=";"))
        assert ["Par niveau", "Rouge", "Situations", "masqué"] in lines
        assert ["Par niveau", "Orange", "Situations", "masqué"] in lines

    def test_an_agency_reads_the_others_as_everybody_does(self, client, worker, lyon):
        for _ in range(6):
            make_case("orange", agency=lyon, now=NOW - timedelta(days=40))
        make_case("orange", agency=AgencyFactory(), now=NOW - timedelta(days=40))
        client.force_login(worker)
        assert "6\u00a0situations se sont ouvertes" in text(client.get(URL))
        # Seven in all: this agency would subtract its six.
        assert "Trop peu de situations" in text(client.get(URL, {"pour": "tous"}))

    def test_another_agency_cannot_be_asked_for(self, client, worker, lyon):
        other = AgencyFactory()
        make_case("red", agency=other, now=NOW)
        client.force_login(worker)
        assert "Rien à compter" in text(client.get(URL, {"agence": str(other.pk)}))

    def test_files_have_every_part_and_are_audited(self, client, worker, lyon):
        make_case("red", agency=lyon, needs=("meals",), now=NOW)
        client.force_login(worker)
        response = client.get(URL, {"export": "xlsx"})
        book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
        assert {"Par besoin", "Par commune", "Prise en charge", "Clôture", "Définitions"} <= set(book.sheet_names)
        assert ["Repas", 1.0] in book.get_sheet_by_name("Par besoin").to_python()
        assert AuditEntry.objects.filter(action="data.exported", actor=worker).count() == 1

    @pytest.mark.parametrize("pour", ["", "tous"])
    def test_the_number_of_queries_does_not_grow(self, client, pour):
        client.force_login(UserFactory(roles=["director"]))
        seen = []
        for grade in ("red", "orange"):
            for _ in range(6):
                household = HouseholdFactory(agency=AgencyFactory())
                make_case(grade, household=household, needs=("meals", "rent"), now=NOW - timedelta(days=45))
            text(client.get(URL, {"pour": pour}))  # grades and words that a process reads once
            with CaptureQueriesContext(connection) as queries:
                text(client.get(URL, {"pour": pour}))
            seen.append(len(queries))
        assert seen[0] == seen[1] <= 22


def test_referrals_by_partner_and_how_many_answered(client, worker, lyon):
    for state in ("closed", "sent", "proposed"):
        make_referral(state, case=make_case("orange", agency=lyon, needs=("meals",), now=NOW), actor=worker, now=NOW)
    PartnerReferral.objects.update(partner_name="CCAS de Lyon")
    one = found().partners["CCAS de Lyon"]
    assert (one.sent, one.answered, one.share) == (2, 1, 0.5)
    client.force_login(worker)
    assert "CCAS de Lyon" in text(client.get(URL))
