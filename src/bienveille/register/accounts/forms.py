"""What is typed on the account pages, cleaned in type and shape; rules are elsewhere."""

from typing import Any
from uuid import UUID

from allauth.account.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from django import forms
from django.contrib.auth.password_validation import validate_password

from bienveille.ground.lib.languages import NAMES
from bienveille.ground.lib.phones import read_phone
from bienveille.ground.lib.typography import number
from bienveille.register.accounts import queries
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import FEWEST_ALONE, MOST_ALONE, read_skills

PASSWORD_HELP = "Douze caractères au moins. Quatre mots sans rapport entre eux font un bon mot de passe."
# Roles that this release can serve; the portal will give the others their accounts.
STAFF_ROLES = [(role.value, role.label) for role in Role if role not in (Role.TENANT, Role.PARTNER)]


def _email_widget(autocomplete: str) -> forms.EmailInput:
    return forms.EmailInput(attrs={"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"})


def _password(label: str, *, autocomplete: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=200,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class SignInForm(LoginForm):
    """Address and password; the library checks both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = "Adresse électronique"
        login.widget = _email_widget("username")
        self.fields["password"] = _password("Mot de passe", autocomplete="current-password")


class ForgottenPasswordForm(ResetPasswordForm):
    """The address to which a link is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = "Adresse électronique"
        email.widget = _email_widget("username")


class TwicePasswordMixin(forms.Form):
    """A new password typed twice, judged with what is known of its owner."""

    user: User

    password1 = _password("Nouveau mot de passe", autocomplete="new-password", help_text=PASSWORD_HELP)
    password2 = _password("Le même, une seconde fois", autocomplete="new-password")

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any] | None:
        cleaned = forms.Form.clean(self)
        first, second = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if first and second and first != second:
            self.add_error("password2", "Les deux mots de passe sont différents.")
        return cleaned


class ResetForm(TwicePasswordMixin, ResetPasswordKeyForm):
    """The password chosen after a link received by e-mail; the library gives the user and saves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name] = TwicePasswordMixin.base_fields[name]


class ChoosePasswordForm(TwicePasswordMixin):
    """The first password, behind an invitation."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user


class ChangePasswordForm(ChoosePasswordForm):
    """A new password, by somebody who knows the present one."""

    oldpassword = _password("Mot de passe actuel", autocomplete="current-password")
    field_order = ("oldpassword", "password1", "password2")

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data["oldpassword"]
        if not self.user.check_password(password):
            raise forms.ValidationError("Ce n’est pas votre mot de passe actuel.")
        return password


class CodeForm(forms.Form):
    """The code of the application, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": "Écrivez le code que montre l’application."},
    )


class ProofForm(forms.Form):
    """The password again, for who has nothing else to prove who they are with."""

    password = _password("Mot de passe", autocomplete="current-password")


class PasskeyForm(forms.Form):
    """What a key answered, as the script of the page wrote it, and the name its owner gives it."""

    answer = forms.JSONField(widget=forms.HiddenInput, required=True)
    name = forms.CharField(
        label="Nom de la clé",
        max_length=60,
        required=False,
        help_text="Par exemple\u00a0: téléphone, ordinateur du bureau.",
    )

    def clean_answer(self) -> dict[str, Any]:
        answer = self.cleaned_data["answer"]
        if not isinstance(answer, dict):
            raise forms.ValidationError("La clé n’a rien répondu.")
        return answer


class TokenForm(forms.Form):
    """What a new API token is for."""

    label = forms.CharField(
        label="À quoi sert ce jeton", max_length=100, help_text="Par exemple\u00a0: export du lundi vers notre tableur."
    )


class SearchForm(forms.Form):
    """The search of the list of users."""

    q = forms.CharField(label="Nom ou adresse", max_length=100, required=False)
    closed = forms.BooleanField(label="Comptes désactivés", required=False)


class UserForm(forms.Form):
    """Somebody's data, by who manages accounts."""

    first_name = forms.CharField(label="Prénom", max_length=100)
    last_name = forms.CharField(label="Nom", max_length=100)
    email = forms.EmailField(label="Adresse électronique", max_length=254, widget=_email_widget("off"))
    service = forms.CharField(label="Service", max_length=100, required=False)
    agency: forms.ModelChoiceField = forms.ModelChoiceField(
        label="Agence", queryset=None, required=False, empty_label="Aucune"
    )
    phone = forms.CharField(label="Téléphone", max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = queries.agencies()  # type: ignore[attr-defined]

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"].strip()
        numbers = read_phone(typed).numbers
        if typed and len(numbers) != 1:
            raise forms.ValidationError("Écrivez un seul numéro, avec ses dix chiffres.")
        return numbers[0] if numbers else ""


class AvailabilityForm(forms.Form):
    """When, in which languages and for which agencies somebody calls, and what they are good at."""

    hours_per_week = forms.DecimalField(
        label="Heures par semaine",
        required=False,
        min_value=0,
        max_value=60,
        decimal_places=1,
        help_text="Le temps que vous pouvez donner aux appels. Par exemple 2,5.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        localize=True,
        error_messages={"invalid": "Écrivez un nombre d’heures, par exemple 2,5."},
    )
    languages = forms.MultipleChoiceField(
        label="Langues parlées au téléphone", required=False, choices=(), widget=forms.CheckboxSelectMultiple
    )
    covers = forms.MultipleChoiceField(
        label="Appeler pour", required=False, choices=(), widget=forms.CheckboxSelectMultiple
    )
    skills = forms.CharField(
        label="Compétences",
        required=False,
        max_length=500,
        help_text="Ce qui aide à confier les bons appels, séparé par des virgules\u00a0: langue des signes, deuil, "
        "démarches en ligne. Rien sur la santé.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["languages"].choices = list(NAMES.items())  # type: ignore[attr-defined]
        self.fields["covers"].choices = [  # type: ignore[attr-defined]
            (str(agency.pk), agency.name) for agency in queries.agencies()
        ]

    def clean_covers(self) -> list[UUID]:
        return [UUID(key) for key in self.cleaned_data["covers"]]

    def clean_skills(self) -> list[str]:
        return list(read_skills(self.cleaned_data["skills"]))


class RoleForm(forms.Form):
    """A role with its scope; the scope is one text, `everything`, `company:<id>` or `agency:<id>`."""

    role = forms.ChoiceField(label="Rôle", choices=STAFF_ROLES, initial=Role.CALLER)  # the least power by default
    scope = forms.ChoiceField(label="Sur", choices=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = queries.scopes()  # type: ignore[attr-defined]

    @property
    def scope_ids(self) -> tuple[UUID | None, UUID | None]:
        """Company and agency chosen."""
        kind, _, key = self.cleaned_data["scope"].partition(":")
        return (UUID(key) if kind == "company" else None, UUID(key) if kind == "agency" else None)


class NewUserForm(RoleForm, UserForm):
    """Somebody new, with a first role."""

    field_order = ("first_name", "last_name", "email", "phone", "service", "agency", "role", "scope")


class LargeFileForm(forms.Form):
    """Why a long file should leave."""

    reason = forms.CharField(
        label="Pourquoi",
        max_length=300,
        help_text="À quoi servira ce fichier, et où il sera gardé. Sans nom de locataire.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LargeFileAnswerForm(forms.Form):
    """The answer to somebody else's request."""

    agreed = forms.TypedChoiceField(
        label="Réponse",
        choices=[("oui", "J’accorde"), ("non", "Je refuse")],
        coerce=lambda value: value == "oui",
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label="Pourquoi, et que faire à la place",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("agreed") is False and not cleaned.get("answer"):
            self.add_error("answer", "Dites pourquoi\u00a0: la personne saura que faire.")
        return cleaned


class RowsAloneForm(forms.Form):
    """Above how many rows a file needs a second person."""

    rows = forms.IntegerField(
        label="Nombre de lignes",
        min_value=FEWEST_ALONE,
        max_value=MOST_ALONE,
        help_text=f"Entre {number(FEWEST_ALONE)} et {number(MOST_ALONE)}.",
    )
