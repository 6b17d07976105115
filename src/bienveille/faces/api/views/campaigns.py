"""Campaigns for programs: prepare, open, pause, close, follow; each is the operation of the screens."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localtime, now
from ninja import Body

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.queries import Ledger, ledger, ledgers
from bienveille.faces.api.forms import given, received
from bienveille.faces.api.operations import Answer
from bienveille.faces.api.queries import campaigns_page, contacts_page, guide_of, named_callers, waves_of
from bienveille.faces.api.views.base import api, done_once, me, next_page, reply
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.operations import record_audit
from bienveille.services.outreach import operations as outreach
from bienveille.services.outreach.access import get_campaign_for, may_change
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.queries import figures, may_call

TAG = "Campagnes"


@api.get("/campaigns", response={200: given.CampaignPage}, tags=[TAG], summary="Les campagnes", url_name="campaigns")
def list_campaigns(
    request: HttpRequest,
    state: received.State = None,
    after: received.After = None,
    limit: received.Limit = received.DEFAULT_LIMIT,
) -> HttpResponse:
    """Celles que ce jeton peut voir : toutes pour un responsable, sinon celles où il appelle."""
    user = me(request)
    page = campaigns_page(
        user,
        manages=has_role(user, *MANAGERS),
        calls=has_role(user, Role.CALLER),
        state=state,
        after=after,
        limit=limit,
    )
    states = ledgers(one.queue_id for one in page.rows)
    items = [_line(one, states[one.queue_id], one.questionnaire.questionnaire.slug) for one in page.rows]
    return reply(200, {"items": items, "next": next_page(request, page.after)})


@api.post(
    "/campaigns", response={201: given.CreatedOut}, tags=[TAG], summary="Préparer une campagne", url_name="campaigns"
)
def create_campaign(request: HttpRequest, payload: Any = Body(...)) -> HttpResponse:  # noqa: B008
    """Prépare une campagne à partir de son document ; rien n’est appelé avant son ouverture. Pour les responsables."""
    user = me(request)
    if not has_role(user, *MANAGERS):
        raise PermissionDenied("Préparer une campagne revient aux responsables.")

    def create() -> Answer:
        return Answer(201, {"id": str(outreach.create_campaign(document=payload, actor=user).pk)})

    return done_once(request, user, create)


@api.get("/campaigns/{uuid:campaign_id}", response={200: given.CampaignOut}, tags=[TAG], summary="Une campagne")
def campaign_detail(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Sa préparation, ses règles, où en sont ses ménages, et ce que ce jeton peut y faire."""
    user = me(request)
    campaign = get_campaign_for(user, campaign_id)
    slug, version = guide_of(campaign)
    named = named_callers(campaign)
    document = {
        **_line(campaign, ledger(campaign.queue), slug),
        "questionnaire_version": version,
        "waves": [
            {"name": wave.name, "audience": wave.audience, "priority": wave.priority} for wave in waves_of(campaign)
        ],
        "callers": {"all": campaign.all_callers, "named": named},
        "rules": {"max_attempts": campaign.queue.max_attempts, "lease_minutes": campaign.queue.lease_minutes},
        "may_change": may_change(user, campaign),
        "may_call": may_call(campaign, user),
    }
    return reply(200, document)


@api.post(
    "/campaigns/{uuid:campaign_id}/open", response={200: given.TargetOut}, tags=[TAG], summary="Ouvrir une campagne"
)
def open_campaign(request: HttpRequest, campaign_id: UUID) -> dict[str, int]:
    """Choisit et classe les ménages, fige leur nombre, commence à les confier. 409 si elle est déjà ouverte."""
    campaign = _managed(request, campaign_id)
    return {"target": outreach.open_campaign(campaign_id=campaign.pk, actor=me(request), now=now())}


@api.post(
    "/campaigns/{uuid:campaign_id}/pause",
    response={200: given.StateOut},
    tags=[TAG],
    summary="Suspendre une campagne",
)
def pause_campaign(request: HttpRequest, campaign_id: UUID) -> dict[str, str]:
    """Ne confie plus personne ; les appels en cours se terminent et s’enregistrent. Deux fois n’y change rien."""
    return _paused(request, campaign_id, True)


@api.post(
    "/campaigns/{uuid:campaign_id}/resume",
    response={200: given.StateOut},
    tags=[TAG],
    summary="Reprendre une campagne",
)
def resume_campaign(request: HttpRequest, campaign_id: UUID) -> dict[str, str]:
    """Confie de nouveau des ménages. Deux fois n’y change rien."""
    return _paused(request, campaign_id, False)


@api.post(
    "/campaigns/{uuid:campaign_id}/close", response={200: given.StateOut}, tags=[TAG], summary="Fermer une campagne"
)
def close_campaign(request: HttpRequest, campaign_id: UUID) -> dict[str, str]:
    """Ferme pour de bon ; qui attendait encore est compté comme retiré. 409 si elle est déjà fermée."""
    campaign = _managed(request, campaign_id)
    outreach.close_campaign(campaign_id=campaign.pk, actor=me(request), now=now())
    return {"state": "closed"}


@api.get(
    "/campaigns/{uuid:campaign_id}/figures", response={200: given.FiguresOut}, tags=[TAG], summary="Les chiffres clés"
)
def campaign_figures(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """Les chiffres d’une campagne, en tout, par agence et par service, toujours tirés des appels eux-mêmes."""
    return reply(200, figures(get_campaign_for(me(request), campaign_id)))


@api.get(
    "/campaigns/{uuid:campaign_id}/ledger",
    response={200: given.LedgerOut},
    exclude_unset=True,
    tags=[TAG],
    summary="Où en sont les ménages",
)
def campaign_ledger(request: HttpRequest, campaign_id: UUID) -> dict[str, int]:
    """Combien de ménages dans chaque état ; ils s’additionnent toujours à « target »."""
    return ledger(get_campaign_for(me(request), campaign_id).queue).as_json()


@api.get(
    "/campaigns/{uuid:campaign_id}/contacts",
    response={200: given.ContactPage},
    tags=[TAG],
    summary="Les ménages d’une campagne",
)
def campaign_contacts(
    request: HttpRequest,
    campaign_id: UUID,
    state: received.HouseholdState = None,
    agency: received.AgencyCode = None,
    after: received.After = None,
    limit: received.Limit = received.DEFAULT_LIMIT,
) -> HttpResponse:
    """Les ménages visés dans vos agences, avec leur état. Pour les responsables ; chaque lecture est tracée."""
    user = me(request)
    campaign = get_campaign_for(user, campaign_id)
    if not has_role(user, *MANAGERS):
        raise PermissionDenied("La liste des ménages est réservée aux responsables.")
    page = contacts_page(campaign, scope=targeting_scope(user), state=state, agency=agency, after=after, limit=limit)
    record_audit(
        actor=user,
        action=AuditAction.HOUSEHOLD_LISTED,
        reason=f"Campagne {campaign.name}",
        detail={"found": len(page.rows)},
    )
    items = [
        {
            "id": str(one.pk),
            "household": {"id": str(one.household_id), "name": one.household.name},
            "agency": one.lane.agency.code if one.lane.agency else None,
            "state": one.state,
            "reason": one.reason,
            "attempts": one.attempts_made,
            "not_before": localtime(one.not_before).isoformat() if one.not_before else None,
        }
        for one in page.rows
    ]
    return reply(200, {"items": items, "next": next_page(request, page.after)})


def _managed(request: HttpRequest, campaign_id: UUID) -> Campaign:
    return get_campaign_for(me(request), campaign_id, write=True)


def _paused(request: HttpRequest, campaign_id: UUID, paused: bool) -> dict[str, str]:
    campaign = _managed(request, campaign_id)
    changed = outreach.pause_campaign(campaign_id=campaign.pk, actor=me(request), paused=paused)
    return {"state": str(changed.state)}


def _line(campaign: Campaign, states: Ledger, slug: str) -> dict[str, Any]:
    return {
        "id": str(campaign.pk),
        "name": campaign.name,
        "purpose": campaign.purpose,
        "state": campaign.state,
        "questionnaire": slug,
        "created_at": localtime(campaign.created_at).isoformat(),
        "opened_at": localtime(campaign.opened_at).isoformat() if campaign.opened_at else None,
        "closed_at": localtime(campaign.closed_at).isoformat() if campaign.closed_at else None,
        "ledger": states.as_dict(),
    }
