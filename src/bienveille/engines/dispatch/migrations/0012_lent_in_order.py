"""What may be lent of others' lists goes in the order of those lists, not as the table happens to be written."""

from importlib import import_module

from django.db import migrations, models

KEPT = import_module("bienveille.engines.dispatch.migrations.0010_kept_hands")
FORMER = KEPT._function(KEPT.LISTS, "dispatch_take_lent")
NEW = KEPT._replaced(FORMER, "ORDER BY c.lent_from LIMIT 1", "ORDER BY c.lent_from, c.kept_rank, c.id LIMIT 1")


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0011_rhythm")]

    operations = [
        migrations.RemoveIndex("contact", "contact_lent"),
        migrations.AddIndex(
            "contact",
            models.Index(
                fields=["queue", "lent_from", "kept_rank", "id"],
                name="contact_lent",
                condition=models.Q(state="waiting", not_before=None, kept_for__isnull=False),
            ),
        ),
        migrations.RunSQL(NEW, FORMER),
    ]
