"""The action of passing to another key of the notes (docs/adr/0028)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_large_files"),
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
                    ("notes.key_changed", "Clé des notes changée"),
                ],
                max_length=40,
            ),
        ),
    ]
