"""What can be done to a household by hand: people, ways to reach them, marks. Imports have their own operations.

Every operation takes rows that `access` has loaded for the actor, locks what it changes, and writes one audit row
with the names of what changed, never the values.
"""

from bienveille.register.tenants.operations.care import (
    add_mark,
    erase_marks,
    purge_marks,
    remove_mark,
    remove_relative,
    renew_mark,
    save_relative,
)
from bienveille.register.tenants.operations.contact_points import (
    POINT_FIELDS,
    add_contact_point,
    correct_contact_point,
    flag_contact_point,
    verify_contact_point,
)
from bienveille.register.tenants.operations.departures import (
    Erased,
    Erasing,
    Going,
    OutOfBounds,
    erase_departed,
    purge_departed,
    set_kept,
)
from bienveille.register.tenants.operations.doubles import say_apart, take_back_apart
from bienveille.register.tenants.operations.merges import (
    CannotMerge,
    CannotUndoMerge,
    changed_since,
    merge_people,
    undo_merge,
    version_of_both,
)
from bienveille.register.tenants.operations.people import (
    add_household,
    add_person,
    correct_person,
    protect_address,
    record_opposition,
    report_deceased,
    report_left,
    take_back_death,
    take_back_left,
    withdraw_opposition,
)
from bienveille.register.tenants.operations.rows import (
    CORRECTABLE,
    CannotChangePerson,
    ChangedMeanwhile,
    ContactPointKnown,
    HouseholdHasLeft,
    InvalidContactPoint,
    InvalidMark,
    InvalidRelative,
    MergedElsewhere,
)
from bienveille.register.tenants.operations.wishes import InvalidWish, say_wish

__all__ = [
    "CORRECTABLE",
    "POINT_FIELDS",
    "CannotChangePerson",
    "CannotMerge",
    "CannotUndoMerge",
    "ChangedMeanwhile",
    "ContactPointKnown",
    "Erased",
    "Erasing",
    "Going",
    "HouseholdHasLeft",
    "InvalidContactPoint",
    "InvalidMark",
    "InvalidRelative",
    "InvalidWish",
    "MergedElsewhere",
    "OutOfBounds",
    "add_contact_point",
    "add_household",
    "add_mark",
    "add_person",
    "changed_since",
    "correct_contact_point",
    "correct_person",
    "erase_departed",
    "erase_marks",
    "flag_contact_point",
    "merge_people",
    "protect_address",
    "purge_departed",
    "purge_marks",
    "record_opposition",
    "remove_mark",
    "remove_relative",
    "renew_mark",
    "report_deceased",
    "report_left",
    "save_relative",
    "say_apart",
    "say_wish",
    "set_kept",
    "take_back_apart",
    "take_back_death",
    "take_back_left",
    "undo_merge",
    "verify_contact_point",
    "version_of_both",
    "withdraw_opposition",
]
