"""What a template must know to show a bound form field, its choices and its errors; and the gallery’s sample form."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField


def described_by(bound: BoundField, *, has_help: bool) -> str:
    """Ids of the texts read out with the field: its help, then its error."""
    ids = [f"{bound.auto_id}_help"] if has_help else []
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
    return " ".join(ids)


def widget_html(bound: BoundField, *, has_help: bool, attributes: Mapping[str, str]) -> str:
    """The control alone, with our classes, its state and its descriptions; what was typed is kept by the bound form."""
    widget = bound.field.widget
    is_select = isinstance(widget, forms.Select)
    is_check = isinstance(widget, forms.CheckboxInput)
    classes = [widget.attrs.get("class", "")]
    classes.append("form-check-input" if is_check else "form-select" if is_select else "form-control")
    if bound.errors:
        classes.append("is-invalid")
    attrs: dict[str, Any] = {"class": " ".join(filter(None, classes)), **attributes}
    if description := described_by(bound, has_help=has_help):
        attrs["aria-describedby"] = description
    return bound.as_widget(attrs=attrs)


def options(
    bound: BoundField, *, hints: Mapping[str, str] | None, grades: bool, numbered: bool
) -> list[dict[str, Any]]:
    """The radio buttons or boxes of a field, in order; the empty choice of an optional list is left out."""
    out: list[dict[str, Any]] = []
    for widget in bound:
        data = widget.data
        value = str(data["value"])
        if value == "":
            continue
        out.append(
            {
                "id": data["attrs"]["id"],
                "name": data["name"],
                "value": value,
                "label": data["label"],
                "type": data["type"],
                "checked": data["selected"],
                "hint": (hints or {}).get(value, ""),
                "grade": value if grades else "",
                "key": f"alt+{len(out) + 1}" if numbered and len(out) < 9 else "",
            }
        )
    return out


def error_lines(all_forms: Iterable[forms.BaseForm]) -> list[dict[str, str]]:
    """Each error with the id of the control that mends it; errors of the whole form have no link."""
    lines = []
    for form in all_forms:
        lines += [{"label": "", "text": str(text), "target": ""} for text in form.non_field_errors()]
        for bound in form:
            for text in bound.errors:
                shown = [widget for widget in bound.subwidgets if str(widget.data.get("value", "")) != ""]
                first = shown[0] if bound.use_fieldset and shown else None
                target = first.id_for_label if first else bound.id_for_label or bound.auto_id
                label = "" if bound.is_hidden else str(bound.label or "").rstrip("\u00a0 ?:")
                lines.append({"label": label, "text": str(text), "target": "" if bound.is_hidden else target})
    return lines


class SampleForm(forms.Form):
    """One field of each kind, with the words of the caller's screen."""

    idempotency_key = forms.CharField(widget=forms.HiddenInput, initial="exemple")
    name = forms.CharField(label="Nom et prénom", initial="Hélène Rey")
    phone = forms.CharField(
        label="Téléphone",
        help_text="Dix chiffres, par exemple 06 39 98 12 34.",
        min_length=10,
        error_messages={"min_length": "Il manque un chiffre, sans doute à la fin."},
    )
    link = forms.ChoiceField(
        label="Qui est-ce pour elle\u00a0?",
        choices=[("", "Choisir"), ("child", "Enfant"), ("neighbour", "Voisin, voisine"), ("other", "Autre")],
        error_messages={"required": "Choisissez dans la liste, «\u00a0Autre\u00a0» convient aussi."},
    )
    day = forms.DateField(label="Premier rappel", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(
        label="Une phrase pour la suite",
        help_text="Des faits utiles. Rien sur la santé, l’origine ou les opinions.",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agreed = forms.BooleanField(label="Cette personne sait qu’on peut l’appeler", required=False)
    outcome = forms.ChoiceField(
        label="L’appel",
        choices=[
            ("reached", "Jointe"),
            ("no_answer", "Pas de réponse"),
            ("voicemail", "Message laissé"),
            ("call_later", "À rappeler"),
            ("busy", "Occupé"),
            ("wrong_number", "Faux numéro"),
            ("refused", "Refus"),
        ],
        initial="reached",
        widget=forms.RadioSelect,
        error_messages={"required": "Dites comment l’appel s’est passé."},
    )
    grade = forms.ChoiceField(
        label="Votre avis sur la situation",
        choices=[("green", "Vert"), ("yellow", "Jaune"), ("orange", "Orange"), ("red", "Rouge")],
        widget=forms.RadioSelect,
        required=False,
    )
    needs = forms.MultipleChoiceField(
        label="Ce dont elle a besoin",
        choices=[("heating", "Chauffage"), ("meals", "Courses, repas"), ("company", "Compagnie")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
