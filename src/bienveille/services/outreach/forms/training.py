"""Forms of the charter, the training, a caller's rhythm and the landlord's rules for callers."""

from typing import Any

from django import forms

from bienveille.services.outreach.rules.training import MOST_EVER, Lesson


class CharterForm(forms.Form):
    """The charter is accepted by a box that nobody ticks for you."""

    accepted = forms.BooleanField(
        label="J’ai lu la charte, je m’y tiens",
        error_messages={"required": "Cochez la case pour dire que vous avez lu la charte."},
    )


class LessonForm(forms.Form):
    """The answer to the question of a lesson."""

    answer = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une réponse.",
            "invalid_choice": "Choisissez une des réponses proposées.",
        },
    )

    def __init__(self, *args: Any, lesson: Lesson, number: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        field.label = lesson.question
        field.choices = [(one.key, one.text.format(number=number)) for one in lesson.answers]  # type: ignore[attr-defined]


class RhythmForm(forms.Form):
    """How many conversations a caller wants in a day."""

    cap = forms.IntegerField(
        label="Conversations par jour, au plus",
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "Écrivez un nombre, par exemple 8.", "min_value": "Au moins une conversation."},
    )


class ThanksForm(forms.Form):
    """What the callers of a campaign read beside its results."""

    words = forms.CharField(
        label="Vos mots",
        max_length=600,
        help_text="Ce que leurs appels ont permis. Lus par tous ceux qui ont appelé, sans classement ni comparaison.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Écrivez quelques mots.", "max_length": "600 caractères au plus."},
    )


class CallingRulesForm(forms.Form):
    """What the landlord asks of those who call on a screen."""

    training = forms.BooleanField(
        label="Charte et formation avant le premier appel",
        required=False,
        help_text="Les programmes qui appellent par l’API n’y sont pas soumis.",
    )
    most_a_day = forms.IntegerField(
        label="Conversations par jour et par personne, au plus",
        min_value=1,
        max_value=MOST_EVER,
        help_text="Chacun peut choisir moins pour soi.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Écrivez un nombre.",
            "invalid": "Écrivez un nombre, par exemple 20.",
            "min_value": "Au moins une conversation.",
            "max_value": f"{MOST_EVER} conversations au plus.",
        },
    )
