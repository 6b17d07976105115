"""Which agency the figures of situations are of."""

from collections.abc import Iterable
from typing import Any

from django import forms

from bienveille.register.accounts.models import Agency


class CaseFiguresForm(forms.Form):
    """One of one's agencies, or all of them. An answer that is not one of them is all of them."""

    agence = forms.ChoiceField(label="Agence", required=False)

    def __init__(self, *args: Any, agencies: Iterable[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Toutes vos agences"), *((str(one.pk), one.name) for one in agencies)]
        self.fields["agence"].choices = choices  # type: ignore[attr-defined]
