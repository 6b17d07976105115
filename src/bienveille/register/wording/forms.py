"""What is typed on the page of the vocabulary, cleaned in type and shape."""

from django import forms

from bienveille.register.wording.choices import FAMILIES, EntryKind
from bienveille.register.wording.rules import LONGEST_REASON, LONGEST_TEXT


class TryForm(forms.Form):
    """A sentence to try; it is never kept."""

    sentence = forms.CharField(
        label="Une phrase, comme elle s’écrirait dans une note",
        max_length=500,
        help_text="Elle n’est pas gardée.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"required": "Écrivez une phrase."},
    )


class WordingForm(forms.Form):
    """A change of the vocabulary."""

    kind = forms.ChoiceField(
        label="Que voulez-vous changer",
        choices=EntryKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce que vous voulez changer."},
    )
    text = forms.CharField(
        label="Mot ou tournure",
        max_length=LONGEST_TEXT,
        help_text="Sans souci des accents ni du pluriel. Un astérisque à la fin vaut n’importe quelle terminaison.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Écrivez un mot, ou quelques mots."},
    )
    family = forms.ChoiceField(
        label="De quoi parle ce mot",
        choices=[("", "Choisir…"), *FAMILIES],
        required=False,
        help_text="Seulement pour un mot à signaler.",
    )
    reason = forms.CharField(
        label="Pourquoi",
        max_length=LONGEST_REASON,
        help_text="Pour ceux qui liront la liste, sans parler de personne.",
        error_messages={"required": "Dites pourquoi\u00a0: d’autres liront cette liste."},
    )
