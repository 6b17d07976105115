"""What is kept about the referrals of somebody, for that person (GDPR art. 15)."""

from collections.abc import Collection
from uuid import UUID

from django.utils.timezone import localtime

from bienveille.engines.cases.models import PartnerReferral, RegisterRequest
from bienveille.engines.cases.rules import CONFIDENTIAL
from bienveille.engines.cases.rules.referrals import what_leaves, words_of
from bienveille.engines.cases.rules.referrals_register import quality_label, register_words_of
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.lib.disclosure import Part, Veil, known
from bienveille.ground.lib.typography import calendar_day, listed, short_day


def told_of_referrals(person_ids: Collection[UUID], veil: Veil) -> list[Part]:
    """To which partners and town halls somebody was named, with which words and what came of it (2 queries).

    A confidential case is told by hand, as the rest of it.
    """
    referrals = PartnerReferral.objects.exclude(case__kind__in=CONFIDENTIAL).filter(person__in=person_ids)
    requests = RegisterRequest.objects.filter(person__in=person_ids).select_related("commune", "to_warn")
    lines = [_referral(one, veil) for one in referrals.order_by("-proposed_at", "pk")]
    lines += [_request(one, veil) for one in requests.order_by("-agreed_at", "pk")]
    words = "À qui nous avons demandé de l’aide pour vous, avec ce que vous avez répondu." if lines else ""
    return [Part("referrals", "Les partenaires sollicités", words, lines=tuple(lines))]


def _referral(one: PartnerReferral, veil: Veil) -> tuple[tuple[str, str], ...]:
    leaving = what_leaves(
        phone=one.with_phone,
        address=one.with_address,
        hidden=bool(one.safe_channel),
        safe_channel=one.safe_channel,
    )
    needs = [str(Need(need).label) for need in one.needs]
    said = ""
    if one.words_version:
        lowered = [need.lower() for need in needs]
        said = words_of(one.words_version).said(partner=one.partner_name, needs=lowered, data=leaving.words)
    return known(
        ("Partenaire", one.partner_name),
        ("Besoins", listed(needs)),
        ("Ce qui est demandé", veil(one.asked)),
        ("Ce qui est transmis", leaving.words),
        ("Phrase lue", said),
        ("Votre réponse", one.get_agreement_display()),
        ("Répondu le", calendar_day(localtime(one.agreed_at).date()) if one.agreed_at else ""),
        ("Envoyée le", calendar_day(localtime(one.sent_at).date()) if one.sent_at else ""),
        ("Où cela en est", one.get_state_display()),
        ("Réponse du partenaire", one.get_answer_display()),
        ("Ses mots", veil(one.answer_words)),
        ("Effacée après le", short_day(one.expires_on)),
    )


def _request(one: RegisterRequest, veil: Veil) -> tuple[tuple[str, str], ...]:
    return known(
        ("Partenaire", f"Mairie de {one.commune.name}, registre communal"),
        ("À quel titre", quality_label(one.quality)),
        ("Service à domicile", veil(one.home_service)),
        ("Personne à prévenir", "notée" if one.to_warn_id else ""),
        ("Phrase lue", register_words_of(one.words_version).said(one.commune.name)),
        ("Votre réponse", one.get_agreement_display()),
        ("Répondu le", calendar_day(localtime(one.agreed_at).date())),
        ("Envoyée le", calendar_day(localtime(one.sent_at).date()) if one.sent_at else ""),
        ("Où cela en est", one.get_state_display()),
        ("Effacée après le", short_day(one.expires_on)),
    )
