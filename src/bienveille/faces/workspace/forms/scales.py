"""The form with which a manager switches the short loneliness scale on for a campaign."""

from django import forms


class ScaleForm(forms.Form):
    """The basis, confirmed and located."""

    confirmed = forms.BooleanField(
        label="Je confirme que cette base existe, et que j’en réponds",
        error_messages={"required": "Cochez la confirmation\u00a0: sans base écrite, ces questions ne se posent pas."},
    )
    basis = forms.CharField(
        label="Où cette base est écrite",
        max_length=200,
        help_text="Par exemple\u00a0: avis du délégué à la protection des données, registre n°\u00a014.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Dites où la base est écrite."},
    )
