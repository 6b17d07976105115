"""What is typed on the screens of moves and of lots: types and shapes; what it means is decided by the operations."""

from collections.abc import Sequence
from typing import Any

from django import forms

from bienveille.services.letting.rules.periods import CHOSEN

EVERY_AGENCY = "Toutes"


def _month_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"type": "month", "autocomplete": "off"}),
    )


class PeriodForm(forms.Form):
    """Which days and which agency the figures of moves are of; it only shows what was read from the address."""

    periode = forms.ChoiceField(label="Période")
    du = _month_field("Premier mois")
    au = _month_field("Dernier mois")
    agence = forms.ChoiceField(label="Agence", required=False)

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
