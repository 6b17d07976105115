"""The pages of texts: written, counted, refused with its reason, compared, seen on real households, retired."""

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.housing.factories import AgencyFactory, ResidenceFactory
from tests.tenants.factories import HouseholdFactory

from bienveille.engines.messaging.models import Template
from bienveille.engines.messaging.operations import templates as operations
from bienveille.engines.messaging.queries.templates import latest_version
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(client):
    writer = UserFactory(roles=["communication"])
    client.force_login(writer)
    return writer


@pytest.fixture
def template(writer):
    return operations.copy_ready_text(actor=writer, slug="noise", now=timezone.now())


def url(name, *args):
    return reverse(f"workspace:{name}", args=args)


def save(client, template, body, *, key="sms-fr", do="save", revision=None, **more):
    revision = latest_version(template).revision if revision is None else revision
    page = url("text_variant", template.pk, key)
    return client.post(page, {"do": do, "revision": revision, "body": body, **more})


def test_from_a_ready_text_to_the_list(client, writer):
    assert "Bruit entre voisins" in client.get(url("ready_texts")).text
    assert "À compléter" in client.get(url("ready_text", "works")).text
    answer = client.post(url("ready_text", "works"), follow=True)
    assert "Le texte est copié" in answer.text
    assert "Travaux dans la résidence" in client.get(url("texts")).text
    assert client.get(url("ready_text", "nothing")).status_code == 404


def test_a_new_text_needs_a_name_of_its_own(client, template):
    assert client.post(url("new_text"), {"name": "", "kind": "service"}).status_code == 422
    answer = client.post(url("new_text"), {"name": template.name, "kind": "service"})
    assert (answer.status_code, "porte déjà ce nom" in answer.text) == (422, True)
    answer = client.post(url("new_text"), {"name": "Chaudière", "kind": "service"}, follow=True)
    assert "Rien n’est encore écrit" in answer.text


class TestVariant:
    def test_it_is_kept_and_counted(self, client, template):
        assert client.get(url("add_text_variant", template.pk), {"channel": "sms", "language": "fr"}).url == (
            url("text_variant", template.pk, "sms-fr")
        )
        assert save(client, template, "Bonjour, {{ agence }}").status_code == 302
        page = client.get(url("text_variant", template.pk, "sms-fr")).text
        assert "1 SMS par personne" in page
        assert "Agence du Val" in page

    def test_what_is_typed_is_counted_without_being_kept(self, client, template):
        answer = client.post(
            url("text_variant", template.pk, "sms-fr"),
            {"do": "count", "body": "ê" * 80},
            headers={"HX-Request": "true"},
        )
        assert "2 SMS par personne" in answer.text
        assert "à remplacer par «\u00a0e\u00a0»" in answer.text
        assert "<html" not in answer.text
        assert "sms" not in {one.channel for one in latest_version(template).texts.all()}

    def test_dear_signs_are_replaced_when_asked(self, client, template):
        answer = save(client, template, "L’été", do="lighten")
        assert "L&#x27;été" in answer.text
        assert "sms" not in {one.channel for one in latest_version(template).texts.all()}

    def test_an_unknown_name_is_refused_and_the_words_stay(self, client, template):
        answer = save(client, template, "Bonjour {{ residance }}")
        assert answer.status_code == 422
        assert "Vouliez-vous écrire {{ résidence }}" in answer.text
        assert "Bonjour {{ residance }}</textarea>" in answer.text

    def test_somebody_else_was_faster(self, client, template):
        old = latest_version(template).revision
        save(client, template, "Les leurs")
        answer = save(client, template, "Les miens", revision=old)
        assert answer.status_code == 409
        assert "Les leurs" in answer.text
        assert "Les miens</textarea>" in answer.text

    def test_it_is_taken_out(self, client, template):
        page = url("remove_text_variant", template.pk, "poster-fr")
        client.post(page, {"revision": latest_version(template).revision})
        assert "poster" not in {one.channel for one in latest_version(template).texts.all()}

    @pytest.mark.parametrize("key", ["fax-fr", "sms", "sms-fr-x"])
    def test_what_is_no_variant_does_not_exist(self, client, template, key):
        assert client.get(url("text_variant", template.pk, key)).status_code == 404


def test_versions_show_what_changed_word_by_word(client, writer, template):
    save(client, template, "Le bruit gêne")
    operations.use_version(version_id=latest_version(template).pk, now=timezone.now())
    save(client, template, "Le bruit réveille")
    page = client.get(url("text_versions", template.pk)).text
    assert "<del>gêne</del><ins>réveille</ins>" in page
    assert "A servi" in page


def test_retired_then_put_back(client, template):
    answer = client.post(url("retire_text", template.pk), follow=True)
    assert "Le remettre" in answer.text
    assert template.name in client.get(url("texts") + "?retires=1").text
    client.post(url("restore_text", template.pk))
    assert Template.objects.get().retired_on is None


class TestPreview:
    def test_real_households_read_it_and_holes_are_named(self, client, template):
        HouseholdFactory(residence=ResidenceFactory(name="Les Lilas"), people=[{"last_name": "Rey", "age": 80}])
        page = client.get(url("text_preview", template.pk), {"variante": "email-fr"}).text
        assert "Bonjour Mme Rey" in page
        assert "Il manquerait un mot à 1" in page
        assert "Sans téléphone de l’agence" in page
        assert AuditEntry.objects.filter(action=AuditAction.HOUSEHOLD_LISTED, reason="Aperçu d’un texte").exists()

    def test_households_of_other_agencies_are_not_shown(self, client, template):
        mine, other = AgencyFactory(), AgencyFactory()
        partly = UserFactory(roles=[])
        partly.grants.create(role="communication", agency=mine)
        client.force_login(partly)
        HouseholdFactory(residence=ResidenceFactory(agency=other), people=[{"last_name": "Rey"}])
        page = client.get(url("text_preview", template.pk)).text
        assert "Rey" not in page
        assert "Ce public ne compte aucun foyer" in page
        assert client.get(url("text_variant", template.pk, "email-fr")).status_code == 403
        assert client.post(url("ready_text", "works")).status_code == 403

    def test_without_words_there_is_nothing_to_see(self, client, writer):
        empty = operations.create_template(actor=writer, name="Vide", use="", kind="service", now=timezone.now())
        assert client.get(url("text_preview", empty.pk)).status_code == 404
