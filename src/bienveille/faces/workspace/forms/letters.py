"""Numbers of letters that came back, scanned one after another."""

from django import forms


class ReturnedForm(forms.Form):
    """One number a line, as a scanner types them."""

    numbers = forms.CharField(
        label="Numéros des lettres revenues",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8, "inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Lisez les codes-barres l’un après l’autre, ou tapez les dix chiffres. Un numéro par ligne.",
        error_messages={"required": "Lisez au moins un code-barres, ou tapez le numéro imprimé à côté."},
    )
