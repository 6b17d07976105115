"""Forms of the call for volunteers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.ground.lib.languages import NAMES
from bienveille.register.accounts.models import Agency
from bienveille.services.outreach.choices import AtEase, HalfDay
from bienveille.services.outreach.operations.volunteers import Answer
from bienveille.services.outreach.rules.volunteers import read_domain


class VolunteerCallForm(forms.Form):
    """A new call for volunteers."""

    name = forms.CharField(
        label="Nom de l’appel",
        max_length=150,
        help_text="Par exemple « Appelants du grand froid ».",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez un nom à l’appel."},
    )
    words = forms.CharField(
        label="Ce que vous demandez",
        max_length=1000,
        required=False,
        help_text="Quelques lignes : pour qui, combien de temps, jusqu’à quand.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    agency = forms.ChoiceField(label="Pour quelle agence", required=False)
    asked = forms.IntegerField(
        label="À combien de personnes l’envoyez-vous",
        required=False,
        min_value=1,
        max_value=1_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": "Écrivez un nombre.", "min_value": "Une personne au moins."},
    )
    public = forms.BooleanField(
        label="Répondre sans compte Bienveille",
        required=False,
        help_text="Avec une adresse du bailleur seulement.",
    )
    email_domain = forms.CharField(
        label="Fin des adresses du bailleur",
        max_length=100,
        required=False,
        help_text="Par exemple bailleur.fr",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, agencies: Iterable[Agency], everything: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agencies = {str(one.pk): one for one in agencies}
        names = [(key, one.name) for key, one in self.agencies.items()]
        field = self.fields["agency"]
        field.choices = [*([("", "Toutes les agences")] if everything else []), *names]  # type: ignore[attr-defined]
        field.required = not everything

    def clean_agency(self) -> Agency | None:
        return self.agencies.get(self.cleaned_data["agency"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("public") and not read_domain(cleaned.get("email_domain", "")):
            self.add_error("email_domain", "Écrivez la fin des adresses du bailleur, par exemple bailleur.fr.")
        return cleaned


class VolunteerForm(forms.Form):
    """What somebody answers. `website` is a trap for programs: people neither see it nor fill it."""

    email = forms.EmailField(
        label="Votre adresse électronique au travail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Écrivez votre adresse.", "invalid": "Écrivez une adresse, avec un @."},
    )
    first_name = forms.CharField(
        label="Prénom",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={"required": "Écrivez votre prénom."},
    )
    last_name = forms.CharField(
        label="Nom",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
        error_messages={"required": "Écrivez votre nom."},
    )
    service = forms.CharField(label="Service", max_length=100, required=False)
    agency = forms.ChoiceField(label="Votre agence", required=False)
    willing = forms.ChoiceField(
        label="Voulez-vous appeler ?",
        choices=[("yes", "Oui"), ("no", "Pas cette fois")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites oui, ou pas cette fois."},
    )
    hours_per_week = forms.DecimalField(
        label="Heures par semaine",
        required=False,
        min_value=0,
        max_value=60,
        decimal_places=1,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "Écrivez un nombre d’heures, par exemple 2,5.", "max_value": "60 heures au plus."},
    )
    half_days = forms.MultipleChoiceField(
        label="Demi-journées", required=False, choices=HalfDay.choices, widget=forms.CheckboxSelectMultiple
    )
    languages = forms.MultipleChoiceField(
        label="Langues parlées au téléphone",
        required=False,
        choices=list(NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    knows = forms.MultipleChoiceField(
        label="Agences que vous connaissez", required=False, widget=forms.CheckboxSelectMultiple
    )
    at_ease = forms.MultipleChoiceField(
        label="Avec qui vous êtes à l’aise", required=False, choices=AtEase.choices, widget=forms.CheckboxSelectMultiple
    )
    equipped = forms.BooleanField(label="J’ai un téléphone ou un ordinateur du travail", required=False)
    website = forms.CharField(
        label="Laissez ce champ vide",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, agencies: Iterable[Agency], signed_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(one.pk), one.name) for one in agencies]
        self.fields["agency"].choices = [("", "Siège, ou aucune"), *names]  # type: ignore[attr-defined]
        self.fields["knows"].choices = names  # type: ignore[attr-defined]
        if signed_in:
            del self.fields["email"]

    @property
    def is_a_trap(self) -> bool:
        """Whether something filled what people do not see."""
        return bool(self.cleaned_data.get("website"))

    def answer(self) -> Answer:
        """What was typed, for the operation."""
        typed = self.cleaned_data
        return Answer(
            first_name=typed["first_name"],
            last_name=typed["last_name"],
            willing=typed["willing"] == "yes",
            service=typed["service"],
            agency_id=UUID(typed["agency"]) if typed["agency"] else None,
            equipped=typed["equipped"],
            hours_per_week=typed["hours_per_week"],
            half_days=tuple(typed["half_days"]),
            languages=tuple(typed["languages"]),
            knows=tuple(UUID(key) for key in typed["knows"]),
            at_ease=tuple(typed["at_ease"]),
        )


class DeclineForm(forms.Form):
    """The kind word that goes with a no."""

    reply = forms.CharField(
        label="Le mot qui l’accompagne",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez un mot.", "max_length": "300 caractères au plus."},
    )
