"""When a household asks to be called, as somebody typed it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CallWishSaid:
    """Days without calls (Monday is 1), parts of the day that suit (none: any), or a letter instead of calls."""

    not_on: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    in_writing: bool = False
