"""Routes of the API. A token stands for the sign-in that screens ask, so the sign-in page is not offered here."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from bienveille.faces.api.views import api, docs, guarded, openapi, unknown

app_name = "api"
urlpatterns = [
    path("openapi.json", openapi, name="openapi-json"),
    path("docs", docs, name="docs"),
    *api.urls[0],
    re_path(r"^(?P<rest>(?s:.*))\Z", unknown, name="unknown"),
]
for pattern in urlpatterns:
    if isinstance(pattern, URLPattern):
        pattern.callback = login_not_required(csrf_exempt(guarded(pattern.callback)))
