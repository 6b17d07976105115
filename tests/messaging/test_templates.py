"""Texts written, copied, changed, retired; what a message said stays as it was; values of real households."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory, PersonFactory

from bienveille.engines.messaging import access
from bienveille.engines.messaging.models import Line, Template, Text
from bienveille.engines.messaging.operations import templates as operations
from bienveille.engines.messaging.queries import templates as queries
from bienveille.engines.messaging.queries.variables import lacking, place_values, values_for
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture
def writer():
    return UserFactory(roles=[Role.COMMUNICATION])


@pytest.fixture
def template(writer):
    return operations.create_template(actor=writer, name="Travaux", use="", kind="service", now=NOW)


def write(writer, template, body="Bonjour", *, channel="sms", subject="", revision=None, now=NOW, **more):
    version = queries.latest_version(template)
    return operations.write_text(
        actor=writer,
        template_id=template.pk,
        revision=version.revision if revision is None else revision,
        channel=channel,
        subject=subject,
        body=body,
        now=now,
        **{"language": "fr", "easy": False, **more},
    )


def words(template):
    return {(one.channel, one.language, one.easy): one.body for one in queries.latest_version(template).texts.all()}


class TestWrite:
    def test_a_variant_is_kept_and_audited(self, writer, template):
        write(writer, template, "Bonjour {{ nom de la résidence }}".replace("nom de la ", ""))
        assert words(template) == {("sms", "fr", False): "Bonjour {{ résidence }}"}
        trace = AuditEntry.objects.filter(action=AuditAction.MESSAGE_CHANGED).latest("at")
        assert trace.detail["variant"] == "sms-fr"

    def test_the_same_words_again_change_nothing(self, writer, template):
        first = write(writer, template)
        assert write(writer, template).revision == first.revision

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"body": "{{ loyer }}"}, "body"),
            ({"body": "  "}, "body"),
            ({"channel": "email", "subject": " "}, "subject"),
            ({"channel": "email", "subject": "{{ nom }}"}, "subject"),
        ],
    )
    def test_what_cannot_be_sent_is_refused_with_its_place(self, writer, template, more, field):
        with pytest.raises(operations.CannotWriteText) as refused:
            write(writer, template, **{"body": "Bonjour", **more})
        assert refused.value.field == field
        assert words(template) == {}

    def test_a_page_made_old_by_somebody_else_changes_nothing(self, writer, template):
        old = queries.latest_version(template).revision
        write(writer, template, "Un")
        with pytest.raises(operations.StaleText):
            write(writer, template, "Deux", revision=old)
        assert words(template) == {("sms", "fr", False): "Un"}

    def test_once_used_a_version_stays_and_a_new_one_begins(self, writer, template):
        first = write(writer, template, "Un")
        write(writer, template, "Un", channel="email", subject="Titre")
        operations.use_version(version_id=first.pk, now=NOW)
        operations.use_version(version_id=first.pk, now=NOW + timedelta(days=1))
        second = write(writer, template, "Deux", now=NOW + timedelta(days=1))
        assert second.number == 2
        assert words(template) == {("sms", "fr", False): "Deux", ("email", "fr", False): "Un"}
        assert Text.objects.get(version=first, channel="sms").body == "Un"
        assert [one.number for one in queries.versions_of(template)] == [2, 1]

    def test_the_database_itself_keeps_what_was_said(self, writer, template):
        version = operations.use_version(version_id=write(writer, template).pk, now=NOW)
        for change in (
            lambda: Text.objects.filter(version=version).update(body="Autre"),
            lambda: Text.objects.filter(version=version).delete(),
            lambda: Text.objects.create(version=version, channel="email", subject="a", body="b"),
            lambda: type(version).objects.filter(pk=version.pk).update(used_at=None),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    def test_a_variant_is_taken_out_of_what_will_be_sent(self, writer, template):
        version = write(writer, template)
        gone = {
            "actor": writer,
            "template_id": template.pk,
            "channel": "sms",
            "language": "fr",
            "easy": False,
            "now": NOW,
        }
        operations.remove_text(revision=version.revision, **gone)
        again = operations.remove_text(revision=version.revision + 1, **gone)
        assert words(template) == {}
        assert again.revision == version.revision + 1


class TestNames:
    def test_two_texts_in_use_never_bear_the_same_name(self, writer, template):
        with pytest.raises(operations.CannotWriteText) as refused:
            operations.create_template(actor=writer, name="Travaux", use="", kind="service", now=NOW)
        assert refused.value.field == "name"
        other = operations.create_template(actor=writer, name="Bruit", use="", kind="service", now=NOW)
        with pytest.raises(operations.CannotWriteText):
            operations.describe_template(actor=writer, template_id=other.pk, name="Travaux", use="", kind="service")

    def test_a_retired_text_leaves_its_name_and_comes_back_under_a_number(self, writer, template):
        operations.retire_template(actor=writer, template_id=template.pk, now=NOW)
        with pytest.raises(operations.TemplateRetired):
            write(writer, template)
        with pytest.raises(operations.TemplateRetired):
            operations.use_version(version_id=queries.latest_version(template).pk, now=NOW)
        operations.create_template(actor=writer, name="Travaux", use="", kind="service", now=NOW)
        assert operations.restore_template(actor=writer, template_id=template.pk).name == "Travaux (2)"
        assert [one.template.name for one in queries.templates_list()] == ["Travaux", "Travaux (2)"]
        assert queries.templates_list(retired=True) == []


class TestLibrary:
    @pytest.mark.parametrize("slug", sorted(queries.ready_texts()))
    def test_a_ready_text_is_copied_whole(self, writer, slug):
        template = operations.copy_ready_text(actor=writer, slug=slug, now=NOW)
        assert len(words(template)) == len(queries.ready_texts()[slug].variants)
        assert template.ready_text == slug

    @pytest.mark.parametrize("slug", sorted(queries.ready_texts()))
    def test_asked_twice_the_second_gets_a_number(self, writer, slug):
        first = operations.copy_ready_text(actor=writer, slug=slug, now=NOW)
        second = operations.copy_ready_text(actor=writer, slug=slug, now=NOW)
        assert second.name == f"{first.name} (2)"


class TestAccess:
    def test_who_may_write(self, template):
        agency = AgencyFactory()
        everything, partly = UserFactory(roles=[Role.COMMUNICATION]), UserFactory(roles=[])
        partly.grants.create(role=Role.COMMUNICATION, agency=agency)
        assert access.get_template_for(everything, template.pk, write=True) == template
        assert access.get_template_for(partly, template.pk) == template
        with pytest.raises(PermissionDenied):
            access.get_template_for(partly, template.pk, write=True)
        with pytest.raises(Http404):
            access.get_template_for(UserFactory(roles=[Role.CALLER]), template.pk)


class TestValues:
    @pytest.fixture
    def residence(self):
        return ResidenceFactory(name="Les Lilas", address="12 rue des Lilas")

    def test_the_nearest_number_is_told(self, residence):
        household = HouseholdFactory(residence=residence)
        asked = (household.pk, None)

        def office():
            return values_for([asked], on=TODAY)[asked]["téléphone de l’agence"]

        assert office() == ""
        Line.objects.create(kind="office", number="+33199000001")
        assert office() == "01\u00a099\u00a000\u00a000\u00a001"
        Line.objects.create(kind="office", agency=residence.agency, number="+33199000002")
        assert office().endswith("02")
        Line.objects.create(kind="office", residence=residence, number="+33199000003")
        assert office().endswith("03")
        assert place_values([residence.pk], on=TODAY)[residence.pk]["téléphone de l’agence"].endswith("03")
        Line.objects.create(kind="office", agency=AgencyFactory(), number="+33199000004")
        assert office().endswith("03")

    def test_somebody_present_is_named_never_the_dead(self, residence):
        household = HouseholdFactory(
            residence=residence,
            people=[
                {"last_name": "DUPONT", "first_name": "Jean", "title": "mr", "dead": True},
                {"last_name": "DUPONT", "first_name": "Anne", "title": "mrs", "role": "co_holder"},
            ],
        )
        assert values_for([(household.pk, None)], on=TODAY)[household.pk, None]["civilité et nom"] == "Mme Dupont"

    def test_the_person_asked_for_is_named(self, residence):
        household = HouseholdFactory(residence=residence, people=[{"last_name": "Rey"}])
        other = PersonFactory(household=household, last_name="Sow", first_name="Awa", title="", role="occupant")
        asked = (household.pk, other.pk)
        assert values_for([asked], on=TODAY)[asked]["civilité et nom"] == "Awa Sow"

    @pytest.mark.parametrize("size", [1, 4])
    def test_a_chunk_costs_one_query(self, residence, size):
        asked = [(HouseholdFactory(residence=residence).pk, None) for _ in range(size)]
        with CaptureQueriesContext(connection) as queries_made:
            found = values_for(asked, on=TODAY)
        assert len(queries_made) == 1
        assert set(found) == set(asked)
        assert all(one["résidence"] == "Les Lilas" for one in found.values())

    def test_the_households_for_which_a_text_would_have_a_hole_are_named(self, residence):
        HouseholdFactory(residence=residence)
        HouseholdFactory(residence=ResidenceFactory(name="Sans rue", address=""))
        everybody = {"all": []}
        assert lacking(everybody, ["civilité et nom", "date"], TODAY, limit=5) == (0, [])
        number, (one,) = lacking(everybody, ["adresse", "résidence"], TODAY, limit=5)
        assert (number, one.residence, one.empty) == (1, "Sans rue", ("adresse",))
        assert lacking(everybody, ["téléphone de l’agence"], TODAY, limit=1)[0] == 2


@pytest.mark.parametrize("size", [1, 3])
def test_the_list_costs_three_queries(writer, size):
    for slug in ("noise", "cold", "waste")[:size]:
        operations.copy_ready_text(actor=writer, slug=slug, now=NOW)
    with CaptureQueriesContext(connection) as made:
        rows = queries.templates_list()
        assert [len(one.texts) > 0 for one in rows] == [True] * size
    assert len(made) == 3
    assert Template.objects.count() == size
