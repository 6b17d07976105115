"""Leases that a tenants' export no longer lists: whether their households have left, or the file is not the whole."""

from bienveille.register.imports.choices import Departures

#: Of the leases that run, the share that may be gone from one export to the next without anybody being asked. Less
#: than one household in a hundred leaves in a month; five in a hundred in a night is a file cut short.
MOST_GONE = 0.05


def may_close(departures: Departures, *, absent: int, running: int, unreadable: int) -> bool:
    """Whether the absent are taken for departed. In doubt nobody is: a call too many harms less than one too few.

    `unreadable`: rows of which not even the lease could be read; each may be that of somebody who seems absent.
    """
    if departures == Departures.AUTO:
        return not unreadable and absent <= running * MOST_GONE
    return departures == Departures.CLOSE
