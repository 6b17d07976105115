"""G31: what has come to its end is nowhere any more: not in a dump of the whole database, not in a file.

A word found nowhere else is planted in every free text of every table (`tests/architecture/world.py`), everything is
closed, six years go by, the night's purges run. Then the dump is searched, sealed texts opened. What is declared without an end
(`src/bienveille/config/privacy.toml`) may remain, and nothing else.
"""

import re
import subprocess
import sys
from datetime import timedelta
from functools import cache
from pathlib import Path

from benchmarks.scratch import scratch_database
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from tests.architecture.test_privacy import ENDS, MODELS
from tests.architecture.world import canary, make_side, plant
from tests.clocks import move_clock
from tests.sealed import opened

from bienveille.engines.cases.choices import CaseOutcome
from bienveille.engines.cases.models import Case
from bienveille.engines.messaging.models import InboundMessage, Mailing, PrintFile
from bienveille.engines.messaging.operations import prints
from bienveille.faces.cli.purge import purge_all
from bienveille.ground.platform import backups
from bienveille.register.accounts.operations import seal_audit
from bienveille.register.imports.models import ImportFile
from bienveille.register.partners.models import Structure
from bienveille.register.tenants.models import Household, Lease, Person
from bienveille.services.outreach.models import Campaign
from bienveille.services.outreach.operations import close_campaign

#: What a purge leaves of a row that it empties: names of bodies and of files, no person.
EMPTIED = {
    "partners.Structure": {"nom", "commune", "source"},
    "partners.Service": {"nom", "source", "description"},
    "imports.ImportFile": {"name"},
    "messaging.PrintFile": {"name"},
}
LATER = timedelta(days=6 * 366)


def dump():
    """The whole database as text, as anybody who steals it would read it."""
    with backups._program("pg_dump", "--data-only", "--inserts", stdout=subprocess.PIPE) as program:
        return program.stdout.read().decode()


def words_of(text):
    return set(re.findall(r"Kanarithere\w+", text))


def may_stay(label, column):
    return remains(label) or column in EMPTIED.get(label, ())


@cache
def remains(label):
    """Whether rows of a table may remain: no end is declared for them, nor for what they go with."""
    kind, _, detail = ENDS[label].partition(":")
    return remains(detail) if kind == "with" else kind != "purge"


def test_g31_nothing_remains_of_what_has_ended(
    django_db_setup, django_db_blocker, tmp_path, settings, monkeypatch, capsys
):
    settings.MEDIA_ROOT, settings.AUDIT_HEADS = tmp_path / "media", str(tmp_path / "heads.txt")
    with django_db_blocker.unblock(), scratch_database():
        side = make_side("there")
        now = timezone.now()
        assert plant(side) > 40
        for model, folder in ((ImportFile, "imports"), (PrintFile, prints.FOLDER)):
            for row in model.objects.all():
                place = f"{folder}/{getattr(row, 'made_for_id', row.pk)}/{row.pk}"
                row.stored = default_storage.save(place, ContentFile(b"Kanaritherefile"))
                row.save()
        before = words_of(opened(dump()))
        owner, outcome = side.users["director"], CaseOutcome.values[0]
        for campaign in Campaign.objects.exclude(state="draft"):
            close_campaign(campaign_id=campaign.pk, actor=owner, now=now)
        Lease.objects.update(exit=now.date())
        InboundMessage.objects.update(state="done", done_at=now)
        Person.objects.update(left_on=now.date(), erp_fingerprint=None)
        Household.objects.update(closed_on=now.date(), dwelling=None)
        Case.objects.update(state="closed", closed_at=now, closed_by=owner, outcome=outcome, expires_on=now.date())
        Mailing.objects.update(ended_at=now)
        Structure.objects.update(ended_on=now.date())
        with transaction.atomic(), connection.cursor() as cursor:  # the database's own clock does not move
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE accounts_auditentry SET at = at - interval '2 years'")
        seal_audit()
        move_clock(monkeypatch, LATER)
        purge_all()
        after = words_of(opened(dump()))
        left = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    columns = {
        canary(side, model, column.name): (label, column.name)
        for label, model in MODELS.items()
        for column in model._meta.concrete_fields
    }
    wrong = sorted(
        f"{word} ({columns.get(word, 'copied from elsewhere')})"
        for word in after
        if word not in columns or not may_stay(*columns[word])
    )
    gone = before - after
    with capsys.disabled():
        sys.stdout.write(f"\nerased: {len(gone)} of {len(before)} kinds of words; {len(after)} have no end declared\n")
    assert wrong == [], "\n".join(wrong)
    assert left == []
    assert len(gone) > 10
