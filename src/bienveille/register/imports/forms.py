"""What is typed on the screens of imports: files, what they are, what their columns become, names."""

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from django import forms
from django.core.files.uploadedfile import UploadedFile

from bienveille.ground.lib.words import plain
from bienveille.register.imports.choices import Departures, FileKind
from bienveille.register.imports.rules.columns import Column, choices_for
from bienveille.register.imports.rules.profiles import title_fault

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
    """What one file is, when its titles do not tell, which of its sheets is read, and what its columns become."""

    sheet = forms.ChoiceField(
        help_text="Ce classeur a plusieurs feuilles\u00a0: une seule est lue. Si vous en choisissez une autre, "
        "ses colonnes sont reconnues de nouveau.",
    )

    kind = forms.ChoiceField(
        label="Ce fichier décrit",
        error_messages={"required": "Choisissez ce que ce fichier décrit."},
        choices=[("", "Choisir"), *((k.value, k.label) for k in FileKind if k != FileKind.PARTNERS)],
    )

    def __init__(
        self,
        *args: Any,
        kind: str,
        ask_kind: bool,
        columns: Sequence[Column],
        file: str = "",
        sheet: str = "",
        sheets: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offered: forms.ChoiceField = self.fields["sheet"]  # type: ignore[assignment]
        offered.choices = [(name, name) for name in sheets]
        offered.label = f"Feuille à lire dans «\u00a0{file}\u00a0»"
        self.initial["sheet"] = sheet
        if not sheets:
            del self.fields["sheet"]
        self.initial["kind"] = kind
        if not ask_kind:
            del self.fields["kind"]
        self.columns = [column for column in columns if kind and column.may_choose]
        for column in self.columns:
            self.fields[column.name] = forms.ChoiceField(
                label=f"{column.title} devient", required=False, choices=choices_for(kind), initial=column.field
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("sheet", self.initial["sheet"]) != self.initial["sheet"]:
            self.errors.pop("kind", None)  # of another sheet, which may well tell what it is
        return cleaned

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


class TitlesForm(forms.Form):
    """What the titles of one kind of file become in a profile: those known, and a few more to say."""

    MORE = 3
    FORGET = "-"

    def __init__(self, data: Any = None, *, kind: str, titles: Mapping[str, str]) -> None:
        super().__init__(data, prefix=kind)
        self.kind, self.titles = kind, dict(sorted(titles.items()))
        choices = choices_for(kind)
        for title, field in self.titles.items():
            self.fields[self._control(title)] = forms.ChoiceField(
                label=f"{title} devient",
                required=False,
                choices=[*choices, (self.FORGET, "Retirer ce titre du profil")],
                initial=field,
            )
        for rank in range(self.MORE):
            self.fields[f"title{rank}"] = forms.CharField(
                label=f"Autre titre {rank + 1}", required=False, max_length=200,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip
            self.fields[f"field{rank}"] = forms.ChoiceField(
                label=f"L’autre titre {rank + 1} devient", required=False, choices=choices
            )

    @staticmethod
    def _control(title: str) -> str:
        """The name of a title's control: its own, whatever the others are by the time the page comes back."""
        return f"t{crc32(title.encode()):08x}"

    def known(self) -> list[tuple[str, Any]]:
        """Each title of the profile with its control."""
        return [(title, self[self._control(title)]) for title in self.titles]

    def more(self) -> list[tuple[Any, Any]]:
        """The controls of titles to add."""
        return [(self[f"title{rank}"], self[f"field{rank}"]) for rank in range(self.MORE)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for rank in range(self.MORE):
            title = cleaned.get(f"title{rank}", "")
            if not title:
                continue
            fault = title_fault(self.kind, title)
            if not fault and plain(title) in self.titles:
                fault = "Ce titre est déjà dans le profil."
            if fault:
                self.add_error(f"title{rank}", fault)
        return cleaned

    def said(self) -> dict[str, str]:
        """Title → field, without those taken back."""
        kept = {
            title: self.cleaned_data[self._control(title)]
            if self.add_prefix(self._control(title)) in self.data
            else field
            for title, field in self.titles.items()
        }
        added = {
            plain(self.cleaned_data[f"title{rank}"]): self.cleaned_data[f"field{rank}"]
            for rank in range(self.MORE)
            if self.cleaned_data[f"title{rank}"]
        }
        return {title: field for title, field in (kept | added).items() if field != self.FORGET}


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
