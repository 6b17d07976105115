"""Words about people are sealed (docs/adr/0028): first what is there, batch after batch, while people work."""

from django.db import migrations, models

from bienveille.ground.platform.sealed_keys import sealing


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0004_register_requests"), ("platform", "0004_notes_keys")]

    operations = [
        migrations.AlterField(
            "case",
            "next_step",
            models.TextField(blank=True, help_text="What is to be done next", max_length=150),
        ),
        migrations.AlterField("caseaction", "words", models.TextField(blank=True, max_length=500)),
        migrations.AlterField(
            "partnerreferral",
            "asked",
            models.TextField(blank=True, help_text="What is asked; it leaves the house", max_length=300),
        ),
        migrations.AlterField("partnerreferral", "answer_words", models.TextField(blank=True, max_length=300)),
        migrations.AlterField(
            "registerrequest",
            "home_service",
            models.TextField(blank=True, help_text="Who comes to the home, as the person said", max_length=150),
        ),
        sealing(
            ("cases_case", "next_step"),
            ("cases_caseaction", "words"),
            ("cases_partnerreferral", "asked"),
            ("cases_partnerreferral", "answer_words"),
            ("cases_registerrequest", "home_service"),
        ),
    ]
