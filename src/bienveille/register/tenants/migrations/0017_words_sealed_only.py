"""From here on the database refuses a word in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("tenants", "0016_words_sealed")]

    operations = [
        sealed_only(
            ("tenants_merge", "reason", 300),
        ),
        migrations.AlterField("merge", "reason", SealedTextField(blank=True, max_length=300)),
    ]
