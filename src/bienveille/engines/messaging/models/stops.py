"""Who asked for no more messages: a number or an address, for one channel. Calls made out of care are another thing."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.messaging.choices import Channel, StopWay
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User


class Stop(Record):
    """No message of this channel leaves for this number or address, whoever's it is, until it is lifted."""

    channel = models.CharField(max_length=8, choices=Channel)
    value = models.CharField(max_length=254, help_text="E.164 or e-mail address")
    way = models.CharField(max_length=12, choices=StopWay)
    since = models.DateTimeField()
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["value", "channel"], name="stop_once"),
            CheckConstraint(name="stop_channel", condition=Q(channel__in=["email", "sms"])),
        ]

    def __str__(self) -> str:
        return self.channel
