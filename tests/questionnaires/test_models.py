"""What the database itself refuses of guides and answers."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from tests.questionnaires.factories import QuestionnaireFactory, QuestionnaireVersionFactory, ResponseFactory

from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireVersion

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("change", [{"number": 2}, {"definition": {}}, {"published_at": "2030-01-01T00:00:00Z"}])
def test_a_published_version_never_changes(change):
    version = QuestionnaireVersionFactory()
    with pytest.raises(IntegrityError, match="published for good"), transaction.atomic():
        QuestionnaireVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(IntegrityError, match="published for good"), transaction.atomic():
        version.delete()


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (QuestionnaireFactory, {"slug": "Été 2027"}, "questionnaire_slug"),
        (QuestionnaireFactory, {"title": ""}, "questionnaire_title"),
        (QuestionnaireVersionFactory, {"number": 0}, "questionnaire_version_number"),
        (QuestionnaireVersionFactory, {"definition": []}, "questionnaire_version_object"),
        (ResponseFactory, {"answers": ["food"]}, "response_object"),
        (ResponseFactory, {"expires_on": date(2026, 11, 20)}, "response_expires_later"),
    ],
)
def test_constraints(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


def test_one_name_one_number():
    version = QuestionnaireVersionFactory()
    with pytest.raises(IntegrityError, match="slug"), transaction.atomic():
        QuestionnaireFactory(slug=version.questionnaire.slug)
    with pytest.raises(IntegrityError, match="questionnaire_version_once"), transaction.atomic():
        QuestionnaireVersionFactory(questionnaire=version.questionnaire, number=version.number)
    assert Questionnaire.objects.count() == 1
