"""What was put right here by hand, when the landlord's file comes back: the same, or with something new."""

from datetime import UTC, date, datetime

import pytest
from tests.accounts.factories import UserFactory
from tests.imports.factories import Landlord, home, tenant

from bienveille.register.tenants import operations as do
from bienveille.register.tenants.models import ContactPoint, Household, Person
from bienveille.register.tenants.rules import file_still_says

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NEW_MAIL = {"EMAIL": "jeanne@courriel.example"}


@pytest.fixture
def landlord(tmp_path):
    landlord = Landlord(tmp_path)
    landlord.imports(homes=[home()], tenants=[tenant()])
    return landlord


@pytest.fixture
def actor():
    return UserFactory(roles=["social_worker"])


@pytest.fixture
def person(landlord):
    return Person.objects.get()


def correct(actor, person, **changes):
    return do.correct_person(actor=actor, person=person, changes=changes, today=TODAY)


@pytest.mark.parametrize("changes", [{}, NEW_MAIL], ids=["the same file", "a row with something new"])
def test_every_corrected_field_stays(landlord, actor, person, changes):
    right = {
        "title": "mr", "last_name": "Martinez", "first_name": "Jean", "birth_date": date(1944, 4, 3),
        "role": "occupant", "marital_status": "married", "languages": ["pt", "fr"],
    }  # fmt: skip
    correct(actor, person, **right)
    landlord.imports(tenants=[tenant(**changes)])
    person = Person.objects.get()
    assert {name: getattr(person, name) for name in right} == right
    assert Household.objects.get().name == "M. Jean Martinez"


def test_what_the_file_says_anew_wins_field_by_field(landlord, actor, person):
    correct(actor, person, birth_date=date(1944, 4, 3), first_name="Jeannine")
    landlord.imports(tenants=[tenant(DATE_NAISSANCE="05/04/1945")])
    person = Person.objects.get()
    assert (person.birth_date, person.first_name) == (date(1945, 4, 5), "Jeannine")
    assert person.file_said == {"first_name": "Jeanne"}
    landlord.imports(tenants=[tenant()])
    assert Person.objects.get().birth_date == date(1945, 4, 3), "the file is followed again"


def test_put_back_as_the_file_has_it_is_no_longer_a_correction(landlord, actor, person):
    correct(actor, person, birth_date=date(1944, 4, 3))
    correct(actor, person, birth_date=date(1945, 4, 3))
    assert Person.objects.get().file_said == {}


def test_an_empty_cell_takes_nothing_away(landlord, actor, person):
    correct(actor, person, birth_date=date(1944, 4, 3))
    landlord.imports(tenants=[tenant(DATE_NAISSANCE="", **NEW_MAIL)])
    landlord.imports(tenants=[tenant()])
    assert Person.objects.get().birth_date == date(1944, 4, 3)


def test_somebody_added_by_hand_has_nothing_to_tell_a_file(actor, person):
    added = do.add_person(actor=actor, household=Household.objects.get(), today=TODAY, last_name="Martin")
    correct(actor, added, first_name="Paul")
    assert Person.objects.get(pk=added.pk).file_said == {}


def test_numbers_flagged_added_and_corrected_stay(landlord, actor, person):
    phone = ContactPoint.objects.get(kind="phone")
    mail = ContactPoint.objects.get(kind="email")
    do.add_contact_point(actor=actor, person=person, kind="phone", value="04 65 71 01 42")
    do.correct_contact_point(actor=actor, contact_point=phone, value="04 65 71 01 43", now=NOW)
    do.flag_contact_point(actor=actor, contact_point=mail, status="stop", now=NOW)
    before = dict(ContactPoint.objects.values_list("value", "status"))
    assert before[phone.value] == "wrong"
    for changes in ({}, {"SITUATION": "MARIE"}, {"TEL_PORTABLE": "", "EMAIL": ""}):
        landlord.imports(tenants=[tenant(**changes)])
        assert dict(ContactPoint.objects.values_list("value", "status")) == before


def test_rights_of_the_person_stay(landlord, actor, person):
    do.record_opposition(actor=actor, person=person, on=TODAY)
    do.protect_address(actor=actor, person=person, protected=True)
    do.report_deceased(actor=actor, person=person, today=TODAY)
    landlord.imports(tenants=[tenant(**NEW_MAIL)])
    person = Person.objects.get()
    assert (person.opposed_on, person.protected_address, person.deceased) == (TODAY, True, True)


def test_what_the_file_said_is_remembered_once():
    class Somebody:
        file_said: dict[str, str] = {}
        birth_date, languages = date(1945, 4, 3), ["fr"]

    said = file_still_says(Somebody, {"birth_date": None, "languages": ["pt"]}, ["birth_date", "languages"])
    assert said == {"birth_date": "1945-04-03", "languages": "fr"}
    Somebody.file_said, Somebody.birth_date = said, None
    again = file_still_says(Somebody, {"birth_date": date(1940, 1, 1)}, ["birth_date"])
    assert again["birth_date"] == "1945-04-03"
