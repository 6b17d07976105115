"""Publishing guides and storing answers: what is done, what is refused, what a second time changes."""

import copy
from datetime import date

import pytest
from tests.questionnaires.factories import GUIDE, NOW, QuestionnaireFactory, QuestionnaireVersionFactory

from bienveille.engines.questionnaires import operations
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireVersion, Response
from bienveille.engines.questionnaires.queries import get_current
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> User:
    return User.objects.create_user("responsable@bailleur.example")


def changed(**fields) -> dict:
    return copy.deepcopy(GUIDE) | fields


class TestPublishVersion:
    def publish(self, manager, document=GUIDE, slug="petit-guide"):
        return operations.publish_version(slug=slug, document=document, by=manager, now=NOW)

    def test_the_first_version_makes_the_guide(self, manager):
        version = self.publish(manager)
        assert (version.number, version.published_at) == (1, NOW)
        assert get_current("petit-guide") == version
        assert Questionnaire.objects.get().built_in is False

    def test_it_is_audited_by_name_and_number(self, manager):
        version = self.publish(manager)
        entry = AuditEntry.objects.get(action=AuditAction.QUESTIONNAIRE_CHANGED)
        assert (entry.actor_id, entry.subject_id) == (manager.pk, version.pk)
        assert entry.detail == {"did": "publish", "slug": "petit-guide", "number": 1}

    def test_the_next_one_leaves_the_former_as_it_was(self, manager):
        first = self.publish(manager)
        second = self.publish(manager, changed(title="Grand guide"))
        assert second.number == 2
        assert QuestionnaireVersion.objects.get(pk=first.pk).definition["title"] == "Petit guide"
        assert Questionnaire.objects.get().title == "Grand guide"

    def test_twice_the_same_is_once(self, manager):
        assert self.publish(manager) == self.publish(manager, copy.deepcopy(GUIDE))
        assert AuditEntry.objects.filter(action=AuditAction.QUESTIONNAIRE_CHANGED).count() == 1

    @pytest.mark.parametrize("document", [None, [], {"title": "Sans partie"}])
    def test_faults_are_refused_and_nothing_is_kept(self, manager, document):
        with pytest.raises(operations.CannotPublish) as refusal:
            self.publish(manager, document)
        assert refusal.value.errors
        assert not Questionnaire.objects.exists()

    @pytest.mark.parametrize("slug", ["", "Été", "a b", "1-2", "x" * 61])
    def test_a_strange_name_is_refused(self, manager, slug):
        with pytest.raises(operations.CannotPublish, match="minuscules"):
            self.publish(manager, slug=slug)

    def test_a_built_in_guide_is_not_replaced(self, manager):
        operations.ensure_built_in(now=NOW)
        with pytest.raises(operations.BuiltInGuide):
            self.publish(manager, slug="senior-welfare")
        assert get_current("senior-welfare").number == 1


class TestEnsureBuiltIn:
    def test_the_guides_are_there_and_twice_is_once(self):
        first = operations.ensure_built_in(now=NOW)
        assert operations.ensure_built_in(now=NOW) == first
        assert {q.slug: q.built_in for q in Questionnaire.objects.all()} == {
            "arrears": True,
            "heat-wave": True,
            "power-cut": True,
            "senior-welfare": True,
            "short-loneliness": True,
            "transfer-applicant": True,
        }
        assert QuestionnaireVersion.objects.count() == 6

    def test_a_new_release_is_a_new_version(self, monkeypatch, tmp_path):
        operations.ensure_built_in(now=NOW)
        text = (operations.GUIDES / "heat-wave.toml").read_text(encoding="utf-8")
        (tmp_path / "heat-wave.toml").write_text(text.replace("Cinq minutes", "Six minutes"), encoding="utf-8")
        monkeypatch.setattr("bienveille.engines.questionnaires.operations.publishing.GUIDES", tmp_path)
        monkeypatch.setattr("bienveille.engines.questionnaires.operations.publishing.SCALES", tmp_path / "none")
        (version,) = operations.ensure_built_in(now=NOW)
        assert version.number == 2

    def test_somebody_s_own_guide_is_never_taken_over(self):
        QuestionnaireFactory(slug="heat-wave")
        with pytest.raises(operations.BuiltInGuide):
            operations.ensure_built_in(now=NOW)
        assert Questionnaire.objects.get().built_in is False


class TestRecordResponse:
    def record(self, answers, **options):
        return operations.record_response(
            version_id=QuestionnaireVersionFactory().pk,
            answers=answers,
            now=NOW,
            keep_until=date(2027, 11, 21),
            **options,
        )

    def test_answers_are_stored_clean_with_their_version(self):
        response = self.record({"food": "fine", "mood": 7})
        stored = Response.objects.get()
        assert stored.pk == response.pk
        assert stored.answers == {"food": "fine"}
        assert (stored.version_id, stored.answered_at) == (response.version_id, NOW)
        assert stored.expires_on == date(2027, 11, 21)

    def test_what_does_not_fit_is_refused_and_nothing_is_kept(self):
        with pytest.raises(operations.AnswersRefused) as refusal:
            self.record({"food": "perhaps", "ghost": 1})
        assert set(refusal.value.errors) == {"food", "ghost"}
        assert not Response.objects.exists()

    def test_a_call_cut_short_may_leave_a_required_question(self):
        with pytest.raises(operations.AnswersRefused):
            self.record({})
        assert self.record({"food": "hard"}, complete=False).answers == {"food": "hard"}

    def test_text_that_a_database_cannot_hold_is_stored_clean(self):
        answers = {"food": "hard", "helps": ["shop"], "who": "a\x00b\ud800"}
        assert self.record(answers).words["who"] == "ab"
