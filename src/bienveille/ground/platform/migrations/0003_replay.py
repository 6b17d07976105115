"""What a copy put back must be told again: a row for each change that is listed, until it is written outside."""

from django.db import migrations

CREATE = """
CREATE TABLE platform_replay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    model varchar(80) NOT NULL,
    key varchar(80) NOT NULL,
    facts jsonb
);

-- A trigger of one table. Its arguments: the name of the model, then the columns that are told; none for a row that is
-- told as it was made. Without facts, the row was deleted.
CREATE FUNCTION platform_note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    model text := TG_ARGV[0];
    now_is jsonb;
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO platform_replay (model, key) VALUES (model, to_jsonb(OLD) ->> 'id');
        RETURN NULL;
    END IF;
    now_is := to_jsonb(NEW);
    IF TG_NARGS > 1 THEN
        SELECT jsonb_object_agg(name, now_is -> name) INTO now_is FROM unnest(TG_ARGV[1:]) name;
    END IF;
    INSERT INTO platform_replay (model, key, facts) VALUES (model, to_jsonb(NEW) ->> 'id', now_is);
    RETURN NULL;
END $$;
"""
DROP = """
DROP FUNCTION platform_note() CASCADE;
DROP TABLE platform_replay;
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0002_limits")]

    operations = [migrations.RunSQL(CREATE, DROP)]
