"""What home somebody needs who must leave within hours, and when they moved in."""

from typing import Any

from django import forms

from bienveille.faces.workspace.forms.fields import day_field
from bienveille.register.housing.choices import DwellingType
from bienveille.services.letting.operations import Wanted


class WantedForm(forms.Form):
    """The home that suits, and where it must not be."""

    people = forms.IntegerField(
        label="Combien de personnes",
        min_value=1,
        max_value=15,
        error_messages={
            "required": "Dites combien de personnes partent.",
            "invalid": "Écrivez un nombre, par exemple 3.",
            "min_value": "Une personne au moins.",
            "max_value": "Quinze personnes au plus.",
        },
    )
    smallest = forms.ChoiceField(
        label="Taille, au moins", choices=DwellingType.choices, error_messages={"required": "Choisissez une taille."}
    )
    step_free = forms.BooleanField(label="Rez-de-chaussée, ou ascenseur", required=False)
    other_commune = forms.BooleanField(label="Jamais dans la commune d’aujourd’hui", required=False)
    avoided = forms.CharField(
        label="Communes à éviter",
        required=False,
        max_length=60,
        help_text="Là où le danger habite ou travaille. Leurs codes INSEE, par exemple 69266 42218.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def wanted(self) -> Wanted:
        """What was typed, for the operation."""
        typed: dict[str, Any] = self.cleaned_data
        return Wanted(
            people=typed["people"],
            smallest=typed["smallest"],
            step_free=typed["step_free"],
            other_commune=typed["other_commune"],
            avoided=tuple(typed["avoided"].replace(",", " ").replace(";", " ").split()),
        )


class MoveForm(forms.Form):
    """The day they moved in."""

    on = day_field("Jour de l’entrée")
