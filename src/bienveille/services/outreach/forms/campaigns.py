"""Forms with which a campaign is prepared and led: types and shapes; what they mean is decided by the operations."""

from collections.abc import Iterable
from typing import Any

from django import forms

from bienveille.services.outreach.choices import Priority, Purpose
from bienveille.services.outreach.rules import LONGEST_KEEPING

DAY_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y"]
WRONG_DAY = "Écrivez une date qui existe, par exemple 30/11/2026."
#: What each order means, said below its name.
PRIORITY_HINTS = {
    Priority.OLDEST_FIRST: "La personne la plus âgée du ménage compte.",
    Priority.OLDEST_ALONE_FIRST: "Les personnes qui vivent seules passent devant, de la plus âgée à la plus jeune.",
    Priority.ALONE_FIRST: "Les ménages d’une seule personne passent devant.",
    Priority.TOP_FLOOR_FIRST: "Plus l’étage est haut sans ascenseur, plus l’appel vient tôt.",
    Priority.SILENT_SIX_MONTHS_FIRST: "Ceux dont personne n’a eu de nouvelles depuis six mois, ou jamais.",
    Priority.DISABILITY_FIRST: "Une personne du ménage l’a déclaré. Les appelants n’en lisent rien.",
    Priority.WATCHED_FIRST: "Les ménages d’une résidence que vous avez mise sous veille.",
    Priority.LONGEST_SILENCE_FIRST: "Ceux que personne n’a joints depuis le plus longtemps passent devant.",
}


class PurposeForm(forms.Form):
    """What a campaign is called, and what it is for."""

    name = forms.CharField(
        label="Nom de la campagne",
        max_length=150,
        help_text="Par exemple « Grand froid 2026 ». Les appelants le voient.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez un nom à la campagne."},
    )
    purpose = forms.ChoiceField(
        label="But de la campagne",
        choices=Purpose.choices,
        help_text="Ce but limite l’usage de ce qui sera noté pendant les appels.",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le but de la campagne."},
    )


class WaveForm(forms.Form):
    """What a wave is called, and the criteria, in order, by which its households are called."""

    name = forms.CharField(
        label="Nom de la vague", max_length=150, error_messages={"required": "Donnez un nom à la vague."}
    )
    add = forms.ChoiceField(
        label="Ajouter un critère",
        required=False,
        error_messages={"invalid_choice": "Ce critère est déjà dans la liste."},
    )

    def __init__(self, *args: Any, order: Iterable[str] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        known = dict(Priority.choices)
        self.order = [one for one in dict.fromkeys(order) if one in known]
        field = self.fields["add"]
        assert isinstance(field, forms.ChoiceField)
        left = [(value, label) for value, label in known.items() if value not in self.order]
        field.choices = [("", "Choisir"), *left]

    def criteria(self) -> list[tuple[str, str]]:
        """The criteria in their order, value and label."""
        return [(one, str(Priority(one).label)) for one in self.order]

    def priority(self) -> list[str]:
        """The order as a document writes it, with the criterion just chosen at its end."""
        added = self.cleaned_data.get("add") or ""
        return [*self.order, *([added] if added else [])] or [Priority.OLDEST_FIRST.value]


class RulesForm(forms.Form):
    """How often somebody is tried, how long a household is kept in hand, how long answers are kept, when."""

    max_attempts = forms.IntegerField(
        label="Nombre d’essais par ménage",
        min_value=1,
        max_value=20,
        help_text="Après ces essais sans réponse, le ménage est compté comme injoignable. Cinq conviennent souvent.",
    )
    lease_minutes = forms.IntegerField(
        label="Minutes de réservation",
        min_value=1,
        max_value=480,
        help_text="Passé ce temps sans nouvelle de l’appelant, le ménage est proposé à quelqu’un d’autre.",
    )
    keep_answers_days = forms.IntegerField(
        label="Jours de conservation des réponses",
        min_value=1,
        max_value=LONGEST_KEEPING,
        help_text="Les réponses et les phrases notées sont effacées ensuite. Les comptes restent.",
    )
    starts_on = forms.DateField(
        label="Début prévu",
        required=False,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Pour estimer le travail : la campagne s’ouvre toujours à la main.",
        error_messages={"invalid": WRONG_DAY},
    )
    ends_on = forms.DateField(
        label="Fin prévue",
        required=False,
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": WRONG_DAY},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in self.fields.values():
            if isinstance(field, forms.IntegerField):
                field.error_messages |= {
                    "required": "Écrivez un nombre.",
                    "invalid": "Écrivez un nombre entier, en chiffres.",
                }
                field.widget.attrs |= {"inputmode": "numeric"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "La fin prévue précède le début prévu.")
        return cleaned

    def rules(self) -> dict[str, Any]:
        """The rules as a document writes them."""
        typed = self.cleaned_data
        rules = {name: typed[name] for name in ("max_attempts", "lease_minutes", "keep_answers_days")}
        return rules | {name: typed[name].isoformat() for name in ("starts_on", "ends_on") if typed[name]}


class MotiveForm(forms.Form):
    """Why a household is taken out of a campaign."""

    motive = forms.CharField(
        label="Pourquoi les retirer ?",
        max_length=200,
        help_text="Un fait utile, sans rien sur la santé. Ce motif est gardé dans le journal.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Dites pourquoi, en quelques mots."},
    )
