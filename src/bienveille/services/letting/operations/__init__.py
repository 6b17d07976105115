"""What can be done to lots of homes and to territories. Moves are counted from the leases: nothing is done to them."""

from bienveille.services.letting.operations.homes import (
    Added,
    CannotAddHomes,
    add_buildings,
    add_codes,
    add_file,
    remove_batch,
    remove_home,
)
from bienveille.services.letting.operations.lots import (
    LOT_FIELDS,
    CannotDeleteLot,
    CannotSaveLot,
    LotGone,
    change_lot,
    create_lot,
    create_lot_audience,
    delete_lot,
    drop_lot_audience,
    tick_step,
    untick_step,
)
from bienveille.services.letting.operations.territories import CannotArrangeTerritory, remove_territory, save_territory

__all__ = [
    "LOT_FIELDS",
    "Added",
    "CannotAddHomes",
    "CannotArrangeTerritory",
    "CannotDeleteLot",
    "CannotSaveLot",
    "LotGone",
    "add_buildings",
    "add_codes",
    "add_file",
    "change_lot",
    "create_lot",
    "create_lot_audience",
    "delete_lot",
    "drop_lot_audience",
    "remove_batch",
    "remove_home",
    "remove_territory",
    "save_territory",
    "tick_step",
    "untick_step",
]
