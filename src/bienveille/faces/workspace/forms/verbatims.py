"""Forms of sentences that may be quoted: typed during a call, then read again."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.ground.lib.typography import NBSP
from bienveille.services.outreach.choices import Emotion, VerbatimRefusal
from bienveille.services.outreach.models import VERBATIM_LENGTH
from bienveille.services.outreach.operations import MOST_EMOTIONS, Quote


def _emotions(legend: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=legend,
        choices=Emotion.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=f"{MOST_EMOTIONS} mots au plus. Il s’agit de ce moment, pas de la personne.",
    )


class _SomebodyField(forms.ChoiceField):
    """Somebody by key; whether they are of the household is told by the operation, which reads it anyway."""

    def valid_value(self, value: Any) -> bool:
        try:
            UUID(str(value))
        except ValueError:
            return False
        return True


class QuoteForm(forms.Form):
    """A sentence to quote, typed beside the call form and sent with it; operations say what is wrong."""

    quote = forms.CharField(
        label="La phrase, telle qu’elle a été dite",
        required=False,
        strip=True,
        max_length=VERBATIM_LENGTH,
        help_text=f"Ni nom, ni santé. Elle sera relue avant d’être montrée. {VERBATIM_LENGTH} caractères au plus.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"max_length": f"Cette phrase est trop longue{NBSP}: {VERBATIM_LENGTH} caractères au plus."},
    )
    quote_agreed = forms.BooleanField(label="La personne a dit oui", required=False)
    quote_by = _SomebodyField(label="Qui a dit oui", widget=forms.RadioSelect, required=False)
    emotions = _emotions("Ce que vous avez entendu dans la conversation")

    several = False

    def offer(self, people: Iterable[tuple[UUID, str]]) -> None:
        """The people among whom the page lets choose who agreed; asked only when there are several."""
        field = self.fields["quote_by"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(key), name) for key, name in people]
        self.several = len(list(field.choices)) > 1

    def typed(self) -> Quote | None:
        """The sentence for the operation; None when there is none."""
        given = self.cleaned_data
        if not given.get("quote"):
            return None
        return Quote(
            text=given["quote"],
            agreed=given["quote_agreed"],
            agreed_by=UUID(given["quote_by"]) if given.get("quote_by") else None,
            emotions=tuple(given.get("emotions", [])),
        )


class PublishVerbatimForm(forms.Form):
    """The words shown, and what was heard."""

    words = forms.CharField(
        label="La phrase à montrer",
        max_length=VERBATIM_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text="Remplacez ce qui est signalé par des mots plus généraux\u00a0: « ma fille », « la résidence ».",
        error_messages={
            "required": "Écrivez la phrase à montrer.",
            "max_length": f"Cette phrase est trop longue{NBSP}: {VERBATIM_LENGTH} caractères au plus.",
        },
    )
    emotions = _emotions("Ce que l’appelant a entendu")


class RefuseVerbatimForm(forms.Form):
    """Why a sentence is not shown."""

    reason = forms.ChoiceField(
        label="Pourquoi l’écarter",
        choices=VerbatimRefusal.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une raison."},
    )
