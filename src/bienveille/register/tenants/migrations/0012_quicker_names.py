"""Names in plain letters are made searchable at half the cost; what is stored stays as it is."""

from django.db import migrations

from bienveille.ground.platform.text_search import CREATE_FUNCTIONS, QUICKER_NAME


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_call_wish"),
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(QUICKER_NAME, CREATE_FUNCTIONS),
    ]
