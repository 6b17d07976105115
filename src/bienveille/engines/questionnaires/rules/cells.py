"""Which groups may be shown: none so small that somebody could be recognised, nor found again by subtraction."""

from collections.abc import Mapping

#: Fewer answers than that in a cell say too much of each person.
LEAST = 10


def shown_groups(answered: Mapping[str, int], *, least: int = LEAST) -> set[str]:
    """The groups of a question that may be shown, when the total is shown beside them.

    Those of `least` answers or more; the smallest of them is hidden too when what is left out of the total would tell
    fewer than `least`. A group without any answer tells nothing: it may always be shown.
    """
    shown = {group for group, count in answered.items() if count == 0 or count >= least}
    while 0 < sum(count for group, count in answered.items() if group not in shown) < least:
        full = sorted((answered[group], group) for group in shown if answered[group])
        if not full:
            break
        shown.discard(full[0][1])
    return shown
