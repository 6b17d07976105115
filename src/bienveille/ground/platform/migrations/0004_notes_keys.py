"""The keys that may have sealed something here: their names, and a text that only they open."""

from django.db import migrations

CREATE = """
CREATE TABLE platform_notes_key (
    id varchar(8) PRIMARY KEY,
    probe text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


class Migration(migrations.Migration):
    dependencies = [("platform", "0003_replay")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE platform_notes_key;")]
