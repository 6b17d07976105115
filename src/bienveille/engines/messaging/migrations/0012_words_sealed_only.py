"""From here on the database refuses a word in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedJSONField, SealedTextField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("messaging", "0011_words_sealed")]

    operations = [
        sealed_only(
            ("messaging_delivery", "subject", 200),
            ("messaging_delivery", "body", None),
            ("messaging_inboundmessage", "subject", 200),
            ("messaging_inboundmessage", "text", None),
            ("messaging_inboundmessage", "parts", None),
        ),
        migrations.AlterField("delivery", "subject", SealedTextField(blank=True, max_length=200)),
        migrations.AlterField("delivery", "body", SealedTextField(blank=True)),
        migrations.AlterField("inboundmessage", "subject", SealedTextField(blank=True, max_length=200)),
        migrations.AlterField("inboundmessage", "text", SealedTextField(blank=True)),
        migrations.AlterField(
            "inboundmessage",
            "parts",
            SealedJSONField(blank=True, default=dict, help_text="Rank → words, while a long SMS is put together"),
        ),
    ]
