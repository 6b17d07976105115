"""Referrals to partners made by the real operations, up to the state that is asked for."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.core import mail
from tests.accounts.factories import UserFactory
from tests.cases.factories import make_case
from tests.dispatch.factories import MONDAY
from tests.partners.factories import StructureFactory

from bienveille.engines.cases.models import Case, PartnerReferral, ReferralCode
from bienveille.engines.cases.operations import referrals, referrals_portal
from bienveille.engines.cases.operations.referrals_mail import write_code, write_to_partner
from bienveille.register.tenants.models import Person

ROOT = "https://bienveille.example"


def proposal(case: Case, **more: Any) -> referrals.Proposal:
    person = Person.objects.filter(household=case.household_id).order_by("pk").first()
    facts = {
        "person_id": person.pk,
        "needs": ("meals",),
        "asked": "Des repas livrés trois fois par semaine.",
        "email": "accueil@ccas.example",
        "with_phone": True,
        "with_address": True,
    }
    return referrals.Proposal(**{**facts, **more})


def make_referral(
    state: str = "sent", *, case: Case | None = None, actor: Any = None, now: datetime = MONDAY, **more: Any
) -> PartnerReferral:
    """A referral of that state: proposed, agreed (proposed, with a yes), refused, sent, acknowledged, closed, withdrawn."""
    case = case or make_case("orange", needs=("meals",), now=now)
    actor = actor or UserFactory(first_name="Samira", roles=["social_worker"])
    structure = more.pop("structure", None) or StructureFactory()
    agreement = more.pop("agreement", "consent")
    made = referrals.propose_referral(
        actor=actor, case_id=case.pk, structure=structure, service=None, proposal=proposal(case, **more), now=now
    )
    if state != "proposed":
        answer = "refused" if state == "refused" else agreement
        referrals.record_agreement(actor=actor, referral_id=made.pk, agreement=answer, said_by="person", now=now)
    if state in ("sent", "acknowledged", "closed", "withdrawn"):
        referrals.send_referral(actor=actor, referral_id=made.pk, root=ROOT, now=now)
    if state == "acknowledged":
        referrals_portal.acknowledge_referral(referral_id=made.pk, now=now + timedelta(hours=2))
    if state == "closed":
        referrals_portal.answer_referral(
            referral_id=made.pk, answer="helped", words="", closing=True, now=now + timedelta(hours=5)
        )
    if state == "withdrawn":
        referrals.withdraw_referral(actor=actor, referral_id=made.pk, reason="changed_mind", now=now)
    return PartnerReferral.objects.select_related("case", "person").get(pk=made.pk)


def secret_sent(referral: PartnerReferral, now: datetime = MONDAY) -> str:
    """The secret of the link that the partner receives for the latest sending."""
    referral.refresh_from_db(fields=["sendings"])
    assert write_to_partner(referral_id=referral.pk, sending=referral.sendings, root=ROOT, kind="first", now=now)
    found = re.search(r"/demande/([^/\s]+)/", mail.outbox[-1].body)
    assert found
    return found[1]


def code_sent(now: datetime = MONDAY) -> str:
    """The code that the partner receives, the last one asked for."""
    code = ReferralCode.objects.order_by("-created_at", "-pk").first()
    assert write_code(code_id=code.pk, now=now)
    found = re.search(r"\b\d{6}\b", mail.outbox[-1].body)
    assert found
    return found[0]
