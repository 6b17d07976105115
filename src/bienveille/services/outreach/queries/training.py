"""Whether a caller may begin, and how much of their day is left."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.timezone import get_current_timezone

from bienveille.engines.dispatch.choices import Outcome
from bienveille.engines.dispatch.models import Attempt
from bienveille.register.accounts.models import Landlord, User
from bienveille.services.outreach.models import CallerRhythm, CallerTraining, CharterAcceptance
from bienveille.services.outreach.rules.training import (
    CallingRules,
    charter_in_force,
    conversations_left,
    read_calling_rules,
)

#: Outcomes after which somebody was spoken to.
SPOKEN = (Outcome.REACHED, Outcome.INTERRUPTED, Outcome.REFUSED)


@dataclass(frozen=True)
class Readiness:
    """Where a caller stands before the first call."""

    accepted_at: datetime | None
    trained_at: datetime | None
    answered: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return self.accepted_at is not None and self.trained_at is not None


@dataclass(frozen=True)
class Rhythm:
    """How many conversations a caller has a day: their own number, the landlord's, and what is left today."""

    own_cap: int | None
    most_a_day: int
    spoken: int
    went_on: bool
    left: int

    @property
    def cap(self) -> int:
        return min(self.own_cap or self.most_a_day, self.most_a_day)


def calling_rules() -> CallingRules:
    """What the landlord asks of those who call on a screen (1 query)."""
    settings = Landlord.objects.values_list("settings", flat=True).first()
    return read_calling_rules(settings or {})


def readiness(user: User, today: date) -> Readiness:
    """The charter and the training of a caller (2 queries)."""
    accepted = CharterAcceptance.objects.filter(user=user, version=charter_in_force(today).version).first()
    training = CallerTraining.objects.filter(user=user).first()
    return Readiness(
        accepted_at=accepted.accepted_at if accepted else None,
        trained_at=training.done_at if training else None,
        answered=tuple(training.answered) if training else (),
    )


def not_yet_ready(user_ids: list[UUID], today: date) -> set[UUID]:
    """Those of these callers who have not accepted the charter or not done the training (1 query)."""
    accepted = CharterAcceptance.objects.filter(user=OuterRef("pk"), version=charter_in_force(today).version)
    trained = CallerTraining.objects.filter(user=OuterRef("pk"), done_at__isnull=False)
    users = User.objects.filter(pk__in=user_ids).exclude(Exists(accepted), Exists(trained))
    return set(users.values_list("pk", flat=True))


def rhythm_of(user: User, today: date) -> Rhythm:
    """A caller's own number, the landlord's, the conversations of the day and what is left of them (3 queries)."""
    most = calling_rules().most_a_day
    rhythm = CallerRhythm.objects.filter(user=user).first()
    midnight = datetime.combine(today, time(), tzinfo=get_current_timezone())
    spoken = Attempt.objects.filter(caller=user, at__gte=midnight, outcome__in=SPOKEN, undone_at=None).count()
    own, went_on = (rhythm.daily_cap, rhythm.went_on_day == today) if rhythm else (None, False)
    left = conversations_left(spoken=spoken, own_cap=own, most_a_day=most, went_on=went_on)
    return Rhythm(own_cap=own, most_a_day=most, spoken=spoken, went_on=went_on, left=left)
