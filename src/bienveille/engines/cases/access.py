"""Who may see and change a case: those who keep the households of its agency; a confidential one, those named."""

from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.engines.cases.choices import CaseState
from bienveille.engines.cases.models import Case, CaseAbsence, DutyTurn, PartnerReferral, RegisterRequest
from bienveille.engines.cases.queries import (
    absence,
    duty_turn,
    find_case,
    is_reader,
    team_within,
)
from bienveille.engines.cases.queries.referrals import find_referral
from bienveille.engines.cases.queries.referrals_register import find_request
from bienveille.engines.cases.rules import CONFIDENTIAL, allows
from bienveille.register.accounts.access import MANAGERS, grants_of, scope_for
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants.access import reading_scope, require_household


def following_scope(user: User) -> Scope:
    """The agencies whose cases this user sees."""
    return reading_scope(user)


def leading_scope(user: User) -> Scope:
    """The agencies whose rota and caseloads this user arranges."""
    return scope_for(user, *MANAGERS)


def get_case_for(user: User, case_id: UUID, *, reason: str, move: str = "") -> Case:
    """A case with all that its page names; the reading of its household is audited (3 queries).

    404 outside one's agencies; 404 for a confidential case to whoever was not named, as if it did not exist; 403 for
    who may not do the `move` that the page is for. The reading of a confidential case is written on the case alone: the
    page of its household tells nothing.
    """
    case = _visible(user, pk=case_id)
    if move:
        require_may(user, case, move)
    _read(user, case, reason)
    return case


def _visible(user: User, **which: UUID) -> Case:
    case = find_case(following_scope(user), user, **which)
    if case is None:
        raise Http404
    return case


def _read(user: User, case: Case, reason: str) -> None:
    """Written once nothing refuses any more: who was shown nothing has read nothing."""
    if case.household is not None and case.kind not in CONFIDENTIAL:
        record_audit(actor=user, action=AuditAction.HOUSEHOLD_READ, subject=case.household, reason=reason)
    else:
        record_audit(actor=user, action=AuditAction.HOUSEHOLD_READ, subject=case, reason=reason)


def directing_scope(user: User) -> Scope:
    """The agencies for which this user names who reads confidential cases: the direction alone."""
    return scope_for(user, Role.DIRECTOR)


def get_confidential_for(user: User, case_id: UUID, *, reason: str) -> Case:
    """An open confidential case that the user was named to read; 404 otherwise (3 queries)."""
    case = _visible(user, pk=case_id)
    if case.kind not in CONFIDENTIAL or case.state == CaseState.CLOSED:
        raise Http404
    _read(user, case, reason)
    return case


def get_referral_for(user: User, referral_id: UUID, *, reason: str, write: bool = False) -> PartnerReferral:
    """A referral to a partner, through the rights over its case (4 queries); 403 to change what one only reads."""
    # The case first: a referral of somebody else's and one that does not exist take as many queries (G5).
    case = _visible(user, referrals=referral_id)
    referral = find_referral(referral_id)
    if referral is None:
        raise Http404
    referral.case = case
    # Whoever may note something in the case, or open it again: a referral outlives the closing of its case.
    if write and not (may(user, referral.case, "act") or may(user, referral.case, "reopen")):
        raise PermissionDenied
    _read(user, referral.case, reason)
    return referral


def get_register_request_for(user: User, request_id: UUID, *, reason: str) -> RegisterRequest:
    """A request to a municipal register, through the rights over its household (3 queries); 404 otherwise."""
    request = find_request(request_id)
    require_household(user, request.person.household if request else None, reason=reason, write=True)
    return cast("RegisterRequest", request)  # nothing: refused above


def may(user: User, case: Case, move: str) -> bool:
    """Whether this user may do this to this case, as its procedure says; to a confidential one, who was named."""
    if case.kind in CONFIDENTIAL:
        return allows(case.kind, move, state=case.state, roles=(), owner=is_reader(case, user))
    roles = {
        grant.role
        for grant in grants_of(user)
        if (grant.company is None and grant.agency is None)
        or (case.agency is not None and (grant.agency == case.agency_id or grant.company == case.agency.company_id))
    }
    return allows(case.kind, move, state=case.state, roles=roles, owner=case.owner_id == user.pk)


def require_may(user: User, case: Case, move: str) -> None:
    """403 unless this user may do this to this case."""
    if not may(user, case, move):
        raise PermissionDenied


def covers(user: User, agency: Agency | None) -> bool:
    """Whether the user arranges the rota of this agency; of the whole landlord: who covers everything."""
    scope = leading_scope(user)
    if agency is None:
        return scope.everything
    return scope.covers(company=agency.company_id, agency=agency.pk)


def get_turn_for(user: User, turn_id: UUID) -> DutyTurn:
    """A turn of duty that the user arranges; 404 for anybody else (1 query)."""
    turn = duty_turn(turn_id)
    if turn is None or not covers(user, turn.agency):
        raise Http404
    return turn


def get_absence_for(user: User, absence_id: UUID) -> CaseAbsence:
    """An absence of one's own, or of somebody who follows cases in one's agencies; 404 otherwise (1 query)."""
    scope = leading_scope(user)
    found = absence(absence_id, user=user, team=None if scope.nothing else team_within(scope))
    if found is None:
        raise Http404
    return found
