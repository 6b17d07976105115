"""The short loneliness scale: switched on for a campaign by somebody who answers for it; answers after a clear yes."""

from django.db import models
from django.db.models import CheckConstraint, Q

from bienveille.engines.dispatch.models import Attempt
from bienveille.engines.questionnaires.models import QuestionnaireVersion, Response
from bienveille.ground.platform.records import Record
from bienveille.register.accounts.models import User
from bienveille.services.outreach.models.campaigns import Campaign


class CampaignScale(Record):
    """The scale in a campaign: who switched it on, on which written basis. Off unless this row says otherwise."""

    campaign = models.OneToOneField(Campaign, models.CASCADE, related_name="scale")
    version = models.ForeignKey(QuestionnaireVersion, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=200, help_text="The written advice or decision that allows it, as it is filed")
    switched_on_by = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    switched_on_at = models.DateTimeField()
    switched_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [CheckConstraint(name="campaign_scale_basis", condition=~Q(basis=""))]


class ScaleAnswer(Record):
    """The answers of one call to the scale, after the person said yes. It counts in statistics, nowhere else."""

    attempt = models.OneToOneField(Attempt, models.CASCADE, related_name="scale_answer")
    response = models.OneToOneField(Response, models.CASCADE, related_name="+")
    agreed_words = models.CharField(max_length=400, help_text="The question to which they said yes")
    agreed_at = models.DateTimeField()
