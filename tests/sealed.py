"""What only the holder of the key reads in a dump: for tests that look for words in it."""

from bienveille.ground.platform.sealed_fields import sealed_fields
from bienveille.ground.platform.sealed_keys import PROBED_AT
from bienveille.ground.platform.sealed_text import TOKEN, Unopened, open_text


def opened(dump: str) -> str:
    """The same text with every sealed one opened, wherever it was copied; one that nothing opens is a failure."""
    places = [field.place for field in sealed_fields()] + [PROBED_AT]

    def words(found):
        for place in places:
            try:
                return open_text(found.group(), place=place)
            except Unopened:
                continue
        raise AssertionError(f"No column opens {found.group()[:30]}…")

    return TOKEN.sub(words, dump)
