import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
        ("outreach", "0014_kept_count"),
    ]

    operations = [
        migrations.AddField(
            model_name="referral",
            name="case",
            field=models.ForeignKey(
                blank=True,
                help_text="Says who took it; null once erased",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="cases.case",
            ),
        ),
    ]
