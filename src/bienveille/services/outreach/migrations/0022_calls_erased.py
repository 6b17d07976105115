"""A closed campaign says since when its calls are erased: its counts stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("outreach", "0021_words_sealed_only"), ("dispatch", "0015_nameless_contacts")]

    operations = [
        migrations.AddField(
            "campaign",
            "calls_erased_on",
            models.DateField(
                blank=True,
                editable=False,
                help_text="First day on which its calls were erased; the counts stay",
                null=True,
            ),
        ),
    ]
