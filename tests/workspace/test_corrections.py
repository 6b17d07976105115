"""Corrections by hand on screen: each one done, refused with its words kept, met by somebody else's, taken back."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import AgencyFactory, UserFactory
from tests.outreach.factories import MONDAY, make_campaign
from tests.tenants.factories import ContactPointFactory, HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.engines.dispatch.queries import contact_in_hand
from bienveille.register.accounts.models import AuditEntry
from bienveille.register.tenants import operations
from bienveille.register.tenants.choices import MarkKind
from bienveille.register.tenants.models import ContactPoint, Household, KnownApart, Mark, Person, Relative
from bienveille.register.tenants.rules import mark_words
from bienveille.services.outreach.operations import take_next
from bienveille.services.outreach.queries import call_sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return AgencyFactory(lyon=True)


@pytest.fixture
def household(here):
    return HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")


@pytest.fixture
def person(household):
    return household.people.get()


@pytest.fixture
def worker(here):
    return UserFactory(roles=[("social_worker", here)])


@pytest.fixture
def screen(client, worker):
    client.force_login(worker)
    return client


def url(name, *keys):
    return reverse(f"workspace:{name}", args=[getattr(key, "pk", key) for key in keys])


def body(response) -> str:
    return response.content.decode()


def typed(client, address) -> dict[str, str]:
    """What the form of the page would send as it is."""
    html = body(client.get(address))
    form = html[html.index('id="formulaire"') :]
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form))
    for name, inside in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        fields[name] = chosen[1] if chosen else ""
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


class TestPerson:
    def test_corrected_then_taken_back(self, screen, person, household):
        address = url("correct_person", person)
        data = {**typed(screen, address), "last_name": "Lefebvre", "birth_date": "1944-05-02"}
        assert screen.post(address, data).status_code == 302
        person.refresh_from_db()
        household.refresh_from_db()
        assert (person.last_name, person.birth_date) == ("Lefebvre", date(1944, 5, 2))
        assert household.name == "Mme Éléonore Lefebvre", "the household bears its holder's name"
        assert "Annuler" in body(screen.get(url("household", household)))
        screen.post(url("undo_correction", household))
        person.refresh_from_db()
        household.refresh_from_db()
        assert (person.last_name, household.name) == ("Lefèvre", "Mme Éléonore Lefèvre")
        assert person.birth_date == date(1944, 6, 15)
        assert "ne peut plus être annulée" in body(screen.post(url("undo_correction", household), follow=True))

    def test_refused_keeps_what_was_typed(self, screen, person):
        address = url("correct_person", person)
        response = screen.post(address, {**typed(screen, address), "last_name": "", "first_name": "Éléonora"})
        assert response.status_code == 422
        assert "Donnez un nom de famille." in body(response)
        assert 'value="Éléonora"' in body(response)

    def test_changed_by_somebody_else_shows_both_then_saves_on_purpose(self, screen, person):
        address = url("correct_person", person)
        data = {**typed(screen, address), "last_name": "Lefebvre"}
        operations.correct_person(
            actor=UserFactory(), person=person, changes={"last_name": "Le Fèvre"}, today=date(2026, 11, 21)
        )
        response = screen.post(address, data)
        assert response.status_code == 409
        html = body(response)
        assert "Le Fèvre" in html
        assert 'value="Lefebvre"' in html
        assert Person.objects.get().last_name == "Le Fèvre", "nothing is overwritten"
        again = {**data, "seen": re.search(r'name="seen" value="(\w+)"', html)[1]}
        assert screen.post(address, again).status_code == 302
        assert Person.objects.get().last_name == "Lefebvre"

    def test_third_language_survives(self, screen, person):
        Person.objects.update(languages=["fr", "pt", "es"])
        address = url("correct_person", person)
        screen.post(address, {**typed(screen, address), "other_language": "ar"})
        assert Person.objects.get().languages == ["fr", "ar", "es"]

    def test_added_to_a_household(self, screen, household):
        address = url("add_person", household)
        response = screen.post(address, {"last_name": "Lefèvre", "first_name": "Marcel", "role": "occupant"})
        assert response.status_code == 302
        assert household.people.count() == 2

    def test_household_added_where_one_may(self, screen, household):
        data = {"dwelling": household.dwelling.code, "last_name": "Nouvelle", "title": "mrs"}
        assert screen.post(url("add_household"), data).status_code == 302
        made = Household.objects.get(name="Mme Nouvelle")
        assert (made.dwelling_id, made.people.get().role) == (household.dwelling_id, "holder")
        elsewhere = HouseholdFactory(agency=AgencyFactory(saint_etienne=True))
        refused = screen.post(url("add_household"), {**data, "dwelling": elsewhere.dwelling.code})
        assert refused.status_code == 422
        assert "Aucun logement de vos agences" in body(refused)


class TestRights:
    def test_opposition_with_its_words_then_lifted(self, screen, person):
        address = url("opposition", person)
        assert screen.post(address, {"on": "2026-11-20", "reason": ""}).status_code == 422
        screen.post(address, {"on": "2026-11-20", "reason": "Courrier du 3 mai"})
        person.refresh_from_db()
        assert person.opposed_on == date(2026, 11, 20)
        assert AuditEntry.objects.get(detail__change="opposed").reason == "Courrier du 3 mai"
        screen.post(address, {"reason": "A rappelé"})
        person.refresh_from_db()
        assert person.opposed_on is None

    def test_death_is_confirmed_and_may_be_a_mistake(self, screen, person, household):
        assert "Noter le décès" in body(screen.get(url("death", person)))
        assert not Person.objects.get().deceased, "looking changes nothing"
        screen.post(url("death", person), {"on": ""})
        assert Person.objects.get().deceased
        assert "Décès" in body(screen.get(url("household", household)))
        screen.post(url("death", person), {"reason": "C’était une homonyme"})
        assert not Person.objects.get().deceased

    def test_departure_and_return(self, screen, person):
        screen.post(url("departure", person), {"on": "2026-11-01"})
        assert Person.objects.get().left_on == date(2026, 11, 1)
        screen.post(url("departure", person))
        assert Person.objects.get().left_on is None

    def test_address_is_protected_by_all_and_shown_again_by_the_direction(self, client, screen, person):
        screen.post(url("protection", person))
        assert Person.objects.get().protected_address
        assert screen.post(url("protection", person), {"reason": "x"}).status_code == 403
        client.force_login(UserFactory(roles=["director"]))
        assert client.post(url("protection", person), {"reason": ""}).status_code == 422
        client.post(url("protection", person), {"reason": "Ordonnance levée"})
        assert not Person.objects.get().protected_address


class TestContactPoints:
    def test_added_refused_flagged_and_taken_back(self, screen, person, household):
        address = url("contact_points", person)
        assert screen.post(address, {"kind": "phone", "value": "12"}).status_code == 422
        screen.post(address, {"kind": "phone", "value": "04 65 71 12 34", "whose": "sa fille"})
        point = ContactPoint.objects.get()
        assert (point.value, point.whose, point.source) == ("+33465711234", "sa fille", "staff")
        assert "04\u00a065\u00a071\u00a012\u00a034" in body(screen.get(address))
        screen.post(url("flag_contact_point", point), {"status": "wrong"})
        assert ContactPoint.objects.get().status == "wrong"
        screen.post(url("undo_correction", household))
        assert ContactPoint.objects.get().status == "valid"
        screen.post(url("flag_contact_point", point), {"status": "verified"})
        assert ContactPoint.objects.get().verified_on == timezone.localdate()
        assert screen.post(url("flag_contact_point", point), {"status": "nonsense"}).status_code == 403

    def test_a_corrected_number_of_the_file_stays_as_wrong(self, screen, person):
        point = ContactPointFactory(person=person, value="+33639980001", source="erp")
        address = url("correct_contact_point", point)
        screen.post(address, {**typed(screen, address), "value": "04 65 71 00 02"})
        assert dict(ContactPoint.objects.values_list("value", "status")) == {
            "+33639980001": "wrong",
            "+33465710002": "valid",
        }

    def test_met_by_somebody_else(self, screen, person, worker):
        point = ContactPointFactory(person=person)
        address = url("correct_contact_point", point)
        data = {**typed(screen, address), "value": "04 65 71 00 02"}
        operations.flag_contact_point(actor=worker, contact_point=point, status="stop", now=timezone.now())
        response = screen.post(address, data)
        assert response.status_code == 409
        assert "Ne plus utiliser" in body(response)
        assert ContactPoint.objects.count() == 1


class TestMarksAndRelatives:
    def test_mark_noted_ended_and_taken_back(self, screen, person, household):
        address = url("marks", person)
        ends = timezone.localdate() + timedelta(days=90)
        screen.post(address, {"kind": "hard_of_hearing", "source": "tenant", "expires_on": ends.isoformat()})
        mark = Mark.objects.get()
        assert (mark.kind, mark.expires_on) == ("hard_of_hearing", ends)
        screen.post(url("end_mark", mark))
        assert not Mark.objects.exists()
        screen.post(url("undo_correction", household))
        assert Mark.objects.get().expires_on == ends

    def test_a_disability_needs_what_it_was_agreed_for(self, screen, person):
        response = screen.post(url("marks", person), {"kind": "disability_declared", "source": "tenant"})
        assert response.status_code == 422
        assert "pour quelle finalité" in body(response)

    def test_relative_added_corrected_removed(self, screen, person):
        day = timezone.localdate().isoformat()
        relative = {"name": "Nadia Benali", "relation": "sa fille", "phone": "04 65 71 00 09", "agreed_on": day}
        screen.post(url("relatives", person), relative)
        kept = Relative.objects.get()
        screen.post(url("correct_relative", kept), {**relative, "relation": "sa nièce"})
        assert Relative.objects.get().relation == "sa nièce"
        screen.post(url("remove_relative", kept))
        assert not Relative.objects.exists()

    def test_renewed_from_the_page(self, screen, person, household):
        today = timezone.localdate()
        mark = MarkFactory(person=person, noted_on=today - timedelta(days=350), expires_on=today + timedelta(days=15))
        html = body(screen.get(url("household", household)))
        assert "S’efface bientôt" in html
        assert "Peuvent le lire" in html
        screen.post(url("renew_mark", mark))
        assert Mark.objects.get().expires_on == today + timedelta(days=365)
        assert "S’efface bientôt" not in body(screen.get(url("household", household)))
        Mark.objects.update(noted_on=today - timedelta(days=9), expires_on=today)
        assert "a pris fin" in body(screen.post(url("renew_mark", mark), follow=True))


KINDS = {
    "administrator": {"disability_declared": ""},
    "director": {"disability_declared": "rw"},
    "agency_manager": {"disability_declared": "r"},
    "social_worker": {"disability_declared": "rw"},
}


class TestMarksByRole:
    """Roles × kinds: what each may read, and note or take away, on the pages and in the filter of the list."""

    @pytest.mark.parametrize("kind", MarkKind.values)
    @pytest.mark.parametrize("role", KINDS)
    def test_read_and_written(self, client, here, person, household, role, kind):
        rights = KINDS[role].get(kind, "rw")
        agency = here if role in ("agency_manager", "social_worker") else None
        client.force_login(UserFactory(roles=[(role, agency)]))
        mark = MarkFactory(person=person, kind=kind, purpose="secours", expires_on=timezone.localdate() + timedelta(90))
        words = mark_words(kind, "mrs")
        for page in (url("household", household), url("marks", person)):
            listed = [f"<b>{words}</b>" in body(client.get(page))]
            assert listed == ["r" in rights]
        assert (f'value="{kind}"' in body(client.get(url("marks", person)))) == ("w" in rights), "offered in the form"
        assert (f'value="{kind}"' in body(client.get(url("people")))) == ("r" in rights), "offered as a filter"
        typed = {"kind": kind, "source": "tenant", "purpose": "secours"}
        assert client.post(url("marks", person), typed).status_code == (302 if "w" in rights else 422)
        refused = 403 if "r" in rights else 404
        assert client.post(url("renew_mark", mark)).status_code == (302 if "w" in rights else refused)
        assert client.post(url("end_mark", mark)).status_code == (302 if "w" in rights else refused)
        assert Mark.objects.exists() != ("w" in rights)

    def test_a_caller_is_not_told_what_is_sensitive(self, person):
        ContactPointFactory(person=person)
        for kind in ("disability_declared", "hard_of_hearing"):
            MarkFactory(person=person, kind=kind, purpose="p", expires_on=date(2030, 1, 1))
        campaign, caller = make_campaign(), UserFactory(roles=["caller"])
        take_next(campaign=campaign, caller=caller, now=MONDAY)
        sheet = call_sheet(contact_in_hand(campaign.queue_id, caller), MONDAY)
        assert sheet.people[0].marks == ("Entend mal",)


class TestDoubles:
    @pytest.fixture
    def pair(self, here, household):
        return HouseholdFactory(agency=here, age=82, first_name="Eleonore", last_name="Lefevre")

    def test_suggested_on_both_pages_until_told_apart(self, screen, household, pair):
        for page in (url("household", household), url("household", pair), url("doubles")):
            assert "même date de naissance, noms proches" in body(screen.get(page))
        first, second = household.people.get(), pair.people.get()
        screen.post(url("apart", second, first), {"apart": "1"})
        assert KnownApart.objects.count() == 1
        assert "Aucune fiche ne ressemble" in body(screen.get(url("doubles")))
        screen.post(url("apart", first, second), {"apart": "0"})
        assert "même date de naissance" in body(screen.get(url("doubles")))

    def test_another_agency_is_neither_shown_nor_told_apart(self, screen, household):
        other = HouseholdFactory(
            agency=AgencyFactory(saint_etienne=True), age=82, first_name="Eleonore", last_name="Lefevre"
        )
        assert "Aucune fiche ne ressemble" in body(screen.get(url("doubles")))
        address = url("apart", household.people.get(), other.people.get())
        assert screen.post(address, {"apart": "1"}).status_code == 404

    def test_a_protected_home_is_not_told(self, screen, here, household):
        hidden = HouseholdFactory(agency=here, age=82, first_name="Eleonore", last_name="Lefevre", protected=True)
        html = body(screen.get(url("doubles")))
        assert "adresse protégée" in html
        assert hidden.dwelling.building.residence.name not in html


PAGES = [
    "correct_person", "opposition", "death", "departure", "protection", "contact_points", "marks", "relatives",
]  # fmt: skip


class TestAccess:
    """Who opens the pages of corrections: those who keep the households of that agency, nobody else."""

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize(
        ("role", "at", "status"),
        [
            ("administrator", None, 200), ("director", None, 200), ("agency_manager", "here", 200),
            ("social_worker", "here", 200), ("agency_manager", "there", 404), ("social_worker", "there", 404),
            ("caller", None, 403), ("building_manager", None, 403), ("communication", None, 403),
        ],
    )  # fmt: skip
    def test_of_a_person(self, client, here, person, page, role, at, status):
        agency = {"here": here, "there": AgencyFactory(saint_etienne=True), None: None}[at]
        client.force_login(UserFactory(roles=[(role, agency)]))
        assert client.get(url(page, person)).status_code == status

    def test_every_opening_is_audited(self, screen, person, household):
        screen.get(url("marks", person))
        assert (
            AuditEntry.objects.get(action="household.read", subject_id=household.pk).reason == "Correction de la fiche"
        )

    def test_values_never_reach_the_audit(self, screen, person):
        address = url("correct_person", person)
        screen.post(address, {**typed(screen, address), "last_name": "Lefebvre"})
        told = AuditEntry.objects.get(action="person.changed")
        assert told.detail["fields"] == ["last_name"]
        assert "Lefebvre" not in str(told.detail)


class TestLooks:
    def test_who_when_why_for_managers_only(self, client, here, household):
        client.force_login(UserFactory(first_name="Samira", last_name="Kessel", roles=[("social_worker", here)]))
        client.get(url("household", household))
        assert client.get(url("looks", household)).status_code == 403
        client.force_login(UserFactory(roles=[("agency_manager", here)]))
        html = body(client.get(url("looks", household)))
        assert "Samira Kessel" in html
        assert "Fiche ouverte à l’écran" in html
        file = client.get(url("looks", household), {"export": "csv"})
        assert "Samira Kessel" in b"".join(file.streaming_content).decode("utf-8-sig")
        assert AuditEntry.objects.filter(action="data.exported", subject_id=household.pk).count() == 1


class TestList:
    def test_by_agency_age_and_mark(self, screen, here, household, person):
        HouseholdFactory(agency=here, age=50, last_name="Jeune")
        MarkFactory(person=person, kind="carer", expires_on=timezone.localdate() + timedelta(days=30))
        for asked in ({"agency": here.pk, "age": "80"}, {"mark": "carer"}, {"q": "lef eleo", "mark": "carer"}):
            html = body(screen.get(url("people"), asked))
            assert "Lefèvre" in html
            assert "Jeune" not in html

    @pytest.mark.parametrize(("order", "first"), [("-age", "Vieux"), ("age", "Jeune"), ("name", "Jeune")])
    def test_in_the_order_asked(self, screen, here, order, first):
        for age, name in ((90, "Vieux"), (70, "Jeune")):
            HouseholdFactory(agency=here, age=age, last_name=name)
        html = body(screen.get(url("people"), {"agency": here.pk, "age": "65", "tri": order}))
        assert sorted(("Vieux", "Jeune"), key=html.index)[0] == first

    def test_file_of_what_is_seen_is_audited(self, screen, household):
        RelativeFactory(person=household.people.get())
        file = screen.get(url("people"), {"q": "lefevre", "export": "csv"})
        lines = b"".join(file.streaming_content).decode("utf-8-sig")
        assert "Lefèvre" in lines
        assert AuditEntry.objects.get(action="data.exported").detail == {"rows": 1, "filters": ["q"]}

    def test_the_agency_does_not_tell_where_a_protected_person_lives(self, screen, here):
        HouseholdFactory(agency=here, protected=True, last_name="Cachée")
        assert "Cachée" not in body(screen.get(url("people"), {"agency": here.pk}))
        assert "Adresse protégée" in body(screen.get(url("people"), {"q": "cachee"}))


class TestQueries:
    """The same number of queries, whatever there is to show."""

    def count(self, client, address, captured):
        with captured as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    @pytest.mark.parametrize("page", ["household", "contact_points", "marks", "relatives"])
    def test_pages_of_a_household(self, screen, worker, household, person, page, django_assert_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        address = url(page, household if page == "household" else person)
        screen.get(address)
        few = self.count(screen, address, CaptureQueriesContext(connection))
        for _ in range(5):
            ContactPointFactory(person=person)
            RelativeFactory(person=person)
            operations.record_opposition(actor=worker, person=person, on=date(2026, 1, 1))
            operations.withdraw_opposition(actor=worker, person=person, reason="essai")
        MarkFactory(person=person, expires_on=timezone.localdate() + timedelta(days=30))
        HouseholdFactory(residence=household.dwelling.building.residence, age=82, last_name="Lefevre",
                         first_name="Eleonore")  # fmt: skip
        assert self.count(screen, address, CaptureQueriesContext(connection)) == few + (page == "household")

    def test_list_and_doubles(self, screen, here, household):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        for address in (url("people") + "?q=lef", url("doubles")):
            screen.get(address)
            few = self.count(screen, address, CaptureQueriesContext(connection))
            for _ in range(3):
                HouseholdFactory(agency=here, age=82, first_name="Éléonore", last_name="Lefèvre")
            assert self.count(screen, address, CaptureQueriesContext(connection)) <= few + 1
