"""Letters are printed: taken from those that wait, set in files, handed over; those that come back are noted."""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from bienveille.engines.messaging.choices import Channel, DeliveryState, MailingState, PrintState, PrintWay, Withheld
from bienveille.engines.messaging.models import AddressCheck, Delivery, Mailing, Print, PrintFile
from bienveille.engines.messaging.operations.contents import Taken, words_of
from bienveille.engines.messaging.operations.letters import Letterhead, platform_csv, platform_rows, set_sheaves
from bienveille.engines.messaging.queries.prints import addressees, came_back, letters_numbered
from bienveille.engines.messaging.rules.layout import paragraphs
from bienveille.engines.messaging.rules.letters import (
    CHUNK,
    Letter,
    address_lines,
    delivery_key,
    letter_number,
    place_of,
    serial_of,
    sheaves_by_place,
    sheaves_for_post,
)
from bienveille.ground.lib.typography import calendar_day
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.register.accounts.rules import Scope

logger = logging.getLogger(__name__)

FOLDER = "letters"
#: « N’habite pas à l’adresse indiquée »: what the post writes on a letter that it brings back.
NPAI = "npai"
#: Letters that nobody says to have handed over become « sort inconnu » after this: somebody has to look.
HELD = timedelta(days=60)
#: Files are erased so long after their letters were handed over.
FILES_KEPT = timedelta(days=30)
#: Letters that nobody ever handed over are not kept for ever.
NEVER_HANDED = timedelta(days=90)

# What waits, checked against what has happened since it was prepared: as `sending` does, an address apart.
_TAKE = """
WITH judged AS MATERIALIZED (
    SELECT d.id, CASE
        WHEN p.deceased THEN 'deceased'
        WHEN h.closed_on IS NOT NULL OR h.dwelling_id IS NULL OR p.left_on <= %(today)s THEN 'left'
        WHEN p.opposed_on IS NOT NULL THEN 'opposed'
        WHEN EXISTS (SELECT 1 FROM tenants_person q WHERE q.household_id = d.household_id AND q.protected_address
                     AND NOT q.deceased AND (q.left_on IS NULL OR q.left_on > %(today)s)) THEN 'protected'
        ELSE '' END AS why
    FROM messaging_delivery d
    LEFT JOIN tenants_person p ON p.id = d.person_id
    LEFT JOIN tenants_household h ON h.id = d.household_id
    WHERE d.mailing_id = %(mailing)s AND d.channel = 'letter' AND d.state = 'waiting'
    FOR UPDATE OF d)
UPDATE messaging_delivery d
SET state = CASE WHEN why = '' THEN 'sending' ELSE 'stopped' END, reason = why,
    token = CASE WHEN why = '' THEN %(token)s::uuid END,
    lease_until = CASE WHEN why = '' THEN %(until)s::timestamptz END,
    tries = tries + CASE WHEN why = '' THEN 1 ELSE 0 END, first_tried_at = coalesce(first_tried_at, %(now)s),
    not_before = NULL, ended_at = CASE WHEN why <> '' THEN %(now)s END
FROM judged WHERE judged.id = d.id
RETURNING d.state"""


class CannotPrint(Refusal):
    """No letter waits, or the print is not where it should be for what is asked."""

    message = "Aucune lettre n’attend pour cet envoi\u00a0: quelqu’un vient peut-être de les préparer."


@transaction.atomic
def make_letters(*, actor: User, mailing: Mailing, way: str, now: datetime) -> Print:
    """Print the letters of a mailing that wait; a job sets them. Refused when none waits or the mailing is stopped."""
    locked = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if locked.state != MailingState.SENDING:
        raise CannotPrint("Cet envoi n’est pas en cours\u00a0: rien n’est imprimé.")
    made = Print(mailing=locked, way=PrintWay(way), made_by=actor, made_at=now)
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {"mailing": locked.pk, "token": made.pk, "now": now, "until": now + HELD, "today": timezone.localdate(now)},
        )
        states = [state for (state,) in cursor.fetchall()]
    made.letters = states.count(DeliveryState.SENDING)
    if not made.letters:
        raise CannotPrint
    made.save()
    _audit(actor, made, "Lettres préparées", letters=made.letters)
    set_letters.enqueue(print_id=str(made.pk))
    return made


@job(queue="messages")
def set_letters(*, print_id: str) -> None:
    """Set the letters of a print in files. Run twice, the second finds it done; it keeps no half of a set."""
    made = Print.objects.select_related("mailing").filter(pk=print_id).first()
    if made is None or made.state != PrintState.SETTING:
        return
    _empty(made.pk)  # what a worker that died left behind
    kept: list[PrintFile] = []
    try:
        withheld = _write_files(made, kept)
        with transaction.atomic():
            locked = Print.objects.select_for_update().filter(pk=made.pk).first()
            if locked is None:  # cancelled in between
                _empty(made.pk)
            elif locked.state == PrintState.SETTING:
                PrintFile.objects.bulk_create(kept)
                locked.state, locked.withheld = PrintState.READY, withheld
                locked.save(update_fields=["state", "withheld"])
    except Exception:
        Print.objects.filter(pk=made.pk, state=PrintState.SETTING).update(state=PrintState.FAILED)
        _empty(made.pk)
        raise


def _write_files(made: Print, kept: list[PrintFile]) -> int:
    """Every letter of a print in its file; how many could not be written or addressed."""
    day = timezone.localdate(made.made_at)
    homes, withheld = _letters(made)
    letters = [letter for _, letter in sorted(homes, key=lambda one: one[0])]
    owner = landlord()
    head = Letterhead(owner.name if owner else "", (), f"Le {calendar_day(day, weekday=False)}")
    carried = made.way == PrintWay.CARRIED
    rows: list[list[str]] = []
    sheaves = sheaves_by_place(letters) if carried else sheaves_for_post(letters)
    for rank, (sheaf, done) in enumerate(set_sheaves(sheaves, head, cover=carried), start=1):
        words = slugify(f"{sheaf.residence} {sheaf.staircase}")[:80] or "lettres"
        name = f"{rank:03d}-{words}.pdf"
        rows += [] if carried else platform_rows(name, sheaf, done)
        kept.append(
            PrintFile(
                made_for=made,
                rank=rank,
                name=name,
                residence=sheaf.residence,
                staircase=sheaf.staircase,
                letters=len(sheaf.letters),
                pages=done.page_count,
                stored=_store(made, name, done.pdf),
            )
        )
    if rows:
        kept.append(
            PrintFile(
                made_for=made,
                rank=len(kept) + 1,
                name="lettres.csv",
                stored=_store(made, "lettres.csv", platform_csv(rows)),
            )
        )
    return withheld


def _letters(made: Print) -> tuple[list[tuple[tuple[object, ...], Letter]], int]:
    """The letters of a print with the key that sorts them; those with a hole or no address are withheld, and counted.

    Five hundred at a time: three queries each.
    """
    fields = ("id", "household_id", "person_id", "to", "language", "subject", "body", "tries", "first_tried_at")
    mine = Delivery.objects.filter(token=made.pk, state=DeliveryState.SENDING).order_by("pk")
    taken = [(number, Taken(*row)) for number, *row in mine.values_list("number", *fields)]
    letters: list[tuple[tuple[object, ...], Letter]] = []
    holes: list[tuple[UUID, str]] = []
    today = timezone.localdate(made.made_at)
    for start in range(0, len(taken), CHUNK):
        batch = taken[start : start + CHUNK]
        numbers = {one.id: number for number, one in batch}
        households = {one.id: one.household_id for _, one in batch}
        ready, faulty = words_of(made.mailing_id, Channel.LETTER, [one for _, one in batch], today=today)
        holes += [(one.id, names) for one, names in faulty]
        known = addressees({one.household_id for _, one in batch if one.household_id})
        for outgoing in ready:
            household = households[outgoing.key]
            place = known.get(household) if household else None
            try:
                if place is None:
                    raise ValueError("no address")
                address = address_lines(place.name, place.home)
            except ValueError:
                holes.append((outgoing.key, "adresse"))
                continue
            letter = Letter(
                key=outgoing.key,
                number=letter_number(numbers[outgoing.key]),
                address=address,
                subject=outgoing.subject,
                body=tuple(paragraphs(outgoing.text)),
                place=place_of(place.home),
                language=outgoing.language,
                sender=place.sender,
            )
            letters.append((delivery_key(place.home), letter))
    for names in {names for _, names in holes}:  # as many as ways of being incomplete: a few
        Delivery.objects.filter(
            pk__in=[key for key, one in holes if one == names], token=made.pk, state=DeliveryState.SENDING
        ).update(
            state=DeliveryState.STOPPED,
            reason=Withheld.EMPTY,
            detail=names[:200],
            token=None,
            lease_until=None,
            ended_at=timezone.now(),
        )
    return letters, made.letters - len(letters)


@transaction.atomic
def hand_over(*, actor: User, made: Print, now: datetime) -> None:
    """Say that the letters of a print were handed over: they are sent. Refused before they are ready; twice is once."""
    locked = Print.objects.select_for_update().get(pk=made.pk)
    if locked.state == PrintState.HANDED:
        return
    if locked.state != PrintState.READY:
        raise CannotPrint("Ces lettres ne sont pas prêtes\u00a0: attendez la fin de la mise en page.")
    locked.state, locked.handed_by, locked.handed_at = PrintState.HANDED, actor, now
    locked.save(update_fields=["state", "handed_by", "handed_at"])
    mine = Delivery.objects.filter(token=locked.pk, state__in=[DeliveryState.SENDING, DeliveryState.UNKNOWN])
    sent = mine.update(state=DeliveryState.SENT, sent_at=now, lease_until=None)
    _audit(actor, locked, "Lettres remises", letters=sent)


@transaction.atomic
def cancel_print(*, actor: User, made: Print) -> None:
    """Put the letters of a print back among those that wait; its files are erased. Refused once handed over."""
    locked = Print.objects.select_for_update().get(pk=made.pk)
    if locked.state == PrintState.HANDED:
        raise CannotPrint("Ces lettres sont déjà remises\u00a0: elles ne peuvent plus être reprises.")
    mine = Delivery.objects.filter(token=locked.pk, state__in=[DeliveryState.SENDING, DeliveryState.UNKNOWN])
    back = mine.update(state=DeliveryState.WAITING, token=None, lease_until=None)
    _audit(actor, locked, "Impression annulée", letters=back)
    key = locked.pk
    locked.delete()
    transaction.on_commit(lambda: _empty(key))


@transaction.atomic
def note_returned(*, actor: User, typed: str, scope: Scope, now: datetime) -> dict[str, list[str]]:
    """Letters that came back, by the numbers scanned one after another: bounced, and their address is to be checked.

    Gives the numbers by what became of them: `noted`, `again` (noted already), `unknown` (mistyped, not ours, not sent,
    or of an agency that this person does not cover).
    """
    told: dict[str, list[str]] = {"noted": [], "again": [], "unknown": []}
    pieces = _numbers(typed)
    letters = letters_numbered({serial for _, serial in pieces if serial})
    back = came_back([one.pk for one in letters.values()])
    checks: list[AddressCheck] = []
    for text, serial in pieces:
        letter = letters.get(serial) if serial else None
        if (
            letter is None
            or letter.household_id is None
            or not _covers(scope, letter)
            or letter.state not in _RETURNABLE
        ):
            told["unknown"].append(text)
        elif letter.pk in back:
            told["again"].append(text)
        else:
            told["noted"].append(text)
            back.add(letter.pk)
            checks.append(AddressCheck(household_id=letter.household_id, delivery=letter, noted_by=actor, noted_at=now))
    made = AddressCheck.objects.bulk_create(checks, ignore_conflicts=True)
    Delivery.objects.filter(pk__in=[one.delivery_id for one in made], state__in=_RETURNABLE).update(
        state=DeliveryState.BOUNCED, detail=NPAI, ended_at=now
    )
    for one in made:
        record_audit(
            actor=actor,
            action=AuditAction.HOUSEHOLD_CHANGED,
            subject_type="tenants.Household",
            subject_id=one.household_id,
            reason="Lettre revenue, adresse à vérifier",
        )
    return told


@transaction.atomic
def settle_address(*, actor: User, check: AddressCheck, now: datetime) -> None:
    """Say that an address was checked. Settled already: nothing happens."""
    locked = AddressCheck.objects.select_for_update().get(pk=check.pk)
    if locked.settled_at is not None:
        return
    locked.settled_by, locked.settled_at = actor, now
    locked.save(update_fields=["settled_by", "settled_at"])
    record_audit(
        actor=actor,
        action=AuditAction.HOUSEHOLD_CHANGED,
        subject_type="tenants.Household",
        subject_id=locked.household_id,
        reason="Adresse vérifiée",
    )


@job(queue="messages")
def purge_letter_files() -> int:
    """Erase files of letters a month after they were handed over, or once forgotten; the counts stay."""
    erased = 0
    before = timezone.now() - FILES_KEPT
    forgotten = Q(handed_at=None, made_at__lt=timezone.now() - NEVER_HANDED)
    for made in Print.objects.filter(Q(handed_at__lt=before) | forgotten, files__stored__gt="").distinct():
        _empty(made.pk)
        erased += PrintFile.objects.filter(made_for=made).exclude(stored="").update(stored="")
    return erased


def read_file(one: PrintFile) -> BytesIO:
    """The octets of a file that is kept."""
    with default_storage.open(one.stored) as kept:
        return BytesIO(kept.read())


_RETURNABLE = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.BOUNCED, DeliveryState.UNKNOWN)


def _numbers(typed: str) -> list[tuple[str, int | None]]:
    """What was scanned, one a line or parted by signs; a number may be written in groups of figures."""
    found = []
    for line in typed.replace(";", "\n").replace(",", "\n").splitlines():
        text = " ".join(line.split())
        if not text:
            continue
        whole = serial_of(text)
        pieces = [text] if whole else text.split(" ")
        found += [(piece, serial_of(piece)) for piece in pieces]
    return found


def _covers(scope: Scope, letter: Delivery) -> bool:
    dwelling = letter.household.dwelling if letter.household else None
    if dwelling is None:
        return scope.everything
    agency = dwelling.building.residence.agency
    return scope.covers(company=agency.company_id, agency=agency.pk)


def _store(made: Print, name: str, content: bytes) -> str:
    return default_storage.save(f"{FOLDER}/{made.pk}/{name}", ContentFile(content))


def _empty(print_id: UUID) -> None:
    """Erase whatever is kept for a print."""
    with suppress(FileNotFoundError):
        for name in default_storage.listdir(f"{FOLDER}/{print_id}")[1]:
            default_storage.delete(f"{FOLDER}/{print_id}/{name}")


def _audit(actor: User, made: Print, reason: str, **detail: int) -> None:
    record_audit(
        actor=actor,
        action=AuditAction.MESSAGE_CHANGED,
        subject_type="messaging.Mailing",
        subject_id=made.mailing_id,
        reason=reason,
        detail=dict(detail),
    )
