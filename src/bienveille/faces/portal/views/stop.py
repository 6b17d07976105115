"""« Ne plus recevoir nos e-mails »: the signed link of a message, a page, one button. Nobody is named."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from bienveille.engines.messaging.operations.unsubscribing import stop_by_link, written_to
from bienveille.faces.portal.views import NOT_FOUND, TOO_MANY, page, too_many


# The link is the key, and mail programs post to it by themselves (RFC 8058): there is no session to protect.
@csrf_exempt
@login_not_required
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def stop_messages(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing: programs that read mail open links. Posting stops e-mails to that address."""
    if too_many(request):
        return page(request, "portal/too_many.html", status=TOO_MANY)
    if request.method == "POST":
        stopped = stop_by_link(token=token)
        return _answer(request, "portal/stopped.html" if stopped else "")
    return _answer(request, "portal/stop.html" if written_to(token) else "")


def _answer(request: HttpRequest, template: str) -> HttpResponse:
    if not template:
        return page(request, "portal/stop_over.html", status=NOT_FOUND)
    return page(request, template)
