"""Lists that go out as files and come back filled in: made, read, saved row by row, each row once."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from django.db import transaction
from django.utils.timezone import localtime

from bienveille.engines.dispatch.choices import ContactState
from bienveille.engines.dispatch.models import Batch, BatchLine, Contact
from bienveille.engines.dispatch.operations import StaleToken
from bienveille.ground.lib.filling_sheets import FillSheet, filling_workbook
from bienveille.ground.lib.tables import NotATable, open_table
from bienveille.ground.lib.typography import listed, short_day
from bienveille.ground.platform.pdf import pdf_from
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.choices import AuditAction
from bienveille.register.accounts.models import User
from bienveille.register.accounts.operations import record_audit
from bienveille.register.accounts.queries import landlord
from bienveille.register.accounts.rules import Scope
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations.calls import CallReport, InvalidReport, record_call
from bienveille.services.outreach.operations.campaigns import audit_campaign
from bienveille.services.outreach.queries.offline import (
    LookedAt,
    Standing,
    batches_to_take_away,
    look_at_rows,
    offline_key,
    sheet_rows,
)
from bienveille.services.outreach.rules.offline import (
    COLUMNS,
    FilledRow,
    is_title,
    missing_titles,
    notice,
    places_of,
    read_row,
)

LARGEST = 5 << 20
MOST_ROWS = 2_000
#: How long after the last day of the list its copies may be kept.
KEEP = timedelta(days=7)
_TEMPLATE = Path(__file__).parent.parent / "documents" / "offline_list.typ"
_UNREADABLE = {
    "empty": "Ce fichier est vide.",
    "pdf": "C’est un PDF\u00a0: déposez le tableur rempli.",
    "locked": "Ce fichier est protégé par un mot de passe.",
    "too_big": "Ce fichier est trop grand pour une liste.",
    "no_rows": "Cette liste n’a aucune ligne.",
    "damaged": "Ce fichier est abîmé\u00a0: enregistrez-le de nouveau, puis déposez-le.",
}


class NotOurList(Refusal):
    """A file that is not a list of ours, or no longer looks like one."""

    message = "Ce fichier n’est pas une de nos listes."


@dataclass(frozen=True)
class ListFile:
    """A caller's list as a file. `rows`: households in it."""

    name: str
    content: bytes
    rows: int


def list_files(
    *, actor: User | None, batches: Sequence[Batch], kinds: Sequence[str], now: datetime
) -> list[tuple[Batch, dict[str, ListFile]]]:
    """The lists of some callers as files to fill in, `xlsx` or `pdf`; each is audited (5 queries and 1 a list).

    Only what the call needs: names, ages, numbers, when to call, why.
    """
    today = localtime(now).date()
    rows = sheet_rows([batch.pk for batch in batches], today)
    owner = landlord()
    made = []
    for batch in batches:
        mine = rows[batch.pk]
        files = {kind: _file(batch, mine, kind, today, owner.name if owner else "") for kind in kinds}
        made.append((batch, files))
        record_audit(
            actor=actor,
            action=AuditAction.EXPORTED,
            subject=batch.plan.queue.campaign,
            reason=f"Liste de la semaine de {batch.caller.display_name}, {batch.plan.queue.campaign.name}",
            detail={"batch": str(batch.pk), "households": len(mine), "formats": list(kinds)},
        )
    return made


def _file(batch: Batch, rows: list[dict[str, str]], kind: str, today: date, owner: str) -> ListFile:
    campaign = batch.plan.queue.campaign
    caller = batch.caller.display_name
    title = f"{campaign.name}, du {short_day(batch.plan.starts_on)} au {short_day(batch.plan.ends_on)}"
    told = notice(
        purpose=campaign.get_purpose_display(),
        caller=caller,
        made_on=today,
        delete_after=batch.plan.ends_on + KEEP,
        landlord=owner,
    )
    name = f"liste {caller} {batch.plan.starts_on.isoformat()}"
    if kind == "pdf":
        seen = ("rank", "name", "people", "phones", "when", "why")
        data = {
            "title": title,
            "landlord": owner,
            "notice": told[:-1],
            "rows": [{key: row.get(key, "") for key in seen} for row in rows],
        }
        return ListFile(name, pdf_from(_TEMPLATE, data), len(rows))
    sheet = FillSheet(
        name="Liste",
        title=title,
        notice=told,
        columns=list(COLUMNS.values()),
        rows=[[row.get(field, "") for field in COLUMNS] for row in rows],
    )
    return ListFile(name, filling_workbook(sheet), len(rows))


def files_of_plan(
    *, actor: User | None, plan_id: Any, pdf: bool, now: datetime
) -> list[tuple[Batch, dict[str, ListFile]]]:
    """Every list in force that still holds somebody, as files: for who sends them out."""
    kinds = ["xlsx", "pdf"] if pdf else ["xlsx"]
    return list_files(actor=actor, batches=batches_to_take_away(plan_id), kinds=kinds, now=now)


def read_list(*, file: BinaryIO, size: int, now: datetime) -> list[FilledRow]:
    """The rows of a filled list, whatever its name. Refuses what is not one, with the reason in French."""
    if size > LARGEST:
        raise NotOurList(_UNREADABLE["too_big"])
    with tempfile.TemporaryDirectory(prefix="bienveille-") as folder:
        path = Path(folder) / "liste"
        path.write_bytes(file.read())
        try:
            table = open_table(path, is_title=is_title)
            places = places_of(table.header)
            if missing := missing_titles(places):
                raise NotOurList(f"Ce fichier n’est pas une de nos listes\u00a0: il lui manque {listed(missing)}.")
            rows: list[FilledRow] = []
            for number, cells in table.rows():
                if len(rows) >= MOST_ROWS:
                    raise NotOurList(_UNREADABLE["too_big"])
                rows.append(read_row(number, cells, places, now=localtime(now)))
        except NotATable as error:
            raise NotOurList(_UNREADABLE.get(error.code, NotOurList.message)) from None
    return rows


@dataclass(frozen=True)
class Returned:
    """What became of the rows of a filled list; `told` are those not saved, with why: nothing is lost."""

    saved: int
    already: int
    told: list[LookedAt]


def save_rows(*, actor: User, scope: Scope, rows: Sequence[FilledRow], now: datetime) -> Returned:
    """Save the calls of a filled list, each in its own transaction, as its caller made them; the same twice, once.

    A row called by somebody else since, given to somebody else or refused is told with the reason, and changes nothing.
    """
    saved = already = 0
    told = []
    for looked in look_at_rows(actor, scope, rows, localtime(now)):
        if looked.standing == Standing.DONE:
            already += 1
        elif looked.standing == Standing.APPLY and looked.line is not None:
            problem = _save_row(looked.line, looked.row, now)
            saved += not problem
            if problem:
                told.append(LookedAt(looked.row, Standing.REJECTED, problem, looked.line))
        elif looked.standing != Standing.EMPTY:
            told.append(looked)
    for campaign in {
        one.pk: one for one in Campaign.objects.filter(queue__plans__lines__in=[row.key for row in rows if row.key])
    }.values():
        audit_campaign(actor, campaign, "list_returned", saved=saved, already=already, told=len(told))
    return Returned(saved, already, told)


def _save_row(line: BatchLine, row: FilledRow, now: datetime) -> str:
    """Saves one call; the sentence that says why not, when it could not be."""
    assert line.batch is not None
    try:
        with transaction.atomic():
            campaign = Campaign.objects.select_related("queue", "questionnaire").get(queue=line.plan.queue_id)
            contact = Contact.objects.select_for_update(of=["self"], no_key=True).get(pk=line.contact_id)
            fresh = BatchLine.objects.select_for_update().get(pk=line.pk)
            if contact.state != ContactState.WAITING or fresh.token != row.token or fresh.ended_at is not None:
                raise StaleToken
            # The call was made with the sheet in hand, not with a reservation: the token fences this one save.
            contact.token = uuid4()
            contact.save(update_fields=["token"])
            record_call(
                campaign=campaign,
                caller=line.batch.caller,
                contact_id=contact.pk,
                token=contact.token,
                report=CallReport(
                    outcome=row.outcome,
                    grade=row.grade,
                    needs=row.needs,
                    note=row.note,
                    keep_note=True,
                    call_back_on=row.call_back_on,
                    weekly=row.weekly,
                ),
                now=row.at or now,
                idempotency_key=offline_key(row),
                tell=False,
            )
            fresh.token = uuid4()
            fresh.save(update_fields=["token"])
    except InvalidReport as refusal:
        return " ".join(sentence for sentences in refusal.errors.values() for sentence in sentences)
    except StaleToken:
        return "Quelqu’un d’autre a pris ce ménage entre-temps."
    except Refusal as refusal:
        return str(refusal)
    return ""
