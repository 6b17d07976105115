from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0002_own_partners_and_coverage"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="structure",
            index=models.Index(condition=models.Q(("ended_on__isnull", False)), fields=["id"], name="structure_ended"),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=models.Index(
                condition=models.Q(("ended_on__isnull", True)), fields=["search", "id"], name="structure_by_name"
            ),
        ),
    ]
