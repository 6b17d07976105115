"""What is typed of a residence; what it means is decided by the operations."""

from django import forms

from bienveille.register.housing.operations import REASON_LENGTH

_REASON = "Parlez du lieu, jamais d’une personne. 300 caractères au plus."


class WatchForm(forms.Form):
    """Why a residence is put under watch, since when."""

    reason = forms.CharField(
        label="Pourquoi cette résidence",
        help_text=f"Par exemple\u00a0: ascenseur en panne, nombreux aînés aux étages. {_REASON}",
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi cette résidence est mise sous veille."},
    )
    started_on = forms.DateField(
        label="Depuis le",
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": "Écrivez une date qui existe, par exemple 30/11/2026.",
            "required": "Choisissez un jour.",
        },
    )
    until = forms.DateField(
        label="Jusqu’au",
        required=False,
        help_text="La veille se termine d’elle-même après ce jour.",
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Écrivez une date qui existe, par exemple 30/11/2026."},
    )


class EndWatchForm(forms.Form):
    """What ends a watch."""

    reason = forms.CharField(
        label="Pourquoi la veille prend fin",
        help_text=_REASON,
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
