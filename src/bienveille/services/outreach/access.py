"""Who may see or change a campaign, and what a caller may see of a household: only what is in their hands."""

from datetime import date
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404

from bienveille.engines.audiences.access import targeting_scope
from bienveille.engines.dispatch.models import Batch, Contact, PlannedCall, Step, WeekPlan
from bienveille.engines.dispatch.queries.steps import step_of
from bienveille.register.accounts.access import MANAGERS, has_role
from bienveille.register.accounts.choices import Role
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import CampaignState
from bienveille.services.outreach.models import (
    Campaign,
    Referral,
    Report,
    Verbatim,
    VolunteerCall,
    VolunteerOffer,
)
from bienveille.services.outreach.queries import (
    callable_by,
    contacts_chosen,
    may_call,
    referral_of,
    report_of,
    verbatim_of,
    weekly_call,
)
from bienveille.services.outreach.queries.offline import batch_to_take_away, is_within
from bienveille.services.outreach.queries.steps import contact_with_home, is_protected
from bienveille.services.outreach.queries.volunteers import volunteer_call, volunteer_offer
from bienveille.services.outreach.queries.weekly_calls import RecurringLine, recurring_call, recurring_line


def may_change(user: User, campaign: Campaign) -> bool:
    """Whether the user opens, pauses and closes it: who manages everything, or a manager whose own campaign it is."""
    if not has_role(user, *MANAGERS):
        return False
    return campaign.created_by_id == user.pk or targeting_scope(user).everything


def get_campaign_for(user: User, campaign_id: UUID, *, write: bool = False) -> Campaign:
    """A campaign: managers and its callers see it; 404 for everybody else, 403 to change another's (2 queries)."""
    related = ("queue", "questionnaire__questionnaire")
    campaign = Campaign.objects.select_related(*related).filter(pk=campaign_id).first()
    if campaign is None:
        raise Http404
    manages = has_role(user, *MANAGERS)
    if write and manages and not may_change(user, campaign):
        raise PermissionDenied
    if manages or (not write and may_call(campaign, user)):
        return campaign
    raise Http404


def get_draft_for(user: User, campaign_id: UUID) -> Campaign:
    """A campaign in preparation that this user may change; 404 once it is opened (1 query)."""
    campaign = Campaign.objects.select_related("queue", "questionnaire__questionnaire").filter(pk=campaign_id).first()
    if campaign is None or not has_role(user, *MANAGERS) or campaign.state != CampaignState.DRAFT:
        raise Http404
    if not may_change(user, campaign):
        raise PermissionDenied
    return campaign


def get_campaign_to_call(user: User, campaign_id: UUID) -> Campaign:
    """A campaign that was opened, for somebody who may call in it; 404 for everybody else (2 queries)."""
    campaign = _called_by(user).filter(pk=campaign_id).exclude(state=CampaignState.DRAFT).first()
    if campaign is None:
        raise Http404
    return campaign


def get_campaign_of_contact(user: User, contact_id: UUID) -> Campaign:
    """The campaign of a contact, for somebody who may call in it; 404 for everybody else (2 queries).

    Whether the contact is really theirs is told by its token, which only its holder has.
    """
    queue = Contact.objects.filter(pk=contact_id).values("queue_id")
    found = _called_by(user).filter(queue__in=queue).first()
    if found is None:
        raise Http404
    return found


def _called_by(user: User) -> QuerySet[Campaign]:
    return callable_by(user, is_caller=has_role(user, Role.CALLER)).select_related("queue", "questionnaire")


def get_weekly_call_for(user: User, planned_call_id: UUID) -> PlannedCall:
    """One of one's own weekly calls, planned or ended, with its household; 404 for anybody else's (1 query)."""
    planned = weekly_call(user, planned_call_id)
    if planned is None:
        raise Http404
    return planned


def get_recurring_for(user: User, planned_call_id: UUID, today: date, *, coordinates: bool = False) -> RecurringLine:
    """A recurring call: one's own, or of the agencies that a manager covers; 404 for everybody else (2 queries).

    `coordinates`: only who covers the agency, for what the caller does not do alone.
    """
    planned = recurring_call(planned_call_id)
    if planned is None or not (_covers(user, planned.contact) or (not coordinates and planned.caller == user)):
        raise Http404
    return recurring_line(planned, today)


def coordinates(user: User, line: RecurringLine) -> bool:
    """Whether the user coordinates the agency of this recurring call."""
    return _covers(user, line.planned.contact)


def get_volunteer_call_for(user: User, call_id: UUID) -> VolunteerCall:
    """A call for volunteers of one's agencies, of the whole landlord, or one's own; 404 otherwise (1 query)."""
    call = volunteer_call(call_id)
    scope = targeting_scope(user)
    if call is None or scope.nothing:
        raise Http404
    covered = call.agency is None or scope.covers(company=call.agency.company_id, agency=call.agency_id)
    if not covered and call.created_by_id != user.pk:
        raise Http404
    return call


def may_close(user: User, call: VolunteerCall) -> bool:
    """Whether the user ends this call for volunteers: who made it, who covers its agency or everything."""
    scope, agency = targeting_scope(user), call.agency
    if agency is None:
        return scope.everything or call.created_by_id == user.pk
    return call.created_by_id == user.pk or scope.covers(company=agency.company_id, agency=agency.pk)


def get_offer_for(user: User, offer_id: UUID) -> VolunteerOffer:
    """An answer to a call for volunteers, from one's agencies or to one's own call; 404 otherwise (1 query)."""
    offer = volunteer_offer(offer_id)
    scope = targeting_scope(user)
    if offer is None or scope.nothing:
        raise Http404
    agency = offer.agency
    covered = scope.covers(company=agency.company_id if agency else None, agency=agency.pk if agency else None)
    if not covered and offer.call.created_by_id != user.pk:
        raise Http404
    return offer


def get_contacts_for(user: User, campaign: Campaign, contact_ids: list[UUID]) -> list[Contact]:
    """Those of these contacts that a manager covers, in their campaign; the others are left out (1 query)."""
    return contacts_chosen(campaign, targeting_scope(user), contact_ids)


def get_referral_for(user: User, referral_id: UUID) -> Referral:
    """A situation handed over, for a manager of its household's agency; 404 for everybody else (1 query)."""
    referral = referral_of(referral_id)
    if referral is None or not _covers(user, referral.attempt.contact):
        raise Http404
    return referral


def get_report_for(user: User, report_id: UUID) -> Report:
    """A report to read again, for a manager of its household's agency; 404 for everybody else (1 query)."""
    report = report_of(report_id)
    if report is None or not _covers(user, report.attempt.contact):
        raise Http404
    return report


def get_verbatim_for(user: User, verbatim_id: UUID) -> Verbatim:
    """A sentence to quote, for a manager of its household's agency; 404 for everybody else (1 query)."""
    verbatim = verbatim_of(verbatim_id)
    if verbatim is None or not has_role(user, *MANAGERS) or not _covers(user, verbatim.attempt.contact):
        raise Http404
    return verbatim


def _covers(user: User, contact: Contact) -> bool:
    agency = contact.lane.agency
    scope = targeting_scope(user)
    return scope.covers(company=agency.company_id if agency else None, agency=agency.pk if agency else None)


def get_caller_for(user: User, campaign: Campaign, caller_id: UUID) -> User:
    """Somebody who may be asked to call, or called already, for who manages this campaign; 404 otherwise (1 query)."""
    if not has_role(user, *MANAGERS):
        raise Http404
    found = User.objects.filter(pk=caller_id).first()
    if found is None:
        raise Http404
    return found


def get_contact_for(user: User, campaign: Campaign, contact_id: UUID) -> Contact:
    """One contact of a campaign with its home, for a manager of its agency; 404 for everybody else (1 query)."""
    contact = contact_with_home(campaign, targeting_scope(user), contact_id)
    if contact is None:
        raise Http404
    return contact


def get_step_for(user: User, step_id: UUID) -> Step:
    """What somebody was asked to try: for who was asked, and for a manager of its agency; 404 otherwise (2 queries).

    Whose address became protected is shown to managers only.
    """
    step = step_of(step_id)
    if step is None:
        raise Http404
    leads = leads_step(user, step)
    if not leads and (step.assigned_to_id != user.pk or is_protected(step.contact.household_id)):
        raise Http404
    return step


def leads_step(user: User, step: Step) -> bool:
    """Whether the user manages the agency of a step's household."""
    return has_role(user, *MANAGERS) and _covers(user, step.contact)


def get_plan_for(user: User, campaign: Campaign, plan_id: UUID) -> WeekPlan:
    """The lists of a week of a campaign, for its managers; 404 for everybody else (1 query)."""
    if not has_role(user, *MANAGERS):
        raise Http404
    plan = WeekPlan.objects.select_related("queue__campaign").filter(pk=plan_id, queue_id=campaign.queue_id).first()
    if plan is None:
        raise Http404
    return plan


def get_batch_for(user: User, batch_id: UUID, *, own: bool) -> Batch:
    """A caller's list in force: one's own, or one of a manager's agencies; 404 for everybody else (2 queries).

    Whose campaign it is says nothing: who made it may have left those agencies since.
    """
    batch = batch_to_take_away(batch_id)
    if batch is None or (own and (batch.caller_id != user.pk or batch.ended_at is not None)):
        raise Http404
    if not own and not (has_role(user, *MANAGERS) and is_within(batch, targeting_scope(user))):
        raise Http404
    return batch
