"""Forms of recurring calls and of a caller's week."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.engines.dispatch.choices import StopReason
from bienveille.services.outreach.choices import HalfDay
from bienveille.services.outreach.forms.campaigns import DAY_FORMATS, WRONG_DAY


def _day(label: str, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choisissez un jour.", "invalid": WRONG_DAY},
        **options,
    )


class RhythmOfCallForm(forms.Form):
    """How often, which day, at what time."""

    every_days = forms.IntegerField(
        label="Tous les combien de jours",
        min_value=1,
        max_value=56,
        help_text="7 : chaque semaine. 14 : une semaine sur deux.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Écrivez un nombre de jours.",
            "invalid": "Écrivez un nombre de jours, par exemple 7.",
            "min_value": "Un jour au moins.",
            "max_value": "56 jours au plus.",
        },
    )
    due_on = _day("Prochain appel")
    due_when = forms.ChoiceField(label="À quel moment", required=False)

    def __init__(self, *args: Any, moments: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_when"].choices = list(moments)  # type: ignore[attr-defined]


class StopForm(forms.Form):
    """Why a recurring call ends."""

    reason = forms.ChoiceField(
        label="Pourquoi arrêter",
        choices=StopReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une raison : elle dit qui doit le savoir."},
    )


class HandOverForm(forms.Form):
    """Who calls instead, until when, and whether the person knows."""

    to = forms.ChoiceField(
        label="Qui appelle",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une personne.",
            "invalid_choice": "Choisissez une personne de la liste.",
        },
    )
    how_long = forms.ChoiceField(
        label="Pour combien de temps",
        choices=[("until", "Jusqu’au retour de la voix habituelle"), ("for_good", "Pour de bon")],
        widget=forms.RadioSelect,
    )
    back_on = _day("Jour du retour", required=False)
    told = forms.BooleanField(label="La personne le sait déjà", required=False)

    def __init__(self, *args: Any, people: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = list(people)  # type: ignore[attr-defined]

    def clean_to(self) -> UUID:
        return UUID(self.cleaned_data["to"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("how_long") == "for_good":
            cleaned["back_on"] = None
        elif cleaned.get("back_on") is None and "back_on" not in self.errors:
            self.add_error("back_on", "Choisissez le jour du retour.")
        return cleaned


class WeekForm(forms.Form):
    """What a caller gives in one week."""

    monday = forms.DateField(widget=forms.HiddenInput)
    hours = forms.DecimalField(
        label="Heures cette semaine",
        required=False,
        min_value=0,
        max_value=60,
        decimal_places=1,
        localize=True,
        help_text="0 : vous n’appelez pas, vos appels réguliers sont vus par la coordination. Vide : comme d’habitude.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "Écrivez un nombre d’heures, par exemple 2,5.", "max_value": "60 heures au plus."},
    )
    half_days = forms.MultipleChoiceField(
        label="Demi-journées", required=False, choices=HalfDay.choices, widget=forms.CheckboxSelectMultiple
    )
