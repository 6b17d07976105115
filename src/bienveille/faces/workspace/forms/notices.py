"""A notice, its place and its hours; the number of a place."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from bienveille.engines.messaging.choices import LineKind
from bienveille.faces.workspace.forms.fields import day_field
from bienveille.register.accounts.models import Agency
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence
from bienveille.register.housing.queries import find_residences
from bienveille.register.partners.rules import read_partner_phone

EVERYBODY = "tout"
_CHOOSE = {"required": "Choisissez dans la liste.", "invalid_choice": "Choisissez dans la liste."}


def _hour(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M", "%H:%M:%S", "%Hh%M", "%H h %M", "%Hh"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Écrivez une heure, par exemple 14:30.", "required": "Choisissez une heure."},
    )


class PlaceForm(forms.Form):
    """Where something holds: everybody, an agency, or one residence of it by its name or its code."""

    place = forms.ChoiceField(label="Pour qui", error_messages=_CHOOSE)
    residence = forms.CharField(
        label="Une seule résidence",
        required=False,
        max_length=200,
        help_text="Son nom ou son code. Vide\u00a0: toute l’agence, ou tout le monde.",
    )

    def __init__(self, *args: Any, scope: Scope, agencies: Iterable[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._scope, self._agencies = scope, {str(one.pk): one for one in agencies}
        everybody = [(EVERYBODY, "Tous les locataires")] if scope.everything else []
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            *everybody,
            *((key, one.name) for key, one in self._agencies.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        agency = self._agencies.get(cleaned.get("place", ""))
        text = cleaned.get("residence", "").strip()
        found = self._residence(text, agency) if text else None
        cleaned["agency"], cleaned["residence"] = (None, found) if found else (agency, None)
        return cleaned

    def _residence(self, text: str, agency: Agency | None) -> Residence | None:
        near = [one for one in find_residences(text, scope=self._scope) if agency is None or one.agency == agency]
        exact = [one for one in near if text.casefold() in (one.code.casefold(), one.name.casefold())]
        kept: Sequence[Residence] = exact or near
        if len(kept) == 1:
            return kept[0]
        if kept:
            names = ", ".join(f"{one.name} ({one.code})" for one in kept[:5])
            self.add_error("residence", f"Plusieurs résidences répondent à ce nom\u00a0: {names}. Écrivez son code.")
        else:
            self.add_error("residence", "Aucune résidence ne répond à ce nom ici. Vérifiez le nom ou le code.")
        return None

    def place_cleaned(self) -> dict[str, Any]:
        """The agency or the residence chosen, neither for everybody."""
        return {"agency": self.cleaned_data["agency"], "residence": self.cleaned_data["residence"]}


def place_initial(agency_id: UUID | None, residence: Residence | None) -> dict[str, str]:
    """What the form shows for a place that was chosen."""
    if residence is not None:
        return {"place": str(residence.agency_id), "residence": residence.code}
    return {"place": str(agency_id) if agency_id else EVERYBODY}


class NoticeForm(PlaceForm):
    """What is said, to whom, from when to when."""

    title = forms.CharField(
        label="Titre",
        max_length=120,
        help_text="Le fait, en une phrase\u00a0: «\u00a0L’eau est coupée jusqu’à 18 h\u00a0».",
        error_messages={"required": "Écrivez un titre."},
    )
    body = forms.CharField(
        label="Ce qu’il faut savoir",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Ce qui se passe, quoi faire, qui appeler. Aucun nom de locataire.",
    )
    urgent = forms.BooleanField(label="C’est une urgence\u00a0: cet avis passe avant tout le reste", required=False)
    starts_on = day_field("À partir du")
    starts_time = _hour("Heure de début")
    ends_on = day_field("Jusqu’au")
    ends_time = _hour("Heure de fin")

    field_order = ["title", "body", "place", "residence", "urgent", "starts_on", "starts_time", "ends_on", "ends_time"]

    def starts_at(self) -> datetime:
        """The first moment, in local time."""
        return _moment(self.cleaned_data["starts_on"], self.cleaned_data["starts_time"])

    def ends_at(self) -> datetime:
        """The last moment, in local time."""
        return _moment(self.cleaned_data["ends_on"], self.cleaned_data["ends_time"])


class LineForm(PlaceForm):
    """The number of a kind for a place."""

    kind = forms.ChoiceField(label="Numéro de", choices=LineKind.choices, error_messages=_CHOOSE)
    number = forms.CharField(
        label="Téléphone",
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        error_messages={"required": "Écrivez un numéro."},
    )
    hours = forms.CharField(
        label="Quand on y répond",
        required=False,
        max_length=100,
        help_text="Par exemple\u00a0: du lundi au vendredi, de 9 h à 17 h.",
    )

    field_order = ["kind", "place", "residence", "number", "hours"]

    def clean_number(self) -> str:
        number = read_partner_phone(self.cleaned_data["number"])
        if not number:
            raise forms.ValidationError("Ce numéro n’est pas utilisable. Dix chiffres, par exemple 04 72 00 00 00.")
        return number


def _moment(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))
