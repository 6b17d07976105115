"""Passkeys: keys that a telephone, a computer or a security token keeps, and that prove by themselves who comes in."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import CodeApp, Passkey, User
from bienveille.register.accounts.operations.accounts import record_audit
from bienveille.register.accounts.operations.second_factor import LastFactor, codes_if_none

MOST_PASSKEYS = 10
#: What anything but a good answer makes the library raise.
_WRONG = (ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error)


class PasskeyRefused(Refusal):
    message = "Cette clé n’a pas été reconnue. Essayez encore, ou entrez avec votre mot de passe."


class PasskeysTooMany(Refusal):
    message = f"Un compte a {MOST_PASSKEYS} clés au plus. Retirez celles dont vous ne vous servez plus."


@dataclass(frozen=True)
class Site:
    """Where the browser says it is: a key made for one site answers to no other, however alike they look."""

    host: str
    origin: str

    @property
    def server(self) -> Fido2Server:
        party = PublicKeyCredentialRpEntity(id=self.host, name="Bienveille")
        return Fido2Server(party, verify_origin=lambda origin: origin == self.origin)


def ask_for_new_passkey(*, user: User, site: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the browser is asked to make, and what must be remembered until it answers."""
    owner = PublicKeyCredentialUserEntity(id=user.pk.bytes, name=user.email, display_name=user.display_name)
    known = [AttestedCredentialData(bytes(key.credential)) for key in Passkey.objects.filter(user=user)]
    options, state = site.server.register_begin(
        owner,
        known,
        # Kept by the device and opened by a finger, a face or a code: one gesture proves two things.
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), state


@transaction.atomic
def add_passkey(
    *, user: User, site: Site, state: Any, answer: Mapping[str, Any], name: str, now: datetime
) -> list[str]:
    """Keep the public half of a key just made; gives recovery codes if there was none left, shown once.

    Refuses an answer to another question or from another site, a key already kept, and the eleventh.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if Passkey.objects.filter(user=user).count() >= MOST_PASSKEYS:
        raise PasskeysTooMany
    try:
        made = site.server.register_complete(state, answer)
        credential = made.credential_data
        assert credential is not None
    except _WRONG:
        raise PasskeyRefused from None
    if Passkey.objects.filter(credential_id=credential.credential_id).exists():
        raise PasskeyRefused
    Passkey.objects.create(
        user=user,
        name=name.strip()[:60],
        credential_id=credential.credential_id,
        credential=bytes(credential),
        sign_count=made.counter,
        created_at=now,
    )
    _changed(user, "add_passkey")
    return codes_if_none(user=user)


def ask_for_passkey(*, site: Site) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the browser is asked to show, the same for everybody, and what must be remembered until it answers."""
    options, state = site.server.authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    return dict(options), state


def use_passkey(*, site: Site, state: Any, answer: Mapping[str, Any], now: datetime) -> User:
    """Whose key this is. Refuses a key unknown, of a closed account, made for another site, or copied."""
    try:
        return _use_passkey(site, state, answer, now)
    except PasskeyRefused:
        record_audit(actor=None, action=AuditAction.SIGN_IN_FAILED, reason="clé")
        raise


@transaction.atomic
def _use_passkey(site: Site, state: Any, answer: Mapping[str, Any], now: datetime) -> User:
    try:
        identifier = websafe_decode(answer["rawId"])
        key = Passkey.objects.select_for_update(of=("self",)).select_related("user").get(credential_id=identifier)
        owner = answer["response"].get("userHandle")
        site.server.authenticate_complete(state, [AttestedCredentialData(bytes(key.credential))], answer)
        counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
    except (Passkey.DoesNotExist, *_WRONG):
        raise PasskeyRefused from None
    if not key.user.is_active or (owner and websafe_decode(owner) != key.user_id.bytes):
        raise PasskeyRefused
    if (counter or key.sign_count) and counter <= key.sign_count:  # two devices hold the same key: one is a copy
        raise PasskeyRefused
    key.sign_count, key.used_at = counter, now
    key.save(update_fields=["sign_count", "used_at"])
    return key.user


@transaction.atomic
def remove_passkey(*, user: User, passkey: Passkey, required: bool) -> None:
    """Do without a key. Refuses the last second factor where one is required. Twice changes nothing."""
    User.objects.select_for_update().get(pk=user.pk)
    others = Passkey.objects.filter(user=user).exclude(pk=passkey.pk)
    if required and not others.exists() and not CodeApp.objects.filter(user=user).exists():
        raise LastFactor
    removed, _ = Passkey.objects.filter(pk=passkey.pk, user=user).delete()
    if removed:
        _changed(user, "remove_passkey")


def _changed(user: User, did: str) -> None:
    record_audit(actor=user, action=AuditAction.ACCOUNT_CHANGED, subject=user, detail={"did": did})
