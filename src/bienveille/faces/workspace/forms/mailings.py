"""What is typed on the pages of mailings, cleaned in type and shape."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from bienveille.engines.messaging.choices import PERSONAL, Channel, Reach
from bienveille.engines.messaging.rules.mailings import HIGHEST_ABOVE
from bienveille.faces.workspace.forms.fields import day_field

EVERYBODY = "tous"


class MailingForm(forms.Form):
    """Who, why, what, by which channels."""

    name = forms.CharField(
        label="Nom de l’envoi",
        max_length=150,
        help_text="Pour le retrouver. Les locataires ne le voient pas.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez un nom à cet envoi."},
    )
    text = forms.ChoiceField(
        label="Texte", error_messages={"required": "Choisissez un texte.", "invalid_choice": "Choisissez un texte."}
    )
    audience = forms.ChoiceField(
        label="À qui",
        error_messages={"required": "Choisissez un public.", "invalid_choice": "Choisissez un public."},
    )
    purpose = forms.ChoiceField(
        label="Finalité",
        help_text="Celle du registre des traitements\u00a0: le fichier ne sert qu’à cela.",
        error_messages={"required": "Choisissez une finalité."},
    )
    channels = forms.MultipleChoiceField(
        label="Par quels moyens",
        choices=[(channel.value, channel.label) for channel in PERSONAL],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un moyen."},
    )
    reach = forms.ChoiceField(
        label="Quand un foyer a plusieurs moyens",
        choices=[
            (Reach.FIRST.value, "Le premier qui joint\u00a0: e-mail, sinon SMS, sinon lettre"),
            (Reach.ALL.value, "Tous à la fois"),
        ],
        initial=Reach.FIRST.value,
        widget=forms.RadioSelect,
    )
    urgent = forms.BooleanField(
        label="La sécurité de quelqu’un est en jeu",
        required=False,
        help_text="L’envoi part alors à toute heure, sans attendre les jours de calme entre deux messages.",
    )

    def __init__(
        self,
        *args: Any,
        texts: list[tuple[str, str]],
        audiences: list[tuple[str, str]],
        purposes: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("text", texts), ("audience", audiences), ("purpose", purposes)):
            self.fields[name].choices = [("", "Choisir…"), *choices]  # type: ignore[attr-defined]


class PlanForm(forms.Form):
    """When a mailing starts by itself."""

    day = day_field("Jour")
    hour = forms.TimeField(
        label="Heure",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Écrivez une heure.", "invalid": "Écrivez une heure, par exemple 9:30."},
    )

    @property
    def moment(self) -> datetime:
        typed = datetime.combine(self.cleaned_data["day"], self.cleaned_data["hour"])
        return timezone.make_aware(typed)


class ReasonForm(forms.Form):
    """Why a mailing is sent back or stopped; about the text, never about a person."""

    reason = forms.CharField(label="Pourquoi", max_length=200, required=False)


class MailingRulesForm(forms.Form):
    """What one SMS and one letter cost; above how many households a second person reads."""

    sms = forms.DecimalField(label="Un SMS, en euros", min_value=0, max_digits=6, decimal_places=4, required=False)
    letter = forms.DecimalField(
        label="Une lettre affranchie, en euros", min_value=0, max_digits=6, decimal_places=4, required=False
    )

    above = forms.IntegerField(
        label="Une autre personne relit au-dessus de",
        help_text=f"Nombre de foyers. 0\u00a0: chaque envoi est relu. {HIGHEST_ABOVE} au plus.",
        min_value=0,
        max_value=HIGHEST_ABOVE,
        error_messages={
            "required": "Écrivez un nombre de foyers.",
            "invalid": "Écrivez un nombre de foyers, par exemple 200.",
            "min_value": "Écrivez 0 ou plus.",
            "max_value": f"{HIGHEST_ABOVE} au plus\u00a0: un grand envoi est toujours relu.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in (Channel.SMS.value, Channel.LETTER.value):
            self.fields[name].localize = True
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "decimal"})
            self.fields[name].error_messages["invalid"] = "Écrivez un prix, par exemple 0,05."
