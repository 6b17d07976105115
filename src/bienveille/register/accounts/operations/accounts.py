"""What can be done to accounts, and the audit log that every operation of the house writes to."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import models, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.prepared import insert
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction, AuditChannel, Role
from bienveille.register.accounts.models import (
    Agency,
    ApiToken,
    AuditEntry,
    Company,
    Invitation,
    Landlord,
    OpenSession,
    ProviderIdentity,
    RoleGrant,
    User,
)
from bienveille.register.accounts.rules import (
    INVITATION_LASTS,
    LONGEST_TOKEN_DAYS,
    TOKEN_PREFIX,
    digest,
    still_stands,
)

# ---- Audit -----------------------------------------------------------------------------------------------------

# Requests say WEB (middleware), the API and the jobs say theirs; whatever else runs was typed in a shell.
_channel: ContextVar[AuditChannel] = ContextVar("audit_channel", default=AuditChannel.CLI)


@contextmanager
def acting_through(channel: AuditChannel) -> Iterator[None]:
    """What is audited inside came through this channel."""
    former = _channel.set(channel)
    try:
        yield
    finally:
        _channel.reset(former)


def current_channel() -> AuditChannel:
    """The channel of what is running, for operations that audit inside their own SQL."""
    return _channel.get()


def record_audit(
    *,
    actor: User | None,
    action: AuditAction,
    subject: models.Model | None = None,
    subject_type: str = "",
    subject_id: UUID | None = None,
    reason: str = "",
    channel: AuditChannel | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Say who did or read what, and why, in the transaction of what was done (1 query).

    `detail` holds names of fields and counts, never the personal values themselves. The channel is known from
    where the code runs (`acting_through`).
    """
    if subject is not None:
        subject_type, subject_id = subject._meta.label, subject.pk
    entry = AuditEntry(
        actor=actor,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id if isinstance(subject_id, UUID) else None,
        reason=reason[:300],
        channel=channel or _channel.get(),
        detail=detail or {},
    )
    insert(entry)


def _changed(*, actor: User | None, subject: models.Model, did: str, **detail: Any) -> None:
    record_audit(actor=actor, action=AuditAction.ACCOUNT_CHANGED, subject=subject, detail={"did": did, **detail})


# ---- Refusals --------------------------------------------------------------------------------------------------


class LandlordExists(Refusal):
    message = "Cette base a déjà son bailleur\u00a0: une base sert un seul bailleur."


class CompanyExists(Refusal):
    message = "Une société porte déjà ce nom."


class AgencyExists(Refusal):
    message = "Une agence porte déjà ce code."


class InvalidEmail(Refusal):
    message = "Cette adresse électronique n’est pas valable. Exemple\u00a0: prenom.nom@exemple.fr"


class EmailTaken(Refusal):
    message = "Quelqu’un a déjà un compte avec cette adresse électronique."


class OneScopeOnly(Refusal):
    message = "Un rôle porte sur une société ou sur une agence, pas sur les deux."


class LastAdministrator(Refusal):
    message = (
        "C’est le dernier compte qui peut gérer les autres. Donnez d’abord ce rôle à quelqu’un qui peut se connecter."
    )


class AccountInactive(Refusal):
    message = "Ce compte est désactivé. Réactivez-le d’abord."


class InvitationRefused(Refusal):
    message = (
        "Ce lien ne sert plus\u00a0: il a expiré, il a déjà servi ou il a été remplacé. "
        "Demandez-en un nouveau à la personne qui vous a invité."
    )


class TokenTooLong(Refusal):
    message = f"Un jeton dure entre 1 et {LONGEST_TOKEN_DAYS} jours."


# ---- The landlord, its companies and agencies ------------------------------------------------------------------


@transaction.atomic
def create_landlord(*, actor: User | None, name: str, kind: str = "", siret: str = "") -> Landlord:
    """Name the landlord of this database. Refuses a second one."""
    if Landlord.objects.exists():
        raise LandlordExists
    landlord = Landlord(name=name.strip(), kind=kind, siret=siret)
    _insert_once(landlord, LandlordExists)
    _changed(actor=actor, subject=landlord, did="create")
    return landlord


@transaction.atomic
def create_company(*, actor: User | None, name: str, siret: str = "") -> Company:
    """Add a legal entity of the group. Refuses a name already taken."""
    company = Company(name=name.strip(), siret=siret)
    _insert_once(company, CompanyExists)
    _changed(actor=actor, subject=company, did="create")
    return company


@transaction.atomic
def create_agency(*, actor: User | None, company: Company, code: str, name: str) -> Agency:
    """Add a local office. Refuses a code already taken."""
    agency = Agency(company=company, code=code.strip(), name=name.strip())
    _insert_once(agency, AgencyExists)
    _changed(actor=actor, subject=agency, did="create")
    return agency


def _insert_once(row: models.Model, refusal: type[Refusal]) -> None:
    """Insert, or refuse when a unique constraint says that the row exists; two at once give one row, one refusal."""
    from django.db import IntegrityError
    from psycopg.errors import UniqueViolation

    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise refusal from None
        raise


# ---- Users -----------------------------------------------------------------------------------------------------

PERSONAL_FIELDS = (
    "email", "last_name", "first_name", "service", "agency", "hours_per_week", "languages", "skills", "phone",
)  # fmt: skip


@transaction.atomic
def create_user(*, actor: User | None, email: str, **fields: Any) -> User:
    """Open an account, without password: nobody can sign in until an invitation is used.

    Refuses an address that is not one or is already taken. `fields`: any of PERSONAL_FIELDS.
    """
    user = User(email=_clean_email(email), **_only_personal(fields))
    user.set_unusable_password()
    _insert_once(user, EmailTaken)
    _changed(actor=actor, subject=user, did="create")
    return user


@transaction.atomic
def create_user_with_role(
    *,
    actor: User | None,
    role: Role,
    company: Company | None = None,
    scope_agency: Agency | None = None,
    **fields: Any,
) -> User:
    """Open an account with its first role; refuses what either refuses, and then neither happens."""
    user = create_user(actor=actor, **fields)
    grant_role(actor=actor, user=user, role=role, company=company, agency=scope_agency)
    return user


@transaction.atomic
def change_user(*, actor: User | None, user: User, **fields: Any) -> User:
    """Correct somebody's data; nothing is written when nothing changes. Refuses a wrong or taken address."""
    user = _locked(user)
    wanted = _only_personal(fields)
    if "email" in wanted:
        wanted["email"] = _clean_email(wanted["email"])
        if User.objects.exclude(pk=user.pk).filter(email=wanted["email"]).exists():
            raise EmailTaken
    names = {"agency": "agency_id"}
    changed = []
    for field, value in wanted.items():
        stored = names.get(field, field)
        new = getattr(value, "pk", None) if field == "agency" else value
        if getattr(user, stored) != new:
            setattr(user, stored, new)
            changed.append(field)
    if changed:
        user.save(update_fields=[names.get(field, field) for field in changed])
        _changed(actor=actor, subject=user, did="change", fields=sorted(changed))
    return user


@transaction.atomic
def change_availability(*, actor: User | None, user: User, covers: Iterable[UUID], **fields: Any) -> None:
    """Say when, in which languages and for which agencies somebody calls; nothing is written when nothing changes."""
    wanted = set(covers)
    user = change_user(actor=actor, user=user, **fields)
    if wanted != set(user.covers.values_list("pk", flat=True)):
        user.covers.set(Agency.objects.filter(pk__in=wanted))
        _changed(actor=actor, subject=user, did="change", fields=["covers"])


def record_callers_exported(*, actor: User, rows: int, form: str) -> None:
    """Say that the list of callers was taken away."""
    detail = {"rows": rows, "form": form}
    record_audit(actor=actor, action=AuditAction.EXPORTED, reason="Disponibilités des appelants", detail=detail)


@transaction.atomic
def deactivate_user(*, actor: User | None, user: User, now: datetime, left_on: date | None = None) -> None:
    """Close an account at once: open sessions, tokens and links stop working. It is never deleted.

    `left_on`: the day on which a staff file no longer listed them; the next one that does opens the account again.
    Refuses for the last administrator. Done twice, it changes nothing.
    """
    administrators = _locked_administrators()
    user = _locked(user)
    if not user.is_active:
        return
    if administrators == {user.pk}:
        raise LastAdministrator
    user.is_active = False
    user.left_on = left_on
    user.set_unusable_password()  # also ends the sessions for good, should the account be opened again
    user.save(update_fields=["is_active", "left_on", "password"])
    tokens = ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    _revoke_invitations(user, now)
    OpenSession.objects.filter(user=user).delete()
    ProviderIdentity.objects.filter(user=user).delete()
    _changed(actor=actor, subject=user, did="deactivate", tokens=tokens, by_file=left_on is not None)


@transaction.atomic
def reactivate_user(*, actor: User | None, user: User) -> None:
    """Open a closed account again; its owner needs a new invitation to choose a password."""
    user = _locked(user)
    if user.is_active:
        return
    user.is_active, user.left_on = True, None
    user.save(update_fields=["is_active", "left_on"])
    _changed(actor=actor, subject=user, did="reactivate")


@transaction.atomic
def change_password(*, actor: User | None, user: User, password: str) -> None:
    """Set a password that the form has checked; every other session of this account ends."""
    locked = _locked(user)
    locked.set_password(password)
    locked.save(update_fields=["password"])
    user.password = locked.password
    _changed(actor=actor, subject=user, did="change", fields=["password"])


def _clean_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidEmail from None
    return email


def _only_personal(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - set(PERSONAL_FIELDS):
        raise TypeError(f"not a personal field: {sorted(unknown)}")
    return fields


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


# ---- Roles -----------------------------------------------------------------------------------------------------


@transaction.atomic
def grant_role(
    *, actor: User | None, user: User, role: Role, company: Company | None = None, agency: Agency | None = None
) -> None:
    """Give somebody a role over everything, one company or one agency. Given twice, it changes nothing."""
    if company is not None and agency is not None:
        raise OneScopeOnly
    _, created = RoleGrant.objects.get_or_create(user=user, role=Role(role), company=company, agency=agency)
    if created:
        _changed(actor=actor, subject=user, did="grant", role=role, scope=_scope_name(company, agency))


@transaction.atomic
def revoke_role(
    *, actor: User | None, user: User, role: Role, company: Company | None = None, agency: Agency | None = None
) -> None:
    """Take a role back, from the next click on. Refuses for the last administrator. Twice changes nothing."""
    if role == Role.ADMINISTRATOR and company is None and agency is None and _locked_administrators() == {user.pk}:
        raise LastAdministrator
    deleted, _ = RoleGrant.objects.filter(user=user, role=role, company=company, agency=agency).delete()
    if deleted:
        _changed(actor=actor, subject=user, did="revoke", role=role, scope=_scope_name(company, agency))


def _locked_administrators() -> set[UUID]:
    """Active administrators of everything; whoever else would take one away waits until we are done.

    Two statements: the second sees what the one we waited for did, the first would not.
    """
    grants = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, company=None, agency=None)
    list(grants.order_by("pk").select_for_update().values_list("pk"))
    return set(grants.filter(user__is_active=True).values_list("user_id", flat=True))


def _scope_name(company: Company | None, agency: Agency | None) -> str:
    return f"agency {agency.code}" if agency else f"company {company.pk}" if company else "everything"


# ---- Invitations -----------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, actor: User | None, user: User, now: datetime) -> str:
    """Make the one-time link with which somebody chooses a password, valid 7 days; the former link stops working.

    Returns its secret, which is not kept. Refuses a deactivated account.
    """
    user = _locked(user)
    if not user.is_active:
        raise AccountInactive
    _revoke_invitations(user, now)
    secret = secrets.token_urlsafe(32)
    Invitation.objects.create(
        user=user, digest=digest(secret), created_by=actor, created_at=now, expires_at=now + INVITATION_LASTS
    )
    _changed(actor=actor, subject=user, did="invite")
    return secret


def _revoke_invitations(user: User, now: datetime) -> None:
    Invitation.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=now)


@transaction.atomic
def accept_invitation(*, secret: str, password: str, now: datetime) -> User:
    """Choose one's password with the link received; it works once.

    The form has checked the password. Refuses a link unknown, expired, used, replaced, or of a closed account.
    """
    invitation = Invitation.objects.select_related("user").select_for_update().filter(digest=digest(secret)).first()
    if (
        invitation is None
        or not invitation.user.is_active
        or not still_stands(
            now=now, expires_at=invitation.expires_at, ended=(invitation.used_at, invitation.revoked_at)
        )
    ):
        raise InvitationRefused
    user = invitation.user
    user.set_password(password)
    user.save(update_fields=["password"])
    invitation.used_at = now
    invitation.save(update_fields=["used_at"])
    _changed(actor=user, subject=user, did="accept_invitation")
    return user


# ---- API tokens ------------------------------------------------------------------------------------------------


@transaction.atomic
def create_api_token(*, actor: User | None, user: User, label: str, now: datetime, days: int = 90) -> str:
    """Make a secret with which a program acts with this user's own rights; shown once, only its digest is kept.

    Refuses a closed account, and a token for more than a year.
    """
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise TokenTooLong
    if not _locked(user).is_active:
        raise AccountInactive
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        digest=digest(secret),
        label=label.strip()[:100],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    _changed(actor=actor, subject=user, did="create_token", days=days)
    return secret


@transaction.atomic
def revoke_api_token(*, actor: User | None, token: ApiToken, now: datetime) -> None:
    """Stop a token at once. Stopped twice, it keeps its first date."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        _changed(actor=actor, subject=token, did="revoke_token")


@job(queue="messages", retry_on=(OSError,))
def send_reset_link(*, user_id: str, root: str) -> None:
    """Send the link with which somebody chooses another password; nothing to a closed account.

    A job, so that asking for a known address takes no longer than for an unknown one. Done twice, two messages leave,
    and the first link used spends the other. `root`: address of the site, "https://…/".
    """
    from allauth.account.utils import user_pk_to_url_str

    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return
    link = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    url = root.rstrip("/") + reverse("account_reset_password_from_key", kwargs=link)
    EmailMessage(
        subject="Bienveille\u00a0: choisir un nouveau mot de passe",
        body=render_to_string("accounts/mail_reset.txt", {"url": url}),
        to=[user.email],
    ).send()


# ---- Signing in and out (told by adapters.py) ------------------------------------------------------------------


def record_signed_in(*, user: User, reason: str = "") -> None:
    """Keep the trace of somebody coming in."""
    record_audit(actor=user, action=AuditAction.SIGNED_IN, subject=user, reason=reason)


def record_signed_out(*, user: User, reason: str = "") -> None:
    """Keep the trace of somebody going out, by themselves or because the session is over."""
    record_audit(actor=user, action=AuditAction.SIGNED_OUT, subject=user, reason=reason)


def record_sign_in_failed(*, email: str) -> None:
    """Keep the trace of a failure: the account aimed at when there is one, never what was typed."""
    user = User.objects.filter(email=email.strip().lower()).only("pk").first()
    record_audit(actor=None, action=AuditAction.SIGN_IN_FAILED, subject=user)
