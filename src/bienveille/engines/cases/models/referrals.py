"""A case handed to a partner with the least data, the links and one-time codes by which the partner reads it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from bienveille.engines.cases.choices import (
    Agreement,
    CodeChannel,
    PartnerAnswer,
    ReferralState,
    SafeChannel,
    SaidBy,
    WithdrawalReason,
)
from bienveille.engines.cases.models.cases import Case
from bienveille.engines.questionnaires.choices import Need
from bienveille.ground.platform.records import Record
from bienveille.ground.platform.sealed_fields import SealedTextField
from bienveille.register.accounts.models import User
from bienveille.register.partners.models import Service, Structure
from bienveille.register.tenants.models import Person

OPEN_REFERRAL = Q(state__in=["proposed", "sent", "acknowledged"])
LEFT_THE_HOUSE = ["sent", "acknowledged", "closed"]


class PartnerReferral(Record):
    """One partner asked to help one person of a case: what is asked, what they agreed to, what the partner answered.

    Nothing of the person is copied here: what the partner reads is read from the register that day.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="referrals")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    structure = models.ForeignKey(Structure, models.SET_NULL, null=True, blank=True, related_name="+")
    service = models.ForeignKey(Service, models.SET_NULL, null=True, blank=True, related_name="+")
    partner_name = models.CharField(max_length=150, help_text="As its card said that day")
    service_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(help_text="Where the link and the codes go")
    code_channel = models.CharField(max_length=8, choices=CodeChannel, default=CodeChannel.EMAIL)
    needs = ArrayField(models.CharField(max_length=24, choices=Need))
    asked = SealedTextField(max_length=300, blank=True, help_text="What is asked; it leaves the house")
    with_phone = models.BooleanField()
    with_address = models.BooleanField()
    safe_channel = models.CharField(
        max_length=12, choices=SafeChannel, blank=True, help_text="If the address is hidden"
    )
    state = models.CharField(max_length=12, choices=ReferralState, default=ReferralState.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    agreement = models.CharField(max_length=16, choices=Agreement, blank=True)
    said_by = models.CharField(max_length=16, choices=SaidBy, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    heard_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    words_version = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the words that were read out")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    sendings = models.PositiveSmallIntegerField(default=0, help_text="How many links were asked for")
    reminders = models.PositiveSmallIntegerField(default=0)
    owner_told_of = models.CharField(max_length=12, blank=True, help_text="The state of which the owner was told late")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="The partner read it for the first time")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=12, choices=PartnerAnswer, blank=True)
    answer_words = SealedTextField(max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    withdrawal = models.CharField(max_length=16, choices=WithdrawalReason, blank=True)
    expires_on = models.DateField(help_text="Erased after that day, or with its case")

    class Meta:
        constraints = [
            CheckConstraint(name="partner_referral_state", condition=Q(state__in=ReferralState.values)),
            CheckConstraint(
                name="partner_referral_agreement",
                condition=Q(agreement="", said_by="", agreed_at=None, heard_by=None, words_version=None)
                | Q(
                    agreement__in=Agreement.values,
                    said_by__in=SaidBy.values,
                    agreed_at__isnull=False,
                    heard_by__isnull=False,
                    words_version__isnull=False,
                ),
            ),
            # Nothing leaves without a yes, or at least without a no: the database holds it too.
            CheckConstraint(
                name="partner_referral_no_sending_without_agreement",
                condition=~Q(state__in=LEFT_THE_HOUSE)
                | Q(agreement__in=["consent", "non_objection"], sent_at__isnull=False),
            ),
            CheckConstraint(
                name="partner_referral_refused",
                condition=Q(state="refused", agreement="refused", sent_at=None)
                | ~Q(state="refused") & ~Q(agreement="refused"),
            ),
            CheckConstraint(
                name="partner_referral_acknowledged",
                condition=~Q(state__in=["acknowledged", "closed"]) | Q(acknowledged_at__isnull=False),
            ),
            CheckConstraint(
                name="partner_referral_closed",
                condition=Q(state="closed", closed_at__isnull=False) & ~Q(answer="")
                | ~Q(state="closed") & Q(closed_at=None),
            ),
            CheckConstraint(
                name="partner_referral_withdrawn",
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, withdrawal__in=WithdrawalReason.values)
                | ~Q(state="withdrawn") & Q(withdrawn_at=None, withdrawal=""),
            ),
            CheckConstraint(name="partner_referral_needs", condition=Q(needs__len__gt=0)),
            UniqueConstraint(
                fields=["case", "person", "structure"], name="partner_referral_one_open", condition=OPEN_REFERRAL
            ),
        ]
        indexes = [
            models.Index(fields=["expires_on"], name="partner_referral_expiry"),
            models.Index(
                fields=["sent_at"], name="partner_referral_awaited", condition=Q(state__in=["sent", "acknowledged"])
            ),
        ]

    def __str__(self) -> str:
        return self.partner_name


class ReferralLink(Record):
    """A link sent to one partner for one referral. Only the digest of its secret is kept."""

    referral = models.ForeignKey(PartnerReferral, models.CASCADE, related_name="links", db_index=False)
    sending = models.PositiveSmallIntegerField(help_text="Which sending made it: a job run twice makes one")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    asked_again_at = models.DateTimeField(null=True, blank=True, help_text="Somebody asked for another one")

    class Meta:
        constraints = [
            UniqueConstraint(fields=["referral", "sending"], name="referral_link_once"),
            CheckConstraint(name="referral_link_expires", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.referral_id} {self.sending}"


class ReferralCode(Record):
    """A one-time code for a link, for the browser that asked for it; once given, the visit that it opened.

    `digest` is empty until the message leaves: the job that sends it draws the code.
    """

    link = models.ForeignKey(ReferralLink, models.CASCADE, related_name="codes")
    holder = models.CharField(max_length=64, help_text="Digest of what the browser's session holds")
    digest = models.CharField(max_length=64, blank=True, help_text="Keyed digest of the code")
    channel = models.CharField(max_length=8, choices=CodeChannel)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)
    visit_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Replaced by another code, or the visitor left")

    class Meta:
        constraints = [
            CheckConstraint(name="referral_code_tries", condition=Q(tries__lte=5)),
            CheckConstraint(name="referral_code_expires", condition=Q(expires_at__gt=F("created_at"))),
            CheckConstraint(
                name="referral_code_visit",
                condition=Q(used_at=None, visit_until=None) | Q(used_at__isnull=False, visit_until__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="referral_code_age")]

    def __str__(self) -> str:
        return str(self.link_id)
