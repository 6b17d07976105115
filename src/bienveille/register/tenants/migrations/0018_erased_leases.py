"""A lease whose people are erased keeps its dates and its home: its number becomes a digest, for the landlord's file."""

from django.db import migrations, models

# Whoever has the number finds the lease again; the digest gives nobody the number's owner. Not keyed: a key that
# changes would bring every former lease back, twice counted.
CREATE = """
CREATE FUNCTION tenants_erased_number(p_number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'effacé:' || left(encode(sha256(convert_to('lease:' || p_number, 'UTF8')), 'hex'), 32);
"""
DROP = "DROP FUNCTION tenants_erased_number(text)"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0017_words_sealed_only")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.AddField(
            "lease",
            "erased_on",
            models.DateField(
                blank=True,
                editable=False,
                help_text="Day its people were erased; its number is then a digest",
                null=True,
            ),
        ),
        migrations.AddField(
            "lease",
            "same_people",
            models.UUIDField(
                blank=True,
                editable=False,
                help_text="First lease of the same people in that home, once some are erased: a renewal is no move",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            "lease",
            models.CheckConstraint(condition=models.Q(erased_on=None) | models.Q(household=None), name="lease_erased"),
        ),
        migrations.AddIndex(
            "lease",
            models.Index(fields=["erased_on"], name="lease_erased_on", condition=models.Q(erased_on__isnull=False)),
        ),
    ]
