"""« Notes à relire »: those of one's agencies in every campaign, kept or erased together, never those of others."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory
from tests.outreach.factories import call, make_campaign
from tests.tenants.factories import HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.services.outreach.models import Report

pytestmark = pytest.mark.django_db
URL, ACT = reverse("workspace:notes"), reverse("workspace:read_notes")
NOTE = "Soigne son cancer"


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def lyon():
    return AgencyFactory(lyon=True)


def noted(agency, name: str, count: int = 1):
    for _ in range(count):
        HouseholdFactory(agency=agency, age=82, phone=True)
    campaign = make_campaign(now=timezone.now() - timedelta(days=9), name=name)
    caller = UserFactory(roles=["caller"])
    for rank in range(count):
        then = timezone.now() - timedelta(days=8, minutes=-rank)
        call(campaign, caller, "reached", now=then, grade="green", note=NOTE, keep_note=True)
    return campaign


@pytest.fixture
def screen(client, lyon):
    client.user = UserFactory(roles=[("agency_manager", lyon)])
    client.force_login(client.user)
    return client


def test_of_every_campaign_and_audited(screen, lyon):
    noted(lyon, "Grand froid")
    page = text(screen.get(URL))
    assert "1\u00a0note à relire" in page
    assert NOTE in page
    assert "Grand froid" in page
    assert "Santé" in page  # what it was warned about
    assert AuditEntry.objects.filter(action="household.listed", actor=screen.user).exists()


def test_those_of_other_agencies_are_neither_shown_nor_touched(screen):
    noted(AgencyFactory(), "Ailleurs")
    page = text(screen.get(URL))
    assert NOTE not in page
    assert "Tout est relu" in page
    report = Report.objects.get()
    screen.post(ACT, {"note": [report.pk], "do": "erase", "sure": "yes"})
    report.refresh_from_db()
    assert (report.note, report.read_again_at) == (NOTE, None)


def test_kept_together_then_found_among_those_read(screen, lyon):
    noted(lyon, "Grand froid", 2)
    keys = list(Report.objects.values_list("pk", flat=True))
    page = text(screen.post(ACT, {"note": keys, "do": "keep"}, follow=True))
    assert "2\u00a0notes relues et gardées" in page
    assert NOTE not in page
    assert NOTE in text(screen.get(URL, {"etat": "read"}))
    assert "0\u00a0note relue" in text(screen.post(ACT, {"note": keys, "do": "keep"}, follow=True))


def test_erased_once_it_is_confirmed(screen, lyon):
    noted(lyon, "Grand froid")
    report = Report.objects.get()
    page = text(screen.post(ACT, {"note": [report.pk], "do": "erase"}))
    assert "Effacer 1\u00a0note pour toujours" in page
    report.refresh_from_db()
    assert report.note == NOTE
    screen.post(ACT, {"note": [report.pk], "do": "erase", "sure": "yes"})
    report.refresh_from_db()
    assert (report.note, report.read_again_by_id) == ("", screen.user.pk)


def test_nothing_ticked_is_said(screen):
    assert "Cochez au moins une note" in text(screen.post(ACT, {"do": "keep", "note": ["x"]}, follow=True))


def test_one_gone_by_is_not_shown(screen, lyon):
    noted(lyon, "Grand froid")
    Report.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
    assert NOTE not in text(screen.get(URL))


def test_the_number_of_queries_does_not_grow(screen, lyon):
    seen = []
    for name in ("Grand froid", "Canicule"):
        noted(lyon, name, 3)
        text(screen.get(URL))
        with CaptureQueriesContext(connection) as queries:
            text(screen.get(URL))
        seen.append(len(queries))
    assert seen[0] == seen[1]
