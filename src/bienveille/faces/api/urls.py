"""Routes of the API. A token stands for the sign-in that screens ask, so the sign-in page is not offered here."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern

from bienveille.faces.api.views import api

app_name = "api"
urlpatterns = api.urls[0]
for pattern in urlpatterns:
    if isinstance(pattern, URLPattern):
        pattern.callback = login_not_required(pattern.callback)
