"""Figures of referrals, for the screen of figures: referrals per partner, share that answered, delays.

They count only the cases that their reader may see. Counts under five are masked by whoever shows them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Max, Q

from bienveille.engines.cases.choices import PartnerAnswer, ReferralState
from bienveille.engines.cases.models import PartnerReferral
from bienveille.engines.cases.queries.cases import visible
from bienveille.register.accounts.models import User
from bienveille.register.accounts.rules import Scope


class Median(Aggregate):
    """The middle of some durations; those that are not known are left out."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class PartnerFigures:
    """One partner over a time. `to_acknowledge` and `to_close` are medians from the sending, None without any."""

    partner: str
    sent: int
    acknowledged: int
    answered: int
    closed: int
    helped: int
    withdrawn: int
    to_acknowledge: timedelta | None
    to_close: timedelta | None

    @property
    def acknowledged_share(self) -> float | None:
        return self.acknowledged / self.sent if self.sent else None

    @property
    def answered_share(self) -> float | None:
        return self.answered / self.sent if self.sent else None


def partner_figures(scope: Scope, user: User, *, since: datetime, until: datetime) -> list[PartnerFigures]:
    """What became of the referrals sent from one moment to another (`until` excluded), by partner, the most asked
    first (1 query, whatever the number of referrals).

    A partner is its card; one whose card is gone goes by its name. `helped`: the last answer says that help is coming
    or in place. Delays are real time: nights and week-ends count.
    """
    rows = (
        PartnerReferral.objects.filter(case__in=visible(scope, user), sent_at__gte=since, sent_at__lt=until)
        .values("structure_id")
        .annotate(
            name=Max("partner_name"),
            sent=Count("pk"),
            acknowledged=Count("pk", filter=Q(acknowledged_at__isnull=False)),
            answered=Count("pk", filter=~Q(answer="")),
            closed=Count("pk", filter=Q(state=ReferralState.CLOSED)),
            helped=Count("pk", filter=Q(answer__in=[PartnerAnswer.WILL_HELP, PartnerAnswer.HELPED])),
            withdrawn=Count("pk", filter=Q(state=ReferralState.WITHDRAWN)),
            to_acknowledge=Median(_span("acknowledged_at")),
            to_close=Median(_span("closed_at")),
        )
        .order_by("-sent", "name")
    )
    return [
        PartnerFigures(
            partner=row["name"],
            **{name: row[name] for name in ("sent", "acknowledged", "answered", "closed", "helped", "withdrawn")},
            to_acknowledge=row["to_acknowledge"],
            to_close=row["to_close"],
        )
        for row in rows
    ]


def refused_count(scope: Scope, user: User, *, since: datetime, until: datetime) -> int:
    """How many people said no before anything left, over a time (1 query)."""
    return PartnerReferral.objects.filter(
        case__in=visible(scope, user), state=ReferralState.REFUSED, agreed_at__gte=since, agreed_at__lt=until
    ).count()


def _span(end: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(end) - F("sent_at"), output_field=DurationField())
