"""What people write to us: each message is one row of the shared inbox until it is dealt with."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.messaging.choices import InboxState, SenderMatch
from bienveille.engines.messaging.models.deliveries import Delivery
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedJSONField, SealedTextField
from bienveille.register.accounts.models import Agency, User
from bienveille.register.tenants.models import Household, Person


class InboundMessage(Record):
    """`name` is the provider's own: brought twice, it is one row. `parts`: those of a long SMS, by their rank."""

    channel = models.CharField(max_length=8)
    sender = models.CharField(max_length=254, help_text="E.164 or e-mail address")
    to = models.CharField(max_length=254, blank=True)
    subject = SealedTextField(max_length=200, blank=True)
    text = SealedTextField(blank=True)
    name = models.CharField(max_length=200, blank=True)
    parts = SealedJSONField(default=dict, blank=True, help_text="Rank → words, while a long SMS is put together")
    series = models.CharField(max_length=40, blank=True, help_text="Reference and number of the parts of a long SMS")
    received_at = models.DateTimeField()
    match = models.CharField(max_length=8, choices=SenderMatch)
    household = models.ForeignKey(Household, models.SET_NULL, null=True, blank=True, related_name="inbound")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    asks_to_stop = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=InboxState, default=InboxState.OPEN)
    assigned_to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    assigned_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When managers were told that nobody had taken it")
    answer = models.ForeignKey(Delivery, models.SET_NULL, null=True, blank=True, related_name="+")
    case_id = models.UUIDField(null=True, blank=True, help_text="Situation that it became; its package stands above")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["channel", "name"], name="inbound_message_once", condition=~Q(name="")),
            CheckConstraint(name="inbound_message_channel", condition=Q(channel__in=["email", "sms"])),
            CheckConstraint(name="inbound_message_match", condition=Q(match__in=SenderMatch.values)),
            CheckConstraint(name="inbound_message_state", condition=Q(state__in=InboxState.values)),
            CheckConstraint(name="inbound_message_done", condition=~Q(state="done") | Q(done_at__isnull=False)),
            CheckConstraint(
                name="inbound_message_assigned",
                condition=Q(assigned_to=None, assigned_at=None)
                | Q(assigned_to__isnull=False, assigned_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "received_at"], name="inbound_open", condition=Q(state="open")),
            models.Index(fields=["received_at"], name="inbound_received"),
            models.Index(fields=["sender", "series"], name="inbound_series", condition=~Q(series="")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"
