"""After a hard call: the call itself, who may listen, the wishes to talk of a caller and of a listener."""

from uuid import UUID

from django.db.models import Q, QuerySet

from bienveille.engines.dispatch.models import Attempt
from bienveille.register.accounts.access import MANAGERS
from bienveille.register.accounts.models import User
from bienveille.services.outreach.choices import DebriefState, Grade
from bienveille.services.outreach.models import Campaign, DebriefRequest

HARD = (Grade.ORANGE, Grade.RED)
#: As many as fit in a list of choices.
LISTENERS = 12


def hard_call(caller: User, attempt_id: UUID) -> Attempt | None:
    """A call of one's own that was graded orange or red, with its household and who took the situation (1 query)."""
    attempts = Attempt.objects.filter(pk=attempt_id, caller=caller, undone_at=None, report__grade__in=HARD)
    related = ("report", "referral__case__owner", "contact__household", "contact__queue__campaign__created_by")
    return attempts.select_related(*related).first()


def listeners(caller: User, campaign: Campaign | None = None) -> list[User]:
    """Who may be asked to listen: who leads the campaign, then managers of the caller's agency (1 query)."""
    covering = Q(grants__company=None, grants__agency=None)
    if caller.agency_id:
        covering |= Q(grants__agency=caller.agency_id) | Q(grants__company__agencies=caller.agency_id)
    managers = User.objects.filter(covering, is_active=True, grants__role__in=MANAGERS).exclude(pk=caller.pk)
    found = list(managers.distinct().order_by("last_name", "first_name", "pk"))
    lead = campaign.created_by_id if campaign else None
    own = {user.pk for user in found if user.agency_id and user.agency_id == caller.agency_id}
    return sorted(found, key=lambda user: (user.pk != lead, user.pk not in own))[:LISTENERS]


def debriefs_asked(caller: User) -> list[DebriefRequest]:
    """One's own wishes to talk, the open ones first (1 query)."""
    return _ordered(DebriefRequest.objects.filter(asked_by=caller).select_related("listener"))


def debriefs_heard(listener: User) -> list[DebriefRequest]:
    """Those who would like to talk with somebody, the open ones first (1 query)."""
    return _ordered(DebriefRequest.objects.filter(listener=listener).select_related("asked_by"))


def count_waiting_debriefs(listener: User) -> int:
    """How many wishes to talk wait for an answer, for the home page (1 query)."""
    return DebriefRequest.objects.filter(listener=listener, state=DebriefState.ASKED).count()


def debrief_of(user: User, debrief_id: UUID) -> DebriefRequest | None:
    """A wish to talk, for the two people it is between (1 query)."""
    between = Q(asked_by=user) | Q(listener=user)
    return DebriefRequest.objects.filter(between, pk=debrief_id).select_related("asked_by", "listener").first()


def _ordered(debriefs: QuerySet[DebriefRequest]) -> list[DebriefRequest]:
    rows = sorted(debriefs.order_by("-asked_at", "id")[:50], key=lambda one: one.state == DebriefState.CLOSED)
    return list(rows)
