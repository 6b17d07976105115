"""Words about people are sealed (docs/adr/0028): first what is there, batch after batch, while people work."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0010_held_back"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField("delivery", "subject", models.TextField(blank=True, max_length=200)),
        migrations.AlterField("inboundmessage", "subject", models.TextField(blank=True, max_length=200)),
        # A text, of which an empty one is an empty object; going back it must be one again.
        migrations.AlterField(
            "inboundmessage",
            "parts",
            models.TextField(blank=True, default=dict, help_text="Rank → words, while a long SMS is put together"),
        ),
        migrations.RunSQL(
            "UPDATE messaging_inboundmessage SET parts = '' WHERE parts = '{}'",
            "UPDATE messaging_inboundmessage SET parts = '{}' WHERE parts = ''",
        ),
        sealing(
            ("messaging_delivery", "subject"),
            ("messaging_delivery", "body"),
            ("messaging_inboundmessage", "subject"),
            ("messaging_inboundmessage", "text"),
            ("messaging_inboundmessage", "parts"),
        ),
    ]
