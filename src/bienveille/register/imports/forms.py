"""What is typed on the screens of imports: files, what they are, what their columns become, names."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from bienveille.register.imports.choices import Departures, FileKind
from bienveille.register.imports.rules.columns import Column, choices_for

ACCEPTED = ".zip,.csv,.txt,.tsv,.xlsx,.xlsm,.xls,.xlsb,.ods,.json"


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files at once; what each is, is looked at by the operation."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = list(data) if isinstance(data, (list, tuple)) else [data] if data else []
        if not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return files


class DropForm(forms.Form):
    """The files of an import, the profile to read them with, and the landlord's name in an empty database."""

    exports = _FilesField(
        label="Fichiers à importer",
        widget=_SeveralFiles(attrs={"accept": ACCEPTED, "data-bv-drop": ""}),
        error_messages={"required": "Choisissez au moins un fichier."},
    )
    profile = forms.ChoiceField(label="Profil", required=False)
    org = forms.CharField(
        label="Nom du bailleur",
        max_length=200,
        help_text="La base est vide\u00a0: dites de quel bailleur elle sera.",
        error_messages={"required": "Donnez le nom du bailleur."},
    )

    def __init__(self, *args: Any, profiles: Sequence[tuple[str, str]], empty: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: forms.ChoiceField = self.fields["profile"]  # type: ignore[assignment]
        chosen.choices = [("", "Aucun\u00a0: reconnaître les colonnes à leurs titres"), *profiles]
        if not empty:
            del self.fields["org"]


class ColumnsForm(forms.Form):
    """What one file is, when its titles do not tell, and what its columns become."""

    kind = forms.ChoiceField(
        label="Ce fichier décrit",
        error_messages={"required": "Choisissez ce que ce fichier décrit."},
        choices=[("", "Choisir"), *((k.value, k.label) for k in FileKind if k != FileKind.PARTNERS)],
    )

    def __init__(self, *args: Any, kind: str, ask_kind: bool, columns: Sequence[Column], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["kind"] = kind
        if not ask_kind:
            del self.fields["kind"]
        self.columns = [column for column in columns if kind and column.may_choose]
        for column in self.columns:
            self.fields[column.name] = forms.ChoiceField(
                label=f"{column.title} devient", required=False, choices=choices_for(kind), initial=column.field
            )

    def said(self) -> dict[str, str]:
        """Title → field."""
        return {column.title: self.cleaned_data[column.name] for column in self.columns}


class RunForm(forms.Form):
    """The profile of a run, and what the page showed."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    profile = forms.ChoiceField(label="Profil", required=False)

    def __init__(self, *args: Any, profiles: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: forms.ChoiceField = self.fields["profile"]  # type: ignore[assignment]
        chosen.choices = [("", "Aucun"), *profiles]


class DeparturesForm(forms.Form):
    """Whether the files are complete, and what the page showed."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    departures = forms.ChoiceField(
        label="Ce fichier est-il complet\u00a0?",
        choices=[
            (Departures.CLOSE, "Oui, il liste tout le monde\u00a0: fermer les absents"),
            (Departures.KEEP, "Non, il est partiel\u00a0: garder les absents"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites si le fichier est complet."},
    )


class RevisionForm(forms.Form):
    """The checked revision that the page showed."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class ProfileForm(forms.Form):
    """A name for what the columns became."""

    label = forms.CharField(
        label="Nom du profil",
        max_length=60,
        help_text="Par exemple «\u00a0Export du lundi\u00a0». Le prochain import pourra le reprendre.",
        error_messages={"required": "Donnez un nom au profil."},
    )


class AlertForm(forms.Form):
    """Whether to be told of imports that nobody watches, and after how many days of silence."""

    wanted = forms.BooleanField(label="Me prévenir par message quand un import automatique est anormal", required=False)
    silence_days = forms.IntegerField(
        label="Me prévenir aussi après tant de jours sans fichier",
        required=False,
        min_value=1,
        max_value=60,
        help_text="De 1 à 60. Sans nombre, le silence n’est pas signalé.",
        error_messages={"invalid": "Écrivez un nombre de jours, de 1 à 60."},
    )
