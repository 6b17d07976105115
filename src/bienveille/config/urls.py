"""Every address of the site. Each route must also stand in policy.toml."""

from django.urls import include, path

handler500 = "bienveille.ground.ui.outages.failure"

urlpatterns = [
    path("", include("bienveille.faces.workspace.urls")),
    path("publics/", include("bienveille.engines.audiences.urls")),
    path("", include("bienveille.register.accounts.urls")),
    path("vocabulaire/", include("bienveille.register.wording.urls")),
    path("questionnaires/", include("bienveille.engines.questionnaires.urls")),
    path("imports/", include("bienveille.register.imports.urls")),
    path("", include("bienveille.faces.portal.urls")),
    path("", include("bienveille.ground.ui.urls")),
    path("", include("bienveille.ground.platform.urls")),
    path("api/v1/", include("bienveille.faces.api.urls")),
]
