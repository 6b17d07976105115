"""What monitors ask, without an account: is it alive, and in figures how. Nothing here speaks of anybody."""

import secrets

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bienveille.ground.platform.health import as_prometheus, look


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 and `ok` when pages can be served, else 503. A silent worker or a disk nearly full is in the figures.

    Without the key of the notes, nothing that people wrote can be read: 503, and the sentence that says what to do.
    """
    health = look()
    well = health.database and not health.notes
    words = "ok" if well else health.notes or "fault"
    return HttpResponse(f"{words}\n", status=200 if well else 503, content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, to whoever shows METRICS_TOKEN; without one set, nobody, and there is nothing there."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not secrets.compare_digest(
        request.headers.get("Authorization", "").encode(), wanted.encode()
    ):
        raise Http404
    return HttpResponse(as_prometheus(look()), content_type="text/plain; version=0.0.4; charset=utf-8")
