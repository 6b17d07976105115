"""A written request that a town hall inscribe somebody on its register of frail people (CASF L121-6-1)."""

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.engines.cases.choices import Agreement, RegisterRemoval, RegisterState, SaidBy
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import Agency, User
from bienveille.register.housing.models import Commune
from bienveille.register.tenants.models import Person, Relative


class RegisterRequest(Record):
    """One person proposed to one town hall, with the proof that they did not object. Names are read when it is sent."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    quality = models.CharField(max_length=12, help_text="The ground, by its code in config/municipal_register.toml")
    home_service = SealedTextField(max_length=150, blank=True, help_text="Who comes to the home, as the person said")
    to_warn = models.ForeignKey(Relative, models.SET_NULL, null=True, blank=True, related_name="+")
    agreement = models.CharField(max_length=16, choices=Agreement)
    said_by = models.CharField(max_length=16, choices=SaidBy)
    agreed_at = models.DateTimeField()
    heard_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    words_version = models.PositiveSmallIntegerField(help_text="Of the words that were read out")
    state = models.CharField(max_length=12, choices=RegisterState)
    asked_on = models.DateField()
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    acknowledged_on = models.DateField(null=True, blank=True)
    removed_on = models.DateField(null=True, blank=True)
    removed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    removal = models.CharField(max_length=16, choices=RegisterRemoval, blank=True)
    expires_on = models.DateField(help_text="Erased after that day")

    class Meta:
        constraints = [
            CheckConstraint(name="register_request_state", condition=Q(state__in=RegisterState.values)),
            CheckConstraint(
                name="register_request_refused",
                condition=Q(state="refused", agreement="refused", sent_at=None)
                | ~Q(state="refused") & Q(agreement__in=["consent", "non_objection"]),
            ),
            CheckConstraint(
                name="register_request_sent",
                condition=~Q(state__in=["sent", "acknowledged"]) | Q(sent_at__isnull=False),
            ),
            CheckConstraint(
                name="register_request_removed",
                condition=Q(state="removed", removed_on__isnull=False, removal__in=RegisterRemoval.values)
                | ~Q(state="removed") & Q(removed_on=None, removal=""),
            ),
            UniqueConstraint(
                fields=["person"],
                name="register_request_one_open",
                condition=Q(state__in=["to_send", "sent", "acknowledged"]),
            ),
        ]
        indexes = [
            models.Index(fields=["commune", "state"], name="register_request_place"),
            models.Index(fields=["expires_on"], name="register_request_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.commune_id} {self.state}"
