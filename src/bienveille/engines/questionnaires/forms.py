"""What the editor types: titles, a part, a question with its choices, its condition; faults are said by the rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from bienveille.engines.questionnaires import rules
from bienveille.engines.questionnaires.choices import Need, QuestionKind
from bienveille.engines.questionnaires.rules.editing import ALL, ALWAYS, ANY, KEEP

BLANK_CHOICES = 3
WITH_CHOICES = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)


def _words(label: str, *, rows: int = 0, required: bool = False, help: str = "", limit: int = 300) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(
        label=label,
        required=required,
        max_length=limit,
        help_text=help,
        widget=widget,
        error_messages={"required": f"«\u00a0{label}\u00a0» manque."},
    )


class TitleForm(forms.Form):
    """The title of a guide."""

    title = _words("Titre", required=True, help="Ce que lira qui choisit un questionnaire pour sa campagne.")


class WorkbookForm(forms.Form):
    """A workbook to read, and the guide of one's own that it continues."""

    file = forms.FileField(
        label="Le classeur",
        help_text="Un fichier .xlsx au format XLSForm, de 4\u00a0Mo au plus.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.xlsm,.ods"}),
        error_messages={
            "required": "Choisissez le classeur à lire.",
            "empty": "Ce fichier est vide\u00a0: choisissez un autre classeur.",
        },
    )


class BringInForm(forms.Form):
    """What a workbook gave, looked at and confirmed."""

    document = forms.JSONField(widget=forms.HiddenInput)


class PartForm(forms.Form):
    """The title of a new part."""

    title = _words("Titre de la partie", required=True)


class DraftForm(TitleForm):
    """Title and description of a draft."""

    description = _words("Description", rows=2, limit=2000, help="À quoi il sert, combien de temps il prend.")


class RevisionForm(forms.Form):
    """The revision that the page showed."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class ActForm(RevisionForm):
    """One gesture on the parts of a draft: `do` is its name and the ranks, as in `up:2` or `down:2:3`."""

    do = forms.RegexField(r"^(?:up|down|remove):\d{1,3}(?::\d{1,3})?$")

    def gesture(self) -> tuple[str, int, int | None]:
        """Its name, the rank of the part, that of the question."""
        name, section, *item = self.cleaned_data["do"].split(":")
        return name, int(section), int(item[0]) if item else None


class _Conditioned(RevisionForm):
    """A part or a question, and when it is shown."""

    when = forms.ChoiceField(label="Quand la montrer\u00a0?", widget=forms.RadioSelect, required=False)
    tests = forms.MultipleChoiceField(required=False)

    def _ask_condition(self, asked: Sequence[rules.Asked], raw: Any, words: str) -> None:
        self.asked = list(asked)
        self.former = raw
        simple = rules.simple_condition(raw)
        choices = [(ALWAYS, "Toujours")]
        if asked:
            choices += [
                (ALL, "Seulement si toutes les réponses cochées sont données"),
                (ANY, "Seulement si l’une des réponses cochées est donnée"),
            ]
        if simple is None:
            choices.append((KEEP, f"Garder la condition actuelle\u00a0: {words}"))
        self.fields["when"].choices = choices  # type: ignore[attr-defined]
        self.fields["tests"].choices = [  # type: ignore[attr-defined]
            (f"{one.key}={value}", label) for one in asked for value, label in one.answers
        ]
        mode, tests = simple or (KEEP, [])
        self.initial.setdefault("when", mode)
        self.initial.setdefault("tests", tests)

    def condition(self) -> Any:
        """The condition as a guide writes it; None: always shown."""
        mode = self.cleaned_data.get("when") or ALWAYS
        if mode == KEEP:
            return self.former
        return rules.condition_document(mode, self.cleaned_data.get("tests", []), self.asked)

    def asked_shown(self) -> list[dict[str, Any]]:
        """Earlier questions with their answers, those that are ticked first seen open."""
        chosen = set(self["tests"].value() or [])
        return [
            {
                "key": one.key,
                "label": one.label,
                "open": any(f"{one.key}={value}" in chosen for value, _ in one.answers),
                "answers": [
                    {"value": f"{one.key}={value}", "label": label, "checked": f"{one.key}={value}" in chosen}
                    for value, label in one.answers
                ],
            }
            for one in self.asked
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("when") in (ALL, ANY) and not cleaned.get("tests"):
            self.add_error("when", "Cochez au moins une réponse, ou choisissez «\u00a0Toujours\u00a0».")
        return cleaned


class SectionForm(_Conditioned):
    """The words of a part."""

    title = _words("Titre de la partie", required=True)
    say = _words("Texte à dire en commençant", rows=3, limit=2000, help="Lu tel quel, à voix haute.")
    help = _words("Aide pour l’appelant", rows=2, limit=2000, help="Ne se dit pas\u00a0: comment s’y prendre.")

    def __init__(
        self, *args: Any, raw: Mapping[str, Any], asked: Sequence[rules.Asked], condition: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({name: raw.get(name, "") for name in ("title", "say", "help")})
        self._ask_condition(asked, raw.get("show_if"), condition)

    def facts(self) -> dict[str, Any]:
        """The part as a guide writes it, without its key nor its questions."""
        return _filled(
            {name: self.cleaned_data[name] for name in ("title", "say", "help")} | {"show_if": self.condition()}
        )


class ItemForm(_Conditioned):
    """A question of any kind; what its kind does not use is left aside."""

    kind = forms.ChoiceField(label="Genre de question", choices=QuestionKind.choices)
    label = _words(
        "Intitulé", required=True, help="Court\u00a0: il sert de titre, dans l’appel comme dans les chiffres."
    )
    say = _words("Texte à dire", rows=3, limit=2000, help="Lu tel quel, à voix haute. Une idée, une phrase courte.")
    help = _words("Aide pour l’appelant", rows=2, limit=2000, help="Ne se dit pas\u00a0: comment s’y prendre.")
    required = forms.BooleanField(label="Une réponse est obligatoire", required=False)
    min = forms.IntegerField(label="Plus petite valeur", required=False)
    max = forms.IntegerField(label="Plus grande valeur", required=False)
    min_label = _words("Sens de la plus petite")
    max_label = _words("Sens de la plus grande")
    decimals = forms.IntegerField(label="Chiffres après la virgule", required=False, min_value=0, max_value=6)
    max_length = forms.IntegerField(label="Longueur de la réponse, en caractères", required=False, min_value=1)

    def __init__(
        self,
        *args: Any,
        raw: Mapping[str, Any],
        asked: Sequence[rules.Asked],
        condition: str,
        more: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        plain = ("kind", "label", "say", "help", "required", "min", "max", "min_label", "max_label", "decimals")
        self.initial.update({name: raw[name] for name in (*plain, "max_length") if name in raw})
        self._ask_condition(asked, raw.get("show_if"), condition)
        former = list(raw.get("choices", []))
        posted = int(self.data.get("rows", 0)) if str(self.data.get("rows", "")).isdigit() else 0
        count = min(max(len(former) + BLANK_CHOICES, posted) + more, 50)
        for rank in range(count):
            choice = former[rank] if rank < len(former) else {}
            self.fields[f"choice-{rank}-label"] = _words(f"Choix {rank + 1}")
            self.fields[f"choice-{rank}-advice"] = _words("Conseil à donner si ce choix est coché", rows=2, limit=2000)
            self.fields[f"choice-{rank}-needs"] = forms.MultipleChoiceField(
                label="Besoins que ce choix fait noter",
                required=False,
                choices=Need.choices,
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields[f"choice-{rank}-value"] = forms.CharField(
                required=False, max_length=40, widget=forms.HiddenInput
            )
            for name in ("label", "advice", "needs", "value"):
                self.initial[f"choice-{rank}-{name}"] = choice.get(name, [] if name == "needs" else "")
        self.count = count

    def choice_fields(self) -> list[dict[str, Any]]:
        """The controls of each choice, in order."""
        rows = []
        for rank in range(self.count):
            row: dict[str, Any] = {
                name: self[f"choice-{rank}-{name}"] for name in ("label", "advice", "needs", "value")
            }
            filled = bool(row["advice"].value() or row["needs"].value())
            rows.append(row | {"rank": rank, "number": rank + 1, "open": filled, "written": bool(row["label"].value())})
        return rows

    def facts(self) -> dict[str, Any]:
        """The question as a guide writes it, without its key; an emptied choice is taken away."""
        given = self.cleaned_data
        kind = QuestionKind(given["kind"])
        facts: dict[str, Any] = {name: given[name] for name in ("kind", "label", "say", "help")}
        if kind != QuestionKind.ADVICE:
            facts["required"] = given["required"]
        if kind in WITH_CHOICES:
            facts["choices"] = self._choices()
        if kind in (QuestionKind.SCALE, QuestionKind.NUMBER):
            facts |= {"min": given["min"], "max": given["max"]}
        if kind == QuestionKind.SCALE:
            facts |= {"min_label": given["min_label"], "max_label": given["max_label"]}
        if kind == QuestionKind.NUMBER:
            facts["decimals"] = given["decimals"]
        if kind == QuestionKind.TEXT:
            facts["max_length"] = given["max_length"]
        return _filled(facts | {"show_if": self.condition()})

    def _choices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        taken = {self.cleaned_data[f"choice-{rank}-value"] for rank in range(self.count)}
        for rank in range(self.count):
            row = {name: self.cleaned_data[f"choice-{rank}-{name}"] for name in ("value", "label", "advice", "needs")}
            if not row["label"]:
                continue
            if not row["value"]:
                row["value"] = rules.new_key(row["label"], taken, otherwise="choice")
                taken.add(row["value"])
            found.append(_filled(row))
        return found


class ReviewForm(RevisionForm):
    """The words that the author says to have read again."""

    reviewed = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, words: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reviewed"].choices = [(word, word) for word in words]  # type: ignore[attr-defined]


def _filled(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not False and value not in (None, "", [])}
