"""From here on the database refuses a word in clear (docs/adr/0028)."""

from django.db import migrations

from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.ground.platform.sealed_keys import sealed_only


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_words_sealed")]

    operations = [
        sealed_only(
            ("cases_case", "next_step", 150),
            ("cases_caseaction", "words", 500),
            ("cases_partnerreferral", "asked", 300),
            ("cases_partnerreferral", "answer_words", 300),
            ("cases_registerrequest", "home_service", 150),
        ),
        migrations.AlterField(
            "case",
            "next_step",
            SealedTextField(blank=True, help_text="What is to be done next", max_length=150),
        ),
        migrations.AlterField("caseaction", "words", SealedTextField(blank=True, max_length=500)),
        migrations.AlterField(
            "partnerreferral",
            "asked",
            SealedTextField(blank=True, help_text="What is asked; it leaves the house", max_length=300),
        ),
        migrations.AlterField("partnerreferral", "answer_words", SealedTextField(blank=True, max_length=300)),
        migrations.AlterField(
            "registerrequest",
            "home_service",
            SealedTextField(blank=True, help_text="Who comes to the home, as the person said", max_length=150),
        ),
    ]
