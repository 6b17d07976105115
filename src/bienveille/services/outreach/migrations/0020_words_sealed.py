"""Words about people are sealed (docs/adr/0028): first what is there, batch after batch, while people work."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing

TOLD_AGAIN = "DROP TRIGGER IF EXISTS replay_outreach_verbatim_changed ON outreach_verbatim"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("outreach", "0019_message_after_a_call"), ("platform", "0004_notes_keys")]

    operations = [
        # PostgreSQL changes no column that a trigger names; `ensure_triggers` makes it again once all is applied.
        migrations.RunSQL(TOLD_AGAIN, migrations.RunSQL.noop),
        migrations.AlterField("report", "note", models.TextField(blank=True, max_length=500)),
        migrations.AlterField("debriefrequest", "words", models.TextField(blank=True, max_length=300)),
        migrations.AlterField("verbatim", "said", models.TextField(blank=True, max_length=300)),
        migrations.AlterField("verbatim", "shown", models.TextField(blank=True, max_length=300)),
        migrations.AlterField(
            "volunteeroffer",
            "reply",
            models.TextField(blank=True, help_text="The kind word of who declined", max_length=300),
        ),
        sealing(
            ("outreach_report", "note"),
            ("outreach_debriefrequest", "words"),
            ("outreach_verbatim", "said"),
            ("outreach_verbatim", "shown"),
            ("outreach_volunteeroffer", "reply"),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, TOLD_AGAIN),
    ]
