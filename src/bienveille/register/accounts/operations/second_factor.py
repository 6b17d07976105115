"""How somebody proves who they are beside the password: an application that gives codes, recovery codes, passkeys."""

from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac

from bienveille.ground.lib.one_time_codes import (
    DIGITS,
    RECOVERY_LENGTH,
    in_groups,
    new_recovery_code,
    step_of,
    typed_code,
)
from bienveille.ground.platform.limits import give_back, spend
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.platform.sealing import Unreadable, seal, unseal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import CodeApp, Passkey, RecoveryCode, User
from bienveille.register.accounts.operations.accounts import record_audit
from bienveille.register.accounts.operations.sessions import end_sessions
from bienveille.register.accounts.rules import GUESSES, RECOVERY_CODES

_SEALED_FOR = "code app"


class CodeWrong(Refusal):
    message = "Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant dans l’application, puis écrivez-le."


class PasswordWrong(Refusal):
    message = "Ce n’est pas votre mot de passe."


class TooManyTries(Refusal):
    message = (
        "Trop d’essais. Attendez six minutes, ou entrez avec un code de secours, une clé d’accès "
        "ou l’appareil dont vous vous servez d’habitude."
    )


class LastFactor(Refusal):
    message = (
        "C’est votre seule seconde preuve, et elle est demandée à tous. "
        "Ajoutez d’abord une autre application ou une autre clé."
    )


@transaction.atomic
def install_code_app(*, user: User, secret: str, code: str, now: datetime) -> list[str]:
    """Keep the application whose code was just typed; it replaces the former one. Refuses a wrong code.

    Gives the recovery codes, if there was none left: they are shown once.
    """
    step = step_of(typed_code(code), secret=secret, now=now.timestamp())
    if step is None:
        raise CodeWrong
    User.objects.select_for_update().get(pk=user.pk)
    sealed = seal(secret, purpose=_SEALED_FOR)
    CodeApp.objects.update_or_create(user=user, defaults={"sealed": sealed, "last_step": step, "created_at": now})
    _changed(user, user, "install_code_app")
    return codes_if_none(user=user)


@transaction.atomic
def codes_if_none(*, user: User) -> list[str]:
    """Recovery codes for who has none left; otherwise nothing changes and nothing is given."""
    if RecoveryCode.objects.filter(user=user, used_at=None).exists():
        return []
    return new_recovery_codes(user=user)


@transaction.atomic
def new_recovery_codes(*, user: User) -> list[str]:
    """Make ten recovery codes, shown once; the former ones stop working."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    _changed(user, user, "new_recovery_codes")
    return [in_groups(code) for code in codes]


@transaction.atomic
def remove_code_app(*, user: User, required: bool) -> None:
    """Do without the application. Refuses when a second factor is required and there is no other."""
    User.objects.select_for_update().get(pk=user.pk)
    if required and not Passkey.objects.filter(user=user).exists():
        raise LastFactor
    removed, _ = CodeApp.objects.filter(user=user).delete()
    if removed:
        _changed(user, user, "remove_code_app")


@transaction.atomic
def remove_factors(*, actor: User | None, user: User) -> None:
    """Take every second factor of somebody away: they lost them, and install others at their next sign-in.

    Their sessions end, so that who found the telephone does not stay in.
    """
    counts = [model.objects.filter(user=user).delete()[0] for model in (CodeApp, Passkey, RecoveryCode)]
    end_sessions(user=user)
    if any(counts):
        _changed(actor, user, "remove_factors")


def use_code(*, user: User, code: str, whose: str, now: datetime) -> None:
    """Prove who one is with a code of the application, or a recovery code, in the same field.

    Refuses a wrong code, one that already served, and the eleventh try: ten guesses, then ten an hour. `whose` names
    who is counted: the account, or a device that already came in, so that nobody is kept out by a stranger's guesses.
    A recovery code has too many bits to be guessed: it is never refused for the tries of others.
    """
    typed = typed_code(code)
    if len(typed) == RECOVERY_LENGTH:
        _use_recovery_code(user, typed, now)
        return
    if spend("code", whose, GUESSES):
        raise TooManyTries
    try:
        _use_app_code(user, typed, now)
    except CodeWrong:
        record_audit(actor=None, action=AuditAction.SIGN_IN_FAILED, subject=user, reason="code")
        raise
    give_back("code", whose)


def prove_password(*, user: User, password: str, whose: str) -> None:
    """Prove again who one is, where a password is all one has. Refuses a wrong one, and the eleventh try."""
    if spend("password", whose, GUESSES):
        raise TooManyTries
    if not user.check_password(password):
        record_audit(actor=None, action=AuditAction.SIGN_IN_FAILED, subject=user, reason="confirmation")
        raise PasswordWrong
    give_back("password", whose)


@transaction.atomic
def _use_app_code(user: User, typed: str, now: datetime) -> None:
    app = CodeApp.objects.select_for_update().filter(user=user).first()
    if app is None or len(typed) != DIGITS:
        raise CodeWrong
    try:
        secret = unseal(app.sealed, purpose=_SEALED_FOR)
    except Unreadable:  # sealed with a key that this installation has lost
        raise CodeWrong from None
    step = step_of(typed, secret=secret, now=now.timestamp(), after=app.last_step)
    if step is None:
        raise CodeWrong
    app.last_step = step
    app.save(update_fields=["last_step"])


def _use_recovery_code(user: User, typed: str, now: datetime) -> None:
    with transaction.atomic():
        used = RecoveryCode.objects.filter(user=user, digest=_digest(typed), used_at=None).update(used_at=now)
        if used:
            _changed(user, user, "use_recovery_code")
    if not used:
        record_audit(actor=None, action=AuditAction.SIGN_IN_FAILED, subject=user, reason="code de secours")
        raise CodeWrong


def _digest(code: str) -> str:
    return salted_hmac("accounts.recovery_code", code, algorithm="sha256").hexdigest()


def _changed(actor: User | None, user: User, did: str) -> None:
    record_audit(actor=actor, action=AuditAction.ACCOUNT_CHANGED, subject=user, detail={"did": did})
