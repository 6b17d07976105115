"""Reading people: search by name, the page of a household, who may be inscribed twice."""

from bienveille.register.tenants.queries.corrections import Truth, corrections_for_erp, truths_of
from bienveille.register.tenants.queries.departures import SAME_PEOPLE, kept_months, people_past
from bienveille.register.tenants.queries.disclosure import rows_of, told_of_person, veil_over
from bienveille.register.tenants.queries.doubles import (
    Double,
    DoubleRow,
    Doubles,
    Side,
    as_doubles,
    merges_of,
    possible_doubles,
    two_sides,
)
from bienveille.register.tenants.queries.people import (
    BY_AGE,
    CANDIDATES,
    Found,
    HouseholdRecord,
    Resident,
    as_found,
    find_people,
    household_record,
    is_protected,
    lost_since,
    people_found,
    somebody_known,
    ways_and_marks,
    with_home,
)
from bienveille.register.tenants.queries.wishes import wish_of

__all__ = [
    "BY_AGE",
    "CANDIDATES",
    "SAME_PEOPLE",
    "Double",
    "DoubleRow",
    "Doubles",
    "Found",
    "HouseholdRecord",
    "Resident",
    "Side",
    "Truth",
    "as_doubles",
    "as_found",
    "corrections_for_erp",
    "find_people",
    "household_record",
    "is_protected",
    "kept_months",
    "lost_since",
    "merges_of",
    "people_found",
    "people_past",
    "possible_doubles",
    "rows_of",
    "somebody_known",
    "told_of_person",
    "truths_of",
    "two_sides",
    "veil_over",
    "ways_and_marks",
    "wish_of",
    "with_home",
]
