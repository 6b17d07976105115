"""Who may write texts and send messages: administrators, directors, communication; loaders of texts and mailings."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from bienveille.engines.messaging.models import (
    AddressCheck,
    Delivery,
    InboundMessage,
    Line,
    Mailing,
    Notice,
    Poster,
    Posting,
    Print,
    Template,
)
from bienveille.engines.messaging.queries.inbox import find_inbound
from bienveille.engines.messaging.queries.notices import find_line, find_notice
from bienveille.engines.messaging.queries.postings import find_poster, find_posting, postings_within
from bienveille.engines.messaging.queries.prints import find_address_check, find_print
from bienveille.register.accounts.access import has_role, scope_for
from bienveille.register.accounts.choices import AuditAction, Role
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence
from bienveille.register.tenants.access import managed_residences, reading_scope

WRITERS = (Role.ADMINISTRATOR, Role.DIRECTOR, Role.COMMUNICATION)
#: Who publishes notices and numbers, and has posters made, for their agencies.
NOTICERS = (*WRITERS, Role.AGENCY_MANAGER)


def sending_scope(user: User) -> Scope:
    """The agencies whose households this user may write to."""
    return scope_for(user, *WRITERS)


def may_write(user: User) -> bool:
    """Whether the user changes the texts, which every agency sends: who covers everything."""
    return sending_scope(user).everything


def get_template_for(user: User, template_id: UUID, *, write: bool = False) -> Template:
    """A text. 404 for who sends nothing, 403 to change it for who covers some agencies only (1 query)."""
    if not has_role(user, *WRITERS):
        raise Http404
    try:
        found = Template.objects.select_related("created_by").get(pk=template_id)
    except Template.DoesNotExist:
        raise Http404 from None
    if write and not may_write(user):
        raise PermissionDenied
    return found


def noticing_scope(user: User) -> Scope:
    """The agencies for which this user publishes notices and numbers, and has posters made."""
    return scope_for(user, *NOTICERS)


def hears(user: User, notice: Notice) -> bool:
    """Whether a notice is for somebody's agencies: with no agency or residence, it is for everybody."""
    agency = notice.residence.agency if notice.residence else notice.agency
    return agency is None or scope_for(user, *Role.values).covers(company=agency.company_id, agency=agency.pk)


def get_notice_for(user: User, notice_id: UUID) -> Notice:
    """A notice that one may change (2 queries); 404 outside one's own."""
    notice = find_notice(notice_id)
    if notice is None or not may_speak_for(user, agency=notice.agency, residence=notice.residence):
        raise Http404
    return notice


def get_line_for(user: User, line_id: UUID) -> Line:
    """A number that one may change (2 queries); 404 outside one's own."""
    line = find_line(line_id)
    if line is None or not may_speak_for(user, agency=line.agency, residence=line.residence):
        raise Http404
    return line


def may_speak_for(user: User, *, agency: Agency | None, residence: Residence | None) -> bool:
    """Whether one publishes for this place; for everybody, who covers everything."""
    scope, place = noticing_scope(user), residence.agency if residence else agency
    if place is None:
        return scope.everything
    return scope.covers(company=place.company_id, agency=place.pk)


def may_print(user: User, mailing: Mailing) -> bool:
    """Whether one prints the letters of a mailing: who covers all the agencies that it writes to."""
    scope = sending_scope(user)
    if scope.everything or mailing.agencies is None:
        return scope.everything
    return set(mailing.agencies) <= scope.agencies and set(mailing.companies) <= scope.companies


def get_mailing_to_print(user: User, mailing_id: UUID) -> Mailing:
    """A mailing whose letters one prints (2 queries); 404 for any other."""
    mailing = Mailing.objects.filter(pk=mailing_id).first()
    if mailing is None or not may_print(user, mailing):
        raise Http404
    return mailing


def get_print_for(user: User, print_id: UUID) -> Print:
    """A print of a mailing whose letters one prints (2 queries); 404 for any other."""
    made = find_print(print_id)
    if made is None or not may_print(user, made.mailing):
        raise Http404
    return made


def get_address_check_for(user: User, check_id: UUID) -> AddressCheck:
    """An address to check in one's agencies (2 queries); 404 for any other."""
    check = find_address_check(check_id)
    scope = noticing_scope(user)
    if check is None:
        raise Http404
    dwelling = check.household.dwelling
    agency = dwelling.building.residence.agency if dwelling else None
    inside = scope.covers(company=agency.company_id, agency=agency.pk) if agency else scope.everything
    if not inside:
        raise Http404
    return check


def inbox_scope(user: User) -> Scope:
    """The agencies whose messages received this user reads and answers: those whose households they keep."""
    return reading_scope(user)


def get_inbound_for(user: User, message_id: UUID, *, reason: str) -> InboundMessage:
    """A message received; its reading is audited (2 queries). 404 outside one's agencies.

    From nobody known, or from several agencies: for who covers everything.
    """
    found = find_inbound(message_id)
    scope = inbox_scope(user)
    if found is None or scope.nothing:
        raise Http404
    agency = found.agency
    if not scope.covers(company=agency.company_id if agency else None, agency=agency.pk if agency else None):
        raise Http404
    record_audit(actor=user, action=AuditAction.HOUSEHOLD_READ, subject=found.household or found, reason=reason)
    return found


def get_mailing_for(user: User, mailing_id: UUID) -> Mailing:
    """A mailing: one's own, or any of them for who covers every agency; 404 otherwise (1 query)."""
    if not has_role(user, *WRITERS):
        raise Http404
    found = Mailing.objects.select_related("version__template", "created_by", "approved_by").filter(pk=mailing_id)
    mailing = found.first()
    if mailing is None or not (mailing.created_by_id == user.pk or sending_scope(user).everything):
        raise Http404
    return mailing


def get_delivery_for(user: User, mailing_id: UUID, delivery_id: UUID) -> Delivery:
    """One message of a mailing that one may see; 404 otherwise (2 queries)."""
    found = Delivery.objects.filter(mailing=get_mailing_for(user, mailing_id), pk=delivery_id).first()
    if found is None:
        raise Http404
    return found


def get_poster_for(user: User, poster_id: UUID) -> tuple[Poster, list[Posting]]:
    """A poster with its halls in one's agencies (3 queries); 404 when it hangs in none of them."""
    # Its halls first: a poster of other agencies and one that does not exist take as many queries (G5).
    halls = postings_within(poster_id, noticing_scope(user))
    poster = find_poster(poster_id) if halls else None
    if poster is None:
        raise Http404
    return poster, halls


def get_posting_for(user: User, posting_id: UUID) -> Posting:
    """One hall of a poster (3 queries): for its building manager, and who has posters made there; 404 for others."""
    posting, looked_after = find_posting(posting_id), managed_residences(user)
    if posting is not None:
        agency = posting.residence.agency
        if noticing_scope(user).covers(company=agency.company_id, agency=agency.pk):
            return posting
        if posting.residence_id in looked_after:
            return posting
    raise Http404
