"""Some room in each page, so that a row that changes at night stays where its indexes look for it."""

from django.db import migrations

CREATE = "ALTER TABLE tenants_person SET (fillfactor = 94); ALTER TABLE tenants_lease SET (fillfactor = 94)"
DROP = "ALTER TABLE tenants_person RESET (fillfactor); ALTER TABLE tenants_lease RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0013_quicker_number_check"),
    ]

    operations = [
        migrations.RunSQL(CREATE, DROP),
    ]
