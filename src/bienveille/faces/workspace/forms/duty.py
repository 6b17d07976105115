"""Who is on duty, who is away."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.timezone import get_current_timezone

from bienveille.engines.cases.rules import SPANS, spans_of
from bienveille.faces.workspace.forms.fields import day_field

_CHOOSE = {"required": "Choisissez dans la liste.", "invalid_choice": "Choisissez dans la liste."}


class TurnForm(forms.Form):
    """Who is on duty, for which agency, when, called first or next."""

    agency = forms.ChoiceField(label="Pour", error_messages=_CHOOSE)
    user = forms.ChoiceField(label="Qui", error_messages=_CHOOSE)
    kind = forms.ChoiceField(label="Quand", choices=list(SPANS.items()), initial="week", widget=forms.RadioSelect)
    day = day_field("Jour")
    rank = forms.ChoiceField(
        label="Rang",
        choices=[("1", "Prévenu en premier"), ("2", "Prévenu ensuite"), ("3", "Prévenu en dernier")],
        initial="1",
        widget=forms.RadioSelect,
    )

    def __init__(
        self, *args: Any, agencies: Iterable[tuple[str, str]], people: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = list(agencies)  # type: ignore[attr-defined]
        self.fields["user"].choices = [("", "Choisissez"), *people]  # type: ignore[attr-defined]

    def clean_rank(self) -> int:
        return int(self.cleaned_data["rank"])

    def clean_user(self) -> UUID:
        return UUID(self.cleaned_data["user"])

    def spans(self) -> list[tuple[datetime, datetime]]:
        """The moments of duty that were asked."""
        return spans_of(self.cleaned_data["kind"], self.cleaned_data["day"], get_current_timezone())


class AbsenceForm(forms.Form):
    """Who is away, from when to when, who stands in. Never why."""

    away = forms.ChoiceField(label="Qui", error_messages=_CHOOSE)
    starts_on = day_field("Du")
    ends_on = day_field("Au", help_text="Dernier jour d’absence, compris.")
    substitute = forms.ChoiceField(label="Remplacement", required=False, error_messages=_CHOOSE)

    def __init__(
        self, *args: Any, people: Iterable[tuple[str, str]], team: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["away"].choices = list(people)  # type: ignore[attr-defined]
        self.fields["substitute"].choices = [("", "Personne"), *team]  # type: ignore[attr-defined]
