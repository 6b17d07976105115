"""From here on the database refuses an answer in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedJSONField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("api", "0002_answers_sealed")]

    operations = [
        sealed_only(("api_idempotencykey", "answer", None)),
        migrations.AlterField("idempotencykey", "answer", SealedJSONField(null=True)),
    ]
