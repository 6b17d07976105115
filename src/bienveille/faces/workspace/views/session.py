"""How long the session still lasts: what the page asks before it warns somebody, and when they choose to stay."""

import time

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe

from bienveille.faces.workspace.views import Request
from bienveille.register.accounts.adapters import SESSION_SEEN, SESSION_SINCE
from bienveille.register.accounts.rules import seconds_left


@require_safe
def session(request: Request) -> HttpResponse:
    """Seconds left, and the token that forms need if one signed in again elsewhere.

    Asked with `X-Background` it is no sign of life; asked without, it is one, written by the middleware.
    """
    now = int(time.time())
    since, seen = request.session.get(SESSION_SINCE, now), request.session.get(SESSION_SEEN, now)
    left = seconds_left(now=now, since=since, seen=seen)
    return JsonResponse({"left": left, "user": str(request.user.pk), "csrf": get_token(request)})
