"""Two rows that somebody says are one person, or are not, between two nights: done through the operations of the
screens, and worked out beside them in plain Python, from the docstrings of `tenants.operations.merges`.
"""

import datetime as dt
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from tests.imports.night_oracle import FACTS, Oracle, Point, Somebody, _settle, _text

from bienveille.register.accounts.rules import Scope
from bienveille.register.tenants import operations
from bienveille.register.tenants.models import Merge
from bienveille.register.tenants.queries import possible_doubles

if TYPE_CHECKING:
    from tests.imports.night_hands import Hands

CHOSEN = ("title", "last_name", "first_name", "birth_date", "marital_status", "languages", "best_time")
STRICTER = ("unverified", "valid", "wrong", "stop")
type Change = tuple[Any, Any]  # what it was, what the merge made of it


@dataclass(eq=False)
class Joined:
    """One merge and all that undoing it needs."""

    kept: Somebody
    gone: Somebody
    row: Merge
    gone_left_on: dt.date | None
    gone_said: tuple[Any, ...] | None
    fields: dict[str, Change] = field(default_factory=dict)
    said: dict[str, str | None] = field(default_factory=dict)
    called: tuple[int, int] = (0, 0)
    protects: dict[str, Any] = field(default_factory=dict)
    held: list[Point] = field(default_factory=list)
    moved: list[tuple[Point, str, tuple[Any, ...]]] = field(default_factory=list)  # its source, what it said
    changed: list[tuple[Point, dict[str, Change]]] = field(default_factory=list)
    marks_moved: dict[str, dt.date] = field(default_factory=dict)
    marks_changed: dict[str, Change] = field(default_factory=dict)
    repointed: list[Somebody] = field(default_factory=list)
    undone: bool = False


# ---- What people do --------------------------------------------------------------------------------------------------


def merge(hands: "Hands", one: Somebody) -> None:
    """Two rows that the register proposes, most often; or any two."""
    pair = _proposed(hands) if hands.chance.random() < 0.7 else None
    if pair is None:
        pair = one, hands.chance.choice(hands.oracle.people)
    kept, gone = pair if hands.chance.random() < 0.5 else pair[::-1]
    choices = {name: hands.chance.choice(("kept", "gone")) for name in CHOSEN if hands.chance.random() < 0.4}
    facts = {"kept": hands._row(kept), "gone": hands._row(gone), "now": timezone.now(), "today": hands.today}
    if _refused(hands, kept, gone):
        with pytest.raises(operations.CannotMerge):
            operations.merge_people(actor=hands.actor, choices=choices, **facts)
        return
    row = operations.merge_people(actor=hands.actor, choices=choices, **facts)
    hands.oracle.merges.append(_join(hands.oracle, kept, gone, choices, row, hands.today))
    hands._say(gone, f"is {kept.lease} {kept.name}")
    hands._say(kept, f"is {gone.lease} {gone.name} too, {choices}")


def undo(hands: "Hands", _: Somebody) -> None:
    """They were two people after all."""
    left = [joined for joined in hands.oracle.merges if not joined.undone]
    if not left:
        return
    joined = hands.chance.choice(left)
    told = {"actor": hands.actor, "merge": joined.row, "now": timezone.now()}
    changed = _changed_since(joined)
    if joined.gone.merged_into is not joined.kept or changed:
        with pytest.raises(operations.CannotUndoMerge):
            operations.undo_merge(**told)
    else:
        assert operations.changed_since(Merge.objects.select_related("kept").get(pk=joined.row.pk)) == ""
    if joined.gone.merged_into is joined.kept and (not changed or hands.chance.random() < 0.7):
        operations.undo_merge(**told, keep_changes=changed)
        _part(hands.oracle, joined)
        hands._say(joined.gone, f"is not {joined.kept.lease} {joined.kept.name}; {'kept' if changed else 'no'} changes")
        hands._say(joined.kept, "is one again")


def keep_apart(hands: "Hands", one: Somebody) -> None:
    """They look alike and are not the same; or perhaps they are."""
    oracle, other = hands.oracle, hands.chance.choice(hands.oracle.people)
    pair = _proposed(hands) or (one, other)
    if oracle.apart and hands.chance.random() < 0.3:
        first, second = hands.chance.choice(sorted(oracle.apart, key=lambda both: both[0].pk.bytes + both[1].pk.bytes))  # type: ignore[union-attr]
        operations.take_back_apart(actor=hands.actor, first=hands._row(first), second=hands._row(second))
        oracle.apart.remove((first, second))
    elif pair[0] is not pair[1]:
        rows = [hands._row(somebody) for somebody in pair]
        operations.say_apart(actor=hands.actor, first=rows[0], second=rows[1], now=timezone.now())
        oracle.apart.add(_ordered(*pair))
        hands.did.append(f"by hand, {pair[0].lease} {pair[0].name} is not {pair[1].lease} {pair[1].name}")


def _proposed(hands: "Hands") -> tuple[Somebody, Somebody] | None:
    """One of the pairs that the register proposes: nobody merged, gone, dead or told apart is among them."""
    by_key = {one.pk: one for one in hands.oracle.people}
    pairs = [
        (by_key[pair.first.pk], by_key[pair.second.pk])
        for pair in possible_doubles(Scope(everything=True), hands.today).pairs
    ]
    for pair in pairs:
        assert all(one.merged_into is None and _present(one, hands.today) for one in pair)
        assert _ordered(*pair) not in hands.oracle.apart
    proposed = {_ordered(*pair) for pair in pairs}
    assert _obvious(hands) <= proposed | hands.oracle.apart
    return hands.chance.choice(pairs) if pairs else None


def _obvious(hands: "Hands") -> set[tuple[Somebody, Somebody]]:
    """Pairs with the same name and the same birth date, both living in a home."""
    alike: dict[tuple[Any, ...], list[Somebody]] = {}
    for one in hands.oracle.people:
        here = one.merged_into is None and _present(one, hands.today) and one.household.closed_on is None
        if here and one.facts["birth_date"]:
            alike.setdefault((one.called, one.facts["birth_date"]), []).append(one)
    return {_ordered(*pair) for group in alike.values() for pair in combinations(group, 2)}


def _refused(hands: "Hands", kept: Somebody, gone: Somebody) -> bool:
    return (
        kept is gone
        or kept.merged_into is not None
        or gone.merged_into is not None
        or _ordered(kept, gone) in hands.oracle.apart
        or (_present(gone, hands.today) and not _present(kept, hands.today))
    )


def _present(one: Somebody, today: dt.date) -> bool:
    return not one.kept["deceased"] and (one.left_on is None or one.left_on > today)


def _ordered(one: Somebody, other: Somebody) -> tuple[Somebody, Somebody]:
    assert one.pk is not None
    assert other.pk is not None
    return (one, other) if one.pk < other.pk else (other, one)


# ---- What becomes of the two -----------------------------------------------------------------------------------------


def _place(one: Somebody, name: str) -> dict[str, Any]:
    return one.facts if name in FACTS else one.kept


def _join(
    oracle: Oracle, kept: Somebody, gone: Somebody, choices: dict[str, str], row: Merge, today: dt.date
) -> Joined:
    joined = Joined(kept, gone, row, gone.left_on, gone.said, called=kept.called, held=list(kept.points.values()))
    new: dict[str, Any] = {}
    for name in CHOSEN:
        mine, theirs = _place(kept, name)[name], _place(gone, name)[name]
        if (choices.get(name) or _better(name, kept, gone)) == "gone" and theirs != mine:
            new[name] = theirs
    before = dict(kept.file_said)
    for name, value in new.items() if kept.lease is not None else ():
        if _text(value) == kept.file_said.setdefault(name, _text(_place(kept, name)[name])):
            del kept.file_said[name]
    new["opposed_on"] = _first(kept.kept["opposed_on"], gone.kept["opposed_on"])
    new["deceased_on"] = _first(kept.kept["deceased_on"], gone.kept["deceased_on"])
    for name in ("protected_address", "deceased"):
        new[name] = kept.kept[name] or gone.kept[name]
    for name, value in new.items():
        if (was := _place(kept, name)[name]) != value:
            joined.fields[name], joined.said[name] = (was, value), before.get(name)
            _place(kept, name)[name] = value
    kept.called = (
        gone.called[0] if "last_name" in joined.fields else kept.called[0],
        gone.called[1] if "first_name" in joined.fields else kept.called[1],
    )
    joined.protects = {name: kept.kept[name] for name in ("opposed_on", "protected_address", "deceased")}
    _bring(joined)
    if gone.left_on is not None:
        gone.said = None
    gone.left_on = _first(gone.left_on, today)
    gone.merged_into = kept
    joined.repointed = [one for one in oracle.people if one.merged_into is gone]
    for one in joined.repointed:
        one.merged_into = kept
    return joined


def _better(name: str, kept: Somebody, gone: Somebody) -> str:
    """What is known; then what people corrected here; else the row that is kept."""
    mine, theirs = _place(kept, name)[name], _place(gone, name)[name]
    if not theirs or not mine:
        return "gone" if theirs else "kept"
    return "gone" if name in gone.file_said and name not in kept.file_said else "kept"


def _bring(joined: Joined) -> None:
    kept, gone = joined.kept, joined.gone
    for key, point in list(gone.points.items()):
        same = kept.points.get(key)
        if same is None:
            joined.moved.append((point, point.source, _said_of(point)))
            point.source = "staff"
            kept.points[key] = gone.points.pop(key)
            continue
        status = max(same.status, point.status, key=STRICTER.index)
        changes = {"status": (same.status, status)}
        verified = max(filter(None, (same.verified, point.verified)), default=None)
        if verified != same.verified:
            changes["verified"] = (same.verified, verified)
        if status != same.status and point.by != same.by:
            changes["by"] = (same.by, point.by)
        _write(same, {name: after for name, (_, after) in changes.items()})
        joined.changed.append((same, changes))
    for kind, end in list(gone.marks.items()):
        if kind not in kept.marks:
            kept.marks[kind] = joined.marks_moved[kind] = gone.marks.pop(kind)
        elif end > kept.marks[kind]:
            joined.marks_changed[kind] = (kept.marks[kind], end)
            kept.marks[kind] = end


def _said_of(point: Point) -> tuple[Any, ...]:
    return point.value, point.status, point.verified


def _write(point: Point, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(point, name, value)


def _changed_since(joined: Joined) -> bool:
    """Whether the row kept no longer says what the merge made of it."""
    kept = joined.kept
    mine = {id(point) for point in kept.points.values()}
    return (
        any(_place(kept, name)[name] != after for name, (_, after) in joined.fields.items())
        or any(kept.kept[name] != after for name, after in joined.protects.items())
        or any(id(point) not in mine or _said_of(point) != said for point, _, said in joined.moved)
        or any(
            id(point) not in mine or any(getattr(point, name) != after for name, (_, after) in facts.items())
            for point, facts in joined.changed
        )
        or any(kept.marks.get(kind) != end for kind, end in joined.marks_moved.items())
        or any(kept.marks.get(kind) != after for kind, (_, after) in joined.marks_changed.items())
    )


def _part(oracle: Oracle, joined: Joined) -> None:
    """Each gets back what it held; what was changed since stays as it is, and what protects holds for both."""
    kept, gone = joined.kept, joined.gone
    back = [name for name, (_, after) in joined.fields.items() if _place(kept, name)[name] == after]
    for name in back:
        _place(kept, name)[name] = joined.fields[name][0]
        kept.file_said.pop(name, None)
        if (said := joined.said[name]) is not None:
            kept.file_said[name] = said
    kept.called = (
        joined.called[0] if "last_name" in back else kept.called[0],
        joined.called[1] if "first_name" in back else kept.called[1],
    )
    kept.kept["deceased"] = kept.kept["deceased"] or kept.kept["deceased_on"] is not None
    mine = {id(point): key for key, point in kept.points.items()}
    for point, source, _ in joined.moved:
        if id(point) in mine and (key := mine[id(point)]) in gone.points:  # both have it: a check will tell
            point.status = "unverified" if point.status == "valid" else point.status
        elif id(point) in mine:
            gone.points[key] = kept.points.pop(key)
            point.source = source
    for point, facts in joined.changed:
        if id(point) in mine:
            if point.status != facts["status"][1] and point.status in ("wrong", "stop"):
                theirs = gone.points.get(mine[id(point)])
                if theirs is not None:
                    theirs.status = point.status
            _write(point, {name: was for name, (was, after) in facts.items() if getattr(point, name) == after})
    for kind in joined.marks_moved:
        gone.marks[kind] = kept.marks.pop(kind)
    for kind, (was, after) in joined.marks_changed.items():
        if kept.marks[kind] == after:
            kept.marks[kind] = was
    gone.merged_into, gone.left_on = None, joined.gone_left_on or gone.household.closed_on
    opposed = kept.kept["opposed_on"]
    if opposed is not None and opposed != joined.protects["opposed_on"]:
        gone.kept["opposed_on"] = _first(gone.kept["opposed_on"], opposed)
    if kept.kept["protected_address"] and not joined.protects["protected_address"]:
        gone.kept["protected_address"] = True
    for one in joined.repointed:
        if one.merged_into is kept:
            one.merged_into, one.said = gone, None
    _go_home(oracle, kept)
    _read_again(joined)
    joined.undone = True


def _go_home(oracle: Oracle, kept: Somebody) -> None:
    """Who lived where another row said is again where their own said last."""
    own = oracle.leases[kept.lease].household if kept.lease else None
    if own and kept.said is None and own is not kept.household:
        _settle(kept, own)
        kept.left_on = kept.left_on or own.closed_on


def _read_again(joined: Joined) -> None:
    """The next file tells each what is theirs: while they were one, what it said of either went to the row kept."""
    kept, gone = joined.kept, joined.gone
    if gone.left_on is None or gone.said not in (None, joined.gone_said):
        gone.said = None
    elif joined.gone_left_on is not None:
        gone.said = joined.gone_said
    if kept.left_on is None:
        kept.said = None
    held = {id(point) for point in joined.held}
    for point in kept.points.values() if kept.lease is None else ():
        if point.source == "erp" and point.status == "valid" and not point.judged and id(point) not in held:
            point.status = "unverified"


def _first(*days: dt.date | None) -> dt.date | None:
    return min((day for day in days if day is not None), default=None)
