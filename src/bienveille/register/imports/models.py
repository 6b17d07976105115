"""What was imported, when, by whom, with what result; the imported rows live in the packages they describe."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q

from bienveille.ground.platform.records import Record
from bienveille.register.accounts.choices import AuditChannel
from bienveille.register.accounts.models import User
from bienveille.register.imports.choices import Departures, FileKind, Reason, RunState, Severity


class ImportRun(Record):
    """One call: several files, applied together or not at all.

    `revision` grows each time the columns are changed: what was checked before no longer counts. `seen_at` is the last
    sign of life of the job that works on it.
    """

    actor = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=8, choices=AuditChannel, default=AuditChannel.CLI)
    state = models.CharField(max_length=10, choices=RunState)
    profile = models.CharField(max_length=40, blank=True)
    purpose = models.CharField(max_length=60, blank=True, help_text="Purpose named by the profile")
    refusal = models.CharField(max_length=500, blank=True, help_text="Why nothing was applied, in French")
    org = models.CharField(max_length=200, blank=True, help_text="Name of the landlord, asked in an empty database")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    revision = models.PositiveIntegerField(default=1)
    checked_revision = models.PositiveIntegerField(default=0, help_text="The revision that the counts are about")
    figures = models.JSONField(default=dict, help_text="What the register counts before and after")
    asked_at = models.DateTimeField(null=True, help_text="When its job was asked for")
    seen_at = models.DateTimeField(null=True, help_text="Last sign of life of its job")
    stopped_at = models.DateTimeField(null=True, help_text="When its job failed")
    step = models.CharField(max_length=255, blank=True, help_text="The file being read; nothing: the register changes")
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0, help_text="Nil: unknown before the first reading")
    values_until = models.DateField(null=True, help_text="Last day of the cells shown in the issues")
    automatic = models.BooleanField(default=False, help_text="Applied without anybody, unless something must be said")
    source = models.CharField(max_length=80, blank=True, help_text="Folder of a drop; nothing for screens and commands")
    departures = models.CharField(max_length=8, choices=Departures, default=Departures.AUTO)
    begun_at = models.DateTimeField(null=True, help_text="When its job began to read")
    oddities = models.JSONField(default=list, help_text="What is out of the ordinary: sentences with counts, no names")
    reported_at = models.DateTimeField(null=True, help_text="When what is odd was looked for, once for a run")

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            CheckConstraint(name="import_refusal_said", condition=~Q(state="refused") | ~Q(refusal="")),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {self.get_state_display()}"


class ImportProfile(Record):
    """What the columns of this landlord's exports become, saved under a name for the next import."""

    name = models.SlugField(max_length=40, unique=True, help_text="As typed after --profile")
    label = models.CharField(max_length=60)
    base = models.CharField(max_length=40, blank=True, help_text="Built-in profile whose purpose and marks it keeps")
    columns = models.JSONField(default=dict, help_text="Kind of file → title → field")
    saved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class ImportFile(Record):
    """One file of a run, how it was understood and what it changed."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="files")
    rank = models.PositiveSmallIntegerField(default=0, help_text="Place in the call")
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=FileKind, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes; nil from the command line")
    stored = models.CharField(max_length=100, blank=True, help_text="Name in the storage, until applied or given up")
    given_kind = models.CharField(max_length=10, choices=FileKind, blank=True, help_text="When the titles do not tell")
    chosen = models.JSONField(default=dict, help_text="Title → field, where somebody corrected what was recognised")
    header = ArrayField(models.CharField(max_length=200), default=list)
    header_line = models.PositiveIntegerField(default=1, help_text="First line = 1")
    sheet = models.CharField(max_length=100, blank=True, help_text="The one that is read")
    sheets = ArrayField(
        models.CharField(max_length=100), default=list, help_text="Those of the workbook, to choose from"
    )
    given_sheet = models.CharField(max_length=100, blank=True, help_text="When somebody chose another one")
    samples = models.JSONField(default=dict, help_text="First values by title; erased with the file")
    encoding = models.CharField(max_length=20, blank=True)
    separator = models.CharField(max_length=1, blank=True)
    columns = models.JSONField(default=dict, help_text="Title in the file → field it became")
    unknown_columns = ArrayField(models.CharField(max_length=200), default=list)
    ignored_columns = ArrayField(models.CharField(max_length=200), default=list)
    records = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    extra = models.JSONField(default=dict, help_text="Other counts of that kind of file, by name")

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
        indexes = [models.Index(fields=["file", "severity", "row"], name="import_issue_list")]

    def __str__(self) -> str:
        return f"{self.row} {self.column} {self.reason}"


class ImportedUser(models.Model):
    """What the last staff file said of when and for whom somebody may call, by field.

    While it says the same, what they or coordination changed here stays; when it says something new, it wins.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    said = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.user_id)


class DroppedFile(models.Model):
    """A file seen in the watched folder: what it was at the last look, so that it is taken whole and once."""

    id = models.BigAutoField(primary_key=True)
    folder = models.CharField(max_length=80, blank=True, help_text="Sub-folder, which names the profile")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    modified = models.BigIntegerField(help_text="Nanoseconds since 1970")
    seen_at = models.DateTimeField(help_text="First look that found it so")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was taken last")
    taken_modified = models.BigIntegerField(null=True, help_text="`modified` of what was taken last")
    taken_at = models.DateTimeField(null=True)
    run = models.ForeignKey(ImportRun, models.SET_NULL, null=True, related_name="dropped")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "name"], name="dropped_file_once")]

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name


class ImportAlert(Record):
    """Somebody who asked to be told, by e-mail, when an import that nobody watched is odd or did not come."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    silence_days = models.PositiveSmallIntegerField(null=True, help_text="Told after so many days without a file")
    silence_said_at = models.DateTimeField(null=True, help_text="When they were told of the present silence")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            CheckConstraint(name="alert_days", condition=Q(silence_days=None) | Q(silence_days__range=(1, 60))),
        ]

    def __str__(self) -> str:
        return str(self.user_id)
