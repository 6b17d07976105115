"""What the API remembers of its own: the answers it gave to requests that carried an idempotency key."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedJSONField
from bienveille.register.accounts.models import User


class IdempotencyKey(Record):
    """A key that a program sent with a request, and the answer it got: the same key gives it again for a day."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the method, the address and the body")
    status = models.PositiveSmallIntegerField(null=True, help_text="Null while the first request is under way")
    answer = SealedJSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user", "key"], name="idempotency_key_once"),
            CheckConstraint(
                name="idempotency_answered",
                condition=Q(status__isnull=True, answer__isnull=True) | Q(status__isnull=False, answer__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]
