"""A small guide that holds every kind of question, and what tests store of guides and answers."""

from datetime import UTC, date, datetime

import factory

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.models import Questionnaire, QuestionnaireVersion, Response

NOW = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)

GUIDE = {
    "title": "Petit guide",
    "sections": [
        {
            "key": "first",
            "title": "Début",
            "items": [
                {"key": "hello", "kind": "advice", "label": "Bonjour", "say": "Bonjour."},
                {
                    "key": "food",
                    "kind": "single",
                    "label": "Repas",
                    "required": True,
                    "choices": [
                        {"value": "fine", "label": "Cela va"},
                        {"value": "hard", "label": "Difficile", "advice": "Proposez.", "needs": ["meals"]},
                    ],
                },
                {
                    "key": "helps",
                    "kind": "multiple",
                    "label": "Aides",
                    "required": True,
                    "show_if": {"question": "food", "equals": "hard"},
                    "choices": [
                        {"value": "meals", "label": "Repas livrés"},
                        {"value": "shop", "label": "Courses", "needs": ["shopping"]},
                    ],
                },
                {
                    "key": "who",
                    "kind": "text",
                    "label": "Par qui",
                    "max_length": 10,
                    "show_if": {"question": "helps", "includes": "shop"},
                },
            ],
        },
        {
            "key": "second",
            "title": "Suite",
            "show_if": {
                "any": [
                    {"question": "food", "equals": "hard"},
                    {"all": [{"question": "helps", "includes": ["meals", "shop"]}]},
                ]
            },
            "items": [
                {"key": "mood", "kind": "scale", "label": "Moral", "min": 0, "max": 10},
                {"key": "rooms", "kind": "number", "label": "Pièces", "min": 1, "max": 9},
                {"key": "surface", "kind": "number", "label": "Surface", "decimals": 2},
                {"key": "since", "kind": "date", "label": "Depuis"},
            ],
        },
    ],
}


class QuestionnaireFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Questionnaire

    slug = factory.Sequence(lambda n: f"guide-{n}")
    title = GUIDE["title"]


class QuestionnaireVersionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = QuestionnaireVersion

    questionnaire = factory.SubFactory(QuestionnaireFactory)
    number = 1
    definition = factory.LazyFunction(lambda: rules.to_document(rules.parse(GUIDE)))
    published_at = NOW


class ResponseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Response

    version = factory.SubFactory(QuestionnaireVersionFactory)
    answers = factory.LazyFunction(lambda: {"food": "fine"})
    answered_at = NOW
    expires_on = date(2027, 11, 21)
