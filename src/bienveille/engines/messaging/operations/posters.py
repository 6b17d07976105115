"""What can be done with posters: make one for halls, print it, say that it hangs with a photograph, take that back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import segno
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from bienveille.engines.messaging.models import Poster, Posting
from bienveille.engines.messaging.operations.letters import blocks
from bienveille.engines.messaging.queries.notices import numbers_by_residence
from bienveille.engines.messaging.queries.postings import halls_of, photos_of
from bienveille.engines.messaging.queries.variables import place_values
from bienveille.engines.messaging.rules.layout import paragraphs
from bienveille.engines.messaging.rules.variables import blanks, faults, missing, render
from bienveille.ground.lib.pictures import NotAPicture, clean_photograph
from bienveille.ground.lib.typography import calendar_day, listed, phone
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.pdf import Press
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Agency, User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.register.accounts.rules import Scope
from bienveille.register.housing.models import Residence

TEMPLATE = Path(__file__).resolve().parent.parent / "documents" / "poster.typ"
FOLDER = "postings"
#: A photograph shows that a poster hangs, and perhaps a neighbour: it goes long before the poster is forgotten.
PHOTOS_KEPT = timedelta(days=30)
POSTERS_KEPT = timedelta(days=365)
#: So many pages are set while somebody waits.
MOST_PAGES = 120


class CannotPost(Refusal):
    """A poster that cannot be made or said to hang; `field` is what to put right."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def make_poster(
    *,
    actor: User,
    title: str,
    body: str,
    paper: str,
    until: date,
    agency: Agency | None,
    residence: Residence | None,
    scope: Scope,
    now: datetime,
) -> Poster:
    """Make a poster for every hall of a residence, an agency, or everywhere that one covers.

    Refused when a word is still to be written, when a name asks for somebody or is empty for a residence, when its last
    day is past, or when there is no hall.
    """
    text = f"{title}\n{body}"
    if wrong := faults(text):
        raise CannotPost(wrong[0].sentence, "body")
    if left := blanks(text):
        raise CannotPost(f"Il reste à écrire\u00a0: {listed(left)}.", "body")
    if until < timezone.localdate(now):
        raise CannotPost("Ce jour est passé\u00a0: choisissez un jour à venir.", "until")
    halls = halls_of(agency.pk if agency else None, residence.pk if residence else None, scope)
    if not halls:
        raise CannotPost("Aucune résidence n’est là\u00a0: choisissez un autre endroit.", "place")
    values = place_values([one.pk for one, _ in halls], on=timezone.localdate(now))
    for one, _ in halls:
        if empty := missing(text, values[one.pk]):
            raise CannotPost(
                f"Pour {one.name}, rien ne remplace\u00a0: {listed(empty)}. Complétez les numéros des sites, ou retirez"
                " ces mots\u00a0: une affiche ne nomme ni un locataire ni un logement.",
                "body",
            )
    made = Poster.objects.create(title=title, body=body, paper=paper, until=until, made_by=actor, made_at=now)
    Posting.objects.bulk_create(
        [Posting(poster=made, residence=one, hall=hall) for one, many in halls for hall in range(1, many + 1)]
    )
    record_audit(
        actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=made, reason="Affiche faite", detail={"at": len(halls)}
    )
    return made


def poster_pdf(poster: Poster, postings: Sequence[Posting], *, root: str) -> bytes:
    """The pages of a poster for these halls, each with the numbers of its site and a code that leads to its page.

    `root`: address of this site, without a slash at the end. Three queries.
    """
    residences = {one.residence_id: one.residence for one in postings}
    values = place_values(residences, on=timezone.localdate())
    numbers = numbers_by_residence(list(residences.values()))
    halls = {key: max(one.hall for one in postings if one.residence_id == key) for key in residences}
    owner = landlord()
    pages = []
    for one in postings:
        url = f"{root}/site/{one.residence_id}/"
        of = halls[one.residence_id]
        words = values[one.residence_id]
        pages.append(
            {
                "hall": one.hall,
                "title": render(poster.title, words),
                "body": blocks(paragraphs(render(poster.body, words))),
                "lines": [
                    {"label": line.label, "number": phone(line.number), "hours": line.hours}
                    for line in numbers[one.residence_id]
                ],
                "code": _code(url),
                "place": f"{one.residence.name}, hall {one.hall} sur {of}." if of > 1 else f"{one.residence.name}.",
                "url": url,
            }
        )
    data = {
        "title": poster.title,
        "landlord": owner.name if owner else "",
        "paper": poster.paper,
        "until": calendar_day(poster.until, weekday=False),
        "posters": pages,
    }
    with Press() as press:
        return press.set(TEMPLATE, data, mark="page")[0]


@transaction.atomic
def confirm_posting(*, actor: User, posting: Posting, photo: bytes | None, now: datetime) -> None:
    """Say that a poster hangs in a hall, with a photograph or without. Said already: only the photograph changes.

    Refused when what was given is no photograph. It is written again without place, camera or comment.
    """
    stored = ""
    if photo is not None:
        try:
            clean = clean_photograph(photo)
        except NotAPicture:
            raise CannotPost(
                "Cette photo n’a pas pu être lue\u00a0: prenez-la de nouveau, en JPEG, PNG ou WebP, 15 Mo au plus.",
                "photo",
            ) from None
        stored = default_storage.save(f"{FOLDER}/{uuid4().hex}.jpg", ContentFile(clean))
    locked = Posting.objects.select_for_update().get(pk=posting.pk)
    former = locked.photo
    if locked.posted_at is None:
        locked.posted_by, locked.posted_at = actor, now
    locked.photo = stored or former
    locked.save(update_fields=["posted_by", "posted_at", "photo"])
    record_audit(actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=locked, reason="Affiche posée")
    if stored and former:
        transaction.on_commit(lambda: _erase([former]))


@transaction.atomic
def take_down(*, actor: User, posting: Posting) -> None:
    """Say that a poster does not hang after all: it is to be put up again, and the photograph is erased."""
    locked = Posting.objects.select_for_update().get(pk=posting.pk)
    if locked.posted_at is None:
        return
    former = locked.photo
    locked.posted_by, locked.posted_at, locked.photo = None, None, ""
    locked.save(update_fields=["posted_by", "posted_at", "photo"])
    record_audit(actor=actor, action=AuditAction.MESSAGE_CHANGED, subject=locked, reason="Affiche à poser de nouveau")
    transaction.on_commit(lambda: _erase([former]))


def read_photo(posting: Posting) -> BytesIO:
    """The octets of the photograph that is kept."""
    with default_storage.open(posting.photo) as kept:
        return BytesIO(kept.read())


@job(queue="messages")
def purge_posters() -> int:
    """Erase photographs a month after the last day of their poster, and posters a year after it."""
    today = timezone.localdate()
    taken_down: list[UUID] = list(
        Poster.objects.filter(until__lt=today - PHOTOS_KEPT, postings__photo__gt="")
        .distinct()
        .values_list("pk", flat=True)
    )
    _erase(photos_of(taken_down))
    photos = Posting.objects.filter(poster__in=taken_down).exclude(photo="").update(photo="")
    return photos + Poster.objects.filter(until__lt=today - POSTERS_KEPT).delete()[0]


def _code(url: str) -> dict[str, object]:
    """The modules of a QR code, row by row, as runs of dark ones: column, row, how many."""
    rows = segno.make(url, error="m", micro=False).matrix
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            many = 0
            while x + many < len(row) and row[x + many]:
                many += 1
            if many:
                runs.append([x, y, many])
            x += many or 1
    return {"runs": runs, "size": len(rows)}


def _erase(photos: Sequence[str]) -> None:
    for name in photos:
        if name:
            with suppress(FileNotFoundError):
                default_storage.delete(name)
