"""Forms of the wish to talk after a hard call."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import DebriefMeans, DebriefMoment
from bienveille.services.outreach.forms.campaigns import DAY_FORMATS, WRONG_DAY


class DebriefForm(forms.Form):
    """With whom, when, how; a few words if one likes."""

    listener = forms.ChoiceField(
        label="Avec qui",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une personne.",
            "invalid_choice": "Choisissez une personne de la liste.",
        },
    )
    moment = forms.ChoiceField(
        label="Quand", choices=DebriefMoment.choices, initial=DebriefMoment.TODAY, widget=forms.RadioSelect
    )
    means = forms.ChoiceField(
        label="Comment", choices=DebriefMeans.choices, initial=DebriefMeans.PHONE, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="Quelques mots",
        required=False,
        max_length=300,
        help_text="Lus par cette personne seulement, effacés dès que vous vous êtes parlé. Aucun nom de locataire.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": "300 caractères au plus."},
    )

    def __init__(self, *args: Any, listeners: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(str(user.pk), user.display_name) for user in listeners]
        self.fields["listener"].choices = found  # type: ignore[attr-defined]
        if len(found) == 1:
            self.fields["listener"].initial = found[0][0]

    def clean_listener(self) -> UUID:
        return UUID(self.cleaned_data["listener"])


class PlanDebriefForm(forms.Form):
    """The day that the listener proposes."""

    on = forms.DateField(
        label="Jour proposé",
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choisissez un jour.", "invalid": WRONG_DAY},
    )
