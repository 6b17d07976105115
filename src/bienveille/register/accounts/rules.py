"""Pure decisions about rights, secrets and sessions: who covers whom, what still stands. No database, no clock."""

import hashlib
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID

from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.words import plain
from bienveille.ground.platform.limits import Limit

INVITATION_LASTS = timedelta(days=7)
TOKEN_PREFIX = "bv_"
LONGEST_TOKEN_DAYS = 366

# A session ends after half an hour without a click, and after a working day whatever happens (docs/security.md).
IDLE_LIMIT = 30 * 60
SESSION_LIMIT = 12 * 3600
SEEN_EVERY = 60  # seconds between two writes of "last seen"

# Ten wrong passwords or codes for one account, whatever the machines they come from; then ten an hour.
GUESSES = Limit(per_minute=10 / 60, burst=10)
RECOVERY_CODES = 10
# Seconds for which what ProConnect was asked stands, until the browser comes back.
ASKED_FOR = 600


def shows_second_factor(*, acr: object, amr: object, counted: Iterable[str]) -> bool:
    """Whether a provider says that more than a password was shown: its `acr`, or one of its `amr`, counts as such."""
    said = [acr, *(amr if isinstance(amr, list) else ())]
    return any(value in said for value in counted)


def siret_fits(siret: str, ours: Iterable[str]) -> bool:
    """Whether somebody works for us: their establishment is one of ours, or we never said which are."""
    known = {one for one in ours if one}
    return not known or siret in known


@dataclass(frozen=True)
class Grant:
    """A role with its scope; neither company nor agency means everything."""

    role: str
    company: UUID | None = None
    agency: UUID | None = None


@dataclass(frozen=True)
class Scope:
    """Agencies that somebody covers: `everything`, or those listed (and every agency of the companies listed)."""

    everything: bool = False
    companies: frozenset[UUID] = frozenset()
    agencies: frozenset[UUID] = frozenset()

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.companies or self.agencies)

    def covers(self, *, company: UUID | None, agency: UUID | None) -> bool:
        """Whether an agency of a company is inside; something with neither is seen only by who sees everything."""
        return self.everything or (agency in self.agencies) or (company in self.companies)


def scope_of(grants: Iterable[Grant], roles: Iterable[str]) -> Scope:
    """The union of the scopes that these grants give to any of these roles."""
    wanted = set(roles)
    kept = [grant for grant in grants if grant.role in wanted]
    return Scope(
        everything=any(grant.company is None and grant.agency is None for grant in kept),
        companies=frozenset(grant.company for grant in kept if grant.company),
        agencies=frozenset(grant.agency for grant in kept if grant.agency),
    )


def digest(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so a plain SHA-256 cannot be walked back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def still_stands(*, now: datetime, expires_at: datetime, ended: Iterable[datetime | None] = ()) -> bool:
    """Whether a link or token can still be used: not expired, and neither used nor revoked."""
    return now < expires_at and not any(ended)


def session_over(*, now: int, since: int, seen: int) -> bool:
    """Whether a session is too old or has been idle too long; all in seconds since 1970.

    `seen` is written once a minute at most, so the idle limit falls up to a minute early, never late.
    """
    return now - since > SESSION_LIMIT or now - seen > IDLE_LIMIT


def seconds_left(*, now: int, since: int, seen: int) -> int:
    """How long a session still stands if nobody gives a sign of life; never below nil."""
    return max(0, min(since + SESSION_LIMIT, seen + IDLE_LIMIT) - now)


def split_name(full: str) -> tuple[str, str]:
    """First and last name from one line, "Léa de La Tour" → ("Léa", "de La Tour"); one word is a last name."""
    first, _, last = " ".join(full.split()).partition(" ")
    return (first, last) if last else ("", first)


MOST_SKILLS, LONGEST_SKILL = 12, 40
_LIST = re.compile(r"[/;,|\n]+")


def read_list(text: object) -> tuple[str, ...]:
    """The words of a list, each once, as they were first written."""
    words = [clean_text(piece) for piece in _LIST.split(str(text or ""))]
    return tuple({plain(word): word for word in reversed(words) if word}.values())[::-1]


def read_skills(text: object) -> tuple[str, ...]:
    """What somebody is good at, from a cell or a form: twelve at most, of forty characters at most."""
    return tuple(skill[:LONGEST_SKILL] for skill in read_list(text)[:MOST_SKILLS])


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chromium", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_in_words(agent: str) -> str:
    """A browser as its owner knows it, « Firefox sous Windows »: no version, nothing that tells two apart."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " sous ".join(word for word in (browser, system) if word) or "Navigateur inconnu"


# ---- The chain of the audit log (docs/adr/0027) ---------------------------------------------------------------------

#: Lines sealed at once, at most.
SEAL_HOLDS = 10_000
#: Traces are kept a year (CNIL, deliberation 2021-122: six months to one year).
AUDIT_KEPT = timedelta(days=365)
#: A transaction that lasts longer than this does not exist here: a line that comes later was not written on its day.
LATEST_ARRIVAL = timedelta(days=1)
NO_SEAL_BEFORE = "0" * 64
_LINE = struct.Struct(">q32s")


class LineFault(StrEnum):
    """What became of a line since it was sealed."""

    CHANGED = "modifiée"
    DELETED = "supprimée"
    INSERTED = "ajoutée après coup"
    MOVED = "échangée avec une autre"


def pack_lines(lines: Iterable[tuple[int, bytes]]) -> bytes:
    """Sealed lines as bytes: for each, its number (8 bytes) then the SHA-256 of what it says (32 bytes)."""
    return b"".join(_LINE.pack(*line) for line in lines)


def unpack_lines(packed: bytes) -> dict[int, bytes]:
    """The digest of each sealed line by its number; `ValueError` for bytes that nobody packed."""
    if len(packed) % _LINE.size:
        raise ValueError("not sealed lines")
    return dict(_LINE.iter_unpack(packed))


def seal_hash(
    *, number: int, kind: str, first: int, last: int, count: int, digest: str, last_at: datetime, sealed_at: datetime,
    former: str,
) -> str:  # fmt: skip
    """What a seal is known by outside: SHA-256, hexadecimal, of all it says and of the seal before."""
    days = (moment.astimezone(UTC).isoformat(timespec="microseconds") for moment in (last_at, sealed_at))
    said = "|".join(("1", str(number), kind, str(first), str(last), str(count), digest, *days, former))
    return hashlib.sha256(said.encode()).hexdigest()


def line_faults(*, sealed: Mapping[int, bytes], found: Mapping[int, bytes]) -> list[tuple[int, LineFault]]:
    """What is no longer as it was sealed, by number of line. Two lines that exchanged what they say are told apart."""
    said_somewhere = set(sealed.values())
    faults = []
    for number in sorted(sealed.keys() | found.keys()):
        before, now = sealed.get(number), found.get(number)
        if before == now:
            continue
        if before is None:
            faults.append((number, LineFault.INSERTED))
        elif now is None:
            faults.append((number, LineFault.DELETED))
        else:
            faults.append((number, LineFault.MOVED if now in said_somewhere else LineFault.CHANGED))
    return faults


# ---- Curious browsing -----------------------------------------------------------------------------------------------

#: So many different records opened within so long by one person who was not handed them is said to the direction.
BROWSING_RECORDS = 40
BROWSING_WINDOW = timedelta(minutes=10)
#: The same person is not written about again before this.
BROWSING_TOLD_FOR = timedelta(hours=1)
#: How long the direction sees it on its home page.
BROWSING_SHOWN_FOR = timedelta(days=1)


# ---- Large files ----------------------------------------------------------------------------------------------------

#: Rows above which a file about people needs somebody else, unless the landlord chose otherwise within these bounds.
FEWEST_ALONE, MOST_ALONE = 50, 2_000
#: How long a request waits for an answer; then how long what was agreed can be taken away.
LARGE_FILE_ASKED_FOR = timedelta(days=3)
LARGE_FILE_AGREED_FOR = timedelta(days=1)
#: Who has nobody to ask waits this long instead: the owner of a stolen session has read the message by then.
ALONE_WAITS = timedelta(hours=1)
LARGE_FILES_KEPT = timedelta(days=365)
LARGE_FILES_SHOWN_FOR = timedelta(days=30)
#: Parameters of a list that change nothing of what a file holds.
_SAME_FILE = ("tri", "page", "export", "format")


def file_address(path: str, query: Iterable[tuple[str, str]]) -> str:
    """What a file is known by: the same rows have the same address, whatever their order and the kind of file."""
    kept = sorted(pair for pair in query if pair[1] and not pair[0].endswith(_SAME_FILE))
    return f"{path}?{urlencode(kept)}" if kept else path


def enough(agreed: int, rows: int) -> bool:
    """Whether an agreement for so many rows lets so many leave: a list lives, and may have grown by a tenth."""
    return rows * 10 <= agreed * 11
