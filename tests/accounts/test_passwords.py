"""What may be a password: anything long that one chose, taken letter for letter."""

import pytest
from tests.accounts.factories import UserFactory

from bienveille.register.accounts.forms import ChangePasswordForm, ChoosePasswordForm, ProofForm, ResetForm, SignInForm
from bienveille.register.accounts.models import User

pytestmark = pytest.mark.django_db


def chosen(password):
    user = User(first_name="Odile", last_name="Marchandeau", email="odile@exemple.fr")
    return ChoosePasswordForm({"password1": password, "password2": password}, user=user)


@pytest.mark.parametrize(
    "password",
    [
        "quatre mots sans rapport",
        "tout en minuscules",
        "493021847561",
        "Ünïcödé ✨ 爱 mots",
        "e" * 40 + "-" + "z" * 23,
        "x7" * 100,
    ],
)
def test_any_signs_up_to_two_hundred_letters(password):
    assert chosen(password).is_valid()


@pytest.mark.parametrize("password", ["onze lettre", "q1w2e3r4t5y6", "odile.marchandeau", "marchandeau!"])
def test_short_common_and_like_oneself_are_refused(password):
    assert not chosen(password).is_valid()


def test_it_is_kept_and_checked_letter_for_letter():
    password = "  Quatre mots, SANS rapport  "
    form = chosen(password)
    assert form.is_valid()
    user = UserFactory()
    user.set_password(form.cleaned_data["password1"])
    assert user.check_password(password)
    for near in (password.strip(), password.lower(), password[:-1]):
        assert not user.check_password(near)


def test_every_field_is_hidden_can_be_pasted_in_and_speaks_to_managers():
    fields = [
        field
        for form in (SignInForm(), chosen(""), ChangePasswordForm(user=User()), ResetForm(), ProofForm())
        for name, field in form.fields.items()
        if "password" in name
    ]
    assert len(fields) == 9
    for field in fields:
        assert field.widget.input_type == "password"
        assert field.strip is False
        assert field.widget.attrs["autocomplete"] in ("current-password", "new-password")
        assert not {"onpaste", "readonly"} & set(field.widget.attrs)
