"""What is typed on the screens of moves and of lots: types and shapes; what it means is decided by the operations."""

from collections.abc import Sequence
from typing import Any

from django import forms

from bienveille.services.letting.choices import Direction
from bienveille.services.letting.rules.periods import CHOSEN

EVERY_AGENCY = "Toutes"


def _month_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=10,
        widget=forms.TextInput(attrs={"type": "month", "autocomplete": "off"}),
    )


def _homes_field(label: str) -> forms.IntegerField:
    wrong = "Écrivez un nombre entier de logements."
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=1_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": wrong, "min_value": wrong, "max_value": "Ce nombre est trop grand."},
    )


class PeriodForm(forms.Form):
    """Which days and which agency the figures of moves are of; it only shows what was read from the address."""

    periode = forms.ChoiceField(label="Période")
    du = _month_field("Du mois de")
    au = _month_field("Au mois de")
    agence = forms.ChoiceField(label="Agence")
    use_required_attribute = False  # the months are hidden until they are asked for

    def __init__(
        self, *args: Any, periods: Sequence[tuple[str, str]], agencies: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        period: forms.ChoiceField = self.fields["periode"]  # type: ignore[assignment]
        period.choices = list(periods)
        agency: forms.ChoiceField = self.fields["agence"]  # type: ignore[assignment]
        agency.choices = [("", EVERY_AGENCY), *agencies]

    #: The months are asked for when this answer is given.
    months_if = f"periode={CHOSEN}"


class LotForm(forms.Form):
    """What is announced of homes taken over or sold."""

    direction = forms.ChoiceField(
        label="Ces logements sont",
        choices=[(Direction.TAKEN_OVER.value, "Repris à un autre propriétaire"), (Direction.SOLD.value, "Vendus")],
        initial=Direction.TAKEN_OVER.value,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label="Nom du lot",
        max_length=150,
        help_text="Par exemple «\u00a0Reprise du Val d’Ambre\u00a0».",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez un nom au lot.", "max_length": "Ce nom est trop long."},
    )
    other_party = forms.CharField(
        label="Vendeur ou acheteur",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    effective_on = forms.DateField(
        label="Jour d’effet",
        help_text="Le premier jour chez le nouveau propriétaire.",
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": "Écrivez une date qui existe, par exemple 01/01/2027.",
            "required": "Donnez le jour d’effet.",
        },
    )
    agency = forms.ChoiceField(label="Agence", required=False)
    announced = _homes_field("Logements annoncés, en tout")
    announced_full = _homes_field("En pleine propriété")
    announced_co_owned = _homes_field("En copropriété")
    announced_managed = _homes_field("Gérés pour un autre propriétaire")

    def __init__(
        self, *args: Any, agencies: Sequence[tuple[str, str]], several: bool, fixed: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        agency: forms.ChoiceField = self.fields["agency"]  # type: ignore[assignment]
        agency.choices = [*([("", "Plusieurs agences")] if several else []), *agencies]
        agency.required = not several
        if fixed:
            del self.fields["direction"]


class HomesForm(forms.Form):
    """Codes of homes: pasted, or in a small file; one of the two."""

    codes = forms.CharField(
        label="Codes des logements",
        required=False,
        max_length=400_000,
        help_text="Un par ligne, ou séparés par des virgules, tels qu’ils seront dans l’import du patrimoine.",
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"max_length": "Cette liste est trop longue\u00a0: ajoutez-la en plusieurs fois."},
    )
    file = forms.FileField(
        label="Ou un fichier de codes",
        required=False,
        help_text="Texte ou classeur, 2\u00a0Mo au plus. Il est lu, puis oublié.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls,.ods", "data-bv-drop": ""}),
        error_messages={"empty": "Ce fichier est vide."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("file") and not (cleaned.get("codes") or "").strip():
            self.add_error("codes", "Collez au moins un code, ou choisissez un fichier.")
        return cleaned


class TerritoryForm(forms.Form):
    """A name, and the départements counted under it."""

    name = forms.CharField(
        label="Nom du territoire",
        max_length=80,
        help_text="Par exemple «\u00a0Rhône-Isère\u00a0».",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez un nom au territoire."},
    )
    departments = forms.MultipleChoiceField(
        label="Départements",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un département."},
    )

    def __init__(self, *args: Any, departments: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: forms.MultipleChoiceField = self.fields["departments"]  # type: ignore[assignment]
        chosen.choices = list(departments)
