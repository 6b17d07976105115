import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.functions.uuid
from django.db import migrations, models

import bienveille.ground.platform.text_search


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0001_initial"),
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="service",
            name="service_zone",
        ),
        migrations.AddField(
            model_name="service",
            name="coverage",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(then=models.F("zone_eligibilite"), zone_eligibilite__len__gt=0),
                    default=models.Func(
                        models.F("code_insee"),
                        output_field=django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=10)
                        ),
                        template="ARRAY[%(expressions)s]",
                    ),
                    output_field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10)),
                ),
                output_field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10)),
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="ended_on",
            field=models.DateField(
                blank=True, help_text="Closed by hand, or gone from its source, that day", null=True
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="key",
            field=models.UUIDField(
                db_default=django.db.models.functions.uuid.UUID7(),
                editable=False,
                help_text="For addresses of pages",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="needs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), blank=True, default=list, help_text="As somebody here said"
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=bienveille.ground.platform.text_search.SearchName("nom"),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="structure",
            name="ended_on",
            field=models.DateField(
                blank=True, help_text="Closed by hand, or gone from its source, that day", null=True
            ),
        ),
        migrations.AddField(
            model_name="structure",
            name="key",
            field=models.UUIDField(
                db_default=django.db.models.functions.uuid.UUID7(),
                editable=False,
                help_text="For addresses of pages",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="structure",
            name="notes",
            field=models.TextField(
                blank=True, help_text="What the staff should know before calling; never about a tenant"
            ),
        ),
        migrations.AddField(
            model_name="structure",
            name="own",
            field=models.BooleanField(default=False, help_text="Kept by hand here: no import touches it"),
        ),
        migrations.AddField(
            model_name="structure",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=bienveille.ground.platform.text_search.SearchName("nom", "commune"),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="service",
            index=django.contrib.postgres.indexes.GinIndex(fields=["coverage"], name="service_coverage"),
        ),
        migrations.AddIndex(
            model_name="service",
            index=django.contrib.postgres.indexes.GinIndex(fields=["needs"], name="service_needs"),
        ),
        migrations.AddIndex(
            model_name="service",
            index=django.contrib.postgres.indexes.GinIndex(
                bienveille.ground.platform.text_search.SimpleVector(models.F("search")), name="service_search"
            ),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=django.contrib.postgres.indexes.GinIndex(
                bienveille.ground.platform.text_search.SimpleVector(models.F("search")), name="structure_search"
            ),
        ),
        migrations.AddConstraint(
            model_name="structure",
            constraint=models.CheckConstraint(
                condition=models.Q(("own", False), ("id__startswith", "own--"), _connector="OR"), name="structure_own"
            ),
        ),
    ]
