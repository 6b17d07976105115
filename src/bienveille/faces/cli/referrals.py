"""Referrals of the demo, one in each state, and a link that whoever tries the demo may open as the partner would."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from bienveille.register.accounts.models import User
    from bienveille.register.partners.models import Structure

ROOT = "http://127.0.0.1:8000/"
EMAIL = "accueil@partenaire.example"
#: (how far it goes, how many days ago)
STORIES = (
    ("sent", 4),
    ("acknowledged", 3),
    ("closed", 6),
    ("proposed", 0),
    ("refused", 2),
    ("withdrawn", 5),
)
ASKED = {
    "meals": "Des repas livrés à domicile, trois fois par semaine.",
    "company": "Une visite chaque semaine.",
    "shopping": "Les courses, une fois par semaine.",
}


def hand_some(worker: User, moment: datetime) -> None:
    """Hand the situations followed in the demo to partners, each story on its own. Once."""
    from bienveille.engines.cases.models import Case, PartnerReferral
    from bienveille.engines.cases.queries.referrals import people_of
    from bienveille.engines.cases.rules.referrals import goes_to_the_home
    from bienveille.register.partners.models import Structure

    if PartnerReferral.objects.exists():
        return
    partners = list(Structure.objects.filter(ended_on=None).order_by("-own", "nom", "id")[: len(STORIES)])
    cases = Case.objects.filter(kind="welfare", state="followed").order_by("opened_at", "pk")
    told = [(case, people) for case in cases if (people := people_of(case, moment.date()))]
    for rank, (story, days) in enumerate(STORIES if partners and told else ()):
        case, people = told[rank % len(told)]
        needs = tuple(case.needs[:2]) or ("company",)
        _tell(
            worker,
            case_id=case.pk,
            person_id=people[0].pk,
            partner=partners[rank % len(partners)],
            needs=needs,
            at_home=goes_to_the_home(needs, moment.date()),
            story=story,
            now=moment - timedelta(days=days),
        )


def propose_registers(worker: User, moment: datetime) -> None:
    """Propose a few elderly people to their town halls: to send, sent, acknowledged, refused. Once."""
    from bienveille.engines.cases.models import RegisterRequest
    from bienveille.engines.cases.operations import referrals_register as operations
    from bienveille.register.tenants.models import Person

    if RegisterRequest.objects.exists():
        return
    home = "household__dwelling__building__residence__commune__isnull"
    alive = Person.objects.filter(**{home: False}, left_on=None, deceased=False, opposed_on=None)
    elders = alive.filter(birth_date__lt=moment.date().replace(year=moment.year - 75, day=1))
    hidden = Person.objects.filter(protected_address=True).values("household")
    for rank, person in enumerate(elders.exclude(household__in=hidden).order_by("birth_date", "pk")[:6]):
        now = moment - timedelta(days=10 - rank)
        answer = "refused" if rank == 3 else "non_objection"
        facts = operations.RegisterFacts(quality="age", agreement=answer, said_by="person")
        made = operations.ask_register(actor=worker, person=person, facts=facts, now=now)
        if rank < 2:
            operations.mark_sent(actor=worker, keys=[made.pk], now=now + timedelta(days=1))
        if rank == 0:
            operations.acknowledge_register(actor=worker, request_id=made.pk, today=(now + timedelta(days=5)).date())


def _tell(
    worker: User,
    *,
    case_id: UUID,
    person_id: UUID,
    partner: Structure,
    needs: tuple[str, ...],
    at_home: bool,
    story: str,
    now: datetime,
) -> None:
    from bienveille.engines.cases.operations import referrals as operations
    from bienveille.engines.cases.operations import referrals_portal as portal

    asked = next((ASKED[need] for need in needs if need in ASKED), "")
    proposal = operations.Proposal(person_id, needs, asked, partner.courriel or EMAIL, True, at_home, "phone")
    made = operations.propose_referral(
        actor=worker, case_id=case_id, structure=partner, service=None, proposal=proposal, now=now
    )
    if story == "proposed":
        return
    answer = "refused" if story == "refused" else "consent"
    operations.record_agreement(actor=worker, referral_id=made.pk, agreement=answer, said_by="person", now=now)
    if story == "refused":
        return
    operations.send_referral(actor=worker, referral_id=made.pk, root=ROOT, now=now)
    later = now + timedelta(hours=5)
    if story == "acknowledged":
        portal.acknowledge_referral(referral_id=made.pk, now=later)
        words = "Première livraison lundi."
        portal.answer_referral(referral_id=made.pk, answer="will_help", words=words, closing=False, now=later)
    elif story == "closed":
        portal.answer_referral(referral_id=made.pk, answer="helped", words="", closing=True, now=later)
    elif story == "withdrawn":
        operations.withdraw_referral(actor=worker, referral_id=made.pk, reason="solved", now=later)


def partner_link(port: int) -> str:
    """A link that opens the referral awaiting its partner, made anew at each start: only its digest is kept."""
    from django.db import transaction
    from django.urls import reverse
    from django.utils.timezone import now

    from bienveille.engines.cases.models import PartnerReferral
    from bienveille.engines.cases.operations.referrals_mail import issue_link

    with transaction.atomic():
        waiting = PartnerReferral.objects.select_for_update().filter(state="sent").order_by("sent_at").first()
        if waiting is None:
            return ""
        waiting.sendings += 1
        waiting.save(update_fields=["sendings"])
        secret = issue_link(referral=waiting, sending=waiting.sendings, now=now())
    return f"http://127.0.0.1:{port}{reverse('portal:link', args=[secret])}"
