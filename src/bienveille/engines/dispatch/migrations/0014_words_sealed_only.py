"""From here on the database refuses a word in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0013_words_sealed")]

    operations = [
        sealed_only(
            ("dispatch_step", "say", 200),
            ("dispatch_explanation", "words", 200),
        ),
        migrations.AlterField(
            "step",
            "say",
            SealedTextField(blank=True, help_text="What to say there: facts, nothing of health", max_length=200),
        ),
        migrations.AlterField(
            "explanation", "words", SealedTextField(help_text="A fact, nothing of health", max_length=200)
        ),
    ]
