"""Corrections to send back: three truths for one field, a list by agency and field, a file that no sheet runs."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.tenants.factories import TODAY, ContactPointFactory, HouseholdFactory

from bienveille.register.accounts.models import AuditEntry
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import FieldCorrection, Person
from bienveille.register.tenants.queries import corrections_for_erp, truths_of
from bienveille.register.tenants.rules import said_words

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(everything=True)
LIST = reverse("workspace:erp_corrections")


def body(response) -> str:
    return response.content.decode()


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def actor():
    return UserFactory(first_name="Samira", last_name="Kessel")


@pytest.fixture
def person(here):
    home = HouseholdFactory(agency=here, age=82, first_name="Eleonore", last_name="Lefevre")
    home.people.update(erp_key="B1|lefevre eleonore")
    return home.people.get()


@pytest.fixture
def screen(client, here):
    client.force_login(UserFactory(roles=[("agency_manager", here)]))
    return client


def correct(actor, person, source="staff", **changes):
    operations.correct_person(actor=actor, person=person, changes=changes, today=TODAY, source=source)
    person.refresh_from_db()


def rows(**asked):
    found = corrections_for_erp(EVERYTHING, **asked).order_by("field", "in_file")
    return [(row.field, row.in_file, row.here, row.source) for row in found]


class TestThreeTruths:
    def test_who_when_and_on_whose_word(self, actor, person):
        correct(actor, person, first_name="Éléonore")
        row = corrections_for_erp(EVERYTHING).get()
        assert (row.field, row.in_file, row.here, row.source) == ("first_name", "Eleonore", "Éléonore", "staff")
        assert row.by == actor
        assert (timezone.now() - row.at).total_seconds() < 60

    def test_what_the_tenant_said_stays_beside_what_staff_corrected(self, actor, person):
        correct(actor, person, source="tenant", birth_date=date(1944, 5, 2))
        correct(UserFactory(last_name="Vidal"), person, birth_date=date(1944, 5, 3))
        (truth,) = truths_of([person])[person.pk]
        assert (truth.in_file, truth.here) == ("15/06/1944", "03/05/1944")
        assert (truth.by_tenant, truth.by_staff) == ("02/05/1944", "03/05/1944")
        assert rows() == [("birth_date", "1944-06-15", "1944-05-03", "staff")]

    def test_put_back_as_the_file_says_it_is_forgotten(self, actor, person):
        correct(actor, person, first_name="Éléonore")
        correct(actor, person, first_name="Eleonore")
        assert rows() == []
        assert not FieldCorrection.objects.exists()

    def test_once_the_file_says_something_else_it_is_no_longer_a_correction(self, actor, person):
        """As imports do, in SQL: they know `file_said` alone."""
        correct(actor, person, first_name="Éléonore")
        Person.objects.update(file_said={}, first_name="Éléonora")
        assert rows() == []
        assert truths_of([Person.objects.get()]) == {}

    def test_a_correction_made_before_names_were_kept_is_listed_too(self, person):
        Person.objects.update(file_said={"last_name": "LEFEVRE"})
        assert corrections_for_erp(EVERYTHING).get().by is None

    def test_numbers_refused_and_given(self, actor, person):
        wrong = ContactPointFactory(person=person, value="+33639980001", source="erp")
        ContactPointFactory(person=person, value="+33639980002", source="erp", status="unverified")
        now = timezone.now()
        operations.flag_contact_point(actor=actor, contact_point=wrong, status="wrong", now=now)
        operations.add_contact_point(actor=actor, person=person, kind="phone", value="04 65 71 01 42", now=now)
        operations.add_contact_point(actor=actor, person=person, kind="phone", value="04 65 71 01 43", whose="sa fille")
        assert rows(field="phone") == [
            ("phone", "", "+33465710142", "staff"),
            ("phone", "+33639980001", "wrong", "staff"),
        ]
        assert {row.by_id for row in corrections_for_erp(EVERYTHING)} == {actor.pk}

    def test_a_corrected_number_says_both_in_one_go(self, actor, person):
        point = ContactPointFactory(person=person, value="+33639980001", source="erp")
        operations.correct_contact_point(actor=actor, contact_point=point, value="04 65 71 01 42", now=timezone.now())
        assert len(rows(field="phone")) == 2
        assert all(row.by_id == actor.pk for row in corrections_for_erp(EVERYTHING))

    @pytest.mark.parametrize("change", [{"left_on": date(2026, 1, 1)}, {"deceased": True}])
    def test_not_of_those_who_left_or_died(self, actor, person, change):
        correct(actor, person, first_name="Éléonore")
        ContactPointFactory(person=person, source="staff")
        Person.objects.update(**change)
        assert rows() == []

    def test_whom_the_file_does_not_know_is_not_corrected_in_it(self, actor, person):
        Person.objects.update(erp_key=None)
        person.refresh_from_db()
        correct(actor, person, first_name="Éléonore")
        operations.add_contact_point(actor=actor, person=person, kind="email", value="a@courriel.example")
        assert rows() == []

    def test_the_word_of_the_file_is_refused_as_a_source(self, actor, person):
        with pytest.raises(operations.CannotChangePerson, match="Dites qui"):
            correct(actor, person, source="erp", first_name="X")

    def test_a_merge_keeps_who_chose(self, actor, person):
        other = HouseholdFactory(age=82, first_name="Éléonore", last_name="Lefèvre").people.get()
        facts = {"actor": actor, "now": timezone.now(), "today": TODAY}
        merge = operations.merge_people(kept=person, gone=other, choices={"first_name": "gone"}, **facts)
        assert corrections_for_erp(EVERYTHING).get(field="first_name").by == actor
        operations.undo_merge(actor=actor, merge=merge, now=timezone.now())
        assert rows() == []
        assert not FieldCorrection.objects.exists()


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [("title", "mrs", "Mme"), ("birth_date", "1944-06-15", "15/06/1944"), ("languages", "fr,pt", "français et portugais"),
     ("marital_status", "widowed", "Veuf"), ("phone", "+33465710142", "04 65 71 01 42"), ("phone", "wrong", "Faux"),
     ("last_name", "", "rien"), ("role", "TITULAIRE", "TITULAIRE"), ("email", "stop", "Ne plus utiliser")],
)  # fmt: skip
def test_words_of_what_is_said(field, text, words):
    assert said_words(field, text).replace("\u00a0", " ") == words


class TestOnScreen:
    def test_listed_filtered_and_taken_away(self, screen, actor, person, here):
        assert "disent la même chose" in body(screen.get(LIST))
        correct(actor, person, first_name="Éléonore", last_name="=HYPERLINK(1)")
        ContactPointFactory(person=person, source="tenant", value="+33465710142")
        html = body(screen.get(LIST))
        for word in ("Prénom", "Eleonore", "Éléonore", "Samira Kessel", "04\u00a065\u00a071\u00a001\u00a042"):
            assert word in html
        assert "Prénom</td>" in html
        assert "Prénom</td>" not in body(screen.get(LIST, {"field": "phone"}))
        assert "Samira" not in body(screen.get(LIST, {"source": "tenant"}))
        assert "Aucune correction de ce genre" in body(screen.get(LIST, {"field": "email"}))
        file = screen.get(LIST, {"export": "csv"})
        text = b"".join(file.streaming_content).decode("utf-8-sig")
        assert "B1|lefevre eleonore" in text
        assert not re.search(r'(^|;)"?=', text, re.M), "no sheet takes a name for a formula"
        assert AuditEntry.objects.get(action="data.exported").detail == {"rows": 3, "filters": []}
        workbook = screen.get(LIST, {"export": "xlsx"})
        assert b"".join(workbook.streaming_content).startswith(b"PK")
        workbook.close()

    def test_of_one_s_agencies_and_not_where_somebody_hides(self, screen, actor, person, here):
        far = HouseholdFactory(agency=AgencyFactory(saint_etienne=True), age=70, last_name="Lointaine")
        hidden = HouseholdFactory(agency=here, age=70, last_name="Cachée", protected=True)
        for rank, home in enumerate((far, hidden)):
            home.people.update(erp_key=f"K{rank}")
            correct(actor, home.people.get(), first_name="Corrigée")
        html = body(screen.get(LIST))
        assert "Lointaine" not in html
        assert "Cachée" in html
        table = html.split("<tbody>")[1]
        assert here.name not in table
        assert "Cachée" not in body(screen.get(LIST, {"agency": here.pk}))

    def test_the_page_of_a_household_shows_the_three(self, screen, actor, person):
        correct(actor, person, source="tenant", first_name="Éléonore")
        html = body(screen.get(reverse("workspace:household", args=[person.household_id])))
        assert "Le fichier dit autre chose" in html
        assert "Le progiciel dit\u00a0: Eleonore" in html
        assert "La personne a dit" in html

    def test_the_form_asks_who_said_so(self, screen, person):
        page = reverse("workspace:correct_person", args=[person.pk])
        assert "Qui l’a dit" in body(screen.get(page))
        typed = {"last_name": "Lefèvre", "first_name": "Eleonore", "title": "mrs", "role": "holder",
                 "birth_date": "1944-06-15", "language": "fr", "source": "tenant"}  # fmt: skip
        assert screen.post(page, typed).status_code == 302
        assert FieldCorrection.objects.get().source == "tenant"

    @pytest.mark.parametrize(
        ("role", "status"), [("director", 200), ("social_worker", 200), ("caller", 403), ("building_manager", 403)]
    )
    def test_who_reads_it(self, client, role, status):
        client.force_login(UserFactory(roles=[role]))
        assert client.get(LIST).status_code == status

    def test_the_same_number_of_queries_for_few_and_many(self, screen, actor, person, here):
        counts = []
        for rank in range(4):
            home = HouseholdFactory(agency=here, age=70)
            home.people.update(erp_key=f"K{rank}")
            correct(actor, home.people.get(), first_name="Corrigée", last_name="Aussi")
            if rank in (0, 3):
                screen.get(LIST)
                with CaptureQueriesContext(connection) as captured:
                    screen.get(LIST)
                counts.append(len(captured))
        assert counts[0] == counts[1]
