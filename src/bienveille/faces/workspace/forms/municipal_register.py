"""What is typed about the municipal register: the ground, what the person answered; why somebody leaves it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.engines.cases.choices import Agreement, RegisterRemoval, SaidBy
from bienveille.engines.cases.rules.referrals_register import HOME_SERVICE_LENGTH


class RegisterForm(forms.Form):
    """A request for somebody, once the words were read out."""

    agreement = forms.ChoiceField(
        label="La réponse",
        choices=[(Agreement.NON_OBJECTION, "Elle ne s’y oppose pas"), (Agreement.REFUSED, "Elle s’y oppose")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites ce qui a été répondu."},
    )
    said_by = forms.ChoiceField(
        label="Qui a répondu",
        choices=SaidBy.choices,
        initial=SaidBy.PERSON,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites qui a répondu."},
    )
    quality = forms.ChoiceField(
        label="À quel titre",
        widget=forms.RadioSelect,
        help_text="Ce que la personne dit d’elle-même\u00a0: ne le déduisez jamais.",
        error_messages={"required": "Choisissez à quel titre."},
    )
    home_service = forms.CharField(
        label="Service qui vient à son domicile",
        required=False,
        max_length=HOME_SERVICE_LENGTH,
        help_text="Facultatif\u00a0: son nom et son numéro, si la personne veut les donner.",
        error_messages={"max_length": f"{HOME_SERVICE_LENGTH} caractères au plus."},
    )
    to_warn = forms.ChoiceField(
        label="Personne à prévenir", required=False, help_text="Un proche qui a donné son accord."
    )

    def __init__(
        self,
        *args: Any,
        qualities: Iterable[tuple[str, str]],
        relatives: Iterable[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quality"].choices = list(qualities)  # type: ignore[attr-defined]
        self.fields["to_warn"].choices = [("", "Personne"), *relatives]  # type: ignore[attr-defined]

    def clean_to_warn(self) -> UUID | None:
        chosen = self.cleaned_data["to_warn"]
        return UUID(chosen) if chosen else None


class RemovalForm(forms.Form):
    """Why somebody leaves the register."""

    reason = forms.ChoiceField(
        label="Pourquoi",
        choices=RegisterRemoval.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites pourquoi."},
    )
