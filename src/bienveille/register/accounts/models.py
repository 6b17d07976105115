"""The landlord, its companies and agencies, those who sign in, what they may do, and the log of what they did.

One database serves one landlord (docs/adr/0001), so nothing here carries a landlord key. Residences and homes
are in `housing`; people who live there are in `tenants`.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import CheckConstraint, F, GeneratedField, Q, TextField, UniqueConstraint
from django.db.models.functions import Lower
from django.utils.module_loading import import_string

from bienveille.ground.lib.names import spelled
from bienveille.ground.platform.records import Record, RecordManager
from bienveille.ground.platform.text_search import SearchName
from bienveille.register.accounts.choices import AuditAction, AuditChannel, LandlordKind, Role, SealKind


class Landlord(Record):
    """The one landlord of this database."""

    name = models.CharField(max_length=200)
    siret = models.CharField(max_length=14, blank=True)
    kind = models.CharField(max_length=20, choices=LandlordKind, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    only = models.BooleanField(default=True, editable=False, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            CheckConstraint(name="landlord_is_alone", condition=Q(only=True)),
            CheckConstraint(name="landlord_siret", condition=Q(siret="") | Q(siret__regex=r"^\d{14}$")),
        ]

    def __str__(self) -> str:
        return self.name


class Company(Record):
    """A legal entity of the landlord's group."""

    name = models.CharField(max_length=200, unique=True)
    siret = models.CharField(max_length=14, blank=True)

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            CheckConstraint(name="company_siret", condition=Q(siret="") | Q(siret__regex=r"^\d{14}$")),
        ]

    def __str__(self) -> str:
        return self.name


class Agency(Record):
    """A local office: every residence belongs to one."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="agencies")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "agencies"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserManager(RecordManager, BaseUserManager["User"]):
    """Users are known by their e-mail address, in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A new account; without a password nobody can sign in until an invitation is used."""
        user = User(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return User.objects.get(email=(username or "").strip().lower())


class User(Record, AbstractBaseUser):
    """Someone who signs in: staff, volunteer, partner. Tenants' accounts come with the portal.

    Never deleted, so that the audit log keeps its meaning: `is_active` is turned off.
    """

    email = models.EmailField(unique=True)
    last_name = models.CharField(max_length=100, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    service = models.CharField(max_length=100, blank=True, help_text="Department of the landlord, as it names it")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="staff")
    hours_per_week = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    phone = models.CharField(max_length=16, blank=True, help_text="E.164")
    covers = models.ManyToManyField(
        Agency, related_name="+", blank=True, help_text="Agencies that they call for; none: every agency"
    )
    skills = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    imported = models.BooleanField(default=False, help_text="Opened by a staff file, and closed by one")
    left_on = models.DateField(null=True, blank=True, help_text="Day on which a staff file no longer listed them")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    search: GeneratedField = GeneratedField(
        expression=SearchName("last_name", "first_name"), output_field=TextField(), db_persist=True
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["last_name", "first_name"]
        constraints = [
            UniqueConstraint(Lower("email"), name="user_email_once"),
            CheckConstraint(name="user_email_lower", condition=Q(email=Lower("email"))),
            CheckConstraint(name="user_phone", condition=Q(phone="") | Q(phone__regex=r"^\+\d{4,15}$")),
            CheckConstraint(
                name="user_hours",
                condition=Q(hours_per_week=None) | Q(hours_per_week__gte=0, hours_per_week__lte=60),
            ),
            CheckConstraint(name="user_left_is_closed", condition=Q(left_on=None) | Q(is_active=False)),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return f"{spelled(self.first_name)} {spelled(self.last_name)}".strip() or self.email

    @property
    def initials(self) -> str:
        """First name and one letter, as the bar shows: "Josiane T."."""
        return f"{spelled(self.first_name)} {self.last_name[:1]}.".strip() if self.last_name else self.email


class RoleGrant(Record):
    """A user has a role within a scope: everything, one company, or one agency."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role)
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="+")
    agency = models.ForeignKey(Agency, models.CASCADE, null=True, blank=True, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            CheckConstraint(name="grant_one_scope", condition=Q(company=None) | Q(agency=None)),
            CheckConstraint(name="grant_role", condition=Q(role__in=Role.values)),
            UniqueConstraint(fields=["user", "role", "company", "agency"], name="grant_once", nulls_distinct=False),
        ]


class Invitation(Record):
    """A one-time link with which somebody chooses a password. Only the digest of its secret is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, hexadecimal")
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="invitation_expires", condition=Q(expires_at__gt=F("created_at"))),
            CheckConstraint(name="invitation_one_end", condition=Q(used_at=None) | Q(revoked_at=None)),
            UniqueConstraint(name="invitation_one_open", fields=["user"], condition=Q(used_at=None, revoked_at=None)),
        ]


class ApiToken(Record):
    """A secret with which a program acts with its owner's own rights. Only the digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, hexadecimal")
    label = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(name="token_expires", condition=Q(expires_at__gt=F("created_at"))),
        ]


class AuditEntry(models.Model):
    """One thing somebody read or did: who, what, when, why. Appended only: the database refuses the rest."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=models.functions.Now())
    # No constraint in the database: users are never deleted, and its check would lock a row at every hand-out.
    actor = models.ForeignKey(User, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False)
    action = models.CharField(max_length=40, choices=AuditAction)
    subject_type = models.CharField(max_length=40, blank=True, help_text="Model label, e.g. tenants.Household")
    subject_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why: the campaign, the screen, the motive given")
    channel = models.CharField(max_length=8, choices=AuditChannel, default=AuditChannel.WEB)
    detail = models.JSONField(default=dict, help_text="Names of changed fields and counts; never personal values")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject_id", "-at"], name="audit_subject", condition=Q(subject_id__isnull=False)),
            models.Index(fields=["actor", "-at"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class AuditSeal(models.Model):
    """Lines of the audit log sealed together, chained to the seal before (docs/adr/0027). Appended only.

    A seal of kind « purge » says which lines were erased at their term; `lines` of the seals that held them is emptied.
    """

    number = models.BigIntegerField(primary_key=True, help_text="From 1, without a gap")
    kind = models.CharField(max_length=8, choices=SealKind)
    first = models.BigIntegerField(help_text="Number of the first line; every line up to `last` is held, or erased")
    last = models.BigIntegerField()
    count = models.IntegerField()
    lines = models.BinaryField(help_text="Number and SHA-256 of each line: 8 and 32 bytes")
    digest = models.CharField(max_length=64, help_text="SHA-256 of `lines` as sealed, hexadecimal")
    last_at = models.DateTimeField(help_text="When the latest of its lines was written")
    sealed_at = models.DateTimeField()
    former = models.CharField(max_length=64, help_text="`hash` of the seal before")
    hash = models.CharField(max_length=64, help_text="SHA-256 of all the rest but `lines`, hexadecimal")

    class Meta:
        constraints = [
            CheckConstraint(name="audit_seal_kind", condition=Q(kind__in=SealKind.values)),
            CheckConstraint(name="audit_seal_range", condition=Q(last__gte=F("first"), number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.hash}"


class CodeApp(Record):
    """The application of somebody's telephone that gives a code every thirty seconds: their second factor."""

    user = models.OneToOneField(User, models.CASCADE, related_name="code_app")
    sealed = models.CharField(max_length=255, help_text="The shared secret, sealed with the installation's key")
    last_step = models.BigIntegerField(help_text="Thirty-second step of the last code used: each serves once")
    created_at = models.DateTimeField()


class Passkey(Record):
    """A key kept by somebody's device or security token (WebAuthn); we hold its public half only."""

    user = models.ForeignKey(User, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(max_length=1023, unique=True)
    credential = models.BinaryField(help_text="Attested credential data: identifier and public key (WebAuthn §6.5.2)")
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class RecoveryCode(Record):
    """A code to come in when the telephone is lost; each serves once. Only its keyed digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, help_text="Keyed digest of the code, hexadecimal")
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]


class ProviderIdentity(Record):
    """Who somebody is at ProConnect: what it calls them, remembered at their first sign-in by it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=200, help_text="Address of the provider: another one calls nobody the same")
    sub = models.CharField(max_length=255, help_text="What it calls them: it says nothing by itself")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "provider identities"
        constraints = [
            UniqueConstraint(fields=["issuer", "sub"], name="identity_one_account"),
            UniqueConstraint(fields=["user", "issuer"], name="identity_one_each"),
        ]


class LargeFile(Record):
    """A file about many people that somebody asks to take away; somebody else agrees or refuses. It leaves once."""

    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    address = models.CharField(max_length=2000, help_text="Path and filters of the list, without order nor page")
    kind = models.CharField(max_length=8, blank=True, help_text="Form of the file: xlsx, csv; nothing for an archive")
    what = models.CharField(max_length=300, help_text="The file in words, without anybody's name")
    rows = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Last moment to answer; once agreed, to take it away")
    alone = models.BooleanField(default=False, help_text="Nobody else could answer: an hour and a message instead")
    agreed = models.BooleanField(null=True, help_text="Nothing as long as nobody answered")
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True, help_text="Why it was refused")
    opens_at = models.DateTimeField(null=True, help_text="From when what was agreed can be taken away")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(name="large_file_expires", condition=Q(expires_at__gt=F("asked_at"))),
            CheckConstraint(
                name="large_file_answered",
                condition=Q(agreed=None, answered_at=None, opens_at=None)
                | Q(agreed__isnull=False, answered_at__isnull=False),
            ),
            # The rule itself: nobody answers for themselves, unless nobody else could.
            CheckConstraint(
                name="large_file_two_people",
                condition=Q(alone=True, answered_by=None)
                | Q(alone=False, agreed=None, answered_by=None)
                | (Q(alone=False, answered_by__isnull=False) & ~Q(answered_by=F("asked_by"))),
            ),
            CheckConstraint(
                name="large_file_taken", condition=Q(taken_at=None) | Q(agreed=True, opens_at__isnull=False)
            ),
        ]


class OpenSession(AbstractBaseSession):
    """Somebody signed in on one device, until they leave or are left idle. Only the digest of its key is kept."""

    session_key = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the cookie, hexadecimal")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="open_sessions")
    browser = models.CharField(max_length=60, blank=True, help_text="« Firefox sous Windows »: no version, no address")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        verbose_name = "open session"
        verbose_name_plural = "open sessions"

    @classmethod
    def get_session_store_class(cls) -> type:
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")
