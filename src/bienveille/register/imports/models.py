"""What was imported, when, by whom, with what result; the imported rows live in the packages they describe."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.imports.choices import FileKind, Reason, RunState, Severity
from bienveille.register.tenants.models import Person


class ImportRun(Record):
    """One call: several files, applied together or not at all."""

    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=8, choices=AuditChannel, default=AuditChannel.CLI)
    state = models.CharField(max_length=10, choices=RunState)
    profile = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=60, blank=True, help_text="Purpose named by the profile")
    refusal = models.CharField(max_length=500, blank=True, help_text="Why nothing was applied, in French")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            CheckConstraint(name="import_refusal_said", condition=~Q(state="refused") | ~Q(refusal="")),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.get_state_display()}"


class ImportFile(Record):
    """One file of a run, how it was understood and what it changed."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="files")
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=FileKind)
    encoding = models.CharField(max_length=20, blank=True)
    separator = models.CharField(max_length=1, blank=True)
    columns = models.JSONField(default=dict, help_text="Title in the file → field it became")
    unknown_columns = ArrayField(models.CharField(max_length=200), default=list)
    ignored_columns = ArrayField(models.CharField(max_length=200), default=list)
    records = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    warned = models.PositiveIntegerField()
    created = models.PositiveIntegerField()
    updated = models.PositiveIntegerField()
    closed = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()

    class Meta:
        constraints = [
            CheckConstraint(
                name="import_file_adds_up", condition=Q(records=models.F("accepted") + models.F("rejected"))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportIssue(models.Model):
    """A row refused or a cell dropped. Cells of ignored columns never come here; a value is cut to forty characters."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="issues")
    severity = models.CharField(max_length=8, choices=Severity)
    row = models.PositiveIntegerField(help_text="Record number, header = 1")
    column = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=24, choices=Reason)

    class Meta:
        constraints = [
            CheckConstraint(name="import_issue_reason", condition=Q(reason__in=Reason.values)),
        ]

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.reason}"


class ImportedPerson(models.Model):
    """Fingerprint of the last row imported for a person.

    While the landlord's file says the same, what was corrected here by hand stays; when it says something new, it wins.
    """

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="imported")
    fingerprint = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.person_id)
