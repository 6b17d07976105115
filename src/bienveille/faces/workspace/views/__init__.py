"""Views of the workspace, one module per place; what a page may do is decided below."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from bienveille.register.accounts.models import User


class Request(HttpRequest):
    """What reaches a view once the middleware has let it through: somebody who signed in."""

    user: User
    htmx: HtmxDetails
