"""A contact whose calls are erased keeps its state, and no household: the ledger goes on adding up to its target.

For Django the column stays never null (`Contact.household` says why); only the database knows better.
"""

from django.db import migrations, models

DROP_NOT_NULL = "ALTER TABLE dispatch_contact ALTER COLUMN household_id DROP NOT NULL"
SET_NOT_NULL = "ALTER TABLE dispatch_contact ALTER COLUMN household_id SET NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0014_words_sealed_only"), ("tenants", "0018_erased_leases")]

    operations = [
        migrations.RunSQL(DROP_NOT_NULL, SET_NOT_NULL),
        migrations.AddConstraint(
            "contact",
            models.CheckConstraint(
                condition=models.Q(household__isnull=False)
                | models.Q(why=[], token=None, reserved_by=None, planned_call=None, kept_for=None)
                & ~models.Q(state__in=["waiting", "reserved"]),
                name="contact_nameless",
            ),
        ),
    ]
