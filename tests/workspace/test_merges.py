"""Two rows merged on screen: compared, chosen field by field, refused with what was typed, undone."""

import re
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.dispatch.factories import NOW
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import Merge, Person

pytestmark = pytest.mark.django_db


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def pair(here):
    """Odette, inscribed in her former home and in the new one."""
    new = HouseholdFactory(agency=here, age=82, first_name="Odette", last_name="Marchandeau")
    old = HouseholdFactory(agency=here, age=82, first_name="Odete", last_name="Marchandeau", marital_status="widowed")
    for home in (new, old):
        ContactPointFactory(person=home.people.get(), value="+33465710142")
    RelativeFactory(person=old.people.get())
    MarkFactory(person=old.people.get(), expires_on=date(2030, 1, 1))
    return new.people.get(), old.people.get()


@pytest.fixture
def screen(client, here):
    client.force_login(UserFactory(roles=[("social_worker", here)]))
    return client


def seen(html) -> str:
    return re.search(r'name="seen" value="([^"]+)"', html)[1]


class TestMerging:
    def test_both_are_shown_with_why_and_what_differs(self, screen, pair):
        html = body(screen.get(url("merge", *pair)))
        assert "Même date de naissance, même numéro, noms proches." in html
        assert 'name="first_name"' in html
        assert 'name="last_name"' not in html, "what both say is not asked"
        assert "Nadia Benali" in html
        for person in pair:
            assert person.household.dwelling.building.residence.name in html
        assert AuditEntry.objects.filter(action="household.read", reason="Deux fiches comparées").count() == 2

    def test_merged_shown_then_undone(self, screen, pair):
        kept, gone = pair
        html = body(screen.get(url("merge", *pair)))
        typed = {"seen": seen(html), "kept": "first", "first_name": "second", "marital_status": "second"}
        done = screen.post(url("merge", *pair), {**typed, "reason": "A changé de logement"}, follow=True)
        assert "Les deux fiches sont réunies." in body(done)
        kept.refresh_from_db()
        assert (kept.first_name, kept.marital_status) == ("Odete", "widowed")
        for page in (kept, gone):
            html = body(screen.get(url("household", page.household_id)))
            assert "A changé de logement" in html
            assert "Défaire" in html
        assert "Fiche réunie à une autre" in html
        assert "C’est une erreur" not in html
        assert "Aucune fiche ne ressemble" in body(screen.get(url("doubles")))
        merge = Merge.objects.get()
        assert "Défaire la réunion" in body(screen.get(url("undo_merge", merge)))
        assert "chacun leur fiche" in body(screen.post(url("undo_merge", merge), follow=True))
        gone.refresh_from_db()
        assert (gone.left_on, gone.merged_into_id) == (None, None)
        assert "ne sont plus réunies" in body(screen.get(url("undo_merge", merge), follow=True))

    def test_the_other_one_may_be_kept(self, screen, pair):
        typed = {"seen": seen(body(screen.get(url("merge", *pair)))), "kept": "second"}
        screen.post(url("merge", *pair), {**typed, "first_name": "first", "marital_status": "second"})
        assert Person.objects.get(pk=pair[0].pk).merged_into_id == pair[1].pk
        assert Person.objects.get(pk=pair[1].pk).first_name == "Odette"

    def test_the_row_that_the_file_feeds_is_offered_first(self, screen, pair):
        Person.objects.filter(pk=pair[1].pk).update(erp_key="B1|marchandeau odete")
        html = body(screen.get(url("merge", *pair)))
        assert re.search(r'value="second" id="id_kept_\d" checked', html) or re.search(
            r'name="kept" value="second"[^>]* checked', html
        )

    def test_refused_keeps_what_was_typed(self, screen, pair):
        typed = {"seen": seen(body(screen.get(url("merge", *pair)))), "marital_status": "second", "reason": "Vue mardi"}
        response = screen.post(url("merge", *pair), {**typed, "first_name": "first"})
        assert response.status_code == 422
        assert "Choisissez la fiche à garder." in body(response)
        assert "Vue mardi" in body(response)

    def test_changed_meanwhile_is_read_again_first(self, screen, pair):
        typed = {"seen": seen(body(screen.get(url("merge", *pair)))), "kept": "first"}
        Person.objects.filter(pk=pair[1].pk).update(first_name="Odile")
        response = screen.post(url("merge", *pair), {**typed, "first_name": "first", "marital_status": "first"})
        assert response.status_code == 422
        html = body(response)
        assert "Relisez-les" in html
        assert "Odile" in html
        again = {**typed, "first_name": "first", "marital_status": "first", "seen": seen(html)}
        assert screen.post(url("merge", *pair), again).status_code == 302

    def test_undone_after_a_change_only_on_purpose(self, screen, pair):
        kept, gone = pair
        facts = {"actor": UserFactory(), "now": NOW, "today": timezone.localdate()}
        merge = operations.merge_people(kept=kept, gone=gone, **facts)
        operations.record_opposition(actor=UserFactory(), person=kept, on=date(2026, 11, 1))
        assert "Ce qui a changé" in body(screen.get(url("undo_merge", merge)))
        response = screen.post(url("undo_merge", merge))
        assert response.status_code == 422
        assert "quelqu’un a changé l’opposition" in body(response)
        screen.post(url("undo_merge", merge), {"keep_changes": "on"})
        assert Person.objects.filter(opposed_on=date(2026, 11, 1), left_on=None).count() == 2

    def test_a_promised_call_is_told(self, screen, pair, monkeypatch):
        planned = SimpleNamespace(due_on=date(2026, 12, 1), caller=SimpleNamespace(display_name="Josiane Tellier"))
        monkeypatch.setattr("bienveille.faces.workspace.views.doubles.promises_to_household", lambda key: [planned])
        assert "par Josiane Tellier" in body(screen.get(url("merge", *pair)))

    def test_without_likeness_it_says_so(self, screen, here, pair):
        other = HouseholdFactory(agency=here, age=45, first_name="Samira", last_name="Benali").people.get()
        assert "Peu de choses les rapprochent" in body(screen.get(url("merge", pair[0], other)))
        assert screen.get(url("merge", other, other)).status_code == 404

    def test_one_home_elsewhere_is_not_merged(self, screen, pair):
        other = HouseholdFactory(agency=AgencyFactory(saint_etienne=True), age=82).people.get()
        assert screen.get(url("merge", pair[0], other)).status_code == 404

    def test_the_same_number_of_queries_whatever_is_known(self, screen, pair):
        counts = []
        for _ in range(2):
            screen.get(url("merge", *pair))
            with CaptureQueriesContext(connection) as captured:
                screen.get(url("merge", *pair))
            counts.append(len(captured))
            for person in pair:
                ContactPointFactory(person=person)
                RelativeFactory(person=person)
        assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("role", "at", "status"),
    [("director", None, 200), ("agency_manager", "here", 200), ("social_worker", "here", 200),
     ("agency_manager", "there", 404), ("caller", None, 403), ("building_manager", None, 403)],
)  # fmt: skip
def test_who_merges_and_undoes(client, here, pair, role, at, status):
    facts = {"actor": UserFactory(), "now": NOW, "today": timezone.localdate()}
    merge = operations.merge_people(kept=pair[0], gone=pair[1], **facts)
    others = [HouseholdFactory(agency=here, age=82).people.get() for _ in range(2)]
    agency = {"here": here, "there": AgencyFactory(saint_etienne=True)}.get(at)
    client.force_login(UserFactory(roles=[(role, agency)]))
    assert client.get(url("merge", *others)).status_code == status
    assert client.get(url("undo_merge", merge)).status_code == status
