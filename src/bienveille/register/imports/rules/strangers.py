"""A file that is not this landlord's: told before anything is applied."""

LEAST = 20  # rows: under that, a share says nothing
MOST_UNKNOWN = 0.5


def is_another_landlords(*, unknown: int, records: int) -> bool:
    """Whether so many of the file's homes are unknown that it must be about another stock, or come before its homes."""
    return unknown >= LEAST and unknown > records * MOST_UNKNOWN
