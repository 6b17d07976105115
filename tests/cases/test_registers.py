"""Requests to the municipal register: who may be proposed, exactly which fields, what ends them; the table read."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import UserFactory
from tests.dispatch.factories import MONDAY
from tests.housing.factories import AgencyFactory, CommuneFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory, MarkFactory, RelativeFactory

from bienveille.engines.cases.models import RegisterRequest
from bienveille.engines.cases.operations import referrals_register as operations
from bienveille.engines.cases.operations.referrals_register import CannotAskRegister, RegisterFacts
from bienveille.engines.cases.queries.referrals_register import places_of_requests, requests_of, rows_to_send
from bienveille.engines.cases.rules.referrals_register import (
    FIELDS,
    InvalidRegisterTable,
    qualities_on,
    register_rule,
    register_words,
    register_words_of,
)
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.models import Person

TODAY = MONDAY.date()
EVERYTHING = Scope(everything=True)


class TestRules:
    def test_grounds_by_age_the_rest_is_said_by_the_person(self):
        by_code = {one.code: one for one in qualities_on(TODAY)}
        just = date(TODAY.year - 65, TODAY.month, TODAY.day)
        assert by_code["age"].fits(just, TODAY) is True
        assert by_code["age"].fits(just + timedelta(days=1), TODAY) is False
        assert by_code["age"].fits(None, TODAY) is None
        assert by_code["unfit"].fits(just + timedelta(days=1), TODAY) is True

    def test_what_nobody_checked_is_never_said_as_the_law(self):
        assert all(one.unchecked for one in qualities_on(TODAY))
        assert register_rule(TODAY).unchecked

    def test_words_name_the_town_and_are_found_again(self):
        words = register_words(TODAY)
        assert "mairie de Lyon" in words.said("Lyon")
        assert register_words_of(words.version) == words

    def test_a_table_without_words_is_refused(self, tmp_path):
        path = tmp_path / "table.toml"
        path.write_text("rule = []", encoding="utf-8")
        with pytest.raises(InvalidRegisterTable):
            register_rule(TODAY, path)


@pytest.fixture
def worker():
    return UserFactory(roles=["social_worker"])


@pytest.fixture
def residence():
    return ResidenceFactory(commune=CommuneFactory(), address="3 rue des Lilas", postal_code="69100")


def somebody(residence, **more):
    return HouseholdFactory(residence=residence, **{"age": 82, "phone": True, **more}).people.order_by("pk").first()


def ask(worker, person, **more):
    facts = {"quality": "age", "agreement": "non_objection", "said_by": "person", **more}
    return operations.ask_register(actor=worker, person=person, facts=RegisterFacts(**facts), now=MONDAY)


@pytest.mark.django_db
class TestAsk:
    def test_with_its_proof(self, worker, residence):
        made = ask(worker, somebody(residence))
        assert (made.state, made.commune_id, made.agency_id) == ("to_send", residence.commune_id, residence.agency_id)
        assert (made.agreed_at, made.heard_by_id, made.words_version) == (MONDAY, worker.pk, 1)

    def test_a_no_is_kept_and_nothing_is_ever_sent(self, worker, residence):
        made = ask(worker, somebody(residence), agreement="refused", home_service="ADMR")
        assert (made.state, made.home_service) == ("refused", "")
        assert rows_to_send(EVERYTHING, residence.commune_id) == ([], [])
        assert operations.mark_sent(actor=worker, keys=[made.pk], now=MONDAY) == 0

    @pytest.mark.parametrize(
        ("traits", "more"),
        [
            ({"age": 64}, {}),
            ({"protected": True}, {}),
            ({"dead": True}, {}),
            ({}, {"quality": "illness"}),
            ({}, {"agreement": "perhaps"}),
            ({}, {"home_service": "Pour son cancer"}),
        ],
    )
    def test_refuses(self, worker, residence, traits, more):
        with pytest.raises(CannotAskRegister):
            ask(worker, somebody(residence, **traits), **more)
        assert not RegisterRequest.objects.exists()

    def test_refuses_twice_and_somebody_elses_relative(self, worker, residence):
        person, other = somebody(residence), somebody(residence)
        with pytest.raises(CannotAskRegister):
            ask(worker, person, to_warn=RelativeFactory(person=other).pk)
        with pytest.raises(CannotAskRegister):
            ask(worker, person, to_warn=RelativeFactory(person=person, agreed_on=None).pk)
        ask(worker, person)
        with pytest.raises(CannotAskRegister):
            ask(worker, person)


@pytest.mark.django_db
class TestFile:
    def test_exactly_the_fields_and_nothing_else(self, worker, residence):
        person = somebody(residence, last_name="Morel", first_name="Odette")
        MarkFactory(person=person, kind="disability_declared")
        ask(worker, person, to_warn=RelativeFactory(person=person).pk, home_service="ADMR, 04 65 71 01 42")
        (_, (row,)) = rows_to_send(EVERYTHING, residence.commune_id)
        cells = dict(zip([title for title, _ in FIELDS], row, strict=True))
        assert (cells["Nom"], cells["Prénoms"], cells["Date de naissance"]) == ("Morel", "Odette", person.birth_date)
        assert cells["Adresse"].startswith("3 rue des Lilas")
        assert cells["Personne à prévenir"].startswith("Nadia Benali")
        assert cells["Service intervenant à domicile"] == "ADMR, 04 65 71 01 42"
        assert cells["Qualité du tiers"] == "Bailleur social"
        assert len(row) == 11

    def test_protected_since_they_leave_the_file_and_every_count(self, worker, residence):
        ask(worker, somebody(residence))
        Person.objects.update(protected_address=True)
        assert rows_to_send(EVERYTHING, residence.commune_id) == ([], [])
        assert places_of_requests(EVERYTHING) == []
        assert requests_of(EVERYTHING, residence.commune_id) == []

    @pytest.mark.parametrize("count", [1, 4])
    def test_three_queries_whatever_the_number(self, worker, residence, count):
        for _ in range(count):
            ask(worker, somebody(residence))
        with CaptureQueriesContext(connection) as captured:
            keys, rows = rows_to_send(EVERYTHING, residence.commune_id)
        assert (len(keys), len(rows), len(captured)) == (count, count, 3)

    def test_of_ones_own_agencies(self, worker, residence):
        ask(worker, somebody(residence))
        elsewhere = Scope(agencies=frozenset({AgencyFactory().pk}))
        assert rows_to_send(elsewhere, residence.commune_id) == ([], [])
        assert places_of_requests(Scope()) == []


@pytest.mark.django_db
class TestAfter:
    def test_sent_acknowledged_removed_each_once(self, worker, residence):
        made = ask(worker, somebody(residence))
        with pytest.raises(CannotAskRegister):
            operations.acknowledge_register(actor=worker, request_id=made.pk, today=TODAY)
        assert operations.mark_sent(actor=worker, keys=[made.pk], now=MONDAY) == 1
        assert operations.mark_sent(actor=worker, keys=[made.pk], now=MONDAY) == 0
        for _ in range(2):
            kept = operations.acknowledge_register(actor=worker, request_id=made.pk, today=TODAY)
        assert kept.state == "acknowledged"
        with pytest.raises(CannotAskRegister):
            operations.remove_register(actor=worker, request_id=made.pk, reason="", today=TODAY)
        for _ in range(2):
            gone = operations.remove_register(actor=worker, request_id=made.pk, reason="changed_mind", today=TODAY)
        assert (gone.state, gone.removed_on) == ("removed", TODAY)

    def test_death_departure_and_protection_end_it_in_the_night(self, worker, residence):
        people = [somebody(residence) for _ in range(4)]
        made = [ask(worker, one) for one in people]
        Person.objects.filter(pk=people[0].pk).update(deceased=True)
        Person.objects.filter(pk=people[1].pk).update(left_on=TODAY)
        Person.objects.filter(pk=people[2].pk).update(protected_address=True)
        assert operations.end_registers(today=TODAY) == 3
        assert operations.end_registers(today=TODAY) == 0
        reasons = dict(RegisterRequest.objects.values_list("pk", "removal"))
        assert [reasons[one.pk] for one in made] == ["deceased", "moved", "protected", ""]

    def test_erased_on_the_last_day(self, worker, residence):
        made = ask(worker, somebody(residence))
        assert operations.end_registers(today=made.expires_on) == 0
        assert operations.end_registers(today=made.expires_on + timedelta(days=1)) == 1
        assert not RegisterRequest.objects.exists()
