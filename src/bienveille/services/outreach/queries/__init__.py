"""What campaigns show: lists, figures, ledger, the call page. One function per screen or figure, all its SQL here."""

from bienveille.services.outreach.queries.campaigns import (
    all_campaigns,
    callers_for,
    campaigns_to_call,
    find_campaign,
    may_call,
    whom_it_calls,
)
from bienveille.services.outreach.queries.households import (
    HouseholdEvent,
    events_for_household,
    promises_to_household,
    standing_of_household,
)
from bienveille.services.outreach.queries.key_figures import figures
from bienveille.services.outreach.queries.my_day import (
    MyFigures,
    WeeklyPerson,
    left_alone,
    may_be_handed,
    my_figures,
    pause_of,
    promises_of_resting,
    stopped_weekly,
    weekly_people,
)
from bienveille.services.outreach.queries.sheets import (
    AttemptLine,
    CallSheet,
    PersonLine,
    PhoneLine,
    call_sheet,
    count_promised,
    last_contacts,
    need_labels,
    promised_calls,
    undone_call,
)

__all__ = [
    "AttemptLine",
    "CallSheet",
    "HouseholdEvent",
    "MyFigures",
    "PersonLine",
    "PhoneLine",
    "WeeklyPerson",
    "all_campaigns",
    "call_sheet",
    "callers_for",
    "campaigns_to_call",
    "count_promised",
    "events_for_household",
    "figures",
    "find_campaign",
    "last_contacts",
    "left_alone",
    "may_be_handed",
    "may_call",
    "my_figures",
    "need_labels",
    "pause_of",
    "promised_calls",
    "promises_of_resting",
    "promises_to_household",
    "standing_of_household",
    "stopped_weekly",
    "undone_call",
    "weekly_people",
    "whom_it_calls",
]
