"""When a household asks to be called: typed on its page, or during a call."""

from typing import Any

from django import forms

from bienveille.register.tenants.choices import DayPart
from bienveille.services.outreach.rules import CallWishSaid

PARTS = [
    (DayPart.MORNING.value, "Le matin, avant 13 h"),
    (DayPart.AFTERNOON.value, "L’après-midi, de 13 h à 17 h"),
    (DayPart.EVENING.value, "En fin de journée, après 17 h"),
]
WEEK = [
    ("1", "Lundi"),
    ("2", "Mardi"),
    ("3", "Mercredi"),
    ("4", "Jeudi"),
    ("5", "Vendredi"),
    ("6", "Samedi"),
    ("7", "Dimanche"),
]


class CallWishForm(forms.Form):
    """Parts of the day that suit, days without calls, or a letter instead. Never why."""

    shown = forms.CharField(widget=forms.HiddenInput, initial="1", required=False)
    parts = forms.MultipleChoiceField(
        label="Ce qui convient",
        help_text="Rien de coché : à toute heure.",
        choices=PARTS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    not_on = forms.MultipleChoiceField(
        label="Ne jamais appeler le", choices=WEEK, widget=forms.CheckboxSelectMultiple, required=False
    )
    in_writing = forms.BooleanField(label="Préfère qu’on lui écrive : plus d’appels", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(cleaned.get("not_on", [])) == len(WEEK):
            self.add_error("not_on", "Gardez un jour au moins, ou cochez « Préfère qu’on lui écrive ».")
        return cleaned

    def said(self) -> CallWishSaid | None:
        """What was typed; None when the page did not ask."""
        typed = self.cleaned_data
        if not typed.get("shown"):
            return None
        return CallWishSaid(tuple(int(day) for day in typed["not_on"]), tuple(typed["parts"]), typed["in_writing"])


class HouseholdWishForm(CallWishForm):
    """The same on the page of a household, with who said it."""

    source = forms.ChoiceField(
        label="Qui l’a dit",
        choices=[("tenant", "La personne elle-même"), ("call", "Pendant un appel"), ("staff", "Un collaborateur")],
        widget=forms.RadioSelect,
        initial="tenant",
    )
