"""Forms of the household's pages: types and shapes of what was typed; operations decide what it means."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms

from bienveille.faces.workspace.forms.fields import day_field
from bienveille.faces.workspace.rules import language_choices
from bienveille.register.tenants.choices import ContactKind, DayPart, MaritalStatus, MarkKind, PersonRole, Title
from bienveille.register.tenants.operations import CORRECTABLE


class PersonForm(forms.Form):
    """What is known of somebody, as a correction by hand may change it (`tenants.operations.CORRECTABLE`)."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    title = forms.ChoiceField(label="Civilité", choices=[("", "Sans"), *Title.choices], required=False)
    first_name = forms.CharField(label="Prénom", max_length=100, required=False)
    last_name = forms.CharField(
        label="Nom de famille", max_length=100, error_messages={"required": "Donnez un nom de famille."}
    )
    birth_date = day_field("Date de naissance", required=False)
    role = forms.ChoiceField(label="Place dans le bail", choices=PersonRole.choices, initial=PersonRole.OCCUPANT)
    marital_status = forms.ChoiceField(
        label="Situation de famille", choices=[("", "Non connue"), *MaritalStatus.choices], required=False
    )
    language = forms.ChoiceField(label="Langue préférée", choices=language_choices, required=False)
    other_language = forms.ChoiceField(label="Autre langue parlée", choices=language_choices, required=False)
    best_time = forms.ChoiceField(
        label="Préfère être appelé", choices=[("", "À toute heure"), *DayPart.choices], required=False
    )

    def facts(self, known: Sequence[str] = ()) -> dict[str, Any]:
        """The fields of a person. Languages beyond the second, which the form does not show, are kept."""
        typed = {name: value for name, value in self.cleaned_data.items() if name in CORRECTABLE}
        languages = [self.cleaned_data["language"], self.cleaned_data["other_language"], *known[2:]]
        return {**typed, "languages": [code for code in languages if code]}


class CorrectionForm(PersonForm):
    """A correction of somebody, and on whose word: it goes back to the landlord's software with that."""

    source = forms.ChoiceField(
        label="Qui l’a dit",
        choices=[("staff", "Un collaborateur, d’après ce qu’il sait"), ("tenant", "La personne elle-même")],
        widget=forms.RadioSelect,
        initial="staff",
        error_messages={"required": "Dites qui l’a dit."},
    )


class HouseholdForm(PersonForm):
    """A household that the landlord's file does not have: its home, by its code, and its first person."""

    role = None  # type: ignore[assignment]
    dwelling = forms.CharField(
        label="Code du logement",
        max_length=40,
        help_text="Celui du progiciel, tel qu’il figure sur le bail.",
        error_messages={"required": "Donnez le code du logement."},
    )


class ContactPointForm(forms.Form):
    """A number or an address, and whose it is."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    kind = forms.ChoiceField(
        label="Ce que vous ajoutez", choices=ContactKind.choices, initial="phone", widget=forms.RadioSelect
    )
    value = forms.CharField(
        label="Numéro ou adresse",
        max_length=254,
        help_text="Un seul, par exemple 04 65 71 01 42.",
        error_messages={"required": "Donnez un numéro ou une adresse."},
    )
    whose = forms.CharField(
        label="À qui est-ce",
        max_length=60,
        required=False,
        help_text="Rien si c’est à cette personne, sinon « sa fille », « son voisin ».",
    )


class MarkForm(forms.Form):
    """A fact useful for care, from a closed list, with its end."""

    kind = forms.ChoiceField(
        label="Utile à savoir", choices=MarkKind.choices, error_messages={"required": "Choisissez dans la liste."}
    )
    source = forms.ChoiceField(
        label="Qui l’a dit",
        choices=[("tenant", "La personne elle-même"), ("staff", "Un collaborateur"), ("call", "Pendant un appel")],
        widget=forms.RadioSelect,
        initial="tenant",
    )
    expires_on = day_field(
        "Jusqu’au",
        required=False,
        help_text="Deux ans au plus. Sans date, la durée habituelle de ce repère : six mois, un an ou deux ans.",
    )

    def __init__(self, *args: Any, kinds: Collection[str] = MarkKind.values, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [one for one in MarkKind.choices if one[0] in kinds]  # type: ignore[attr-defined]

    purpose = forms.CharField(
        label="Pour un handicap : ce pour quoi la personne accepte qu’on le note",
        max_length=60,
        required=False,
        help_text="Par exemple « être appelée en cas de coupure ». Jamais une maladie.",
    )


class RelativeForm(forms.Form):
    """A relative or carer whom the person agreed that we may call."""

    name = forms.CharField(
        label="Nom de ce proche", max_length=150, error_messages={"required": "Donnez le nom de ce proche."}
    )
    relation = forms.CharField(
        label="Qui est-ce pour elle ou lui", max_length=60, required=False, help_text="« sa fille », « son voisin »."
    )
    phone = forms.CharField(label="Téléphone", max_length=40, required=False)
    email = forms.CharField(label="Adresse électronique", max_length=254, required=False)
    agreed_on = day_field("Jour où la personne a accepté", help_text="Sans son accord, un proche n’est pas appelé.")


class OppositionForm(forms.Form):
    """Somebody does not want to be called: since when, and how they said it."""

    on = day_field("Depuis le")
    reason = forms.CharField(
        label="Ce que la personne a dit ou écrit",
        max_length=300,
        help_text="Par exemple « Courrier du 3 mai », « Dit pendant l’appel de mardi ».",
        error_messages={"required": "Dites comment la personne l’a fait savoir."},
    )


class ReasonForm(forms.Form):
    """Why something protective is lifted; the audit log keeps it."""

    reason = forms.CharField(
        label="Pourquoi", max_length=300, error_messages={"required": "Dites pourquoi : le journal le garde."}
    )


class ProtectForm(forms.Form):
    """Why an address must be hidden; may stay unsaid."""

    reason = forms.CharField(label="Pourquoi", max_length=300, required=False)


class DeathForm(forms.Form):
    """The day somebody died, if it is known."""

    on = day_field("Jour du décès", required=False)


class MergeForm(forms.Form):
    """Which of two rows is kept, and for each field that differs, which of the two values."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    kept = forms.ChoiceField(
        label="Quelle fiche garder",
        widget=forms.RadioSelect,
        help_text="Celle du logement où la personne vit aujourd’hui. L’autre est fermée, jamais effacée.",
        error_messages={"required": "Choisissez la fiche à garder."},
    )
    reason = forms.CharField(
        label="Ce qui vous l’a appris",
        required=False,
        max_length=300,
        help_text="Par exemple « Elle a changé de logement en mars ». Le journal le garde.",
    )

    def __init__(self, *args: Any, names: Sequence[str], differing: Sequence[tuple[str, str, Sequence[str]]],
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        sides = ("first", "second")
        self.fields["kept"].choices = list(zip(sides, names, strict=True))  # type: ignore[attr-defined]
        self.differing = [name for name, _, _ in differing]
        for name, label, values in differing:
            self.fields[name] = forms.ChoiceField(
                label=label, choices=list(zip(sides, values, strict=True)), widget=forms.RadioSelect
            )

    def chosen(self) -> dict[str, str]:
        """For each field that differs: "kept" or "gone", as the operation wants it."""
        kept = self.cleaned_data["kept"]
        return {name: "kept" if self.cleaned_data[name] == kept else "gone" for name in self.differing}


class UndoMergeForm(forms.Form):
    """Whether what was changed since two rows were merged may stay as it is."""

    keep_changes = forms.BooleanField(
        label="Défaire quand même : ce qui a changé depuis reste sur la fiche gardée", required=False
    )


class AccessForm(forms.Form):
    """Why somebody's whole record leaves, and in which shape."""

    reason = forms.CharField(
        label="La demande",
        max_length=250,
        help_text="Par exemple « Courrier reçu le 3 mai, identité vérifiée par téléphone ». Le journal le garde.",
        error_messages={"required": "Dites qui a demandé, et comment."},
    )
    kind = forms.ChoiceField(
        label="Sous quelle forme",
        choices=[("pdf", "Un document à lire (PDF)"), ("json", "Un fichier pour un autre logiciel (JSON)")],
        widget=forms.RadioSelect,
        initial="pdf",
        error_messages={"required": "Choisissez une forme."},
    )
    hints = {"pdf": "En français courant, lisible par un lecteur d’écran.", "json": "Le même contenu, structuré."}


class LeftForm(forms.Form):
    """The day somebody left the home."""

    on = day_field("N’habite plus là depuis le")
