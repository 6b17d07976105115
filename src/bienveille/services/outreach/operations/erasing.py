"""What campaigns do when people are erased: what calls revealed goes, what they add up to stays."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from bienveille.engines.dispatch.models import Contact
from bienveille.engines.dispatch.operations.erasing import forget_contacts
from bienveille.engines.questionnaires.models import Response
from bienveille.register.tenants.operations import Going
from bienveille.services.outreach.models import (
    CallMessage,
    PickUp,
    RecurringCall,
    Referral,
    Report,
    ResidentNews,
    ScaleAnswer,
    SharedCall,
    Verbatim,
)
from bienveille.services.outreach.operations.reports import erase_reports


def forget_calls(going: Going) -> None:
    """Erase what calls told of these households, in every campaign: the counts that stay are those of before."""
    contacts = list(Contact.objects.filter(household__in=going.households).values_list("pk", flat=True))
    if not contacts:
        return
    theirs = {"attempt__contact__in": contacts}
    if Report.objects.filter(**theirs).update(expires_on=going.today - timedelta(days=1)):
        erase_reports(today=going.today)
    Verbatim.objects.filter(**theirs).delete()
    Response.objects.filter(pk__in=ScaleAnswer.objects.filter(**theirs).values("response")).delete()
    forget_campaign_calls(contacts)


def forget_campaign_calls(contacts: Collection[UUID]) -> None:
    """Take the household out of contacts of whose calls nothing told remains, and every word that follows a call."""
    theirs = {"attempt__contact__in": contacts}
    ResidentNews.objects.filter(**theirs).delete()
    RecurringCall.objects.filter(contact__in=contacts).delete()
    PickUp.objects.filter(**theirs).update(person=None)
    SharedCall.objects.filter(contact__in=contacts).update(before={})
    CallMessage.objects.filter(**theirs).update(delivery=None)
    Referral.objects.filter(**theirs).update(grade="", needs=[], agreed=None, case=None)
    forget_contacts(contacts)
