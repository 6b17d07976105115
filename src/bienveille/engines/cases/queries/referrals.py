"""Referrals to partners: those of a case, what a partner reads, which links and visits stand, what is late."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q

from bienveille.engines.cases.choices import ReferralState
from bienveille.engines.cases.models import Case, PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.cases.rules.referrals import A_DAY, WITH_PARTNER, Leaving, what_leaves
from bienveille.ground.lib.typography import NBSP
from bienveille.register.accounts.rules import digest
from bienveille.register.housing.models import Dwelling
from bienveille.register.tenants.choices import ContactKind, ContactStatus
from bienveille.register.tenants.models import ContactPoint, Household, Person
from bienveille.register.tenants.queries import is_protected
from bienveille.register.tenants.rules import holder_first, is_present

_NAMED = (
    "case__agency",
    "case__household",
    "case__owner",
    "person",
    "proposed_by",
    "heard_by",
    "sent_by",
    "withdrawn_by",
)
_HOME = "dwelling__building__residence__commune"


@dataclass(frozen=True)
class Shared:
    """All that leaves of a person for one referral: what the sender is shown before, and the partner after."""

    name: str
    phone: str
    address: tuple[str, ...]
    leaving: Leaving
    hidden: bool


def find_referral(referral_id: UUID) -> PartnerReferral | None:
    """One referral with all that its page names (1 query)."""
    return PartnerReferral.objects.select_related(*_NAMED).filter(pk=referral_id).first()


def referrals_of(case: Case) -> list[PartnerReferral]:
    """The referrals of a case, the latest first, for its page (1 query)."""
    return list(
        PartnerReferral.objects.filter(case=case)
        .select_related("person", "proposed_by")
        .order_by("-proposed_at", "-pk")
    )


def people_of(case: Case, today: date) -> list[Person]:
    """Who lives in the household of a case, the holder first: one of them is referred (1 query)."""
    people = Person.objects.filter(household=case.household_id).order_by("pk")
    return sorted((one for one in people if is_present(one, today)), key=holder_first)


def is_hidden(case: Case, today: date) -> bool:
    """Whether the address of a case's household never leaves: it is protected, or the case confidential (1 query)."""
    return case.kind in CONFIDENTIAL or bool(case.household_id and is_protected(case.household_id, today))


def shared(referral: PartnerReferral, today: date) -> Shared:
    """What leaves of a referral's person, read today; the same for the preview and for the partner (3 queries)."""
    hidden = is_hidden(referral.case, today)
    leaving = what_leaves(
        phone=referral.with_phone,
        address=referral.with_address,
        hidden=hidden,
        safe_channel=referral.safe_channel,
    )
    return Shared(
        name=referral.person.display_name,
        phone=own_phone(referral.person_id) if leaving.phone else "",
        address=tuple(home_lines(referral.case.household_id)) if leaving.address and referral.case.household_id else (),
        leaving=leaving,
        hidden=hidden,
    )


def own_phone(person_id: UUID) -> str:
    """The number of somebody themselves that may be used, never that of a relative (1 query)."""
    usable = ContactPoint.objects.filter(
        person=person_id,
        kind=ContactKind.PHONE,
        whose="",
        status__in=[ContactStatus.VALID, ContactStatus.UNVERIFIED],
    )
    return (
        usable.order_by("-status", F("verified_on").desc(nulls_last=True), "pk").values_list("value", flat=True).first()
        or ""
    )


def home_lines(household_id: UUID) -> list[str]:
    """The postal address of a household, line by line; nothing once it has left (1 query)."""
    household = Household.objects.select_related(_HOME).filter(pk=household_id).first()
    return lines_of(household.dwelling) if household and household.dwelling else []


def lines_of(dwelling: Dwelling) -> list[str]:
    """The postal address of a home already read, line by line (no query)."""
    residence = dwelling.building.residence
    inside = [
        f"bât.{NBSP}{dwelling.building.code}" if dwelling.building.code else "",
        f"esc.{NBSP}{dwelling.staircase}" if dwelling.staircase else "",
        _floor(dwelling.floor),
        f"porte{NBSP}{dwelling.door}" if dwelling.door else "",
    ]
    place = " ".join(filter(None, [residence.postal_code, residence.commune.name if residence.commune else ""]))
    street = residence.address or residence.name
    return [line for line in (street, ", ".join(filter(None, inside)), place) if line]


def _floor(floor: int | None) -> str:
    if floor is None:
        return ""
    if floor == 0:
        return "rez-de-chaussée"
    return f"{'1er' if abs(floor) == 1 else f'{abs(floor)}e'} {'étage' if floor > 0 else 'sous-sol'}"


# ---- Links, codes, visits


def link_of_secret(secret: str) -> ReferralLink | None:
    """The link of a secret, whatever became of it (1 query)."""
    return ReferralLink.objects.select_related("referral").filter(digest=digest(secret)).first()


def standing_link(secret: str, now: datetime) -> ReferralLink | None:
    """The link that this secret still opens: known, in time, not replaced, its referral still with the partner, the
    person alive (1 query).
    """
    return (
        ReferralLink.objects.select_related("referral__person", "referral__case")
        .filter(_stands(now, "referral__"), digest=digest(secret), expires_at__gt=now, revoked_at=None)
        .first()
    )


def standing_visit(referral_id: UUID, holder: str, now: datetime) -> ReferralCode | None:
    """The visit that this browser has opened on this very referral, if it still stands (1 query)."""
    return (
        (
            ReferralCode.objects.select_related(
                "link__referral__person", "link__referral__case__agency", "link__referral__sent_by"
            )
            .filter(
                _stands(now, "link__referral__"),
                link__referral=referral_id,
                link__revoked_at=None,
                holder=digest(holder),
                used_at__isnull=False,
                visit_until__gt=now,
                ended_at=None,
            )
            .order_by("-created_at")
            .first()
        )
        if holder
        else None
    )


def waiting_code(link: ReferralLink, holder: str, now: datetime) -> ReferralCode | None:
    """The code that this browser asked for and has not given yet (1 query)."""
    found = ReferralCode.objects.filter(
        link=link, holder=digest(holder), used_at=None, ended_at=None, expires_at__gt=now
    )
    return found.order_by("-created_at", "-pk").first() if holder else None


def codes_lately(link: ReferralLink, now: datetime) -> tuple[int, int]:
    """Codes asked in a day for the referral of a link, and for the partner's address (2 queries)."""
    lately = ReferralCode.objects.filter(created_at__gt=now - A_DAY)
    return (
        lately.filter(link__referral=link.referral_id).count(),
        lately.filter(link__referral__email=link.referral.email).count(),
    )


def _stands(now: datetime, prefix: str) -> Q:
    return Q(**{f"{prefix}state__in": WITH_PARTNER, f"{prefix}person__deceased": False})


# ---- What is late


def awaited() -> list[UUID]:
    """Referrals that are with a partner, the first sent first (1 query)."""
    rows = PartnerReferral.objects.filter(state__in=WITH_PARTNER).order_by("sent_at", "pk")
    return list(rows.values_list("pk", flat=True))


def for_nobody(today: date) -> list[UUID]:
    """Referrals under way about somebody who died or left since (1 query)."""
    rows = PartnerReferral.objects.filter(state__in=[*WITH_PARTNER, ReferralState.PROPOSED])
    gone = Q(person__deceased=True) | Q(person__left_on__lte=today) | Q(case__household__closed_on__isnull=False)
    return list(rows.filter(gone).order_by("pk").values_list("pk", flat=True))
