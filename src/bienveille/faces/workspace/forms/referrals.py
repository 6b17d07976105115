"""What is typed about a referral to a partner: what leaves, what the person answered, why it is withdrawn."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.engines.cases.choices import Agreement, SafeChannel, SaidBy, WithdrawalReason
from bienveille.engines.cases.rules.referrals import ASKED_LENGTH, CONFIDED
from bienveille.engines.questionnaires.choices import Need


class ReferralForm(forms.Form):
    """What would leave for a partner. `hidden`: the address never does, and a safe way to reach the person is asked."""

    person = forms.ChoiceField(
        label="Pour qui",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une personne.", "invalid_choice": "Choisissez une personne."},
    )
    needs = forms.MultipleChoiceField(
        label="Pour quels besoins",
        widget=forms.CheckboxSelectMultiple,
        choices=Need.choices,
        error_messages={"required": "Choisissez au moins un besoin."},
    )
    asked = forms.CharField(
        label="Ce que vous demandez au partenaire",
        required=False,
        max_length=ASKED_LENGTH,
        help_text="En une phrase : la suite pratique, jamais une maladie, un avis ni un autre nom. "
        "Ces mots partent chez le partenaire.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": f"{ASKED_LENGTH} caractères au plus."},
    )
    with_phone = forms.BooleanField(label="Donner son numéro de téléphone", required=False)
    with_address = forms.BooleanField(
        label="Donner son adresse",
        required=False,
        help_text="Seulement si le partenaire se déplace chez la personne.",
    )
    safe_channel = forms.ChoiceField(
        label="Comment le partenaire peut-il la joindre sans risque ?",
        choices=SafeChannel.choices,
        widget=forms.RadioSelect,
        help_text="Demandez-le à la personne. Son adresse ne part jamais.",
        error_messages={"required": "Dites comment le partenaire peut joindre la personne sans risque."},
    )
    email = forms.EmailField(
        label="Adresse électronique du partenaire",
        help_text="Le lien, puis les codes, vont à cette adresse. "
        "Choisissez celle d’un service plutôt que d’une personne.",
        error_messages={
            "required": "Écrivez l’adresse électronique du partenaire.",
            "invalid": "Écrivez une adresse électronique, par exemple accueil@ccas.example.",
        },
    )

    def __init__(
        self, *args: Any, people: Iterable[tuple[str, str]], hidden: bool, confidential: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = list(people)  # type: ignore[attr-defined]
        # Violence is named to nobody but from a confidential case.
        self.fields["needs"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in Need.choices if confidential or value not in CONFIDED
        ]
        if hidden:
            del self.fields["with_address"]
        else:
            del self.fields["safe_channel"]

    def clean_person(self) -> UUID:
        return UUID(self.cleaned_data["person"])


class AgreementForm(forms.Form):
    """What was answered to the words read out."""

    agreement = forms.ChoiceField(
        label="La réponse",
        choices=Agreement.choices,
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


class WithdrawForm(forms.Form):
    """Why a referral is taken back."""

    reason = forms.ChoiceField(
        label="Pourquoi la retirer",
        choices=WithdrawalReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites pourquoi."},
    )
