"""The form with which filled lists come back."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

MOST_FILES = 20


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Several files at once; what each is, is looked at by the operation."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = list(data) if isinstance(data, (list, tuple)) else [data] if data else []
        if not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"{MOST_FILES} fichiers au plus à la fois.")
        return files


class ReturnForm(forms.Form):
    """Filled lists, as many as one has."""

    lists = _FilesField(
        label="Listes remplies",
        widget=_SeveralFiles(attrs={"accept": ".xlsx,.ods,.xls", "data-bv-drop": ""}),
        error_messages={"required": "Choisissez au moins un fichier."},
    )
