"""Pure decisions about a contact: no database, no clock."""

from bienveille.engines.dispatch.rules.ladder import (
    CLOSES_AT,
    NOON,
    OPENS_AT,
    WEEK,
    WEEKLY_TRIES,
    PlannedVerdict,
    Verdict,
    decide,
    decide_planned,
    due_moment,
    is_callable_hour,
    next_weekly,
    next_working_day,
    other_half_of_next_day,
    starts_at,
    within_hours,
)

__all__ = [
    "CLOSES_AT",
    "NOON",
    "OPENS_AT",
    "WEEK",
    "WEEKLY_TRIES",
    "PlannedVerdict",
    "Verdict",
    "decide",
    "decide_planned",
    "due_moment",
    "is_callable_hour",
    "next_weekly",
    "next_working_day",
    "other_half_of_next_day",
    "starts_at",
    "within_hours",
]
