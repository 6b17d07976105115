"""What the screens of accounts show: one function per screen or list."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet
from django.utils.timezone import localtime

from bienveille.ground.lib.disclosure import Part, known
from bienveille.ground.lib.typography import calendar_day, clock, listed
from bienveille.ground.platform.text_search import name_matches
from bienveille.register.accounts.choices import AuditAction, Role, SealKind
from bienveille.register.accounts.models import (
    Agency,
    ApiToken,
    AuditEntry,
    AuditSeal,
    CodeApp,
    Company,
    Invitation,
    Landlord,
    LargeFile,
    OpenSession,
    Passkey,
    ProviderIdentity,
    RecoveryCode,
    RoleGrant,
    User,
)
from bienveille.register.accounts.rules import (
    BROWSING_RECORDS,
    BROWSING_SHOWN_FOR,
    BROWSING_TOLD_FOR,
    BROWSING_WINDOW,
    FEWEST_ALONE,
    IDLE_LIMIT,
    LARGE_FILES_SHOWN_FOR,
    LATEST_ARRIVAL,
    MOST_ALONE,
    NO_SEAL_BEFORE,
    LineFault,
    Scope,
    digest,
    line_faults,
    seal_hash,
    still_stands,
    unpack_lines,
)


def landlord() -> Landlord | None:
    """The landlord of this database, for titles (1 query)."""
    return Landlord.objects.first()


def sirets_here() -> list[str]:
    """The establishments whose people may come in by ProConnect; none was told: any (2 queries)."""
    told = [*Landlord.objects.values_list("siret", flat=True), *Company.objects.values_list("siret", flat=True)]
    return [*told, *settings.PROCONNECT.get("sirets", [])]


def users_list(*, text: str = "", inactive: bool = False) -> QuerySet[User]:
    """The page "Utilisateurs": by name or address, with agency and roles (2 queries, and a count for the pages)."""
    users = User.objects.filter(is_active=not inactive).select_related("agency").prefetch_related(_roles())
    if text.strip():
        if "@" in text:
            users = users.filter(email__startswith=text.strip().lower())
        else:
            matching = name_matches("search", text)
            users = users.none() if matching is None else users.filter(matching)
    return users.order_by("last_name", "first_name", "email")


def callers(scope: Scope, *, text: str = "", language: str = "") -> QuerySet[User]:
    """The list "Disponibilités": who has the caller's role in these agencies (2 queries, and a count for the pages)."""
    with_role = RoleGrant.objects.filter(role=Role.CALLER).values("user_id")
    users = User.objects.filter(is_active=True, pk__in=with_role).select_related("agency").prefetch_related("covers")
    if not scope.everything:
        users = users.filter(Q(agency__in=scope.agencies) | Q(agency__company__in=scope.companies))
    if language:
        users = users.filter(languages__contains=[language])
    if text.strip():
        matching = name_matches("search", text)
        users = users.none() if matching is None else users.filter(matching)
    return users.order_by("last_name", "first_name", "email")


def languages_spoken(scope: Scope) -> list[str]:
    """The languages of these callers, for the filter of that list (1 query)."""
    spoken = callers(scope).order_by().values_list("languages", flat=True)
    return sorted({code for codes in spoken for code in codes})


def covered_by(user: User) -> list[UUID]:
    """The agencies that somebody calls for, by key; none: every one (1 query)."""
    return list(user.covers.order_by("name").values_list("pk", flat=True))


def roles_of(user: User) -> list[RoleGrant]:
    """The roles of one user with their scope, for the account pages (1 query)."""
    return list(RoleGrant.objects.filter(user=user).select_related("company", "agency").order_by("granted_at", "pk"))


def _roles() -> Prefetch:
    return Prefetch("grants", RoleGrant.objects.select_related("company", "agency").order_by("granted_at", "pk"))


def open_invitation(user: User, *, now: datetime) -> Invitation | None:
    """The link that this user has not used yet, if it is still good (1 query)."""
    return Invitation.objects.filter(user=user, used_at=None, revoked_at=None, expires_at__gt=now).first()


def invitation_for_secret(secret: str, *, now: datetime) -> Invitation | None:
    """The invitation that this link still opens, with its user, for the page where a password is chosen (1 query)."""
    invitation = Invitation.objects.select_related("user").filter(digest=digest(secret)).first()
    if invitation is None or not invitation.user.is_active:
        return None
    ended = (invitation.used_at, invitation.revoked_at)
    return invitation if still_stands(now=now, expires_at=invitation.expires_at, ended=ended) else None


def live_tokens(user: User, *, now: datetime) -> list[ApiToken]:
    """One's tokens that still work, the newest first, for the page "Mon compte" (1 query)."""
    return list(ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now).order_by("-created_at", "pk"))


def scopes() -> list[tuple[str, str]]:
    """Everything, companies and agencies as choices of a list: ("agency:<id>", name) (2 queries)."""
    companies = [(f"company:{c.pk}", f"Société {c.name}") for c in Company.objects.order_by("name")]
    agencies = [(f"agency:{a.pk}", a.name) for a in Agency.objects.order_by("name")]
    # A single company is the same thing as everything: the list stays short.
    return [("everything", "Tout le patrimoine"), *(companies if len(companies) > 1 else []), *agencies]


#: What counts as looking at a household: its record opened, or handed out for a call.
LOOKS = (AuditAction.HOUSEHOLD_READ, AuditAction.HOUSEHOLD_HANDED)


def looks_at(household_id: UUID) -> QuerySet[AuditEntry]:
    """Who looked at a household, with their name, for its own page: to be ordered and cut (1 query)."""
    return AuditEntry.objects.filter(subject_id=household_id, action__in=LOOKS).select_related("actor")


def count_lookers(household_id: UUID, since: datetime) -> int:
    """How many people looked at a household since a moment (1 query)."""
    looks = AuditEntry.objects.filter(subject_id=household_id, action__in=LOOKS, at__gte=since)
    return looks.aggregate(count=Count("actor", distinct=True))["count"]


def changes_to(subject_ids: Iterable[UUID], *, limit: int) -> list[AuditEntry]:
    """What was changed by hand in a household and its people, the newest first, with who did it (1 query)."""
    actions = (AuditAction.HOUSEHOLD_CHANGED, AuditAction.PERSON_CHANGED, AuditAction.CONTACT_CHANGED)
    entries = AuditEntry.objects.filter(subject_id__in=list(subject_ids), action__in=actions)
    return list(entries.select_related("actor").order_by("-at", "-id")[:limit])


def roles_in_words(users: Iterable[UUID]) -> dict[UUID, str]:
    """What each of these users is, without their name: « responsable d’agence » (1 query)."""
    found: dict[UUID, list[str]] = {}
    for user, role in RoleGrant.objects.filter(user__in=set(users)).order_by("role").values_list("user_id", "role"):
        label = str(Role(role).label).lower()
        if label not in found.setdefault(user, []):
            found[user].append(label)
    return {user: listed(labels) for user, labels in found.items()}


def told_of_looks(subject_ids: Iterable[UUID]) -> list[Part]:
    """Who looked at somebody's record and who changed it, by their role, for that person (GDPR art. 15; 2 queries)."""
    entries = list(AuditEntry.objects.filter(subject_id__in=list(subject_ids)).order_by("-at", "-id"))
    roles = roles_in_words({entry.actor_id for entry in entries if entry.actor_id})
    lines = tuple(
        known(
            ("Le", f"{calendar_day(localtime(entry.at).date())} à {clock(localtime(entry.at))}"),
            ("Quoi", entry.get_action_display()),
            ("Qui", roles.get(entry.actor_id, "un collaborateur") if entry.actor_id else "Bienveille"),
            ("Pourquoi", entry.reason if entry.action in LOOKS else ""),
        )
        for entry in entries
    )
    return [Part("looks", "Qui a lu ou changé votre fiche", "Chaque lecture est inscrite.", lines=lines)]


def agencies() -> QuerySet[Agency]:
    """Agencies by name, for lists of choices (1 query)."""
    return Agency.objects.order_by("name")


def agencies_within(scope: Scope) -> list[Agency]:
    """The agencies that somebody covers, by name (1 query)."""
    found = Agency.objects.order_by("name")
    if not scope.everything:
        found = found.filter(Q(pk__in=scope.agencies) | Q(company__in=scope.companies))
    return list(found)


def users_by_email(emails: list[str]) -> dict[str, User]:
    """Active users with these addresses, by address in lower case, for the command line (1 query)."""
    wanted = {email.strip().lower() for email in emails}
    return {user.email: user for user in User.objects.filter(email__in=wanted, is_active=True)}


def has_second_factor(user: User) -> bool:
    """Whether somebody must show more than a password to come in (1 query)."""
    apps = CodeApp.objects.filter(user=user).order_by().values("pk")
    return apps.union(Passkey.objects.filter(user=user).order_by().values("pk"), all=True).exists()


@dataclass(frozen=True)
class Factors:
    """What somebody has beside the password: the application, passkeys, and how many recovery codes are left."""

    app: CodeApp | None
    passkeys: list[Passkey]
    codes_left: int
    proconnect: ProviderIdentity | None = None

    @property
    def any(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def factors_of(user: User) -> Factors:
    """What somebody can prove who they are with, for the page « Sécurité » (3 queries, 4 with ProConnect)."""
    return Factors(
        app=CodeApp.objects.filter(user=user).first(),
        passkeys=list(Passkey.objects.filter(user=user).order_by("created_at", "pk")),
        codes_left=RecoveryCode.objects.filter(user=user, used_at=None).count(),
        proconnect=proconnect_of(user),
    )


def proconnect_of(user: User) -> ProviderIdentity | None:
    """Who somebody is at the ProConnect in use, if it is and they came by it (1 query at most)."""
    if not settings.PROCONNECT:
        return None
    return ProviderIdentity.objects.filter(user=user, issuer=settings.PROCONNECT["issuer"]).first()


def open_sessions(user: User, *, now: datetime) -> list[OpenSession]:
    """Where somebody is signed in, the last one seen first, for the page « Sécurité » (1 query)."""
    sessions = OpenSession.objects.filter(
        user=user, expire_date__gt=now, seen_at__gt=now - timedelta(seconds=IDLE_LIMIT)
    )
    return list(sessions.defer("session_data").order_by("-seen_at", "pk"))


# ---- The chain of the audit log (docs/adr/0027) ---------------------------------------------------------------------

#: What a line says, as its digest reads it: everything but its number. The database computes it, so that no line
#: travels to be sealed; JSONB writes its keys in one order.
_SAID = """sha256(convert_to(jsonb_build_array(
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
    actor_id, action, subject_type, subject_id, reason, channel, detail)::text, 'UTF8'))"""


def audit_lines(*, after: int, until: int, limit: int | None = None) -> list[tuple[int, bytes]]:
    """Number and SHA-256 of each line numbered in `after` < n ≤ `until`, in order (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {_SAID} FROM accounts_auditentry WHERE id > %s AND id <= %s ORDER BY id LIMIT %s",
            [after, until, limit],
        )
        return [(number, bytes(said)) for number, said in cursor.fetchall()]


@dataclass
class AuditVerdict:
    """What a verification found: sentences about what is wrong, and how much was looked at."""

    faults: list[str] = field(default_factory=list)
    seals: int = 0
    lines: int = 0
    unsealed: int = 0
    erased: int = 0


def audit_head() -> AuditSeal | None:
    """The last seal, which answers for all those before (1 query)."""
    return AuditSeal.objects.defer("lines").order_by("-number").first()


def verify_audit(heads: Mapping[int, Iterable[str]]) -> AuditVerdict:
    """The whole chain read again, against the heads published elsewhere: number of a seal → what it was known by.

    One query for each seal, two more. Without a head from elsewhere, whoever can write anything in the database can
    write the whole chain again.
    """
    verdict, before, number, sealed = AuditVerdict(), NO_SEAL_BEFORE, 0, 0
    gone = AuditSeal.objects.filter(kind=SealKind.PURGE).aggregate(last=Max("last"))["last"] or 0
    missing = set(heads)
    for seal in AuditSeal.objects.order_by("number").iterator(chunk_size=20):
        if seal.number != number + 1:
            verdict.faults.append(f"Sceaux {number + 1} à {seal.number - 1}\u00a0: supprimés.")
        elif seal.former != before or seal.hash != _hash_of(seal):
            verdict.faults.append(f"Sceau {seal.number}\u00a0: récrit.")
        if any(known != seal.hash for known in heads.get(seal.number, ())):
            verdict.faults.append(f"Sceau {seal.number}\u00a0: différent de celui qui avait été publié.")
        missing.discard(seal.number)
        number, before = seal.number, seal.hash
        if seal.kind == SealKind.PURGE:
            verdict.erased += seal.count
            continue
        if seal.first != sealed + 1:
            verdict.faults.append(
                f"Sceau {seal.number}\u00a0: les traces {sealed + 1} à {seal.first - 1} n’y sont pas."
            )
        sealed = seal.last
        verdict.faults += _faults_of(seal, erased=seal.last <= gone)
        verdict.lines += 0 if seal.last <= gone else seal.count
    verdict.seals = number
    if missing:
        verdict.faults.append(
            f"Fin du journal tronquée\u00a0: le sceau {max(missing)} a été publié, il n’est plus dans la base."
        )
    _look_at_rest(verdict, sealed)
    return verdict


def _faults_of(seal: AuditSeal, *, erased: bool) -> list[str]:
    """What is wrong with the lines of one seal, a sentence each (1 query)."""
    found = dict(audit_lines(after=seal.first - 1, until=seal.last))
    if erased:
        return [f"Trace {line}\u00a0: ajoutée après l’effacement des traces de ce sceau." for line in found]
    packed = bytes(seal.lines)
    if hashlib.sha256(packed).hexdigest() != seal.digest:
        return [f"Sceau {seal.number}\u00a0: les empreintes de ses traces ont été récrites."]
    words = {
        LineFault.CHANGED: "modifiée depuis qu’elle a été scellée",
        LineFault.DELETED: "supprimée",
        LineFault.INSERTED: "ajoutée après coup parmi des traces scellées",
        LineFault.MOVED: "échangée avec une autre",
    }
    return [
        f"Trace {line}\u00a0: {words[fault]}." for line, fault in line_faults(sealed=unpack_lines(packed), found=found)
    ]


def _look_at_rest(verdict: AuditVerdict, sealed: int) -> None:
    """Lines that no seal holds yet: those written on their day only (1 query), and none numbered before the first."""
    rest = AuditEntry.objects.filter(Q(pk__gt=sealed) | Q(pk__lt=1))
    verdict.unsealed = rest.count()
    head = audit_head()
    if head is None:
        return
    for line in (
        rest.filter(Q(at__lt=head.sealed_at - LATEST_ARRIVAL) | Q(pk__lt=1)).order_by("pk").values_list("pk", flat=True)
    ):
        verdict.faults.append(f"Trace {line}\u00a0: ajoutée après coup, à une date déjà scellée.")


def _hash_of(seal: AuditSeal) -> str:
    return seal_hash(
        number=seal.number, kind=seal.kind, first=seal.first, last=seal.last, count=seal.count, digest=seal.digest,
        last_at=seal.last_at, sealed_at=seal.sealed_at, former=seal.former,
    )  # fmt: skip


# ---- Curious browsing -----------------------------------------------------------------------------------------------


def who_browses(now: datetime) -> dict[UUID, int]:
    """Who opened many different records lately that they were not handed: how many, by person (2 queries).

    Lines have no index by hour: those before the last seal made earlier are older, and are not read.
    """
    since = now - BROWSING_WINDOW
    seals = AuditSeal.objects.filter(kind=SealKind.LINES, sealed_at__lt=since).order_by("-number")
    older = seals.values_list("last", flat=True).first() or 0
    lines = AuditEntry.objects.filter(pk__gt=older, at__gte=since, actor__isnull=False, subject_id__isnull=False)
    handed = lines.filter(
        actor=OuterRef("actor"), subject_id=OuterRef("subject_id"), action=AuditAction.HOUSEHOLD_HANDED
    )
    read = lines.filter(Q(action=AuditAction.HOUSEHOLD_READ) & ~Exists(handed))
    counted = read.values("actor").annotate(records=Count("subject_id", distinct=True))
    return dict(counted.filter(records__gte=BROWSING_RECORDS).values_list("actor", "records"))


def told_of_browsing(user: User, now: datetime) -> bool:
    """Whether the direction was written to about this person a short while ago (1 query)."""
    told = AuditEntry.objects.filter(subject_id=user.pk, at__gte=now - BROWSING_TOLD_FOR, detail__did="browsing_told")
    return told.exists()


#: Who watches over the accounts of the whole landlord.
_WATCHES = {"role__in": [Role.ADMINISTRATOR, Role.DIRECTOR], "company": None, "agency": None}
MANAGE = [Role.ADMINISTRATOR, Role.DIRECTOR, Role.AGENCY_MANAGER]


def who_watches_accounts() -> list[str]:
    """Addresses of the administrators and directors of the whole landlord (1 query)."""
    watchers = User.objects.filter(pk__in=RoleGrant.objects.filter(**_WATCHES).values("user"), is_active=True)
    return list(watchers.order_by("email").values_list("email", flat=True))


def browsing_told(now: datetime) -> list[AuditEntry]:
    """What the direction was told about curious reading since yesterday, the newest first, for its home page.

    2 queries: as above, lines before the last seal made earlier are older, and are not read.
    """
    since = now - BROWSING_SHOWN_FOR
    seals = AuditSeal.objects.filter(kind=SealKind.LINES, sealed_at__lt=since).order_by("-number")
    older = seals.values_list("last", flat=True).first() or 0
    lines = AuditEntry.objects.filter(pk__gt=older, at__gte=since, action=AuditAction.ACCOUNT_CHANGED)
    return list(lines.filter(detail__did="browsing_told").order_by("-at", "-pk")[:5])


def names_of(users: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these accounts, by key (1 query)."""
    return {user.pk: user.display_name for user in User.objects.filter(pk__in=set(users))}


# ---- Large files ----------------------------------------------------------------------------------------------------


def rows_alone() -> int:
    """Above how many rows a file about people needs somebody else here (1 query)."""
    owner = landlord()
    chosen = owner.settings.get("rows_alone") if owner else None
    return chosen if isinstance(chosen, int) and FEWEST_ALONE <= chosen <= MOST_ALONE else settings.ROWS_WITHOUT_PROOF


def who_answers(asker: User) -> QuerySet[User]:
    """Who may answer for a long file that somebody asks for: never themselves (2 queries at most, lazy).

    The administrators and directors of the whole landlord; where there is no other, the managers of the asker's agency.
    Somebody who has never come in answers nothing: a landlord of one director is not shut out by an unused account.
    """
    others = User.objects.filter(is_active=True, last_login__isnull=False).exclude(pk=asker.pk)
    watchers = others.filter(pk__in=RoleGrant.objects.filter(**_WATCHES).values("user"))
    if asker.agency_id is None or watchers.exists():
        return watchers.order_by("last_name", "first_name", "pk")
    company = Agency.objects.filter(pk=asker.agency_id).values("company")
    near = RoleGrant.objects.filter(Q(agency=asker.agency_id) | Q(company__in=company))
    managers = near.filter(role__in=MANAGE)
    return others.filter(pk__in=managers.values("user")).order_by("last_name", "first_name", "pk")


def large_files_of(user: User, *, now: datetime) -> list[LargeFile]:
    """The long files that somebody asked for in the last month, the newest first (1 query)."""
    asked = LargeFile.objects.filter(asked_by=user, asked_at__gte=now - LARGE_FILES_SHOWN_FOR)
    return list(asked.select_related("answered_by").order_by("-asked_at", "-pk")[:20])


def large_files_to_answer(user: User, *, now: datetime) -> list[LargeFile]:
    """The long files of others that wait for this person's answer, the oldest first (3 queries, 1 when none waits).

    As `who_answers` says it for one asker, told here for all of them at once.
    """
    waiting = LargeFile.objects.filter(agreed=None, expires_at__gt=now).exclude(asked_by=user)
    found = list(waiting.select_related("asked_by__agency").order_by("asked_at", "pk")[:50])
    if not found or not user.is_active or user.last_login is None:
        return []
    there = User.objects.filter(is_active=True, last_login__isnull=False)
    watchers = set(
        there.filter(pk__in=RoleGrant.objects.filter(**_WATCHES).values("user")).values_list("pk", flat=True)
    )
    managed = RoleGrant.objects.filter(user=user, role__in=MANAGE).values_list("agency_id", "company_id")
    near = {key for pair in managed for key in pair if key is not None}

    def answers(asker: User) -> bool:
        agency = asker.agency
        if agency is None or watchers - {asker.pk}:
            return user.pk in watchers
        return agency.pk in near or agency.company_id in near

    return [one for one in found if answers(one.asked_by)]


def large_files_answered(*, now: datetime) -> list[LargeFile]:
    """The long files of the last month, whoever asked, for the direction of the whole landlord (1 query)."""
    found = LargeFile.objects.filter(agreed__isnull=False, asked_at__gte=now - LARGE_FILES_SHOWN_FOR)
    return list(found.select_related("asked_by", "answered_by").order_by("-asked_at", "-pk")[:50])


def may_take_now(user: User, *, now: datetime) -> bool:
    """Whether a long file that somebody asked for may leave now (1 query)."""
    agreed = LargeFile.objects.filter(asked_by=user, agreed=True, taken_at=None)
    return agreed.filter(opens_at__lte=now, expires_at__gt=now).exists()
