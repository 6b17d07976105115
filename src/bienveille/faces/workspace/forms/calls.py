"""Forms of the caller's screens: types and shapes of what was typed; operations decide what it means."""

from collections.abc import Mapping
from typing import Any

from django import forms

from bienveille.engines.cases.rules import kept_apart, told_to_all
from bienveille.engines.dispatch.choices import Outcome, StopReason
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.questionnaires.choices import Need
from bienveille.faces.workspace.forms.fields import day_field
from bienveille.faces.workspace.rules import moments
from bienveille.ground.lib.phones import display_phone
from bienveille.ground.lib.typography import NBSP
from bienveille.services.outreach.choices import Grade
from bienveille.services.outreach.operations import NOTE_LENGTH, CallReport

#: The four outcomes of most calls first; the others are folded away.
OUTCOMES = [
    Outcome.REACHED,
    Outcome.NO_ANSWER,
    Outcome.VOICEMAIL,
    Outcome.CALL_LATER,
    Outcome.BUSY,
    Outcome.WRONG_NUMBER,
    Outcome.REFUSED,
    Outcome.LANGUAGE,
    Outcome.INTERRUPTED,
    Outcome.MOVED,
    Outcome.DECEASED,
]
OFTEN = 4
NOTHING = "none"
NEXT_CALLS = [
    ("none", "Pas d’autre appel"),
    ("once", "Une fois, à une date"),
    ("weekly", "Chaque semaine, par vous"),
]


class CallForm(forms.Form):
    """What a caller says of one call. The guide's questions (`q_…`) are read by their own engine."""

    contact = forms.UUIDField(widget=forms.HiddenInput)
    token = forms.UUIDField(widget=forms.HiddenInput)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=200, required=False)
    outcome = forms.ChoiceField(
        label="L’appel",
        choices=[(outcome.value, outcome.label) for outcome in OUTCOMES],
        widget=forms.RadioSelect,
        error_messages={"required": "Dites comment l’appel s’est passé."},
    )
    phone = forms.CharField(label="Numéro composé", required=False, max_length=16)
    grade = forms.ChoiceField(
        label="Votre avis sur la situation", choices=Grade.choices, widget=forms.RadioSelect, required=False
    )
    needs = forms.MultipleChoiceField(
        label="Ce dont la personne a besoin",
        choices=Need.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    agreed = forms.BooleanField(label="La personne est d’accord pour être rappelée par un partenaire", required=False)
    next = forms.ChoiceField(
        label="Prochain appel", choices=NEXT_CALLS, initial="none", widget=forms.RadioSelect, required=False
    )
    call_back_on = day_field("Jour du rappel", required=False)
    agreed_by = forms.ChoiceField(
        label="Ce qui est convenu, par écrit",
        choices=[(NOTHING, "Rien à envoyer"), (Channel.SMS.value, "Un SMS"), (Channel.EMAIL.value, "Un e-mail")],
        help_text="Si la personne le veut. Il dit le jour du prochain appel et le numéro de l’agence, rien de ce "
        "qu’elle vous a confié.",
        initial=NOTHING,
        widget=forms.RadioSelect,
        required=False,
    )
    call_back_when = forms.ChoiceField(label="À quel moment", choices=moments, required=False)
    note = forms.CharField(
        label="Une phrase pour la suite",
        help_text=f"Des faits utiles. Rien sur la santé, l’origine ou les opinions. {NOTE_LENGTH} caractères au plus.",
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"max_length": f"Cette phrase est trop longue{NBSP}: 500 caractères au plus."},
    )
    keep_note = forms.BooleanField(label="Garder ma phrase, avec relecture", required=False)

    def offer_ways(self, ways: Mapping[str, str]) -> None:
        """Only the ways by which this household may be written to: channel → number or address."""
        named = {Channel.SMS.value: "Un SMS au", Channel.EMAIL.value: "Un e-mail à"}
        self.fields["agreed_by"].choices = [  # type: ignore[attr-defined]
            (NOTHING, "Rien à envoyer"),
            *((way, f"{named[way]} {display_phone(to)}") for way, to in ways.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wants_a_day = cleaned.get("outcome") == Outcome.REACHED and cleaned.get("next") == "once"
        if wants_a_day and cleaned.get("call_back_on") is None and "call_back_on" not in self.errors:
            self.add_error("call_back_on", "Choisissez le jour du rappel.")
        return cleaned

    @property
    def is_hard(self) -> bool:
        """Whether the call weighs on who made it and says so: orange or red, and not for two readers alone."""
        needs = self.cleaned_data["needs"]
        said = not kept_apart(needs) or bool(told_to_all(needs))
        return said and self.cleaned_data["grade"] in (Grade.ORANGE, Grade.RED)

    @property
    def tells_readers(self) -> bool:
        """Whether part of the call goes to two readers alone."""
        return bool(kept_apart(self.cleaned_data["needs"]))

    def report(self, answers: dict[str, object]) -> CallReport:
        """The call as typed, for the operation. A day without a promise is left out."""
        typed = self.cleaned_data
        reached = typed["outcome"] == Outcome.REACHED
        promised = reached and typed["next"] in ("once", "weekly")
        later = promised or typed["outcome"] == Outcome.CALL_LATER
        return CallReport(
            outcome=typed["outcome"],
            grade=typed["grade"],
            answers=answers,
            complete=True,
            needs=tuple(typed["needs"]),
            note=typed["note"],
            keep_note=typed["keep_note"],
            agreed=True if typed["agreed"] else None,
            call_back_on=typed["call_back_on"] if later else None,
            call_back_when=typed["call_back_when"] if later else "",
            weekly=reached and typed["next"] == "weekly",
            phone=typed["phone"],
            agreed_by=typed["agreed_by"].replace(NOTHING, "") if reached else "",
        )


class PauseForm(forms.Form):
    """Until when a caller rests."""

    until = day_field("Je reprends le")


class StopWeeklyForm(forms.Form):
    """Why a caller ends a weekly call."""

    reason = forms.ChoiceField(
        label="Pourquoi arrêter",
        choices=StopReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une raison : elle dit qui doit le savoir."},
    )
