"""The site's addresses, and one whose view fails."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bienveille.config.urls import handler500 as handler500
from bienveille.config.urls import urlpatterns as site


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


urlpatterns = [path("casse/", broken, name="broken"), *site]
