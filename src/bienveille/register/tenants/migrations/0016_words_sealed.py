"""Words about people are sealed (docs/adr/0028): first what is there, batch after batch, while people work."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("tenants", "0015_numbered_keys"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField("merge", "reason", models.TextField(blank=True, max_length=300)),
        sealing(
            ("tenants_merge", "reason"),
        ),
    ]
