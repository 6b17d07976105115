"""From here on the database refuses a word in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("neighbourhood", "0004_words_sealed")]

    operations = [
        sealed_only(
            ("neighbourhood_relaytenant", "role", 300),
            ("neighbourhood_relaytenant", "limits", 300),
            ("neighbourhood_heard", "words", 300),
            ("neighbourhood_heard", "reason", 300),
        ),
        migrations.AlterField(
            "relaytenant", "role", SealedTextField(help_text="What the person agreed to do", max_length=300)
        ),
        migrations.AlterField(
            "relaytenant",
            "limits",
            SealedTextField(blank=True, help_text="What the person does not wish to do", max_length=300),
        ),
        migrations.AlterField("heard", "words", SealedTextField(blank=True, max_length=300)),
        migrations.AlterField(
            "heard", "reason", SealedTextField(blank=True, help_text="Why it was dismissed", max_length=300)
        ),
    ]
