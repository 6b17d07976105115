"""Messages about a referral: to the partner, a link or a code; to who follows the case, what happened. Nobody's name.

Secrets are drawn here, where they leave, and only their digests are kept.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.timezone import localtime

from bienveille.engines.cases.choices import ReferralState
from bienveille.engines.cases.models import PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.operations.alerts import case_address
from bienveille.engines.cases.queries import may_hear
from bienveille.engines.cases.rules.referrals import CODE_DIGITS, WITH_PARTNER, timing_on
from bienveille.register.accounts.queries import landlord
from bienveille.register.accounts.rules import digest

_SUBJECTS = {
    "first": "une demande d’aide à lire",
    "again": "un nouveau lien pour lire notre demande d’aide",
    "reminder": "notre demande d’aide attend votre réponse",
    "withdrawn": "notre demande d’aide est retirée",
}
_NEWS = {
    "late_sent": "un partenaire n’a pas donné signe",
    "late_acknowledged": "une orientation reçue n’est pas terminée",
    "asked_again": "un partenaire demande un nouveau lien",
    "answered": "un partenaire a répondu",
    "closed": "un partenaire a terminé",
}


def issue_link(*, referral: PartnerReferral, sending: int, now: datetime) -> str:
    """Make a link of 256 random bits that opens for some days. Its secret is given once, and not kept."""
    secret = secrets.token_urlsafe(32)
    days = timing_on(localtime(now).date()).link_days
    ReferralLink.objects.create(
        referral=referral,
        sending=sending,
        digest=digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return secret


@transaction.atomic
def write_to_partner(*, referral_id: UUID, sending: int, root: str, kind: str, now: datetime) -> bool:
    """Send one message to a partner. Whether it left: nothing does twice for one sending, nor for a former one."""
    referral = PartnerReferral.objects.select_for_update(of=["self"]).filter(pk=referral_id).first()
    if referral is None:
        return False
    own = landlord()
    context: dict[str, Any] = {
        "landlord": own.name if own else "Bienveille",
        "kind": kind,
        "url": "",
        "until": None,
        "sent_on": None,
    }
    if referral.sent_at is not None:
        context["sent_on"] = localtime(referral.sent_at).date()
    if kind == "withdrawn":
        if referral.state != ReferralState.WITHDRAWN:
            return False
    elif (
        referral.state not in WITH_PARTNER
        or sending < referral.sendings
        or ReferralLink.objects.filter(referral=referral, sending=sending).exists()
    ):
        return False
    elif root := (root or settings.PUBLIC_URL):
        secret = issue_link(referral=referral, sending=sending, now=now)
        context["url"] = root.rstrip("/") + reverse("portal:link", args=[secret])
        context["until"] = localtime(now).date() + timedelta(days=timing_on(localtime(now).date()).link_days)
    EmailMessage(
        subject=f"{context['landlord']}\u00a0: {_SUBJECTS[kind]}",
        body=render_to_string("cases/mail_referral.txt", context),
        to=[referral.email],
    ).send()
    return True


def keyed(code: ReferralCode, digits: str) -> str:
    """The digest of a code: keyed, and bound to its own row and browser, so that no table of codes can be made."""
    value = f"{code.pk}:{code.link_id}:{code.holder}:{digits}"
    return salted_hmac("cases.referral_code", value, algorithm="sha256").hexdigest()


@transaction.atomic
def write_code(*, code_id: UUID, now: datetime) -> bool:
    """Draw a code and send it to the partner, once. Whether it left; an expired or replaced one does not."""
    code = (
        ReferralCode.objects.select_for_update(of=["self"])
        .select_related("link__referral")
        .filter(pk=code_id, digest="", used_at=None, ended_at=None, expires_at__gt=now)
        .first()
    )
    if code is None or code.link.referral.state not in WITH_PARTNER:
        return False
    digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    code.digest = keyed(code, digits)
    code.save(update_fields=["digest"])
    own = landlord()
    name = own.name if own else "Bienveille"
    body = render_to_string("cases/mail_referral_code.txt", {"code": digits, "landlord": name})
    EmailMessage(subject=f"{name}\u00a0: votre code", body=body, to=[code.link.referral.email]).send()
    return True


def write_to_owner(*, referral_id: UUID, what: str) -> bool:
    """Tell who follows the case, or who sent the referral, what happened to it. Whether it left."""
    referral = (
        PartnerReferral.objects.select_related("case__owner", "case__agency", "sent_by", "proposed_by")
        .filter(pk=referral_id)
        .first()
    )
    if referral is None:
        return False
    told = [referral.case.owner, referral.sent_by, referral.proposed_by]
    to = next((one for one in told if one is not None and may_hear(one.pk, referral.case)), None)
    if to is None:
        return False
    context = {
        "what": what,
        "partner": referral.partner_name,
        "sent_on": localtime(referral.sent_at).date() if referral.sent_at else None,
        "answer": referral.get_answer_display(),
        "url": case_address(referral.case),
    }
    EmailMessage(
        subject=f"Bienveille\u00a0: {_NEWS[what]}",
        body=render_to_string("cases/mail_referral_owner.txt", context),
        to=[to.email],
    ).send()
    return True
