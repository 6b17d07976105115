"""Workbooks on screen: read, looked at, kept as a draft; refused with places; any version taken away and back."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.accounts.factories import UserFactory
from tests.questionnaires.factories import GUIDE
from tests.questionnaires.test_xlsform import workbook

from bienveille.engines.questionnaires import operations, rules
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireDraft, QuestionnaireVersion
from bienveille.register.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return UserFactory(first_name="Nadia", roles=["director"])


@pytest.fixture
def client(director):
    made = Client()
    made.force_login(director)
    return made


@pytest.fixture
def own(director):
    return operations.publish_version(slug="petit-guide", document=GUIDE, by=director, now=timezone.now())


def url(name, *args):
    return reverse(f"questionnaires:{name}", args=args)


def sent(client, sheets, into=""):
    file = SimpleUploadedFile("guide.xlsx", workbook(sheets).getvalue())
    return client.post(url("workbook") + (f"?dans={into}" if into else ""), {"file": file})


def sheets_of(document=GUIDE, **changes):
    return rules.to_sheets(rules.parse({**document, **changes}), form_id="guide", version="1")


def document_in(response) -> dict:
    return dict(response.context["bring"].initial["document"])


class TestBringIn:
    def test_looked_at_then_kept(self, client, director):
        seen = sent(client, sheets_of())
        assert seen.status_code == 200
        assert "Tout est compris" in seen.content.decode()
        assert not QuestionnaireDraft.objects.exists()
        kept = client.post(url("bring_in"), {"document": json.dumps(document_in(seen))})
        assert kept.status_code == 302
        draft = QuestionnaireDraft.objects.get()
        assert draft.slug == "petit-guide"
        assert rules.parse(draft.document) == rules.parse(GUIDE)
        assert AuditEntry.objects.filter(detail__did="draft.import").count() == 1
        operations.publish_draft(by=director, draft_id=draft.pk, revision=1, now=timezone.now())

    def test_refused_with_its_places(self, client):
        sheets = sheets_of()
        sheets["survey"][2][0] = "image"
        seen = sent(client, sheets)
        assert seen.status_code == 422
        html = seen.content.decode()
        assert "1 point à corriger".replace(" ", "\u00a0", 1) in html
        assert "type (colonne A)" in html
        assert "personne ne prend de photo" in html
        assert not QuestionnaireDraft.objects.exists()

    def test_what_is_no_workbook(self, client):
        seen = client.post(url("workbook"), {"file": SimpleUploadedFile("a.xlsx", b"rien")})
        assert seen.status_code == 422
        assert "pas un classeur Excel lisible" in seen.content.decode()
        assert client.post(url("workbook"), {}).status_code == 422

    def test_a_title_that_is_taken_is_asked_again_and_nothing_is_lost(self, client, own):
        document = json.dumps(document_in(sent(client, sheets_of())))
        refused = client.post(url("bring_in"), {"document": document})
        assert refused.status_code == 422
        assert "déjà pris" in refused.content.decode()
        assert client.post(url("bring_in"), {"document": document, "title": "Un autre"}).status_code == 302
        assert QuestionnaireDraft.objects.get().slug == "un-autre"

    def test_the_next_version_of_one_s_own(self, client, own):
        seen = sent(client, sheets_of(title="Petit guide, revu"), into="petit-guide")
        assert "Ce qui change" in seen.content.decode()
        answer = client.post(url("bring_in") + "?dans=petit-guide", {"document": json.dumps(document_in(seen))})
        assert answer.status_code == 302
        draft = QuestionnaireDraft.objects.get(slug="petit-guide")
        assert (draft.based_on_id, draft.document["title"]) == (own.pk, "Petit guide, revu")

    def test_a_built_in_guide_is_not_continued(self, client, director):
        operations.ensure_built_in(now=timezone.now())
        assert client.get(url("workbook") + "?dans=senior-welfare").status_code == 403
        with pytest.raises(operations.CannotEdit):
            operations.bring_in(by=director, document=GUIDE, now=timezone.now(), into="senior-welfare")

    @pytest.mark.parametrize("document", ["", "[]", "no", "{}", '{"title": ""}'])
    def test_what_arrives_broken_is_said(self, client, document):
        assert client.post(url("bring_in"), {"document": document}).status_code == 302
        assert not QuestionnaireDraft.objects.exists()

    @pytest.mark.parametrize("role", ["agency_manager", "caller", "communication"])
    def test_others_may_not(self, role):
        other = Client()
        other.force_login(UserFactory(roles=[role]))
        assert other.get(url("workbook")).status_code == 403
        assert other.get(url("understood")).status_code == 403
        assert other.post(url("bring_in"), {}).status_code == 403


class TestTakenAway:
    def test_any_version_comes_back_identical(self, client, own):
        answer = client.get(url("workbook_of", "petit-guide", 1))
        found = rules.from_sheets(rules.read_grids(io.BytesIO(b"".join(answer))))
        assert answer["Content-Disposition"].endswith('.xlsx"')
        assert found.definition == rules.parse(GUIDE)
        assert client.get(url("workbook_of", "petit-guide", 2)).status_code == 404

    def test_what_is_understood_is_written(self, client):
        operations.ensure_built_in(now=timezone.now())
        html = client.get(url("understood")).content.decode()
        assert "select_multiple liste" in html
        assert url("workbook_of", Questionnaire.objects.order_by("title").first().slug, 1) in html
        assert QuestionnaireVersion.objects.exists()
