"""The buckets of the rate limits and the function that spends from them: one row for each token or address."""

from django.db import migrations

CREATE = """
-- Not logged: a crash forgets how much was asked a minute ago, and no request waits for the disk.
CREATE UNLOGGED TABLE platform_bucket (
    key varchar(100) PRIMARY KEY,
    level double precision NOT NULL,
    wait double precision NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- A bucket leaks `p_per_second` and holds `p_burst`. Pours one drop and returns 0, or pours nothing and returns the
-- seconds to wait before there is room for one. What is refused is not counted: who insists is not punished for it.
CREATE FUNCTION platform_spend(p_key text, p_per_second double precision, p_burst double precision)
RETURNS double precision
LANGUAGE sql AS $$
    INSERT INTO platform_bucket AS b (key, level, wait, at) VALUES (p_key, 1, 0, clock_timestamp())
    ON CONFLICT (key) DO UPDATE SET (level, wait, at) = (
        SELECT left_over + CASE WHEN left_over + 1 <= p_burst THEN 1 ELSE 0 END,
               CASE WHEN left_over + 1 <= p_burst THEN 0 ELSE (left_over + 1 - p_burst) / p_per_second END,
               excluded.at
        FROM (SELECT greatest(0, b.level - p_per_second * extract(epoch FROM excluded.at - b.at)) AS left_over) AS l)
    RETURNING wait
$$;
"""
DROP = """
DROP FUNCTION platform_spend(text, double precision, double precision);
DROP TABLE platform_bucket;
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_cache")]

    operations = [migrations.RunSQL(CREATE, DROP)]
