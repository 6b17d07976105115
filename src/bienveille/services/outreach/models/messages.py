"""Messages that follow a call: we tried to reach you; here is what we agreed."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.dispatch.models import Attempt
from bienveille.engines.messaging.models import Delivery
from bienveille.ground.platform.records import Record
from bienveille.services.outreach.choices import AfterCall


class CallMessage(Record):
    """One message of one call. `delivery` is empty once the message is erased; that it was sent stays with the call."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="messages", db_index=False)
    about = models.CharField(max_length=8, choices=AfterCall)
    delivery = models.OneToOneField(Delivery, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["attempt", "about"], name="call_message_once"),
            CheckConstraint(name="call_message_about", condition=Q(about__in=AfterCall.values)),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.attempt_id}"
