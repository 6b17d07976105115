"""A long file about people leaves with somebody else's agreement: asked, answered, taken away once, forgotten."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import now as clock

from bienveille.ground.lib.typography import counted, number
from bienveille.ground.platform.jobs import job
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import Landlord, LargeFile, User
from bienveille.register.accounts.operations.accounts import record_audit
from bienveille.register.accounts.queries import rows_alone, who_answers, who_watches_accounts
from bienveille.register.accounts.rules import (
    ALONE_WAITS,
    FEWEST_ALONE,
    LARGE_FILE_AGREED_FOR,
    LARGE_FILE_ASKED_FOR,
    LARGE_FILES_KEPT,
    MOST_ALONE,
    enough,
)


class AlreadyAsked(Refusal):
    message = "Ce fichier est déjà demandé\u00a0: sa réponse s’affichera ici."


class AlreadyAnswered(Refusal):
    message = "Cette demande n’attend plus de réponse\u00a0: elle a été traitée, ou son délai est passé."


class NotYours(Refusal):
    message = "Personne ne répond à sa propre demande. Quelqu’un d’autre doit le faire."


class OutOfBounds(Refusal):
    message = f"Le seuil est entre {number(FEWEST_ALONE)} et {number(MOST_ALONE)} lignes."


@transaction.atomic
def ask_large_file(
    *, actor: User, address: str, kind: str, what: str, rows: int, reason: str, now: datetime
) -> LargeFile:
    """Ask for a long file to leave; whoever may answer is written to.

    Where nobody else can, it opens by itself after an hour, and every address of the direction is told at once. Refuses
    a file already asked for and not yet taken.
    """
    User.objects.select_for_update().get(pk=actor.pk)  # two clicks ask once
    waiting = LargeFile.objects.filter(asked_by=actor, address=address, taken_at=None, expires_at__gt=now)
    if waiting.exclude(agreed=False).exists():
        raise AlreadyAsked
    alone = not who_answers(actor).exists()
    made = LargeFile.objects.create(
        asked_by=actor,
        address=address,
        kind=kind,
        what=what[:300],
        rows=rows,
        reason=reason,
        asked_at=now,
        expires_at=now + (LARGE_FILE_AGREED_FOR if alone else LARGE_FILE_ASKED_FOR),
        alone=alone,
        agreed=True if alone else None,
        answered_at=now if alone else None,
        opens_at=now + ALONE_WAITS if alone else None,
    )
    _trace(actor, made, "asked")
    tell_large_file.enqueue(file_id=str(made.pk), said="alone" if alone else "asked")
    return made


@transaction.atomic
def answer_large_file(*, actor: User, file_id: UUID, agreed: bool, answer: str = "", now: datetime) -> LargeFile:
    """Agree to somebody else's file, for a day and once, or refuse it with a reason.

    Refuses one's own, one already answered or too old. Who may answer was decided by `access.get_large_file_for`.
    """
    asked = LargeFile.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=file_id)
    if asked.asked_by_id == actor.pk:
        raise NotYours
    if asked.agreed is not None or asked.expires_at <= now:
        raise AlreadyAnswered
    asked.agreed, asked.answered_by, asked.answered_at = agreed, actor, now
    asked.answer = "" if agreed else answer
    if agreed:
        asked.opens_at, asked.expires_at = now, now + LARGE_FILE_AGREED_FOR
    asked.save()
    _trace(actor, asked, "agreed" if agreed else "refused")
    tell_large_file.enqueue(file_id=str(asked.pk), said="answered")
    return asked


@transaction.atomic
def take_large_file(*, actor: User, address: str, rows: int, now: datetime) -> bool:
    """Use up the agreement that lets this file leave now; False when there is none. Two tabs at once: one leaves."""
    agreed = (
        LargeFile.objects.select_for_update()
        .filter(asked_by=actor, address=address, agreed=True, taken_at=None, opens_at__lte=now, expires_at__gt=now)
        .order_by("asked_at")
        .first()
    )
    if agreed is None or not enough(agreed.rows, rows):
        return False
    agreed.taken_at = now
    agreed.save(update_fields=["taken_at"])
    _trace(actor, agreed, "taken", leaving=rows)
    return True


@transaction.atomic
def set_rows_alone(*, actor: User, rows: int) -> None:
    """Above how many rows a file about people needs somebody else; the rest of the direction is written to."""
    if not FEWEST_ALONE <= rows <= MOST_ALONE:
        raise OutOfBounds
    former = rows_alone()
    landlord = Landlord.objects.select_for_update().get()
    if rows == former:
        return
    landlord.settings = {**landlord.settings, "rows_alone": rows}
    landlord.save(update_fields=["settings"])
    detail = {"did": "rows_alone", "before": former, "after": rows}
    record_audit(actor=actor, action=AuditAction.LARGE_FILE, subject=landlord, detail=detail)
    tell_rows_alone.enqueue(actor_id=str(actor.pk), before=former, after=rows)


def forget_large_files(*, now: datetime) -> int:
    """Erase requests a year after they were made. How many."""
    return LargeFile.objects.filter(asked_at__lt=now - LARGE_FILES_KEPT).delete()[0]


@job(queue="schedule")
def purge_large_files() -> int:
    """Erase what was said of long files, a year after: the audit says the rest. How many."""
    return forget_large_files(now=clock())


def _trace(actor: User, file: LargeFile, did: str, **detail: int) -> None:
    said = {"did": did, "rows": file.rows, "alone": file.alone, **detail}
    record_audit(actor=actor, action=AuditAction.LARGE_FILE, subject=file, reason=file.what, detail=said)


# ---- Messages ----------------------------------------------------------------------------------------------------


@job(queue="messages", retry_on=(OSError,))
def tell_large_file(*, file_id: str, said: str) -> None:
    """Write about a long file: to who may answer, to the direction when nobody can, to who asked once answered."""
    found = LargeFile.objects.select_related("asked_by", "answered_by").filter(pk=file_id).first()
    if found is None or not found.asked_by.is_active:
        return
    who, url = found.asked_by.display_name, settings.PUBLIC_URL + reverse("accounts:files")
    file = f"{found.what}, {counted(found.rows, 'ligne')}.\nPourquoi\u00a0: {found.reason}"
    if said == "answered":
        by = found.answered_by.display_name if found.answered_by else ""
        subject = "Votre fichier peut partir" if found.agreed else "Votre fichier est refusé"
        text = f"{by} l’accorde. Il part une fois, dans les vingt-quatre heures." if found.agreed else f"{by} le refuse"
        refused = f"\u00a0: {found.answer}" if found.answer else "."
        _write(subject, f"{file}\n\n{text}{'' if found.agreed else refused}\n\n{url}\n", [found.asked_by.email])
        return
    others = list(who_answers(found.asked_by).values_list("email", flat=True))
    if said == "asked" and others:
        body = f"{who} demande à emporter un grand fichier\u00a0:\n{file}\n\nAccordez-le ou refusez-le\u00a0: {url}\n"
        _write("Un grand fichier attend votre accord", body, others)
    if said == "alone":
        told = sorted({found.asked_by.email, *who_watches_accounts()})
        body = (
            f"{who} emportera un grand fichier dans une heure\u00a0:\n{file}\n\nPersonne d’autre ne peut l’accorder "
            "ici. Si ce n’est pas voulu, fermez ses sessions tout de suite, dans «\u00a0Ma sécurité\u00a0»\u00a0: "
            f"{url}\n"
        )
        _write("Un grand fichier partira dans une heure", body, told)


@job(queue="messages", retry_on=(OSError,))
def tell_rows_alone(*, actor_id: str, before: int, after: int) -> None:
    """Write to the direction that the number of rows that leave without a second person changed."""
    actor = User.objects.get(pk=actor_id)
    body = (
        f"{actor.display_name} a réglé le seuil des grands fichiers à {counted(after, 'ligne')} "
        f"(c’était {number(before)}). Au-dessus, un fichier ne part qu’avec l’accord d’une seconde personne.\n"
    )
    _write("Le seuil des grands fichiers a changé", body, who_watches_accounts())


def _write(subject: str, body: str, to: list[str]) -> None:
    if to:
        EmailMessage(subject=f"Bienveille\u00a0: {subject[0].lower()}{subject[1:]}", body=body, bcc=to).send()
