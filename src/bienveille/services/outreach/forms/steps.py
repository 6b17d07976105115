"""Forms about those who do not answer: what to try, how it ended, why a household stays without an answer."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from bienveille.engines.dispatch.choices import StepKind, StepResult
from bienveille.engines.dispatch.operations.steps import LONGEST_WORDS
from bienveille.register.accounts.models import User
from bienveille.services.outreach.forms.campaigns import DAY_FORMATS, WRONG_DAY
from bienveille.services.outreach.queries.steps import Group


class StepForm(forms.Form):
    """What to try, who does it, by when, what to say there."""

    kind = forms.ChoiceField(
        label="Que tenter\u00a0?", widget=forms.RadioSelect, error_messages={"required": "Choisissez quoi tenter."}
    )
    doer = forms.ChoiceField(label="Qui s’en charge", error_messages={"required": "Choisissez qui s’en charge."})
    due_on = forms.DateField(
        label="Pour le",
        input_formats=DAY_FORMATS,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": WRONG_DAY, "required": "Choisissez un jour."},
    )
    say = forms.CharField(
        label="Quoi dire sur place",
        required=False,
        max_length=LONGEST_WORDS,
        help_text="Un fait utile, rien sur la santé. Qui y va ne voit que le nom, la porte et cette phrase.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, kinds: Iterable[tuple[str, str]], doers: Sequence[User], **more: Any) -> None:
        super().__init__(*args, **more)
        kind, doer = self.fields["kind"], self.fields["doer"]
        assert isinstance(kind, forms.ChoiceField)
        assert isinstance(doer, forms.ChoiceField)
        kind.choices = list(kinds) or StepKind.choices
        doer.choices = [("", "Choisir"), *((str(one.pk), one.display_name) for one in doers)]


class ResultForm(forms.Form):
    """How a step ended."""

    result = forms.ChoiceField(
        label="Comment cela s’est passé",
        widget=forms.RadioSelect,
        error_messages={"required": "Dites comment cela s’est passé.", "invalid_choice": "Choisissez dans la liste."},
    )

    def __init__(self, *args: Any, results: Iterable[StepResult], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["result"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.value, str(one.label)) for one in results]


class WordsForm(forms.Form):
    """Why a household stays without an answer."""

    words = forms.CharField(
        label="Pourquoi ce ménage reste sans réponse",
        max_length=LONGEST_WORDS,
        help_text="Par exemple «\u00a0Absente jusqu’en mars, dit sa voisine\u00a0». Rien sur la santé.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Dites pourquoi, en quelques mots."},
    )


class ClosingForm(forms.Form):
    """One reason for each group of households that nobody explained; required by the operation, not by the browser."""

    def __init__(self, *args: Any, groups: Sequence[Group], **more: Any) -> None:
        super().__init__(*args, **more)
        for group in groups:
            self.fields[group.key] = forms.CharField(
                label=f"{group.label}\u00a0: {group.count}",
                required=False,
                max_length=LONGEST_WORDS,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
