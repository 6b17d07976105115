"""Signing in by ProConnect: what is asked of the provider, what is believed of its answer, and whose account it opens.

No account is ever made here. The provider says who somebody is; the landlord said before who may come in.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import constant_time_compare

from bienveille.ground.lib import openid
from bienveille.ground.platform.limits import Limit, spend
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import CodeApp, ProviderIdentity, User
from bienveille.register.accounts.operations.accounts import record_audit
from bienveille.register.accounts.operations.sessions import end_sessions
from bienveille.register.accounts.queries import sirets_here
from bienveille.register.accounts.rules import ASKED_FOR, shows_second_factor, siret_fits

log = structlog.get_logger()

SCOPES = "openid given_name usual_name email siret uid"
#: How long what the provider says of itself is believed without asking again; and how long a silence is, once met.
DESCRIBED_FOR, SILENT_FOR = 3600, 20
#: One account comes in so often by ProConnect: nobody else spends it, since the provider said who they are.
ENTRIES = Limit(per_minute=2, burst=30)
#: Seconds by which a provider's clock may say that somebody proved who they are before being asked.
CLOCKS_DIFFER = 30


class ProConnectFailed(Refusal):
    """Nobody comes in. `why`: one word for the audit and the logs; `kind`: which page is shown."""

    message = "La connexion par ProConnect n’a pas abouti."
    kind = "wrong"

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class ProConnectSilent(ProConnectFailed):
    kind = "silent"


class ProConnectStopped(ProConnectFailed):
    kind = "stopped"


class ProConnectOver(ProConnectFailed):
    kind = "over"


class ProConnectNobody(ProConnectFailed):
    """No open account here for who the provider names: unknown, closed and somewhere else look the same."""

    kind = "nobody"

    def __init__(self, why: str, user: User | None = None) -> None:
        super().__init__(why)
        self.user = user


class ProConnectTooMany(ProConnectFailed):
    kind = "too_many"


class ProConnectNoProof(ProConnectFailed):
    kind = "no_proof"


@dataclass(frozen=True)
class Said:
    """What the provider said of somebody, once everything about it was verified."""

    issuer: str
    sub: str
    email: str  # in lower case; nothing when nobody vouches for it
    siret: str
    second_factor: bool
    proved_at: int  # seconds since 1970, by the provider's clock; nil when it does not say
    id_token: str
    end_session: str


# ---- Asking ------------------------------------------------------------------------------------------------------


def ask_proconnect(*, back: str, again: bool, now: float) -> tuple[str, dict[str, Any]]:
    """Where the browser goes, and what must be remembered until it comes back to the address `back`.

    `again`: somebody who is already in proves that it is still them. Refuses when the provider is silent or unbelieved.
    """
    wanted = settings.PROCONNECT
    asked = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    with _heard():
        endpoints = _described(openid.Wire(wanted["issuer"]))
    claims: dict[str, Any] = {"auth_time": {"essential": True}, "amr": None}
    if wanted["acr"]:
        claims["acr"] = {"essential": True, "values": wanted["acr"]}
    query = {
        "response_type": "code",
        "client_id": wanted["client_id"],
        "redirect_uri": back,
        "scope": SCOPES,
        "state": asked["state"],
        "nonce": asked["nonce"],
        "code_challenge": openid.challenge_of(asked["verifier"]),
        "code_challenge_method": "S256",
        "claims": json.dumps({"id_token": claims}),
    }
    if prompt := "login" if again else wanted["prompt"]:
        query["prompt"] = prompt
    joint = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{joint}{urlencode(query)}", asked | {"at": int(now)}


# ---- Believing ---------------------------------------------------------------------------------------------------


def hear_proconnect(*, asked: Mapping[str, Any] | None, given: Mapping[str, str], back: str, now: float) -> Said:
    """What the provider says of who came back. Refuses whatever is not the answer to what this session asked.

    `given`: the query with which the browser came back. No transaction: the provider is waited for, ten
    seconds at most.
    """
    try:
        return _hear(asked, given, back, now)
    except ProConnectFailed as failed:
        if failed.kind == "wrong":
            record_audit(actor=None, action=AuditAction.SIGN_IN_FAILED, reason="ProConnect", detail={"why": failed.why})
        raise


def _hear(asked: Mapping[str, Any] | None, given: Mapping[str, str], back: str, now: float) -> Said:
    wanted = settings.PROCONNECT
    if asked is None or not 0 <= now - asked["at"] <= ASKED_FOR:
        raise ProConnectOver("over")
    if not constant_time_compare(given.get("state", ""), asked["state"]):
        raise ProConnectOver("state")
    if given.get("iss", wanted["issuer"]) != wanted["issuer"]:
        raise ProConnectFailed("issuer")
    if error := given.get("error"):
        raise ProConnectStopped("denied") if error == "access_denied" else ProConnectFailed("error")
    code = given.get("code", "")
    if not code or len(code) > 2000:
        raise ProConnectFailed("code")
    client = openid.Client(wanted["issuer"], wanted["client_id"], wanted["client_secret"])
    with _heard():
        wire = openid.Wire(client.issuer)
        endpoints = _described(wire)
        id_token, access = openid.exchange(wire, client, endpoints, code=code, verifier=asked["verifier"], back=back)
        who = _signed(wire, endpoints, id_token, needs=["exp", "iat", "nonce"])
        if not constant_time_compare(str(who["nonce"]), asked["nonce"]):
            raise openid.Unbelieved("nonce")
        if wanted["acr"] and who.get("acr") not in wanted["acr"]:
            raise openid.Unbelieved("acr")
        kind, document = wire.get(endpoints.userinfo, accept="application/jwt", bearer=access)
        if kind != "application/jwt":
            raise openid.Unbelieved("unsigned")
        about = _signed(wire, endpoints, document.decode("ascii", "replace"), needs=[])
        if about["sub"] != who["sub"]:
            raise openid.Unbelieved("subject")
    return Said(
        issuer=client.issuer,
        sub=who["sub"],
        email=_email(about, vouched=wanted["vouches_for_emails"]),
        siret=str(about.get("siret") or "").replace(" ", ""),
        second_factor=shows_second_factor(acr=who.get("acr"), amr=who.get("amr"), counted=wanted["second_factor"]),
        proved_at=min(int(now), _seconds(who.get("auth_time"))),
        id_token=id_token,
        end_session=endpoints.end_session,
    )


def _email(about: Mapping[str, Any], *, vouched: bool) -> str:
    """The address, if the provider says that it is theirs; or says nothing and the landlord knows that it looks."""
    email, verified = about.get("email"), about.get("email_verified")
    if not isinstance(email, str) or not (verified is True or (verified is None and vouched)):
        return ""
    return email.strip().lower()


def _seconds(moment: Any) -> int:
    return int(moment) if isinstance(moment, int | float) and not isinstance(moment, bool) and 0 < moment < 1e11 else 0


class _heard:
    """Turns what the provider did wrong into what the person reads; a silence is remembered, for everybody's sake."""

    def __enter__(self) -> None:
        if cache.get(_key("silent")):
            raise ProConnectSilent("silent")

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, openid.Fault):
            log.warning("proconnect", why=error.why, silent=isinstance(error, openid.Unheard))
        if isinstance(error, openid.Unheard):
            # A thread that waits serves nobody: as long as the provider is silent, the next ones do not wait.
            cache.set(_key("silent"), True, SILENT_FOR)
            raise ProConnectSilent(error.why) from None
        if isinstance(error, openid.Fault):
            raise ProConnectFailed(error.why) from None


def _described(wire: openid.Wire) -> openid.Endpoints:
    issuer = settings.PROCONNECT["issuer"]

    def described() -> dict[str, Any]:
        found = openid.read_object(wire.get(openid.where_described(issuer))[1])
        openid.read_endpoints(found, issuer)  # what cannot be believed is not kept for an hour
        return found

    return openid.read_endpoints(_kept("described", described), issuer)


def _signed(wire: openid.Wire, endpoints: openid.Endpoints, token: str, *, needs: list[str]) -> dict[str, Any]:
    def published() -> dict[str, Any]:
        return openid.read_object(wire.get(endpoints.keys)[1])

    def read(keys: dict[str, Any]) -> dict[str, Any]:
        wanted = settings.PROCONNECT
        return openid.read_signed(
            token, keys=openid.read_keys(keys), issuer=wanted["issuer"], audience=wanted["client_id"], needs=needs
        )

    try:
        return read(_kept("keys", published))
    except openid.UnknownKey:  # changed since they were kept
        cache.delete(_key("keys"))
        return read(_kept("keys", published))


def _kept(name: str, fetch: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    found = cache.get(_key(name))
    if found is None:
        found = fetch()
        cache.set(_key(name), found, DESCRIBED_FOR)
    return dict(found)


def _key(name: str) -> str:
    return f"proconnect:{name}:{settings.PROCONNECT['issuer']}"


# ---- Whose account -----------------------------------------------------------------------------------------------


def use_proconnect(*, said: Said, now: datetime) -> User:
    """Whose account this opens; the first time, who it is is remembered on it.

    By who the provider says it is, else by an address that it vouches for. Refuses, with one same answer, who has no
    open account, whose account is closed or remembers somebody else, and whoever works elsewhere.
    """
    try:
        user = _match(said, now)
    except ProConnectNobody as refused:
        record_audit(
            actor=None,
            action=AuditAction.SIGN_IN_FAILED,
            subject=refused.user,
            reason="ProConnect",
            detail={"why": refused.why},
        )
        raise
    if spend("proconnect", str(user.pk), ENTRIES):
        raise ProConnectTooMany("too many")
    return user


@transaction.atomic
def _match(said: Said, now: datetime) -> User:
    known = ProviderIdentity.objects.filter(issuer=said.issuer, sub=said.sub).values("user")
    # Under lock: two first sign-ins at once remember one identity, and an account being closed is waited for.
    users = User.objects.select_for_update()
    user = users.filter(pk__in=known).first()
    if user is None:
        if not said.email:
            raise ProConnectNobody("email")
        user = users.filter(email=said.email).first()
    if user is None:
        raise ProConnectNobody("unknown")
    if not user.is_active:
        raise ProConnectNobody("closed", user)
    if not siret_fits(said.siret, sirets_here()):
        raise ProConnectNobody("siret", user)
    kept = ProviderIdentity.objects.filter(user=user, issuer=said.issuer).first()
    if kept is None:
        ProviderIdentity.objects.create(user=user, issuer=said.issuer, sub=said.sub, created_at=now)
        _changed(user, user, "link_proconnect")
    elif kept.sub != said.sub:
        raise ProConnectNobody("other", user)
    return user


def prove_by_proconnect(*, user: User, said: Said, asked_at: int) -> None:
    """Prove again who one is, by proving it to the provider after having been asked to.

    Refuses somebody else, whoever the provider did not ask again, and an account whose application of codes says more.
    """
    mine = ProviderIdentity.objects.filter(user=user, issuer=said.issuer, sub=said.sub).exists()
    fresh = said.proved_at >= asked_at - CLOCKS_DIFFER
    enough = said.second_factor or not CodeApp.objects.filter(user=user).exists()
    if not (mine and fresh and enough and user.is_active):
        why = "other" if not mine else "old" if not fresh else "factor"
        record_audit(
            actor=None,
            action=AuditAction.SIGN_IN_FAILED,
            subject=user,
            reason="confirmation par ProConnect",
            detail={"why": why},
        )
        raise ProConnectNoProof(why)


@transaction.atomic
def forget_proconnect(*, actor: User, user: User) -> None:
    """Forget who somebody is at ProConnect: the next sign-in goes by their address again. Twice changes nothing.

    Done by somebody else, it also ends their sessions: whoever came in may not have been them.
    """
    forgotten, _ = ProviderIdentity.objects.filter(user=user).delete()
    if not forgotten:
        return
    if actor.pk != user.pk:
        end_sessions(user=user)
    _changed(actor, user, "forget_proconnect")


def _changed(actor: User, user: User, did: str) -> None:
    record_audit(actor=actor, action=AuditAction.ACCOUNT_CHANGED, subject=user, detail={"did": did})
