"""One message to one recipient by one channel: the row is the outbox, written with whatever asked for it."""

from django.db import models
from django.db.models import CheckConstraint, Func, Q, UniqueConstraint, Value

from bienveille.engines.messaging.choices import Channel, DeliveryState, Withheld
from bienveille.engines.messaging.models.mailings import Mailing
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User
from bienveille.register.tenants.models import Household, Person

#: The next number that a barcode carries: a sequence, never twice the same.
NEXT_NUMBER = Func(Value("messaging_delivery_number"), function="nextval", output_field=models.BigIntegerField())


class Delivery(Record):
    """Its key is the idempotency key given to the provider. Without a mailing it holds its own words.

    `token` fences: only the worker that took it may say what became of it, or a person who knows.
    """

    number = models.BigIntegerField(db_default=NEXT_NUMBER, editable=False, help_text="Read by a barcode")
    mailing = models.ForeignKey(Mailing, models.CASCADE, null=True, related_name="deliveries", db_index=False)
    household = models.ForeignKey(Household, models.CASCADE, null=True, related_name="deliveries")
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    channel = models.CharField(max_length=8, choices=Channel, blank=True, help_text="Empty: nothing reaches them")
    rung = models.PositiveSmallIntegerField(default=0, help_text="Place of its channel among those of the mailing")
    to = models.CharField(max_length=254, blank=True, help_text="Address or number when it was prepared")
    language = models.CharField(max_length=8, default="fr", db_default="fr")
    place = models.CharField(max_length=3, blank=True, help_text="Code of `calling_hours.PLACES`: whose hours count")
    subject = SealedTextField(max_length=200, blank=True)
    body = SealedTextField(blank=True)
    state = models.CharField(max_length=12, choices=DeliveryState, default=DeliveryState.WAITING)
    reason = models.CharField(max_length=12, choices=Withheld, blank=True)
    superseded = models.BooleanField(
        default=False, db_default=False, help_text="Another channel was tried since: this one no longer counts"
    )
    covered_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="covers", help_text="The one sent to the same number"
    )
    not_before = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    token = models.UUIDField(null=True, blank=True, help_text="Of the batch that took it")
    lease_until = models.DateTimeField(null=True, blank=True)
    keyed = models.BooleanField(
        default=False, db_default=False, help_text="The provider that was tried refuses the same key twice"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    detail = models.CharField(max_length=200, blank=True, help_text="The provider's own word, without personal data")
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            UniqueConstraint(fields=["number"], name="delivery_number_once"),
            UniqueConstraint(
                fields=["mailing", "household", "channel"],
                name="delivery_once",
                condition=Q(mailing__isnull=False),
            ),
            # One message of a mailing for one number, whoever shares it.
            UniqueConstraint(
                fields=["mailing", "channel", "to"],
                name="delivery_number_shared",
                condition=Q(mailing__isnull=False, covered_by=None) & ~Q(to=""),
            ),
            CheckConstraint(name="delivery_state", condition=Q(state__in=DeliveryState.values)),
            CheckConstraint(
                name="delivery_channel",
                condition=Q(channel__in=Channel.values) | Q(channel="", state="unreachable"),
            ),
            CheckConstraint(
                name="delivery_taken",
                condition=~Q(state="sending") | Q(token__isnull=False, lease_until__isnull=False),
            ),
            CheckConstraint(name="delivery_to", condition=~Q(to="") | Q(channel__in=["", "letter"])),
            CheckConstraint(name="delivery_reason", condition=~Q(state__in=["stopped", "refused"]) | ~Q(reason="")),
        ]
        indexes = [
            models.Index(fields=["mailing", "channel", "id"], name="delivery_next", condition=Q(state="waiting")),
            models.Index(fields=["lease_until"], name="delivery_leased", condition=Q(state="sending")),
            models.Index(fields=["provider_id"], name="delivery_provider", condition=~Q(provider_id="")),
            models.Index(fields=["mailing", "state"], name="delivery_states"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.number}"
