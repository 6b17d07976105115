"""What is typed for confidential situations: a new one, who reads, to whom a seat goes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.engines.cases.choices import Grade
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.forms.cases import GuardedForm

_CHOOSE = {"required": "Choisissez une personne.", "invalid_choice": "Choisissez une personne."}


class ConfidentialForm(GuardedForm):
    """What somebody saw or was told, for two readers only."""

    grade = forms.ChoiceField(
        label="Quand quelqu’un doit agir",
        choices=[(Grade.RED.value, "Tout de suite"), (Grade.ORANGE.value, "Sous 48 heures")],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites quand quelqu’un doit agir."},
    )
    needs = forms.MultipleChoiceField(
        label="De quoi s’agit-il",
        choices=[(Need.VIOLENCE.value, "Violences, menaces, peur"), (Need.HOUSING.value, "Un logement à l’abri")],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Dites de quoi il s’agit."},
    )
    field_order = ("grade", "needs", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].help_text = (
            "Ce que la personne a dit, avec ses mots, ou ce que vous avez vu ou entendu. Pas de jugement, pas de "
            "diagnostic. Dites aussi quand et comment la joindre sans risque."
        )


class ReadersForm(forms.Form):
    """For which agency, who reads first, who reads with them."""

    agency = forms.ChoiceField(
        label="Pour",
        error_messages={"required": "Choisissez dans la liste.", "invalid_choice": "Choisissez dans la liste."},
    )
    first = forms.ChoiceField(label="Première personne", error_messages=_CHOOSE)
    second = forms.ChoiceField(label="Seconde personne", error_messages=_CHOOSE)

    def __init__(
        self, *args: Any, agencies: Iterable[tuple[str, str]], people: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = list(agencies)  # type: ignore[attr-defined]
        for name in ("first", "second"):
            self.fields[name].choices = [("", "Choisissez"), *people]  # type: ignore[attr-defined]


class SeatForm(forms.Form):
    """To whom one's seat goes."""

    to = forms.ChoiceField(label="À qui", error_messages=_CHOOSE)

    def __init__(self, *args: Any, people: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Choisissez"), *people]  # type: ignore[attr-defined]

    def clean_to(self) -> UUID:
        return UUID(self.cleaned_data["to"])
