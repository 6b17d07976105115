"""What is typed about a message received: whom it is given to, and the answer."""

from collections.abc import Iterable
from typing import Any

from django import forms

from bienveille.engines.messaging.choices import Channel
from bienveille.register.accounts.models import User

SMS_LENGTH, MAIL_LENGTH = 450, 5000


class AssignForm(forms.Form):
    """To somebody of the team, or to nobody in particular."""

    to = forms.ChoiceField(label="Confié à", required=False)

    def __init__(self, *args: Any, team: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(one.pk), one.display_name) for one in team]
        self.fields["to"].choices = [("", "Personne en particulier"), *names]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """A few words, by the channel that the person used."""

    body = forms.CharField(
        label="Votre réponse",
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
        error_messages={"required": "Écrivez la réponse."},
    )

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = SMS_LENGTH if channel == Channel.SMS else MAIL_LENGTH
        how = "Par SMS" if channel == Channel.SMS else "Par e-mail"
        field = self.fields["body"]
        field.help_text = f"{how}, {most} caractères au plus. Dites qui écrit et ce qui va se passer."
        field.max_length = most  # type: ignore[attr-defined]
        field.widget.attrs["maxlength"] = most

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"].replace("\0", "")
        most = self.fields["body"].max_length  # type: ignore[attr-defined]
        if len(body) > most:
            raise forms.ValidationError(f"{most} caractères au plus.")
        return body
