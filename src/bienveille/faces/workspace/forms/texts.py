"""What is typed on the pages of texts, cleaned in type and shape."""

from typing import Any

from django import forms

from bienveille.engines.messaging.choices import Channel, TextKind
from bienveille.ground.lib.languages import NAMES

LANGUAGES = [
    ("fr", "français"),
    *sorted(((code, name) for code, name in NAMES.items() if code != "fr"), key=lambda c: c[1]),
]
LONGEST_BODY = 6000


class TemplateForm(forms.Form):
    """A text's name, when it serves, what it is about."""

    name = forms.CharField(
        label="Nom du texte",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Donnez un nom à ce texte."},
    )
    kind = forms.ChoiceField(
        label="De quoi il parle",
        choices=TextKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez de quoi parle ce texte."},
    )
    use = forms.CharField(
        label="Quand l’utiliser",
        max_length=300,
        required=False,
        help_text="Pour ceux qui choisiront un texte dans la liste.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class VariantChoiceForm(forms.Form):
    """Which variant to add."""

    channel = forms.ChoiceField(label="Par quel moyen", choices=Channel.choices)
    language = forms.ChoiceField(label="Langue", choices=LANGUAGES, initial="fr")
    easy = forms.BooleanField(label="Facile à lire et à comprendre (FALC)", required=False)


class TextForm(forms.Form):
    """The words of one variant. An SMS has no title."""

    subject = forms.CharField(label="Titre", max_length=150, required=False, widget=forms.TextInput())
    body = forms.CharField(
        label="Texte",
        max_length=LONGEST_BODY,
        strip=False,
        error_messages={"required": "Écrivez le texte."},
        widget=forms.Textarea(attrs={"rows": 12, "dir": "auto", "spellcheck": "true"}),
    )

    def __init__(self, *args: Any, channel: str, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.attrs["lang"] = language
        if channel == Channel.SMS:
            del self.fields["subject"]
            self.fields["body"].widget.attrs["rows"] = 6
        else:
            self.fields["subject"].required = True
            self.fields["subject"].widget.attrs |= {"lang": language, "dir": "auto"}
            self.fields["subject"].error_messages["required"] = "Écrivez le titre."
            self.fields["subject"].label = "Objet" if channel in (Channel.EMAIL, Channel.LETTER) else "Titre"
