"""Two rows that are one person: made one by somebody who compared them, and two again if that was wrong.

The row that goes stays, closed, with its key in the landlord's file; what it held beyond the other is moved, and each
move is written down so that undoing puts every value back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from bienveille.ground.lib.names import clean_text
from bienveille.ground.lib.typography import listed
from bienveille.ground.platform.refusal import Refusal
from bienveille.register.accounts.models import User
from bienveille.register.tenants.choices import ContactStatus, FactSource
from bienveille.register.tenants.models import (
    ContactPoint,
    FieldCorrection,
    Household,
    KnownApart,
    Lease,
    Mark,
    Merge,
    Person,
    Relative,
)
from bienveille.register.tenants.operations.rows import audit_person, note_corrections
from bienveille.register.tenants.rules import (
    MERGED_FIELDS,
    better_of,
    earliest,
    file_still_says,
    formal_name,
    is_present,
    latest,
    lease_of,
    stricter_status,
    version_of,
)

#: What the version of a row covers when two are compared: nobody merges what they have not seen.
COMPARED = (*MERGED_FIELDS, "household_id", "left_on", "deceased", "opposed_on", "protected_address")
_MOVED: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "points": (ContactPoint, ("value", "whose", "status", "verified_on")),
    "marks": (Mark, ("kind", "source", "purpose", "noted_on", "expires_on")),
    "relatives": (Relative, ("name", "relation", "phone", "email", "agreed_on")),
}
#: What protects somebody: said after a merge, it is told before the merge is undone, and then holds for both.
_PROTECTS = ("opposed_on", "protected_address", "deceased")
_REFUSED = (ContactStatus.WRONG, ContactStatus.STOP)
_WORDS = {
    "title": "la civilité",
    "last_name": "le nom",
    "first_name": "le prénom",
    "birth_date": "la date de naissance",
    "marital_status": "la situation de famille",
    "languages": "les langues",
    "best_time": "le moment préféré",
    "opposed_on": "l’opposition",
    "protected_address": "la protection de l’adresse",
    "deceased": "le décès",
    "deceased_on": "le jour du décès",
    "points": "un numéro ou une adresse",
    "marks": "un repère",
    "relatives": "un proche",
    "left_on": "le départ",
}


class CannotMerge(Refusal):
    message = "Ces deux fiches ne peuvent pas être réunies."


class CannotUndoMerge(Refusal):
    message = "Cette réunion ne peut plus être défaite."


def version_of_both(first: Person, second: Person) -> str:
    """What two rows said when they were compared."""
    return "-".join(version_of(person, COMPARED) for person in sorted((first, second), key=lambda one: one.pk))


@transaction.atomic
def merge_people(
    *,
    actor: User,
    kept: Person,
    gone: Person,
    now: datetime,
    today: date,
    choices: Mapping[str, str] | None = None,
    seen: str = "",
    reason: str = "",
) -> Merge:
    """These two rows are one person: `kept` speaks for both, `gone` is closed and points to it.

    `choices`: for each of MERGED_FIELDS, "kept" or "gone"; what is not said is chosen by `rules.better_of`. An
    opposition, a protected address, a death, a number not to be used are never lost. Refuses rows already merged or
    told apart, rows changed since they were compared (`seen`), and keeping one who left for one who is there.
    """
    kept, gone = _both(kept, gone)
    if seen and version_of_both(kept, gone) != seen:
        raise CannotMerge("Une des deux fiches a changé pendant que vous les compariez. Relisez-les, puis décidez.")
    if is_present(gone, today) and not is_present(kept, today):
        raise CannotMerge("Gardez la fiche de là où la personne vit encore.")
    before: dict[str, Any] = {"gone_left_on": _plain(gone.left_on), "fields": {}, "households": {}}
    before["gone_read"] = gone.erp_fingerprint
    before["held"] = [str(key) for key in ContactPoint.objects.filter(person=kept).values_list("pk", flat=True)]
    before["repointed"] = [str(row.pk) for row in Person.objects.filter(merged_into=gone).order_by("pk")]
    former = {formal_name(kept)} | ({formal_name(gone)} if gone.household_id == kept.household_id else set())
    _take_facts(kept, gone, choices or {}, before)
    note_corrections(actor, kept, [name for name in before["fields"] if name in MERGED_FIELDS], now=now)
    _rename(kept, former, before)
    before["points"] = _bring_points(kept, gone)
    before["marks"] = _bring_marks(kept, gone)
    before["relatives"] = _bring_relatives(kept, gone)
    if gone.left_on is not None and gone.erp_fingerprint is not None:  # nobody knows any more whether it is listed
        gone.erp_fingerprint = None
        _ask_again([gone])
    gone.left_on = earliest(gone.left_on, today)
    gone.merged_into, gone.merged_at, gone.merged_by = kept, now, actor
    Person.objects.filter(merged_into=gone).update(merged_into=kept)
    gone.save(update_fields=["left_on", "erp_fingerprint", "merged_into", "merged_at", "merged_by"])
    reason = clean_text(reason)[:300]
    merge = Merge.objects.create(kept=kept, gone=gone, merged_by=actor, merged_at=now, reason=reason, before=before)
    audit_person(actor, kept, "merged", sorted(before["fields"]), reason=reason)
    audit_person(actor, gone, "merged_away", [], reason=reason)
    return merge


def _both(first: Person, second: Person) -> tuple[Person, Person]:
    """Both rows under lock, always in one order."""
    held = {
        row.pk: row for row in Person.objects.select_for_update().filter(pk__in=[first.pk, second.pk]).order_by("pk")
    }
    if len(held) < 2:
        raise CannotMerge("Choisissez deux fiches différentes.")
    kept, gone = held[first.pk], held[second.pk]
    if kept.merged_into_id or gone.merged_into_id:
        raise CannotMerge("Une de ces fiches est déjà réunie à une autre.")
    low, high = sorted((kept, gone), key=lambda person: person.pk)
    if KnownApart.objects.filter(first=low, second=high).exists():
        raise CannotMerge("Quelqu’un a dit que ce ne sont pas les mêmes. Revenez d’abord sur ce choix.")
    return kept, gone


def _take_facts(kept: Person, gone: Person, choices: Mapping[str, str], before: dict[str, Any]) -> None:
    """Fields chosen from the row that goes, and what protects, from either."""
    facts: dict[str, Any] = {}
    for name in MERGED_FIELDS:
        chosen = choices.get(name) or ("gone" if better_of(name, kept, gone) == "second" else "kept")
        if chosen not in ("kept", "gone"):
            raise CannotMerge
        if chosen == "gone" and getattr(gone, name) != getattr(kept, name):
            facts[name] = getattr(gone, name)
    if facts.get("last_name") == "":
        raise CannotMerge("Gardez un nom de famille.")
    said = file_still_says(kept, facts, facts) if kept.erp_key is not None else kept.file_said
    facts["opposed_on"] = earliest(kept.opposed_on, gone.opposed_on)
    facts["protected_address"] = kept.protected_address or gone.protected_address
    facts["deceased"] = kept.deceased or gone.deceased
    facts["deceased_on"] = earliest(kept.deceased_on, gone.deceased_on)
    changed = {name: value for name, value in facts.items() if getattr(kept, name) != value}
    before["fields"] = {name: [_plain(getattr(kept, name)), _plain(value)] for name, value in changed.items()}
    before["said"] = {name: kept.file_said.get(name) for name in changed}
    for name, value in changed.items():
        setattr(kept, name, value)
    kept.file_said = said
    before["protects"] = {name: _plain(getattr(kept, name)) for name in _PROTECTS}
    kept.save(update_fields=[*changed, "file_said"])


def _rename(kept: Person, former: set[str], before: dict[str, Any]) -> None:
    """The household follows the name of its person, when it bore that name, or the other spelling under one roof."""
    home, new = Household.objects.select_for_update().get(pk=kept.household_id), formal_name(kept)
    if home.name in former and home.name != new:
        before["households"][str(home.pk)] = [home.name, new]
        home.name = new
        home.save(update_fields=["name"])


def _bring_points(kept: Person, gone: Person) -> dict[str, Any]:
    """Numbers and addresses of both on one row, each once."""
    held = {(point.kind, point.value): point for point in ContactPoint.objects.filter(person=kept).select_for_update()}
    moved: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for point in ContactPoint.objects.filter(person=gone).select_for_update().order_by("pk"):
        same = held.get((point.kind, point.value))
        if same is None:
            # The file gives it to the other row: on this one, somebody here vouches for it.
            source, point.person, point.source = point.source, kept, FactSource.STAFF
            point.save(update_fields=["person", "source"])
            moved[str(point.pk)] = {"seen": version_of(point, _MOVED["points"][1]), "source": source}
            continue
        facts: dict[str, Any] = {
            "status": stricter_status(same.status, point.status),
            "verified_on": latest(same.verified_on, point.verified_on),
            "whose": same.whose or point.whose,
        }
        if facts["status"] != same.status:
            facts |= {"status_changed_at": point.status_changed_at, "status_changed_by_id": point.status_changed_by_id}
        _change(same, facts, changed)
        changed.setdefault(str(same.pk), {}).setdefault("status", [same.status, same.status])
    return {"moved": moved, "changed": changed}


def _bring_marks(kept: Person, gone: Person) -> dict[str, Any]:
    """Marks of both on one row: of two of one kind, what was said last."""
    held = {mark.kind: mark for mark in Mark.objects.filter(person=kept).select_for_update()}
    moved: dict[str, Any] = {}
    changed: dict[str, Any] = {}
    for mark in Mark.objects.filter(person=gone).select_for_update().order_by("pk"):
        same = held.get(mark.kind)
        if same is None:
            mark.person = kept
            mark.save(update_fields=["person"])
            moved[str(mark.pk)] = {"seen": version_of(mark, _MOVED["marks"][1])}
        elif (mark.noted_on, mark.expires_on) > (same.noted_on, same.expires_on):
            names = ("source", "purpose", "noted_on", "expires_on", "noted_by_id")
            _change(same, {name: getattr(mark, name) for name in names}, changed)
    return {"moved": moved, "changed": changed}


def _bring_relatives(kept: Person, gone: Person) -> dict[str, Any]:
    """Relatives of both on one row; one who answers at the same number or address is not written twice."""
    held = {_ways(relative) for relative in Relative.objects.filter(person=kept).select_for_update()}
    moved = {}
    for relative in Relative.objects.filter(person=gone).select_for_update().order_by("pk"):
        if _ways(relative) not in held:
            relative.person = kept
            relative.save(update_fields=["person"])
            moved[str(relative.pk)] = {"seen": version_of(relative, _MOVED["relatives"][1])}
    return {"moved": moved, "changed": {}}


def _ways(relative: Relative) -> tuple[str, str]:
    return relative.phone, relative.email


def _change(row: Any, facts: dict[str, Any], changed: dict[str, Any]) -> None:
    """Write what differs, and keep what each field said before and says now."""
    new = {name: value for name, value in facts.items() if getattr(row, name) != value}
    if new:
        changed[str(row.pk)] = {name: [_plain(getattr(row, name)), _plain(value)] for name, value in new.items()}
        for name, value in new.items():
            setattr(row, name, value)
        row.save(update_fields=[name.removesuffix("_id") for name in new])


def _plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value


# ---- Undoing ---------------------------------------------------------------------------------------------------


@dataclass
class _Since:
    """What somebody changed after the merge: names of fields and kinds of rows, never values."""

    names: set[str] = field(default_factory=set)

    def words(self) -> str:
        return listed(sorted(_WORDS[name] for name in self.names))


def changed_since(merge: Merge) -> str:
    """What somebody changed on the row that was kept since the merge, in words; empty when nothing (5 queries)."""
    return _since(merge, _rows_of(merge)).words()


@transaction.atomic
def undo_merge(*, actor: User, merge: Merge, now: datetime, keep_changes: bool = False) -> Merge:
    """They were two people after all: each row gets back what it held. Undone twice does nothing more.

    Refuses when somebody changed something since, and says what; with `keep_changes`, what was changed stays as it is
    and everything else goes back. Refuses while the row that was kept is itself merged into another.
    """
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        return merge
    people = Person.objects.select_for_update().filter(pk__in=[merge.kept_id, merge.gone_id]).order_by("pk")
    held = {row.pk: row for row in people}
    kept, gone = held[merge.kept_id], held[merge.gone_id]
    if gone.merged_into_id != kept.pk:
        raise CannotUndoMerge("La fiche gardée a été réunie à une autre depuis : défaites d’abord cette réunion-là.")
    rows = _rows_of(merge, lock=True)
    since = _since(merge, rows, kept)
    if since.names and not keep_changes:
        raise CannotUndoMerge(f"Depuis la réunion, quelqu’un a changé {since.words()}. Rien n’est défait.")
    _give_back_facts(kept, merge.before)
    FieldCorrection.objects.filter(person=kept).exclude(field__in=kept.file_said).delete()
    for households in merge.before["households"].items():
        Household.objects.filter(pk=households[0], name=households[1][1]).update(name=households[1][0])
    for group in _MOVED:
        _give_back_rows(group, merge, gone, rows)
    gone.merged_into = gone.merged_at = gone.merged_by = None
    closed = Household.objects.values_list("closed_on", flat=True).get(pk=gone.household_id)
    gone.left_on = _day(merge.before["gone_left_on"]) or closed
    _protect_both(merge, kept, gone)
    _go_home(kept)
    _read_again(merge, kept, gone)
    gone.save()
    repointed = Person.objects.filter(pk__in=merge.before["repointed"], merged_into=kept)
    _ask_again([kept, gone, *repointed])
    repointed.update(merged_into=gone, erp_fingerprint=None)
    merge.undone_by, merge.undone_at, merge.before = actor, now, {}  # each row has its own again
    merge.save(update_fields=["undone_by", "undone_at", "before"])
    audit_person(actor, kept, "merge_undone", sorted(since.names))
    audit_person(actor, gone, "merge_undone", [])
    return merge


def _go_home(kept: Person) -> None:
    """Who lived where another row said, their own having left the file, is again where their own said last."""
    if kept.erp_key is None or kept.erp_fingerprint is not None:
        return
    own = Household.objects.filter(leases__number=lease_of(kept.erp_key)).first()
    if own is not None and own.pk != kept.household_id:
        kept.household, kept.left_on = own, kept.left_on or own.closed_on
        kept.save(update_fields=["household", "left_on"])


def _ask_again(people: Iterable[Person]) -> None:
    """The next file's rows of their leases are read, even unchanged."""
    numbers = [lease_of(person.erp_key) for person in people if person.erp_key is not None]
    Lease.objects.filter(number__in=numbers).update(erp_signature=None)


def _read_again(merge: Merge, kept: Person, gone: Person) -> None:
    """The next file of the landlord tells each what is theirs: while they were one, the facts it said of the row that
    went were left aside, and its numbers went to the row kept.

    A row that no file lists cannot be told: numbers that came meanwhile wait for a check.
    """
    read = merge.before.get("gone_read")
    if gone.left_on is None or gone.erp_fingerprint not in (None, read):
        gone.erp_fingerprint = None
    elif merge.before["gone_left_on"] is not None:
        gone.erp_fingerprint = read
    if kept.left_on is None:
        Person.objects.filter(pk=kept.pk).update(erp_fingerprint=None)
    Lease.objects.filter(household__in=[kept.household_id, gone.household_id]).update(erp_signature=None)
    if kept.erp_key is None and "held" in merge.before:
        here = ContactPoint.objects.filter(person=kept, source=FactSource.ERP).exclude(pk__in=merge.before["held"])
        unjudged = here.filter(status=ContactStatus.VALID, status_changed_by=None, verified_on=None)
        unjudged.update(status=ContactStatus.UNVERIFIED)


type Rows = dict[str, dict[str, Any]]


def _rows_of(merge: Merge, *, lock: bool = False) -> Rows:
    """The numbers, marks and relatives that the merge touched, by key, those still on the row kept."""
    found: Rows = {}
    for group, (model, _) in _MOVED.items():
        keys = [*merge.before[group]["moved"], *merge.before[group]["changed"]]
        wanted = model.objects.filter(pk__in=keys, person=merge.kept_id)
        found[group] = {str(row.pk): row for row in (wanted.select_for_update() if lock else wanted)}
    return found


def _since(merge: Merge, rows: Rows, kept: Person | None = None) -> _Since:
    since = _Since()
    kept = kept or merge.kept
    since.names |= {name for name, (_, after) in merge.before["fields"].items() if _plain(getattr(kept, name)) != after}
    since.names |= {name for name, after in merge.before["protects"].items() if _plain(getattr(kept, name)) != after}
    for group, (_, covered) in _MOVED.items():
        held = rows[group]
        for key, told in merge.before[group]["moved"].items():
            if key not in held or version_of(held[key], covered) != told["seen"]:
                since.names.add(group)
        for key, facts in merge.before[group]["changed"].items():
            if key not in held or any(_plain(getattr(held[key], name)) != after for name, (_, after) in facts.items()):
                since.names.add(group)
    return since


def _give_back_facts(kept: Person, before: dict[str, Any]) -> None:
    """Each field that still says what the merge wrote says again what it said before."""
    back = {name: was for name, (was, after) in before["fields"].items() if _plain(getattr(kept, name)) == after}
    for name, was in back.items():
        setattr(kept, name, _read(kept, name, was))
    kept.deceased = kept.deceased or kept.deceased_on is not None
    said = dict(kept.file_said)
    for name in back:
        said.pop(name, None)
        if before["said"].get(name) is not None:
            said[name] = before["said"][name]
    kept.file_said = said
    kept.save(update_fields=[*back, "deceased", "file_said"])


def _protect_both(merge: Merge, kept: Person, gone: Person) -> None:
    """An opposition or a protection said after the merge holds for both: nobody knows of whom it was said."""
    told = merge.before["protects"]
    if kept.opposed_on is not None and _plain(kept.opposed_on) != told["opposed_on"]:
        gone.opposed_on = earliest(gone.opposed_on, kept.opposed_on)
    if kept.protected_address and not told["protected_address"]:
        gone.protected_address = True


def _give_back_rows(group: str, merge: Merge, gone: Person, rows: Rows) -> None:
    """What was moved goes back to its row, as it is now; what was completed says again what it said."""
    told = merge.before[group]
    for key, kept_facts in told["moved"].items():
        row = rows[group].get(key)
        if row is None:
            continue
        if group == "points" and ContactPoint.objects.filter(person=gone, kind=row.kind, value=row.value).exists():
            if row.status == ContactStatus.VALID:  # both have it now: a check will tell whose it is
                row.status = ContactStatus.UNVERIFIED
                row.save(update_fields=["status"])
            continue
        row.person = gone
        if "source" in kept_facts:
            row.source = kept_facts["source"]
        row.save()
    for key, facts in told["changed"].items():
        row = rows[group].get(key)
        if row is None:
            continue
        if group == "points" and row.status != facts["status"][1] and row.status in _REFUSED:
            ContactPoint.objects.filter(person=gone, kind=row.kind, value=row.value).update(status=row.status)
        for name, (was, after) in facts.items():
            if _plain(getattr(row, name)) == after:
                setattr(row, name, _read(row, name, was))
        row.save()


def _read(row: Any, name: str, value: Any) -> Any:
    found: Any = row._meta.get_field(name.removesuffix("_id"))
    return (UUID(value) if value else None) if name.endswith("_id") else found.to_python(value)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
