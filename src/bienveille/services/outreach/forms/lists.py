"""Forms of the lists of the week: they clean types and shapes, and hold no rule."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms


class ListsForm(forms.Form):
    """With what the lists of a week are prepared."""

    week = forms.ChoiceField(
        label="Pour quelle semaine",
        choices=[("this", "Cette semaine, dès aujourd’hui"), ("next", "La semaine prochaine")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la semaine."},
    )
    minutes_each = forms.IntegerField(
        label="Minutes comptées par appel",
        min_value=5,
        max_value=120,
        help_text="L’appel et ce qui l’entoure. Vingt minutes conviennent souvent.",
        error_messages={"required": "Écrivez un nombre de minutes.", "invalid": "Écrivez un nombre entier."},
    )
    hard_most = forms.IntegerField(
        label="Situations difficiles par personne, au plus",
        min_value=0,
        max_value=20,
        help_text="Orange ou rouge au dernier appel. Elles sont réparties entre tous.",
        error_messages={"required": "Écrivez un nombre.", "invalid": "Écrivez un nombre entier."},
    )
    hard_skill = forms.ChoiceField(label="Compétence demandée pour une situation difficile", required=False)

    def __init__(self, *args: Any, skills: Sequence[str], **more: Any) -> None:
        super().__init__(*args, **more)
        chosen: forms.ChoiceField = self.fields["hard_skill"]  # type: ignore[assignment]
        chosen.choices = [("", "Aucune en particulier"), *((skill, skill) for skill in skills)]
        for name in ("minutes_each", "hard_most"):
            self.fields[name].widget.attrs |= {"inputmode": "numeric"}


class GiveToForm(forms.Form):
    """To whom households of the lists are given."""

    caller = forms.ChoiceField(label="À qui les confier", error_messages={"required": "Choisissez une personne."})

    def __init__(self, *args: Any, callers: Sequence[tuple[UUID, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        chosen: forms.ChoiceField = self.fields["caller"]  # type: ignore[assignment]
        chosen.choices = [("", "Choisir"), *((str(key), name) for key, name in callers)]
        chosen.error_messages |= {"invalid_choice": "Choisissez une personne de la liste."}
