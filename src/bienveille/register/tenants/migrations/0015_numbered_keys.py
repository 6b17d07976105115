"""Namesakes in one lease are found without looking each key up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0014_room_for_changes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("erp_key__contains", "#")), fields=["erp_key"], name="person_numbered"
            ),
        ),
    ]
