"""The form of what a campaign taught."""

from django import forms


class LessonForm(forms.Form):
    """Words of who led the campaign; what they may not hold is decided by the operation."""

    text = forms.CharField(
        label="Ce que nous avons appris",
        max_length=4000,
        required=False,
        help_text="Ce qui a marché, ce qu’il faudra faire autrement. Sans nom, sans santé : le bilan circule.",
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"max_length": "4 000 caractères au plus."},
    )
