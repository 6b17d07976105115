"""Fields that several forms share."""

from typing import Any

from django import forms


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day, as a browser sends it or as people write it."""
    errors = {"invalid": "Écrivez une date qui existe, par exemple 30/11/2026.", "required": "Choisissez un jour."}
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=errors,
        **options,
    )
