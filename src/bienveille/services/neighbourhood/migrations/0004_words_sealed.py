"""Words about people are sealed (docs/adr/0028): first what is there, batch after batch, while people work."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("neighbourhood", "0003_heard"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField(
            "relaytenant", "role", models.TextField(help_text="What the person agreed to do", max_length=300)
        ),
        migrations.AlterField(
            "relaytenant",
            "limits",
            models.TextField(blank=True, help_text="What the person does not wish to do", max_length=300),
        ),
        migrations.AlterField("heard", "words", models.TextField(blank=True, max_length=300)),
        migrations.AlterField(
            "heard", "reason", models.TextField(blank=True, help_text="Why it was dismissed", max_length=300)
        ),
        sealing(
            ("neighbourhood_relaytenant", "role"),
            ("neighbourhood_relaytenant", "limits"),
            ("neighbourhood_heard", "words"),
            ("neighbourhood_heard", "reason"),
        ),
    ]
