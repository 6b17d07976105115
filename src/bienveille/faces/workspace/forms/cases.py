"""What is typed about a case: an action, a hand-over, how it ended, a new one. Words are looked at before they stay."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms

from bienveille.engines.cases.choices import ActionKind, CaseOutcome, Grade
from bienveille.engines.cases.operations import WORDS_LENGTH
from bienveille.engines.cases.rules import BY_HAND, CHOSEN_OUTCOMES, CONFIDENTIAL_NEEDS, PLACE_NEEDS, PLACE_OUTCOMES
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.forms.fields import day_field
from bienveille.register.wording.queries import check_note

_FACTS = "Des faits et des besoins, jamais un diagnostic ni un jugement. La personne peut demander à lire ces mots."


class GuardedForm(forms.Form):
    """Words that are shown to their writer once more when they touch what should not be written."""

    words = forms.CharField(
        label="Quelques mots",
        required=False,
        max_length=WORDS_LENGTH,
        help_text=_FACTS,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        error_messages={"max_length": f"{WORDS_LENGTH} caractères au plus."},
    )
    keep = forms.BooleanField(label="Garder ces mots tels quels", required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        found = check_note(cleaned.get("words") or "")
        if found and not cleaned.get("keep"):
            first = found[0]
            self.add_error("words", f"«\u00a0{first.excerpt}\u00a0»\u00a0: {first.advice}")
        return cleaned

    @property
    def asks_to_keep(self) -> bool:
        """Whether the box that keeps the words as they are is shown."""
        return self.is_bound and bool(check_note(str(self.data.get("words", ""))))


class ActionForm(GuardedForm):
    """What was done, then what is to be done."""

    kind = forms.ChoiceField(
        label="Ce qui a été fait",
        choices=[(one.value, one.label) for one in BY_HAND],
        initial=ActionKind.CALL,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce qui a été fait."},
    )
    next_step = forms.CharField(
        label="À faire ensuite",
        required=False,
        max_length=150,
        help_text="Par exemple : relancer le CCAS. Si c’est fait, effacez-le.",
        error_messages={"max_length": "150 caractères au plus."},
    )
    next_step_on = day_field("Pour le", required=False)

    field_order = ("kind", "words", "next_step", "next_step_on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("kind") == ActionKind.NOTE and not cleaned.get("words") and "words" not in self.errors:
            self.add_error("words", "Écrivez la note.")
        if cleaned.get("next_step_on") and not cleaned.get("next_step") and "next_step" not in self.errors:
            self.add_error("next_step", "Dites ce qui est à faire ce jour-là.")
        found = check_note(cleaned.get("next_step") or "")
        if found:
            self.add_error("next_step", f"«\u00a0{found[0].excerpt}\u00a0»\u00a0: {found[0].advice}")
        return cleaned


class HandOverForm(GuardedForm):
    """To whom the case goes, and what they should know."""

    to = forms.ChoiceField(
        label="À qui",
        error_messages={"required": "Choisissez une personne.", "invalid_choice": "Choisissez une personne."},
    )
    field_order = ("to", "words")

    def __init__(self, *args: Any, people: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Choisissez"), *people]  # type: ignore[attr-defined]

    def clean_to(self) -> UUID:
        return UUID(self.cleaned_data["to"])


class CloseForm(GuardedForm):
    """How the case ended."""

    outcome = forms.ChoiceField(
        label="Comment la situation se termine",
        choices=[(one.value, one.label) for one in CHOSEN_OUTCOMES],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites comment la situation se termine."},
    )
    field_order = ("outcome", "words")

    def __init__(self, *args: Any, of_place: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if of_place:  # the others say what became of somebody
            self.fields["outcome"].choices = [(one.value, one.label) for one in PLACE_OUTCOMES]  # type: ignore[attr-defined]

    def clean_outcome(self) -> str:
        return CaseOutcome(self.cleaned_data["outcome"]).value


class ReopenForm(GuardedForm):
    """Why a closed case opens again."""


class NewCaseForm(GuardedForm):
    """A situation that somebody of the team saw."""

    grade = forms.ChoiceField(
        label="Niveau",
        choices=[(one.value, one.label) for one in (Grade.YELLOW, Grade.ORANGE, Grade.RED)],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un niveau."},
    )
    needs = forms.MultipleChoiceField(
        label="Besoins",
        choices=[(value, label) for value, label in Need.choices if value not in CONFIDENTIAL_NEEDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = ("grade", "needs", "words")


class NewPlaceCaseForm(NewCaseForm):
    """Something that concerns a whole building, and nobody in it by name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Need.choices)
        self.fields["needs"].choices = [(need, labels[need]) for need in PLACE_NEEDS]  # type: ignore[attr-defined]
        self.fields["needs"].label = "Ce qui manque"
        self.fields["words"].label = "Ce qui se passe, et où"
        self.fields["words"].help_text = "Quel escalier, depuis quand, ce qui a déjà été fait. Aucun nom."
        self.fields["words"].required = True
        self.fields["words"].error_messages["required"] = "Dites en quelques mots ce qui se passe."
