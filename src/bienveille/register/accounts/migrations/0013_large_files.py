"""Long files about people: asked for, answered by somebody else, taken away once."""

import django.db.models.deletion
import django.db.models.functions.uuid
from django.conf import settings
from django.db import migrations, models

import bienveille.ground.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_audit_erased_at_term"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("household.read", "Fiche lue"),
                    ("household.listed", "Fiches listées"),
                    ("household.handed", "Ménage confié à un appelant"),
                    ("household.changed", "Fiche modifiée"),
                    ("person.changed", "Personne modifiée"),
                    ("attempt.recorded", "Appel enregistré"),
                    ("attempt.undone", "Appel annulé"),
                    ("contact.released", "Ménage rendu"),
                    ("contact.changed", "Contact modifié"),
                    ("case.changed", "Situation suivie"),
                    ("campaign.changed", "Campagne modifiée"),
                    ("message.changed", "Message modifié"),
                    ("audience.changed", "Public modifié"),
                    ("questionnaire.changed", "Questionnaire modifié"),
                    ("import.changed", "Import préparé"),
                    ("import.applied", "Import appliqué"),
                    ("account.changed", "Compte modifié"),
                    ("account.signed_in", "Connexion"),
                    ("account.sign_in_failed", "Connexion refusée"),
                    ("account.signed_out", "Déconnexion"),
                    ("housing.changed", "Patrimoine modifié"),
                    ("partner.changed", "Partenaire modifié"),
                    ("wording.changed", "Vocabulaire modifié"),
                    ("data.exported", "Données exportées"),
                    ("data.large_file", "Grand fichier demandé, accordé ou refusé"),
                ],
                max_length=40,
            ),
        ),
        migrations.CreateModel(
            name="LargeFile",
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
                    "address",
                    models.CharField(help_text="Path and filters of the list, without order nor page", max_length=2000),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True, help_text="Form of the file: xlsx, csv; nothing for an archive", max_length=8
                    ),
                ),
                ("what", models.CharField(help_text="The file in words, without anybody's name", max_length=300)),
                ("rows", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(help_text="Last moment to answer; once agreed, to take it away")),
                (
                    "alone",
                    models.BooleanField(
                        default=False, help_text="Nobody else could answer: an hour and a message instead"
                    ),
                ),
                ("agreed", models.BooleanField(help_text="Nothing as long as nobody answered", null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, help_text="Why it was refused", max_length=300)),
                ("opens_at", models.DateTimeField(help_text="From when what was agreed can be taken away", null=True)),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("asked_at"))), name="large_file_expires"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed", None), ("answered_at", None), ("opens_at", None)),
                            models.Q(("agreed__isnull", False), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="large_file_answered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("alone", True), ("answered_by", None)),
                            models.Q(("agreed", None), ("alone", False), ("answered_by", None)),
                            models.Q(
                                ("alone", False),
                                ("answered_by__isnull", False),
                                models.Q(("answered_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="large_file_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("taken_at", None), models.Q(("agreed", True), ("opens_at__isnull", False)), _connector="OR"
                        ),
                        name="large_file_taken",
                    ),
                ],
            },
        ),
    ]
