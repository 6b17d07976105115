"""What is typed of a relay tenant; what it means is decided by the operations."""

from django import forms

from bienveille.services.neighbourhood.operations import WORDS_LENGTH


def _day_field(label: str, *, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=help_text,
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": "Écrivez une date qui existe, par exemple 30/11/2026.",
            "required": "Choisissez un jour.",
        },
    )


class RelayForm(forms.Form):
    """What somebody agreed to, in words that they would recognise."""

    role = forms.CharField(
        label="Ce que la personne accepte de faire",
        help_text="Par exemple\u00a0: afficher les messages dans le hall, signaler une panne, prendre des nouvelles.",
        max_length=WORDS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites ce que cette personne accepte de faire."},
    )
    limits = forms.CharField(
        label="Ce qu’elle ne souhaite pas faire",
        help_text="Par exemple\u00a0: pas le soir, pas de clés, pas d’argent.",
        max_length=WORDS_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    agreed_on = _day_field("Jour de son accord")
    until = _day_field("Dernier jour", help_text="L’accord se redemande ensuite. Deux ans au plus.")
