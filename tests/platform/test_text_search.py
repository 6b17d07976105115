"""Names made searchable by the database: plain letters take a shorter way to the same words."""

from random import Random

import pytest
from benchmarks.random_rows import nasty
from django.db import connection

LONG_WAY = "trim(regexp_replace(bv_plain(coalesce(a, '') || ' ' || coalesce(b, '')), '[^a-z0-9]+', ' ', 'g'))"
NAMES = [
    "",
    "MARTIN",
    "Lefèvre",
    "D’ARC",
    "O'Brien",
    "SAINT-JUST",
    " de  Sousa ",
    "ŒUVRARD",
    "İ",
    "ß",
    "K",
    "Ⅷ",
    "--",
    "1",
]


@pytest.mark.django_db
def test_both_ways_lead_to_the_same_words():
    chance = Random(5)
    texts = [*NAMES, *(nasty(chance).replace("\x00", "")[:300] for _ in range(400)), *map(chr, range(1, 128)), None]
    pairs = [(one, other) for one in texts for other in (*NAMES, None)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a, b, bv_name(a, b), {LONG_WAY} FROM unnest(%s::text[], %s::text[]) AS t (a, b)",
            [[one for one, _ in pairs], [other for _, other in pairs]],
        )
        found = cursor.fetchall()
    assert [row for row in found if row[2] != row[3]] == []
    assert ("D’ARC", "Lefèvre", "d arc lefevre", "d arc lefevre") in found
