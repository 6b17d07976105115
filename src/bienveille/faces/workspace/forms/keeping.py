"""How many months what must end is kept."""

from typing import Any

from django import forms

from bienveille.register.tenants.rules import KEPT


class KeepingForm(forms.Form):
    """A number of months for each period of `rules.KEPT`, within its bounds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kept in KEPT.items():
            self.fields[name] = forms.IntegerField(
                label=kept.words,
                min_value=kept.least,
                max_value=kept.most,
                help_text=f"En mois, entre {kept.least} et {kept.most}. D’habitude {kept.usual}.",
            )
