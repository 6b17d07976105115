"""What can be done to residences, buildings and homes; watches; the loading of the official communes."""

from bienveille.register.housing.operations.places import (
    DWELLING_FIELDS,
    RESIDENCE_FIELDS,
    CannotChangeHousing,
    add_manager,
    correct_building,
    correct_dwelling,
    correct_residence,
    create_building,
    create_dwelling,
    create_residence,
    remove_manager,
)
from bienveille.register.housing.operations.reference import (
    COMMUNES,
    Loaded,
    NotOfficial,
    adopt_arrondissements,
    ensure_reference,
    load_official,
)
from bienveille.register.housing.operations.watch import (
    REASON_LENGTH,
    CannotWatch,
    end_due,
    end_watch,
    end_watches_due,
    start_watch,
    take_back_watch,
)

__all__ = [
    "COMMUNES",
    "DWELLING_FIELDS",
    "REASON_LENGTH",
    "RESIDENCE_FIELDS",
    "CannotChangeHousing",
    "CannotWatch",
    "Loaded",
    "NotOfficial",
    "add_manager",
    "adopt_arrondissements",
    "correct_building",
    "correct_dwelling",
    "correct_residence",
    "create_building",
    "create_dwelling",
    "create_residence",
    "end_due",
    "end_watch",
    "end_watches_due",
    "ensure_reference",
    "load_official",
    "remove_manager",
    "start_watch",
    "take_back_watch",
]
