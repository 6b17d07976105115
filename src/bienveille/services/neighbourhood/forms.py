"""What is typed of a relay tenant, of a proposed watch, of a visit; the operations decide what it means."""

from collections.abc import Iterable
from typing import Any

from django import forms

from bienveille.services.neighbourhood.choices import HeardKind
from bienveille.services.neighbourhood.operations import VISIT_LENGTH, WORDS_LENGTH


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


class AcceptWatchForm(forms.Form):
    """Until when a proposed watch runs."""

    until = _day_field("Jusqu’au", help_text="La veille se termine d’elle-même après ce jour. Un an au plus.")


class RefuseWatchForm(forms.Form):
    """Why a proposed watch is no use."""

    reason = forms.CharField(
        label="Pourquoi cette veille n’est pas utile",
        help_text="Parlez du lieu, jamais d’une personne. Par exemple\u00a0: panne d’ascenseur réparée hier.",
        max_length=WORDS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites pourquoi cette veille n’est pas utile."},
    )


class VisitForm(forms.Form):
    """A visit: when, what was seen of the place."""

    on = _day_field("Jour de la visite")
    seen = forms.CharField(
        label="Ce que vous avez vu",
        help_text="Le lieu\u00a0: hall, ascenseur, chauffage, boîtes aux lettres pleines. Rien sur une personne.",
        max_length=VISIT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Dites ce que vous avez vu.",
            "max_length": f"{VISIT_LENGTH} caractères au plus.",
        },
    )
    keep = forms.BooleanField(label="Garder ces mots tels quels", required=False)


class HeardForm(forms.Form):
    """What was heard, from which home, when."""

    dwelling = forms.ChoiceField(
        label="De quel logement cela venait",
        help_text="Celui qui vous semble le plus probable.",
        error_messages={"required": "Choisissez un logement.", "invalid_choice": "Choisissez un logement."},
    )
    kind = forms.ChoiceField(
        label="Ce qui a été entendu",
        choices=HeardKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Dites ce qui a été entendu."},
    )
    on = _day_field("Quel jour")
    words = forms.CharField(
        label="En quelques mots",
        required=False,
        max_length=WORDS_LENGTH,
        help_text="À quelle heure, combien de temps. Ce qui a été entendu, jamais ce que vous en pensez.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": f"{WORDS_LENGTH} caractères au plus."},
    )
    keep = forms.BooleanField(label="Garder ces mots tels quels", required=False)

    def __init__(self, *args: Any, homes: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dwelling"].choices = [("", "Choisissez"), *homes]  # type: ignore[attr-defined]


class DismissForm(forms.Form):
    """Why there is nothing to follow."""

    reason = forms.CharField(
        label="Pourquoi il n’y a rien à suivre",
        help_text="Des faits. Par exemple\u00a0: travaux dans l’immeuble ce jour-là.",
        max_length=WORDS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Dites pourquoi il n’y a rien à suivre."},
    )
