"""Words about people are sealed (docs/adr/0028): first what is there, batch after batch, while people work."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("dispatch", "0012_lent_in_order"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField(
            "step",
            "say",
            models.TextField(blank=True, help_text="What to say there: facts, nothing of health", max_length=200),
        ),
        migrations.AlterField(
            "explanation", "words", models.TextField(help_text="A fact, nothing of health", max_length=200)
        ),
        sealing(
            ("dispatch_step", "say"),
            ("dispatch_explanation", "words"),
        ),
    ]
