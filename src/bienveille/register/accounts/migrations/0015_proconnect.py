"""Who somebody is at ProConnect, remembered on their account."""

import django.db.models.deletion
import django.db.models.functions.uuid
from django.conf import settings
from django.db import migrations, models

import bienveille.ground.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_notes_key_audited"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderIdentity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.db.models.functions.uuid.UUID7(),
                        default=bienveille.ground.lib.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "issuer",
                    models.CharField(
                        help_text="Address of the provider: another one calls nobody the same", max_length=200
                    ),
                ),
                ("sub", models.CharField(help_text="What it calls them: it says nothing by itself", max_length=255)),
                ("created_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "provider identities",
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "sub"), name="identity_one_account"),
                    models.UniqueConstraint(fields=("user", "issuer"), name="identity_one_each"),
                ],
            },
        ),
    ]
