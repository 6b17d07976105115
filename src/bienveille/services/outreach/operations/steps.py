"""What coordinators do for those who do not answer: ask for a step, close a campaign with a reason for each group."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import ContactState, PlannedState
from bienveille.engines.dispatch.models import Contact, Explanation, Step
from bienveille.engines.dispatch.operations.steps import fit_words, plan_step
from bienveille.engines.dispatch.rules.steps import EXPLAINING
from bienveille.ground.platform.refusal import Refusal
from bienveille.ground.platform.sealed_fields import sealed_field
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.campaigns import audit_campaign, close_campaign
from bienveille.services.outreach.queries.steps import possible_doers, unexplained_groups


class CannotAskThem(Refusal):
    message = "Cette personne ne peut pas s’en charger\u00a0: choisissez-en une de la liste."


class Unexplained(Refusal):
    """Groups of households that nobody explained; `errors` says which lack a reason, by group."""

    message = "La campagne ne se ferme pas encore\u00a0: dites pourquoi chaque groupe reste sans réponse."

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(self.message)


def ask_for_step(
    *, actor: User, contact: Contact, kind: str, doer_id: UUID, due_on: date, say: str, now: datetime
) -> Step:
    """Ask somebody of the house to try something for a household. Refuses who is not asked, and a day gone by.

    `contact` comes with its home.
    """
    doer = next((one for one in possible_doers(contact) if one.pk == doer_id), None)
    if doer is None:
        raise CannotAskThem
    if due_on < localtime(now).date():
        raise CannotAskThem("Ce jour est déjà passé\u00a0: choisissez aujourd’hui ou un jour à venir.")
    return plan_step(actor=actor, contact_id=contact.pk, kind=kind, assigned_to=doer, due_on=due_on, say=say, now=now)


@transaction.atomic
def close_explained(*, campaign_id: UUID, actor: User, reasons: Mapping[str, str], now: datetime) -> Campaign:
    """Close a campaign with a reason for each group of households that nobody explained.

    Steps that were still planned are cancelled. Refuses while a group lacks its reason, words of health, and a
    campaign already closed.
    """
    campaign = Campaign.objects.select_for_update(of=["self"]).select_related("queue").get(pk=campaign_id)
    words: dict[str, str] = {}
    errors: dict[str, str] = {}
    for group in unexplained_groups(campaign):
        try:
            words[group.key] = fit_words(reasons.get(group.key, ""))
        except Refusal as refusal:
            errors[group.key] = str(refusal)
            continue
        if not words[group.key]:
            errors[group.key] = "Dites pourquoi, en quelques mots."
    if errors:
        raise Unexplained(errors)
    closed = close_campaign(campaign_id=campaign_id, actor=actor, now=now)
    for key, said in words.items():
        state, reason = (ContactState.WITHDRAWN, "closed") if key == "waiting" else (ContactState.UNREACHABLE, key)
        _explain_group(closed, actor, state, reason, said, now)
    Step.objects.filter(contact__queue_id=closed.queue_id, state=PlannedState.PLANNED).update(
        state=PlannedState.CANCELLED
    )
    if words:
        audit_campaign(actor, closed, "explained", groups=sorted(words))
    return closed


def _explain_group(campaign: Campaign, actor: User, state: str, reason: str, words: str, now: datetime) -> None:
    """The same words for everybody of a group that nothing explains yet (1 statement)."""
    sealed = sealed_field(Explanation, "words").seal(words)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO dispatch_explanation (contact_id, words, said_by_id, said_at)
               SELECT c.id, %s, %s, %s FROM dispatch_contact c
               WHERE c.queue_id = %s AND c.state = %s AND c.reason = %s AND NOT EXISTS (
                   SELECT 1 FROM dispatch_step s
                   WHERE s.contact_id = c.id AND s.state = 'done' AND s.result = ANY (%s))
               ON CONFLICT (contact_id) DO NOTHING""",
            [sealed, actor.pk, now, campaign.queue_id, state, reason, sorted(EXPLAINING)],
        )
