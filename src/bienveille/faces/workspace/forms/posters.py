"""A poster for halls; a photograph that shows where it hangs."""

from django import forms

from bienveille.engines.messaging.choices import Paper
from bienveille.faces.workspace.forms.fields import day_field
from bienveille.faces.workspace.forms.notices import PlaceForm
from bienveille.ground.lib.pictures import LARGEST_FILE


class PosterForm(PlaceForm):
    """What it says, where it hangs, on which paper, until when."""

    title = forms.CharField(label="Titre", max_length=150, error_messages={"required": "Écrivez un titre."})
    body = forms.CharField(
        label="Texte",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="Une idée par paragraphe. Les numéros du site et le code à photographier s’ajoutent d’eux-mêmes.",
        error_messages={"required": "Écrivez ce que dit l’affiche."},
    )
    paper = forms.ChoiceField(label="Papier", choices=Paper.choices, initial=Paper.A4, widget=forms.RadioSelect)
    until = day_field("À retirer après le")

    field_order = ["title", "body", "place", "residence", "paper", "until"]


class PostedForm(forms.Form):
    """A photograph of the poster where it hangs."""

    photo = forms.FileField(
        label="Photo de l’affiche en place",
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"}),
        help_text="Sans personne dessus. Le lieu et l’appareil inscrits dans la photo sont effacés.",
        error_messages={"empty": "Cette photo est vide\u00a0: prenez-la de nouveau."},
    )

    def clean_photo(self) -> bytes | None:
        photo = self.cleaned_data["photo"]
        if not photo:
            return None
        if photo.size > LARGEST_FILE:
            raise forms.ValidationError("Cette photo est trop lourde\u00a0: 15 Mo au plus.")
        return bytes(photo.read())
