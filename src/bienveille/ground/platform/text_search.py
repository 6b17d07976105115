"""Names found without accents, case or order: the SQL functions of the schema and their Django wrapper.

PostgreSQL's own `unaccent` is not immutable and needs an extension; these two functions are plain SQL, so a
generated column may use them and any PostgreSQL serves. Apostrophes and hyphens become spaces.
"""

from django.db import models
from django.db.models import CharField, Func, Q

from bienveille.ground.lib.words import search_name

CREATE_FUNCTIONS = r"""
CREATE OR REPLACE FUNCTION bv_plain(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(translate(regexp_replace(
    normalize(casefold(t COLLATE pg_unicode_fast), NFKD), U&'[\0300-\036F]+', '', 'g'),
    'øłđıðħŧ', 'oldidht'), 'œ', 'oe'), 'æ', 'ae'), 'þ', 'th');
CREATE OR REPLACE FUNCTION bv_name(a text, b text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim(regexp_replace(bv_plain(coalesce(a, '') || ' ' || coalesce(b, '')), '[^a-z0-9]+', ' ', 'g'));
"""
#: The same, at half the cost for a name in plain letters (ASCII), as most are: an import writes a million of them.
QUICKER_NAME = r"""
CREATE OR REPLACE FUNCTION bv_name(a text, b text DEFAULT '') RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim(regexp_replace(
    CASE WHEN octet_length(a) = char_length(a) AND octet_length(b) = char_length(b)
         THEN lower((a || ' ' || b) COLLATE "C") ELSE bv_plain(coalesce(a, '') || ' ' || coalesce(b, '')) END,
    '[^a-z0-9]+', ' ', 'g'));
"""
DROP_FUNCTIONS = "DROP FUNCTION bv_name(text, text); DROP FUNCTION bv_plain(text);"


class SearchName(Func):
    """`bv_name(last, first)`: one searchable line, "Lefèvre-D’Arc Élé" → "lefevre d arc ele"."""

    function = "bv_name"
    output_field = CharField()


class PrefixQuery(Func):
    """`to_tsquery('simple', 'lefevre:* & ele:*')` from words already normalised."""

    function = "to_tsquery"
    template = "%(function)s('simple', %(expressions)s)"


class SimpleVector(Func):
    """`to_tsvector('simple', column)`, the expression of the GIN index."""

    function = "to_tsvector"
    template = "%(function)s('simple', %(expressions)s)"


class Matches(models.Lookup):
    """`vector @@ query`."""

    lookup_name = "matches"

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}", (*left_params, *right_params)


def name_matches(field: str, text: str) -> Q | models.Lookup | None:
    """Rows whose `field` (a SearchName column) holds every word of `text` as the start of a word, in any order.

    None when `text` holds no letter nor figure: the caller shows nothing rather than everything.
    """
    words = search_name(text).split()
    if not words:
        return None
    query = " & ".join(f"{word}:*" for word in words)
    return Matches(SimpleVector(models.F(field)), PrefixQuery(models.Value(query)))
