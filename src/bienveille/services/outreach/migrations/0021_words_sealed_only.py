"""From here on the database refuses a word in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("outreach", "0020_words_sealed")]

    operations = [
        sealed_only(
            ("outreach_report", "note", 500),
            ("outreach_debriefrequest", "words", 300),
            ("outreach_verbatim", "said", 300),
            ("outreach_verbatim", "shown", 300),
            ("outreach_volunteeroffer", "reply", 300),
        ),
        migrations.AlterField("report", "note", SealedTextField(blank=True, max_length=500)),
        migrations.AlterField("debriefrequest", "words", SealedTextField(blank=True, max_length=300)),
        migrations.AlterField("verbatim", "said", SealedTextField(blank=True, max_length=300)),
        migrations.AlterField("verbatim", "shown", SealedTextField(blank=True, max_length=300)),
        migrations.AlterField(
            "volunteeroffer",
            "reply",
            SealedTextField(blank=True, help_text="The kind word of who declined", max_length=300),
        ),
    ]
