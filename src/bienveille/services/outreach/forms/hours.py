"""The week of a campaign: for each day, one or two times; words to leave; typed, with what is wrong said beside."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms

from bienveille.ground.lib.calling_hours import GOOD_MANNERS, read_windows, written
from bienveille.ground.lib.typography import WEEKDAYS
from bienveille.services.outreach.rules import SMS, VOICEMAIL, faults

ANY_HOUR, SET_HOURS = "any", "set"
WRONG_HOUR = "Écrivez une heure, par exemple 09:00."


def _hour(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        input_formats=["%H:%M", "%Hh%M", "%H h %M", "%Hh"],
        widget=forms.TimeInput(attrs={"type": "time", "step": 900}, format="%H:%M"),
        error_messages={"invalid": WRONG_HOUR},
    )


class HoursForm(forms.Form):
    """When a campaign calls, and the words its callers leave."""

    mode = forms.ChoiceField(
        label="Quand appeler",
        choices=[(SET_HOURS, "À ces heures"), (ANY_HOUR, "À toute heure")],
        widget=forms.RadioSelect,
        initial=SET_HOURS,
    )
    on_days_off = forms.BooleanField(label="Appeler aussi les jours fériés", required=False)
    voicemail = forms.CharField(
        label="Texte pour le répondeur",
        help_text="{bailleur} et {appelant} sont remplacés par leurs noms. Vide : le texte proposé.",
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    sms = forms.CharField(
        label="Texte du SMS",
        help_text="306 caractères au plus, soit deux SMS.",
        max_length=306,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    send_sms = forms.BooleanField(
        label="L’envoyer tout seul quand personne n’a répondu",
        help_text="Dix minutes après l’appel, de 8 h à 20 h, une fois tous les deux jours au plus. Sinon, l’appelant "
        "l’envoie de son téléphone.",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rank, day in enumerate(WEEKDAYS, start=1):
            for turn, words in ((1, ""), (2, ", seconde fois")):
                self.fields[f"from{rank}_{turn}"] = _hour(f"{day.capitalize()}{words}, de")
                self.fields[f"to{rank}_{turn}"] = _hour(f"{day.capitalize()}{words}, à")

    @property
    def week(self) -> list[tuple[str, list[Any]]]:
        """Each day with its four fields."""
        names = [(day, rank) for rank, day in enumerate(WEEKDAYS, start=1)]
        return [
            (day.capitalize(), [self[f"{end}{rank}_{turn}"] for turn in (1, 2) for end in ("from", "to")])
            for day, rank in names
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        found = []
        for rank in range(1, 8):
            for turn in (1, 2):
                start, end = cleaned.get(f"from{rank}_{turn}"), cleaned.get(f"to{rank}_{turn}")
                if f"from{rank}_{turn}" in self.errors or f"to{rank}_{turn}" in self.errors:
                    continue
                if (start is None) != (end is None):
                    self.add_error(f"to{rank}_{turn}", "Écrivez le début et la fin, ou rien.")
                elif start is not None and end is not None:
                    if end <= start:
                        self.add_error(f"to{rank}_{turn}", "L’heure de fin suit l’heure de début.")
                    else:
                        found.append((rank, start, end))
        if cleaned.get("mode") == SET_HOURS and not found and not self.errors:
            self.add_error("mode", "Ouvrez un jour au moins, ou choisissez « À toute heure ».")
        for name in ("voicemail", "sms"):
            for sentence in faults(name, cleaned.get(name, "")):
                self.add_error(name, sentence)
        for name, ours in (("voicemail", VOICEMAIL), ("sms", SMS)):
            if cleaned.get(name) == ours:
                cleaned[name] = ""  # ours, whatever they become
        cleaned["windows"] = _windows(found) if cleaned.get("mode") == SET_HOURS else []
        return cleaned


def _windows(found: Sequence[tuple[int, time, time]]) -> list[dict[str, Any]]:
    """Days that have the same hours written together, as a document has them."""
    hours: dict[tuple[time, time], list[int]] = {}
    for rank, start, end in found:
        hours.setdefault((start, end), []).append(rank)
    return [
        {"days": days, "from": f"{start:%H:%M}", "to": f"{end:%H:%M}"} for (start, end), days in sorted(hours.items())
    ]


def hours_initial(
    windows: Sequence[Any], *, on_days_off: bool, voicemail: str, sms: str, send_sms: bool
) -> dict[str, Any]:
    """What the form shows first: the hours of a campaign; those of good manners when it has none."""
    read, _ = read_windows(windows)
    initial: dict[str, Any] = {
        "mode": SET_HOURS if windows else ANY_HOUR,
        "on_days_off": on_days_off,
        "voicemail": voicemail or VOICEMAIL,
        "sms": sms or SMS,
        "send_sms": send_sms,
    }
    for rank in range(1, 8):
        ours = sorted((one for one in read or GOOD_MANNERS if rank in one.days), key=lambda one: one.start)
        for turn, one in enumerate(ours[:2], start=1):
            initial[f"from{rank}_{turn}"] = _clock(one.start)
            initial[f"to{rank}_{turn}"] = _clock(min(one.end, 24 * 60 - 1))
    return initial


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def good_manners() -> list[dict[str, Any]]:
    """The hours that the guided creation proposes, as a document writes them."""
    return written(GOOD_MANNERS)
