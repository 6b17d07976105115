"""What the platform does by itself."""

from datetime import timedelta

from django.utils.timezone import now

from bienveille.ground.platform import replay
from bienveille.ground.platform.jobs import job

#: Longer than any copy is kept (docs/privacy.md): older notes could be told to nobody.
NOTES_KEPT = timedelta(days=100)


@job(queue="platform")
def keep_notes() -> int:
    """What protects people and was just said is written outside the database. How many notes."""
    return replay.write_out()


@job(queue="platform")
def shorten_notes() -> int:
    """Notes older than every copy go. How many lines."""
    return replay.shorten(before=now() - NOTES_KEPT)
