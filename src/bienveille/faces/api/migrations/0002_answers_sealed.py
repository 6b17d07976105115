"""Answers kept for a day hold the notes that they gave: they are sealed (docs/adr/0028)."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("api", "0001_initial"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField("idempotencykey", "answer", models.TextField(null=True)),
        sealing(("api_idempotencykey", "answer")),
    ]
