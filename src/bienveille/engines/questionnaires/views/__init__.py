"""The questionnaire editor: guides and their versions, a draft written part by part beside what callers will see."""

from django.http import HttpRequest
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from bienveille.register.accounts.models import User

INVALID, CONFLICT = 422, 409
READING = ["GET", "HEAD", "POST"]


class Request(HttpRequest):
    """A request of somebody signed in, as the views get it."""

    user: User
    htmx: HtmxDetails


def trail(*more: tuple[str, str]) -> list[tuple[str, str]]:
    """The pages above this one."""
    return [("Questionnaires", reverse("questionnaires:guides")), *more]
