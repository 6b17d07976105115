"""What pages without account share: who speaks, an address that leaves no trace, how often it may be asked."""

from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bienveille.ground.platform.limits import Limit, spend
from bienveille.register.accounts.queries import landlord

TOO_MANY, NOT_FOUND = 429, 404
#: Requests with a secret or a code, from one address of the network, whatever the link.
LIMIT = Limit(per_minute=20, burst=60)


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    own = landlord()
    context = {"landlord": own.name if own else "Bienveille", **(context or {})}
    return private(render(request, template, context, status=status))


def private(response: HttpResponse) -> HttpResponse:
    # The address may hold the secret. Not `no-referrer`: browsers would post the form from « null ».
    response["Referrer-Policy"] = "strict-origin"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def too_many(request: HttpRequest) -> bool:
    try:
        address = get_adapter().get_client_ip(request)
    except PermissionDenied:  # through a local socket: one bucket for all
        address = ""
    return spend("portal", address, LIMIT) > 0
