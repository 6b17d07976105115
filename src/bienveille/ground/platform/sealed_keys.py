"""What the database knows of the keys of its notes (their names, and a probe each one opens), and passing to another.

`platform_notes_key` has one row for each key that may have sealed something here. A key that is not at hand is then
said at the start, in a sentence, instead of by the first page that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.migrations import RunPython

from bienveille.ground.platform.sealed_fields import SealedTextField, sealed_fields, shape_check
from bienveille.ground.platform.sealed_text import (
    SHAPE,
    TOKEN,
    VERSION,
    Unopened,
    current_key,
    keys_here,
    open_text,
    place_of,
    seal_text,
)

PROBE, PROBED_AT = "Bienveille", place_of("platform_notes_key", "probe")
BATCH = 1_000  # rows that one transaction seals anew: well under a second


class WrongNotesKey(Unopened):
    """The keys at hand are not those of this database."""


def new_probe() -> tuple[str, str]:
    """The name of the current key, and what only it opens."""
    return current_key(), seal_text(PROBE, place=PROBED_AT)


def unopened(probes: Mapping[str, str]) -> list[str]:
    """The names of the keys that are wanted and not at hand, or are others under the same name."""
    wrong = []
    for key, probe in probes.items():
        try:
            if key not in keys_here() or open_text(probe, place=PROBED_AT) != PROBE:
                wrong.append(key)
        except Unopened:
            wrong.append(key)
    return wrong


def prove(probes: Mapping[str, str], *, whose: str = "cette base") -> None:
    """Refuse, in a sentence, keys that do not open what another place has sealed. Raises WrongNotesKey, NoNotesKey."""
    if wrong := unopened(probes):
        raise WrongNotesKey(
            f"Les notes de {whose} sont scellées avec la clé {', '.join(wrong)}, qui n’est pas dans NOTES_KEY "
            f"(clés données\u00a0: {', '.join(keys_here())}). Remettez-la\u00a0: sans elle, elles ne se lisent plus."
        )


def probes_here() -> dict[str, str]:
    """The probe of each key of this database (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, probe FROM platform_notes_key ORDER BY id")
        return dict(cursor.fetchall())


def ensure_key() -> None:
    """Refuse to start with other keys than those of this database; a new first key is written down (1 query when there
    is nothing to write).
    """
    probes = probes_here()
    prove(probes)
    if current_key() not in probes:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO platform_notes_key (id, probe) VALUES (%s, %s) ON CONFLICT DO NOTHING", new_probe()
            )


# ---- Sealing what is there, in batches -------------------------------------------------------------------------------


def prove_before_migrating() -> None:
    """The same refusal, before a migration seals anything with a key that is not this database's (2 queries)."""
    current_key()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('platform_notes_key')")
        known = cursor.fetchone() != (None,)
    if known:
        prove(probes_here())


def sealing(*places: tuple[str, str]) -> RunPython:
    """A step of a migration: the words in clear of these tables and columns are sealed, and back.

    It commits batch after batch (`atomic = False`); stopped and begun again, it goes on.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        for table, column in places:
            seal_column(table, column)

    def backwards(apps: Any, schema_editor: Any) -> None:
        for table, column in places:
            unseal_column(table, column)

    return RunPython(forwards, backwards)


def sealed_only(*places: tuple[str, str, int | None]) -> RunPython:
    """A step of the next migration, in one transaction: what a process of the version before has written meanwhile is
    sealed, and the database refuses words in clear. `places`: table, column and the most characters of the words.
    Columns made sealed from the start have that CHECK without this step.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        for table, column, longest in places:
            schema_editor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
            seal_column(table, column, f"t.\"{column}\" !~ '^{SHAPE}$'")
            schema_editor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{column}_check" CHECK ({shape_check(column, longest)})'
            )

    def backwards(apps: Any, schema_editor: Any) -> None:
        for table, column, _ in places:
            schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_{column}_check"')

    return RunPython(forwards, backwards)


def seal_column(table: str, column: str, which: str = "true") -> None:
    """Words in clear are sealed, words sealed stay."""
    place = place_of(table, column)

    def sealed(text: str) -> str:
        if TOKEN.fullmatch(text):
            try:
                open_text(text, place=place)
                return text
            except Unopened:
                pass  # somebody typed something of that shape
        return seal_text(text, place=place)

    for _ in _rewrite(table, column, sealed, which):
        pass


def unseal_column(table: str, column: str) -> None:
    """Sealed words are in clear again."""
    place = place_of(table, column)

    def opened(text: str) -> str:
        return open_text(text, place=place) if TOKEN.fullmatch(text) else text

    for _ in _rewrite(table, column, opened, "true"):
        pass


def left_to_rotate() -> int:
    """How many texts another key than the current one has sealed (1 query for each column)."""
    total = 0
    for field in sealed_fields():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{field.model._meta.db_table}" t WHERE {_older(field)}')
            total += cursor.fetchone()[0]
    return total


def rotate() -> Iterator[int]:
    """Seal with the current key what older ones had sealed; gives the number of texts of each batch, committed.

    Stopped at any moment, it goes on where it was. At the end the keys that seal nothing any more are forgotten, unless
    a process that still has the old first key has sealed something meanwhile.
    """
    ensure_key()
    for field in sealed_fields():
        yield from _rewrite(field.model._meta.db_table, str(field.column), _sealed_anew(field), _older(field))
    if not left_to_rotate():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM platform_notes_key WHERE id <> %s", [current_key()])


def _sealed_anew(field: SealedTextField) -> Callable[[str], str]:
    return lambda text: seal_text(open_text(text, place=field.place), place=field.place)


def _older(field: SealedTextField) -> str:
    column = field.column
    return f"t.\"{column}\" <> '' AND NOT starts_with(t.\"{column}\", '{VERSION}:{current_key()}:')"


def _rewrite(table: str, column: str, change: Callable[[str], str], which: str) -> Iterator[int]:
    """Every text of a column passed through `change`, a batch by transaction, in the order of the keys."""
    last = UUID(int=0)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'SELECT t.id, t."{column}" FROM "{table}" t WHERE t.id > %s AND t."{column}" <> \'\' AND {which}'
                f" ORDER BY t.id LIMIT {BATCH} FOR UPDATE",
                [last],
            )
            rows = cursor.fetchall()
            changed = [(key, new) for key, text in rows if (new := change(text)) != text]
            if changed:
                cursor.execute(
                    f'UPDATE "{table}" t SET "{column}" = n.text FROM unnest(%s::uuid[], %s::text[]) n (id, text)'
                    " WHERE t.id = n.id",
                    [[key for key, _ in changed], [text for _, text in changed]],
                )
        if not rows:
            return
        yield len(changed)
        last = rows[-1][0]
