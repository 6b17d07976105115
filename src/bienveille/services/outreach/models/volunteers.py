"""The call for volunteers: who was asked, who answered, who may call from now on."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint

from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import Agency, User
from bienveille.services.outreach.choices import AtEase, HalfDay, OfferState


class VolunteerCall(Record):
    """A call for volunteers among the landlord's people, opened by a link; with `public`, without signing in."""

    name = models.CharField(max_length=150)
    words = models.TextField(max_length=1000, blank=True, help_text="What is asked, in the coordinator's words")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    secret = models.CharField(max_length=43, unique=True, help_text="The end of the link, drawn at random")
    public = models.BooleanField(default=False, help_text="Answered without signing in, with `email_domain` only")
    email_domain = models.CharField(max_length=100, blank=True)
    asked = models.PositiveIntegerField(null=True, blank=True, help_text="How many people the call was sent to")
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            CheckConstraint(name="volunteer_call_name", condition=~Q(name="")),
            CheckConstraint(name="volunteer_call_public", condition=Q(public=False) | ~Q(email_domain="")),
        ]

    def __str__(self) -> str:
        return self.name


class VolunteerOffer(Record):
    """What somebody answered. Who they are is forgotten on `expires_on`; the figures of the call stay."""

    call = models.ForeignKey(VolunteerCall, models.CASCADE, related_name="offers", db_index=False)
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="volunteer_offers")
    email = models.EmailField(null=True, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    service = models.CharField(max_length=100, blank=True)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    willing = models.BooleanField(help_text="Ready to call; somebody may also say no, and that is an answer")
    equipped = models.BooleanField(default=False, help_text="Has a telephone or computer of the landlord at hand")
    hours_per_week = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    half_days = ArrayField(models.CharField(max_length=6, choices=HalfDay), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    knows = models.ManyToManyField(Agency, related_name="+", blank=True)
    at_ease = ArrayField(models.CharField(max_length=12, choices=AtEase), default=list, blank=True)
    state = models.CharField(max_length=8, choices=OfferState, default=OfferState.WAITING)
    reply = SealedTextField(max_length=300, blank=True, help_text="The kind word of who declined")
    answered_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    expires_on = models.DateField()

    class Meta:
        ordering = ["answered_at"]
        constraints = [
            UniqueConstraint(fields=["call", "email"], name="volunteer_answers_once"),
            CheckConstraint(
                name="offer_decided",
                condition=Q(state="waiting", decided_at=None) | ~Q(state="waiting") & Q(decided_at__isnull=False),
            ),
            CheckConstraint(
                name="offer_hours",
                condition=Q(hours_per_week=None) | Q(hours_per_week__gte=0, hours_per_week__lte=60),
            ),
        ]
        indexes = [models.Index(fields=["expires_on"], name="offer_expiry", condition=Q(email__isnull=False))]
