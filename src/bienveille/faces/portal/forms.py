"""What a partner types: the code received, then an answer of a closed list with a few words."""

from django import forms

from bienveille.engines.cases.choices import PartnerAnswer
from bienveille.engines.cases.rules.referrals import ANSWER_LENGTH, CODE_DIGITS


class CodeForm(forms.Form):
    """The one-time code, however its digits are spaced."""

    code = forms.CharField(
        label="Le code reçu",
        max_length=20,
        help_text="Six chiffres, dans un message arrivé à la même adresse que le lien.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Écrivez le code reçu."},
    )

    def clean_code(self) -> str:
        digits = "".join(one for one in self.cleaned_data["code"] if one.isascii() and one.isdigit())
        if len(digits) != CODE_DIGITS:
            raise forms.ValidationError("Le code a six chiffres.")
        return digits


class AnswerForm(forms.Form):
    """What the partner answers."""

    answer = forms.ChoiceField(
        label="Votre réponse",
        choices=PartnerAnswer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une réponse."},
    )
    words = forms.CharField(
        label="Quelques mots, si c’est utile",
        required=False,
        max_length=ANSWER_LENGTH,
        help_text="La suite pratique\u00a0: quand, comment. Rien sur la santé ni sur la vie privée.",
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": f"{ANSWER_LENGTH} caractères au plus."},
    )

    def refuse(self, field: str, words: str) -> None:
        """Say beside a field what the operation refused."""
        self.add_error(field if field in self.fields else None, words)
